"""Celery as somebody uses it who publishes by its own means, as steering does not."""

from __future__ import annotations

from celery import Celery

from molsteer.shared.bus.celery_app import settings
from molsteer.shared.bus.names import Keys
from molsteer.shared.settings.sections import QueueSettings
from molsteer.shared.wire.topics import TOPICS


def publishing_app(queue: QueueSettings, keys: Keys) -> Celery:
    """Make an app that can publish to every topic and consumes none."""
    app = Celery("molsteer", set_as_current=False)
    app.conf.update(settings(queue, [keys.queue(topic) for topic in TOPICS]))
    return app
