"""Reads the run directory of a campaign, whether or not it runs now."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from molsteer.steering.control.changes import noted_changes
from molsteer.steering.ledger.ledger import Ledger
from molsteer.steering.ledger.resting import look_into
from molsteer.steering.ledger.steering_lock import is_held
from molsteer.steering.records.aims import leading
from molsteer.steering.records.judging.against_chance import advantages
from molsteer.steering.records.progress import Progress, measure

if TYPE_CHECKING:
    from pandas import DataFrame

    from molsteer.steering.ledger.additions import Addition
    from molsteer.steering.records.failures import Failure
    from molsteer.steering.records.findings import Findings
    from molsteer.steering.records.found import Found
    from molsteer.steering.records.watching.now import Now
    from molsteer.steering.settings.sections import CampaignSection


class RunRecords:
    """What a campaign has recorded so far.

    Everything is read when it is asked for, and raises `NoCampaign` if nothing is there.

    Args:
        run_dir: The campaign's folder.
    """

    def __init__(self, run_dir: Path) -> None:
        self.run_dir = run_dir

    @property
    def tables(self) -> Mapping[str, DataFrame]:
        """All tables of run records, each read when it is asked for.

        Reading one raises `PandasUnavailable` if pandas is not installed.
        """
        from molsteer.steering.export.frames import Frames

        return Frames(self.run_dir)

    def results(self) -> DataFrame:
        """Read the table `molecules`: every result, in the order of settling.

        Raises:
            PandasUnavailable: If pandas is not installed.
        """
        return self.tables["molecules"]

    def best(self, count: int = 10) -> Sequence[Found]:
        """Give the best molecules by the leading objective."""
        return self.findings().best(count)

    def findings(self) -> Findings:
        """Read everything that the report tells."""
        from molsteer.steering.records.findings import read_findings

        with self._ledger() as ledger:
            return read_findings(ledger, self._name(ledger))

    def report(self) -> Path:
        """Write report.md and discovery.png, and give the report's path."""
        from molsteer.steering.report.write import write_report

        return write_report(self.findings(), self.run_dir)

    def page(self) -> Path:
        """Write report.html, one file that can be mailed, and give its path."""
        from molsteer.steering.records.watching.story import read_story
        from molsteer.steering.report.write import PAGE, write_page

        return write_page(read_story(self.run_dir), self.run_dir / PAGE)

    def progress(self) -> Progress:
        """Tell how far the campaign is."""
        with self._ledger() as ledger:
            return self._progress(ledger, time.time())

    def failures(self) -> Sequence[Failure]:
        """Tell what failed, the most common kind first."""
        from molsteer.steering.records.failures import failures

        with self._ledger() as ledger:
            return failures(ledger)

    def changes(self) -> Mapping[str, object]:
        """Give the settings that were changed since the campaign began, by their names."""
        from molsteer.steering.control.thresholds import thresholds_now

        with self._ledger() as ledger:
            return {**noted_changes(ledger), **thresholds_now(ledger)}

    def limits(self) -> str:
        """Say which limits there are, and how many molecules keep them; nothing without one."""
        from molsteer.steering.records.limits import read_told

        with self._ledger() as ledger:
            return read_told(ledger)

    def additions(self) -> Sequence[Addition]:
        """Give what came to the campaign since it began: labels and molecules."""
        from molsteer.steering.ledger.additions import additions

        with self._ledger() as ledger:
            return additions(ledger)

    def at_this_moment(self) -> Now:
        """Tell what the campaign does at this moment."""
        from molsteer.steering.records.watching.now import read_now

        with self._ledger() as ledger, ledger.snapshot():
            now = time.time()
            return read_now(ledger, self._progress(ledger, now), self._name(ledger), now)

    def _progress(self, ledger: Ledger, now: float) -> Progress:
        runs = is_held(self.run_dir)
        progress = measure(
            ledger, budget=self._budget(ledger), activity=_activity(ledger, runs=runs), now=now
        )
        objective = leading(ledger)
        better = [each for each in advantages(ledger) if each.objective == objective]
        progress = replace(progress, against_chance=next(iter(better), None))
        return replace(progress, rate_per_min=None, left_s=None) if runs is False else progress

    def _budget(self, ledger: Ledger) -> int | None:
        """Ask the settings, which take long to load, while the ledger has no plan."""
        if ledger.fact("plan") is not None:
            return None
        from molsteer.steering.settings.amounts import whole

        return whole(self._campaign().budget)

    def _name(self, ledger: Ledger) -> str:
        identity = ledger.fact("identity")
        known = identity.get("campaign.name") if isinstance(identity, dict) else None
        return self._campaign().name if known is None else str(known)

    def _campaign(self) -> CampaignSection:
        from molsteer.steering.run_directory import public_settings

        return public_settings(self.run_dir).campaign

    @contextmanager
    def _ledger(self) -> Iterator[Ledger]:
        with closing(look_into(self.run_dir, held=is_held(self.run_dir))) as ledger:
            yield ledger


_RUNS = {
    True: "running",
    False: "not running",
    None: "perhaps running, which its file system does not tell",
}


def _activity(ledger: Ledger, *, runs: bool | None) -> str:
    if finished := ledger.fact("finished"):
        return f"ended: {finished}"
    conditions = [name for name in ("paused", "stopping") if ledger.fact(name)]
    return ", ".join([*conditions, _RUNS[runs]])
