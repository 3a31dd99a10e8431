"""The settings a worker reads: its own tables of a campaign's file, and nothing else."""

from __future__ import annotations

from pydantic_settings import SettingsConfigDict

from molsteer.shared.settings.loading import FileSettings
from molsteer.shared.settings.sections import QueueSettings, StoreSettings


class WorkerSettings(FileSettings):
    """Where the queues and the blob stores are; other tables are steering's business."""

    model_config = SettingsConfigDict(extra="ignore")

    queue: QueueSettings = QueueSettings()
    stores: StoreSettings = StoreSettings()
