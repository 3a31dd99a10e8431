"""How fast molecules become chunks of a search space, beside molecular-design's way of it.

molecular-design makes of each SMILES a molecule with hydrogens, of that a networkx graph with a
dictionary for each atom and bond, and of that a dictionary of lists.

    python bench/featurize.py [--molecules FILE] [--n 2000] [--turns 5]
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Sequence
from itertools import islice
from pathlib import Path

import click
import networkx as nx
from rdkit import Chem, rdBase
from side_by_side import Comparison, by_turns, conclude

from molsteer.steering.space.build import build
from molsteer.steering.space.featurize import featurize_rows
from molsteer.steering.space.files.sources import MoleculesFile

QM9 = Path(__file__).parents[1] / "tests" / "data" / "qm9_gfn2_ip.csv"
Lists = dict[str, list[object]]


@click.command()
@click.option("--molecules", type=click.Path(path_type=Path), default=QM9, help="Molecules file.")
@click.option("--n", default=2000, show_default=True, help="Molecules of it, from its start.")
@click.option("--turns", default=5, show_default=True, help="How often both are measured.")
def bench(molecules: Path, n: int, turns: int) -> None:
    """Measure molecules per second of processor time, on one core."""
    smiles = [row.smiles for row in islice(MoleculesFile(molecules).rows(), n)]
    n = len(smiles)
    ours, peer = by_turns(
        lambda: rate(n, lambda: featurize_rows(smiles)),
        lambda: rate(n, lambda: as_dictionaries(smiles)),
        turns,
    )
    parsing, _ = by_turns(lambda: rate(n, lambda: parse(smiles)), lambda: 1.0, turns)
    conclude(
        Comparison("featurize", "SMILES to graphs", ours, peer, "molecules/s", n, True),
        Comparison("featurize", "parsing alone", parsing, peer, "molecules/s", n, True),
    )
    print(f"{bytes_each(smiles):.0f} bytes a molecule in a search space without features")


def as_dictionaries(smiles: Sequence[str]) -> list[Lists]:
    """Featurize as molecular-design does."""
    return [as_lists(as_networkx(Chem.AddHs(Chem.MolFromSmiles(text)))) for text in smiles]


def as_networkx(molecule: Chem.Mol) -> nx.Graph:
    """Write a molecule down as a graph of atoms and bonds with attributes."""
    graph = nx.Graph()
    for atom in molecule.GetAtoms():
        graph.add_node(
            atom.GetIdx(),
            atomic_num=atom.GetAtomicNum(),
            formal_charge=atom.GetFormalCharge(),
            chiral_tag=atom.GetChiralTag(),
            hybridization=atom.GetHybridization(),
            num_explicit_hs=atom.GetNumExplicitHs(),
            is_aromatic=atom.GetIsAromatic(),
        )
    for bond in molecule.GetBonds():
        ends = bond.GetBeginAtomIdx(), bond.GetEndAtomIdx()
        graph.add_edge(*ends, bond_type=str(bond.GetBondType()))
    return graph


def as_lists(graph: nx.Graph) -> Lists:
    """Give atoms and directed bonds of a graph as lists."""
    kinds: list[object] = [data["atomic_num"] for _, data in graph.nodes(data=True)]
    bonds = [
        (source, target, data["bond_type"])
        for one, other, data in graph.edges(data=True)
        for source, target in ((one, other), (other, one))
    ]
    bonds.sort()
    return {
        "n_atom": [len(graph)],
        "n_bond": [len(bonds)],
        "atom": kinds,
        "bond": [kind for _, _, kind in bonds],
        "connectivity": [(source, target) for source, target, _ in bonds],
    }


def parse(smiles: Sequence[str]) -> None:
    """Do the part of featurizing that is RDKit's alone."""
    with rdBase.BlockLogs():
        for text in smiles:
            Chem.MolFromSmiles(text)


def bytes_each(smiles: Sequence[str]) -> float:
    """Build a space of the molecules, and say how much room each takes on disk."""
    with tempfile.TemporaryDirectory(prefix="molsteer-bench-") as scratch:
        source, space = Path(scratch, "molecules.smi"), Path(scratch, "space")
        source.write_text("\n".join(smiles))
        build([source], space, chunk_size=10_000, processes=1)
        files = [path.stat().st_size for path in space.rglob("*") if path.is_file()]
    return sum(files) / len(smiles)


def rate(molecules: int, work: Callable[[], object]) -> float:
    """Give molecules per second of processor time."""
    started_at = time.process_time()
    work()
    return molecules / (time.process_time() - started_at)


if __name__ == "__main__":
    bench()
