"""The work of the building processes: batches of SMILES to graphs, names and reasons."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from functools import partial

from rdkit import rdBase

from molsteer.shared.host.ordered_work import in_order
from molsteer.shared.wire.graphs import PackedGraphs
from molsteer.steering.space.admission import Admission, Change
from molsteer.steering.space.admitting import admit
from molsteer.steering.space.errors import SpaceError
from molsteer.steering.space.featurize import pack
from molsteer.steering.space.files.sources import Row
from molsteer.steering.space.molecules import Reason


@dataclass(frozen=True, slots=True)
class Digested:
    """What became of a batch of rows.

    Attributes:
        graphs: Graphs of the usable rows.
        smiles: Canonical isomeric SMILES of the usable rows, their identities; ASCII.
        charges: Charges of the usable rows.
        changes: For each usable row how its molecule differs from what was written, if it does.
        reasons: For each row None where it is usable, else the reason why not.
    """

    graphs: PackedGraphs
    smiles: list[bytes]
    charges: list[int]
    changes: list[Change | None]
    reasons: list[Reason | None]


def digest(smiles: Sequence[str], admission: Admission) -> Digested:
    """Parse, name and featurize a batch of SMILES."""
    with rdBase.BlockLogs():
        found = [admit(text, admission) for text in smiles]
        usable = [item for item in found if not isinstance(item, Reason)]
        return Digested(
            graphs=pack([item.molecule for item in usable]),
            smiles=[item.smiles.encode("ascii") for item in usable],
            charges=[item.charge for item in usable],
            changes=[item.change for item in usable],
            reasons=[item if isinstance(item, Reason) else None for item in found],
        )


def digest_all(
    batches: Iterable[list[Row]], processes: int, admission: Admission
) -> Iterator[tuple[list[Row], Digested]]:
    """Digest batches in several processes; they come back in their order.

    Only a few batches for each process are read ahead; a few in all are not worth a process.

    Raises:
        SpaceError: If one of the processes died.
    """
    work = ((rows, [row.smiles for row in rows]) for rows in batches)
    try:
        yield from in_order(partial(digest, admission=admission), work, processes)
    except BrokenProcessPool as error:
        raise SpaceError(
            "A process that reads molecules died, perhaps for lack of memory. "
            "Build the space again with fewer of them: --processes 1."
        ) from error
