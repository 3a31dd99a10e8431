"""Geometries as files that other programs read."""

from __future__ import annotations

from molsteer.shared.foreign_text import one_line
from molsteer.steering.records.documents.geometries import Geometry


def as_xyz(geometry: Geometry, title: str) -> str:
    """Write an XYZ file, in angstrom, with the title in its second line."""
    lines = [str(len(geometry.symbols)), one_line(title)]
    for symbol, (x, y, z) in zip(geometry.symbols, geometry.positions, strict=True):
        lines.append(f"{symbol:<3}{x:15.8f}{y:15.8f}{z:15.8f}")
    return "\n".join(lines) + "\n"


def as_sdf(geometry: Geometry, title: str) -> str:
    """Write an SDF file, in angstrom; bonds are there where the records tell them."""
    from rdkit import Chem
    from rdkit.Geometry import Point3D

    molecule = Chem.RWMol()
    conformer = Chem.Conformer(len(geometry.symbols))
    for place, (symbol, position) in enumerate(
        zip(geometry.symbols, geometry.positions.tolist(), strict=True)
    ):
        molecule.AddAtom(Chem.Atom(symbol))
        conformer.SetAtomPosition(place, Point3D(*position))
    kinds = Chem.BondType.values
    for one, other, order in {tuple(sorted(b[:2])): b for b in geometry.bonds}.values():
        if one != other:
            molecule.AddBond(one, other, kinds.get(round(order), Chem.BondType.SINGLE))
    molecule.AddConformer(conformer)
    molecule.SetProp("_Name", one_line(title)[:80])
    return f"{Chem.MolToMolBlock(molecule, kekulize=False)}$$$$\n"
