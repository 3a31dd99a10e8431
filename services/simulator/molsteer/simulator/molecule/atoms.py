"""Free atoms in their ground states.

The multiplicities are those of the ground levels in the NIST Atomic Spectra Database
(doi:10.18434/T4W30F), as carbon's 3P is a triplet. Lanthanides are the exception: GFN2-xTB has
their f electrons in the core, and what remains is the doublet of lanthanum, 5d 6s2.
"""

from __future__ import annotations

from rdkit import Chem, rdBase

from molsteer.simulator.molecule.species import ElectronicState, Species

_S, _P = "21", "234321"
_MULTIPLICITIES = "".join(
    (
        "21",  # H, He
        _S + _P,  # Li to Ne
        _S + _P,  # Na to Ar
        _S + "2347654321" + _P,  # K to Kr
        _S + "2367654121" + _P,  # Rb to Xe
        _S + 15 * "2" + "345654321" + _P,  # Cs to Rn
    )
)
"""By atomic number, from hydrogen to radon."""


def free_atom(number: int) -> tuple[Species, ElectronicState]:
    """Give an atom by its atomic number, uncharged and in its ground state."""
    with rdBase.BlockLogs():
        molecule = Chem.MolFromSmiles(f"[#{number}]")
        inchikey = Chem.MolToInchiKey(molecule)  # type: ignore[no-untyped-call]
    unpaired = int(_MULTIPLICITIES[number - 1]) - 1
    return Species(Chem.MolToSmiles(molecule), inchikey, molecule), ElectronicState(
        "neutral", 0, unpaired
    )
