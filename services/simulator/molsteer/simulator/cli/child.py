"""A process that computes molecules for another one, so that it can be stopped, or may die.

    python -m molsteer.simulator.cli.child METHOD

It reads an `Order` from each line of its standard input, and writes an `Answer` to each.
"""

from __future__ import annotations

import os
import resource
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from molsteer.shared.errors import UserError
from molsteer.shared.host.processes import die_with_parent
from molsteer.shared.wire.levels import limits_of
from molsteer.shared.worker.failures import describe
from molsteer.simulator.app import simulator_by
from molsteer.simulator.cli.orders import READY, Answer, Computed, NotComputed, Order
from molsteer.simulator.offered import check_answer
from molsteer.simulator.port import Simulator


def main() -> None:
    """Answer until standard input closes."""
    die_with_parent()
    with os.fdopen(os.dup(0), "rb") as orders, os.fdopen(os.dup(1), "wb") as channel:
        # Engines print to the descriptor, whatever Python thinks standard output is; and programs
        # that they start would read the orders.
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        compute = simulator_by(sys.argv[1])
        channel.write(READY)
        channel.flush()
        for line in orders:
            answer = _answer(Order.model_validate_json(line), compute)
            channel.write(answer.model_dump_json().encode() + b"\n")
            channel.flush()


def _answer(order: Order, compute: Simulator) -> Answer:
    try:
        return _computed(order, compute)
    except Exception as error:
        return NotComputed(error=describe(error), mendable=isinstance(error, UserError))


def _computed(order: Order, compute: Simulator) -> Computed:
    # RDKit loads NumPy, which has to find threads held to one by the level.
    from rdkit.Chem import GetFormalCharge

    from molsteer.simulator.molecule.species import read_species

    started_s = _cpu_s()
    species = read_species(order.smiles, limits_of(order.spec.method))
    with TemporaryDirectory(dir=order.scratch) as scratch:
        wanted = {name: unit or "" for name, unit in order.wanted.items()}
        found = compute(order.smiles, order.spec, wanted, Path(scratch), order.limit_s)
    check_answer(order.spec.method, order.wanted, found)
    return Computed(
        canonical_smiles=species.smiles,
        inchikey=species.inchikey,
        charge=GetFormalCharge(species.molecule),
        values=dict(found.values),
        steps=dict(found.steps),
        multiplicities=dict(found.multiplicities),
        engine=found.engine,
        cpu_s=_cpu_s() - started_s,
        records=dict(found.records),
    )


def _cpu_s() -> float:
    usages = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


if __name__ == "__main__":
    main()
