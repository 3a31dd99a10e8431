"""The table of labels that a request to add some names: written by who asks, read by steering."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Sequence
from pathlib import Path

from molsteer.shared.host.files.whole_files import write_whole
from molsteer.shared.wire.properties import Output
from molsteer.steering.control.requests import Addendum
from molsteer.steering.errors import RequestRefused
from molsteer.steering.ledger.known_labels import KnownLabel

FOLDER = "added"

_DAMAGED = "The table {} in it is missing, or not what it was. Add the labels again."


def put_labels(run_dir: Path, labels: Sequence[KnownLabel], source: str) -> Addendum:
    """Write labels into the run directory, where they stay, under the name of their content.

    Args:
        run_dir: The campaign's.
        labels: Of one property at one level.
        source: Where they come from, for people to read.

    Raises:
        RequestRefused: If the run directory cannot be written.
    """
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(("smiles", labels[0].property))
    table.writerows((label.smiles, repr(label.value)) for label in labels)
    data = text.getvalue().encode("ascii")
    sha256 = hashlib.sha256(data).hexdigest()
    file = Path(FOLDER) / f"{sha256[:16]}.csv"
    try:
        (run_dir / FOLDER).mkdir(exist_ok=True)
        write_whole(run_dir / file, data, mode=0o644)
    except OSError as error:
        raise RequestRefused(run_dir, f"Nothing can be written there: {error}.") from None
    return Addendum(file=str(file), sha256=sha256, source=source)


def read_labels(run_dir: Path, asked: Addendum, output: Output) -> list[KnownLabel]:
    """Read what `put_labels` wrote.

    Args:
        run_dir: The campaign's.
        asked: Names the table.
        output: What the labels are of.

    Raises:
        RequestRefused: If the table is missing or changed.
    """
    try:
        data = (run_dir / asked.file).read_bytes()
    except OSError:
        raise RequestRefused(run_dir, _DAMAGED.format(asked.file)) from None
    if hashlib.sha256(data).hexdigest() != asked.sha256:
        raise RequestRefused(run_dir, _DAMAGED.format(asked.file))
    _, *rows = csv.reader(io.StringIO(data.decode("ascii")))
    return [
        KnownLabel(smiles, float(value), output.level, output.name, output.unit)
        for smiles, value in rows
    ]
