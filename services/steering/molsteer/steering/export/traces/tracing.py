"""Reads the traces of a campaign, whether or not it runs, and brings them where they are wanted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

from molsteer.shared.errors import UnusableFile
from molsteer.steering.export.traces.chrome import write_chrome_trace
from molsteer.steering.export.traces.opentelemetry import Collector
from molsteer.steering.ledger.ledger import Ledger
from molsteer.steering.records.traces import paths
from molsteer.steering.records.traces.finding import find_tasks


def attempts(run_dir: Path, said: str) -> list[paths.TaskPath]:
    """Give all attempts at the piece of work that somebody names.

    Raises:
        NoCampaign: If there is no campaign.
        UnknownTask: If nothing, or more than one thing, is meant.
    """
    with _at_one_instant(run_dir) as ledger:
        return list(paths.paths(ledger, find_tasks(ledger, said)))


def write_trace(run_dir: Path, file: Path, said: str | None = None) -> int:
    """Write a Chrome trace, of the whole campaign or of the piece of work that somebody names.

    Returns:
        How many tasks are in it.

    Raises:
        NoCampaign: If there is no campaign.
        UnknownTask: If nothing, or more than one thing, is meant.
        UnusableFile: If the file cannot be written; what was there is left.
    """
    unfinished = file.with_name(f".{file.name}.part")
    with _at_one_instant(run_dir) as ledger:
        chosen = None if said is None else find_tasks(ledger, said)
        updates = paths.updates(ledger) if chosen is None else []
        try:
            with unfinished.open("w", encoding="utf-8") as opened:
                read = paths.paths(ledger, chosen)
                count = write_chrome_trace(opened, str(ledger.fact("campaign")), read, updates)
            unfinished.replace(file)
        except OSError as error:
            unfinished.unlink(missing_ok=True)
            reason = f"no trace can be written there ({error.strerror})"
            raise UnusableFile(file, reason, "Choose another --output.") from None
        return count


def send_traces(run_dir: Path, url: str, said: str | None = None) -> int:
    """Send traces to a collector of OpenTelemetry, as `write_trace` writes them.

    Raises:
        NoCampaign: If there is no campaign.
        UnknownTask: If nothing, or more than one thing, is meant.
        OpenTelemetryUnavailable: If its packages are not installed.
        ServiceUnavailable: If the collector does not take them.
    """
    with _at_one_instant(run_dir) as ledger:
        chosen: Sequence[str] | None = None if said is None else find_tasks(ledger, said)
        with Collector(url, str(ledger.fact("campaign"))) as collector:
            return collector.take(paths.paths(ledger, chosen))


@contextmanager
def _at_one_instant(run_dir: Path) -> Iterator[Ledger]:
    with closing(Ledger(run_dir, read_only=True)) as ledger, ledger.snapshot():
        yield ledger
