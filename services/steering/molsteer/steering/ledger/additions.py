"""What was added to a campaign that had begun: labels from elsewhere, molecules of its space."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Literal

from molsteer.steering.ledger.ledger import Ledger

Kind = Literal["labels", "molecules"]


@dataclass(frozen=True, slots=True)
class Addition:
    """Something that was added.

    Attributes:
        request: Name of the request that asked for it.
        added_at: In seconds of the Unix epoch.
        source: Where it came from, for people to read.
        file: Below the run directory: the table of labels, or the folder of the grown space.
        sha256: Digest of the table, or of the molecules of the space.
        added: Labels or molecules that were new.
        passed_over: Those of molecules that were known or chosen, or are in the space already.
        results: How many results there were then.
    """

    request: str
    kind: Kind
    added_at: float
    source: str
    file: str
    sha256: str
    added: int
    passed_over: int
    results: int


def note(ledger: Ledger, addition: Addition) -> None:
    """Note an addition; inside the transaction of the event that tells the policy of it."""
    ledger.connection.execute(
        "INSERT INTO addition (request, kind, added_at, source, file, sha256, added, passed_over,"
        " results) VALUES (:request, :kind, :added_at, :source, :file, :sha256, :added,"
        " :passed_over, :results)",
        asdict(addition),
    )


def additions(ledger: Ledger, kind: Kind | None = None) -> list[Addition]:
    """List what was added, in order; of one kind, or everything."""
    rows = ledger.connection.execute(
        "SELECT request, kind, added_at, source, file, sha256, added, passed_over, results"
        " FROM addition WHERE ?1 IS NULL OR kind = ?1 ORDER BY number",
        (kind,),
    )
    return [Addition(*row) for row in rows]


def of_request(ledger: Ledger, request: str) -> Addition | None:
    """Find what a request added."""
    return next((each for each in additions(ledger) if each.request == request), None)


def grown(ledger: Ledger) -> Addition | None:
    """Find the addition that the search space is as it is by; None while it is as it began."""
    return next(reversed(additions(ledger, "molecules")), None)


def total(ledger: Ledger, kind: Kind) -> int:
    """Count the labels or molecules that were added."""
    return sum(each.added for each in additions(ledger, kind))


def told(addition: Addition) -> str:
    """Say what was added, as `120 labels of old.csv, 3 passed over`."""
    over = f", {addition.passed_over:,} passed over" if addition.passed_over else ""
    of = "" if addition.added == 1 else "s"
    return f"{addition.added:,} {addition.kind.removesuffix('s')}{of} of {addition.source}{over}"
