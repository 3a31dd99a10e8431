"""Molecules as drawings."""

from __future__ import annotations

import logging
from functools import cache
from typing import Any

from molsteer.steering.report.figures.canvas import as_source

log = logging.getLogger(__name__)

_WIDTH, _HEIGHT = 220, 150


def drawing(smiles: str) -> str | None:
    """Draw a molecule as the address of an image; None as of `structure`."""
    svg = structure(smiles)
    return None if svg is None else as_source(svg)


def structure(smiles: str, size: tuple[int, int] = (_WIDTH, _HEIGHT)) -> bytes | None:
    """Draw a molecule as SVG, so many pixels wide and high.

    None if RDKit cannot read it, or cannot draw here: on Linux that needs libXrender and libXext.
    """
    from rdkit import Chem, rdBase

    try:
        from rdkit.Chem.Draw import rdMolDraw2D
    except ImportError as error:
        _tell_why_not(str(error))
        return None

    with rdBase.BlockLogs():
        molecule = Chem.MolFromSmiles(smiles)
    if molecule is None:
        return None
    drawer = rdMolDraw2D.MolDraw2DSVG(*size)
    options: Any = drawer.drawOptions()  # whose published types are wrong
    options.clearBackground = False
    options.fixedBondLength = 26.0 * size[0] / _WIDTH
    options.bondLineWidth = 1.5
    rdMolDraw2D.PrepareAndDrawMolecule(drawer, molecule)
    drawer.FinishDrawing()
    return str(drawer.GetDrawingText()).encode()


@cache
def _tell_why_not(reason: str) -> None:
    """Say once for all molecules that none can be drawn here."""
    log.warning("Molecules are not drawn: %s. Install libxrender1 and libxext6.", reason)
