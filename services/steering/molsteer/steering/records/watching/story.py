"""Everything that a campaign can tell, at one instant."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from molsteer.steering.errors import NothingMeasured
from molsteer.steering.ledger.ledger import Ledger
from molsteer.steering.ledger.resting import look_into
from molsteer.steering.ledger.steering_lock import is_held
from molsteer.steering.records.findings import Findings, read_findings
from molsteer.steering.records.latency import Latencies, read_latencies
from molsteer.steering.records.watching.about import About, read_about
from molsteer.steering.records.watching.machines import Machines, read_machines
from molsteer.steering.run_directory import public_settings


@dataclass(frozen=True)
class Story:
    """A campaign as a report tells it.

    Attributes:
        folder: The run directory.
        findings: What it found.
        about: What it was made of.
        latencies: Where its time went, None before a task has ended.
        machines: When which worker did what, None before one has ended a task.
        awaited: Simulations that were ordered and have not come back.
        runs: Whether a steering process is at work now, None where that is not known.
    """

    folder: Path
    findings: Findings
    about: About
    latencies: Latencies | None
    machines: Machines | None
    awaited: int
    runs: bool | None


def read_story(folder: Path) -> Story:
    """Read a campaign, whether or not it runs now.

    Raises:
        NoCampaign: If the folder holds none.
        UnknownLedger: If another version wrote it.
        UnusableRunDirectory: If its ledger is damaged.
        ServiceUnavailable: If another program holds the lock of its ledger.
    """
    runs = is_held(folder)
    with closing(look_into(folder, held=runs)) as ledger:
        return Story(
            folder=folder,
            findings=read_findings(ledger, public_settings(folder).campaign.name),
            about=read_about(ledger, folder),
            latencies=_latencies(ledger),
            machines=read_machines(ledger),
            awaited=_awaited(ledger),
            runs=runs,
        )


def _latencies(ledger: Ledger) -> Latencies | None:
    try:
        return read_latencies(ledger)
    except NothingMeasured:
        return None


def _awaited(ledger: Ledger) -> int:
    (count,) = ledger.connection.execute(
        "SELECT count(*) FROM task WHERE topic = 'simulate' AND state = 'dispatched'"
    ).fetchone()
    return int(count)
