"""Campaigns from Python, for notebooks and scripts: describe, run, follow and read them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from molsteer.shared.errors import SettingsError
from molsteer.steering.app import assembled
from molsteer.steering.loop import loop
from molsteer.steering.records.progress import Progress
from molsteer.steering.run_records import RunRecords
from molsteer.steering.settings.campaign import CampaignSettings, load_campaign
from molsteer.steering.space.progress import ignore

Until = Callable[[Progress], bool]
"""Tells from its progress whether a campaign has come far enough."""


class Campaign(RunRecords):
    """One campaign, steered by this process, and what it has recorded so far.

    Neither signal handlers nor logging are changed: an interrupt is raised as elsewhere in Python
    and ends workers and server on its way. A campaign that was left goes on where it was with the
    next `run` or `follow`, also in another process.

    Steer it from one thread, which must live as long: workers end with the thread that started
    them.

    Args:
        source: A TOML file, or settings that were loaded before.
        settings: Settings that overrule file and environment: those of [campaign] by their name
            (`budget=50`), others as a mapping by section (`policy={"beta": 2.0}`).

    Attributes:
        settings: What to run.

    Raises:
        SettingsError: If any setting cannot be used; all problems are named at once.
    """

    def __init__(
        self, source: str | Path | CampaignSettings | None = None, /, **settings: object
    ) -> None:
        self.settings = _read(source, settings)
        super().__init__(self.settings.run_dir)
        self._session = ExitStack()
        self._steered: loop.Campaign | None = None

    @staticmethod
    def open(run_dir: str | Path) -> RunRecords:
        """Read a campaign that has ended, or runs elsewhere.

        Raises:
            NoCampaign: If the folder holds none.
        """
        records = RunRecords(Path(run_dir))
        records.progress()
        return records

    def run(self, until: Until | None = None) -> Progress:
        """Run to the end, or until the campaign has come far enough; raises like `follow`."""
        for _ in self.follow(until):
            pass
        return self.progress()

    def follow(self, until: Until | None = None) -> Iterator[Progress]:
        """Run, and tell twice a second how far the campaign is.

        The campaign moves only while it is iterated over. Leaving the loop ends workers and server
        at once; simulations that ran are done again next time.

        Args:
            until: Once it is true, nothing more begins, and the campaign rests when the running
                simulations have ended.

        Raises:
            UserError: If run directory, search space, server or workers cannot be used.
        """
        self.close()
        with ExitStack() as session:
            application = session.enter_context(assembled(self.settings, ignore))
            session.callback(setattr, self, "_steered", None)
            self._session, self._steered = session, application.campaign
            while self._session is session and not application.ended:
                progress = application.advance(_is_logged)
                if until and until(progress):
                    self.stop()
                yield progress
            if self._session is not session:
                return
            if application.campaign.finished:
                application.retire()
            self.report()

    def stop(self) -> None:
        """Let nothing more begin: `run` and `follow` end when the running simulations have."""
        if self._steered:
            self._steered.drain()

    def close(self) -> None:
        """End workers and server now, if they run; nothing that is recorded is lost."""
        session, self._session = self._session, ExitStack()
        session.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


def _is_logged(complaint: str) -> None:
    """Leave a complaint to the log, which Python shows where nobody has set up another."""


def _read(
    source: str | Path | CampaignSettings | None, given: Mapping[str, object]
) -> CampaignSettings:
    if isinstance(source, CampaignSettings):
        if given:
            cure = "Give a file and keywords, or settings alone."
            raise SettingsError("the arguments", [f"{', '.join(given)}: these come twice. {cure}"])
        return source
    sections: dict[str, Mapping[str, object]] = {}
    campaign: dict[str, object] = {}
    for name, value in given.items():
        if name in CampaignSettings.model_fields and isinstance(value, Mapping):
            sections[name] = value
        else:
            campaign[name] = value
    file = None if source is None else Path(source)
    return load_campaign(
        file, {**sections, "campaign": {**sections.get("campaign", {}), **campaign}}
    )
