"""One molecule: its drawing and geometry, its values, who chose it and why, and what it cost."""

from __future__ import annotations

import json
from pathlib import Path

from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Request, Response

from molsteer.shared.foreign_text import one_line
from molsteer.shared.wire.properties import written
from molsteer.steering.dashboard.campaigns import Campaign
from molsteer.steering.dashboard.geometry.files import as_sdf, as_xyz
from molsteer.steering.dashboard.geometry.projection import projection
from molsteer.steering.dashboard.pages.lineage import attempts, lineage, stages, values
from molsteer.steering.dashboard.site import Site, download, picture
from molsteer.steering.errors import RecordUnreadable
from molsteer.steering.records.browsing.molecule import OneMolecule, read_molecule
from molsteer.steering.records.documents.geometries import Geometry, geometries
from molsteer.steering.records.documents.record_files import read_record
from molsteer.steering.records.titles import title

_TURNED_DEG = 30


def molecule(site: Site, request: Request, campaign: Campaign, number: int) -> Response:
    """Show all that is known of a molecule."""
    told = _told(campaign, number)
    level = request.args.get("level") or next(iter(told.records), "")
    found, problem = list[Geometry](), ""
    try:
        found = _geometries(told, level) if level in told.records else []
    except RecordUnreadable as error:
        problem = str(error)
    purpose = request.args.get("purpose", "")
    shown = next((each for each in found if each.purpose == purpose), next(iter(found), None))
    turn = request.args.get("turn", 0, type=int) % 360
    return site.page(
        "molecule.html",
        request,
        **{"title": title(told.own) or f"Molecule {number}", "key": campaign.key},
        **{"folder": one_line(campaign.folder.absolute().name), "here": "molecules", "state": ""},
        molecule=told,
        smiles=one_line(told.smiles or ""),
        own={one_line(name): one_line(cell) for name, cell in told.own.items()},
        values=values(told),
        lineage=lineage(told),
        attempts=attempts(told),
        stages=stages(told),
        cpu=written(told.cpu_s, "s", 1),
        **{"level": level, "geometries": found, "shown": shown, "problem": problem},
        **{"turn": turn, "turned": _TURNED_DEG},
    )


def record(_site: Site, request: Request, campaign: Campaign, number: int) -> Response:
    """Give the QCSchema records of a molecule at a level."""
    told = _told(campaign, number)
    text = json.dumps(read_record(_record(told, request)), indent=1)
    return download(text, f"{campaign.key}-{number}.json", "application/json")


def geometry_drawing(_site: Site, request: Request, campaign: Campaign, number: int) -> Response:
    """Draw a geometry as seen from one side."""
    _, geometry = _asked(request, campaign, number)
    return picture(projection(geometry, request.args.get("turn", 0, type=int) % 360), request)


def xyz(_site: Site, request: Request, campaign: Campaign, number: int) -> Response:
    """Give a geometry as an XYZ file."""
    told, geometry = _asked(request, campaign, number)
    return download(
        as_xyz(geometry, _named(told, geometry)), _file(number, "xyz"), "chemical/x-xyz"
    )


def sdf(_site: Site, request: Request, campaign: Campaign, number: int) -> Response:
    """Give a geometry as an SDF file."""
    told, geometry = _asked(request, campaign, number)
    kind = "chemical/x-mdl-sdfile"
    return download(as_sdf(geometry, _named(told, geometry)), _file(number, "sdf"), kind)


def _told(campaign: Campaign, number: int) -> OneMolecule:
    with campaign.ledger() as ledger:
        told = read_molecule(ledger, min(number, 2**62))
    if told is None:
        raise NotFound(f"Molecule {number} was not simulated in this campaign.")
    return told


def _asked(request: Request, campaign: Campaign, number: int) -> tuple[OneMolecule, Geometry]:
    told = _told(campaign, number)
    purpose = request.args.get("purpose", "")
    for each in geometries(read_record(_record(told, request))):
        if purpose in {"", each.purpose}:
            return told, each
    raise NotFound("Its record has no such geometry.")


def _record(told: OneMolecule, request: Request) -> Path:
    level = request.args.get("level") or next(iter(told.records), "")
    if level not in told.records:
        raise NotFound("It has no record at this level.")
    return told.records[level]


def _geometries(told: OneMolecule, level: str) -> list[Geometry]:
    return list(geometries(read_record(told.records[level])))


def _named(told: OneMolecule, geometry: Geometry) -> str:
    return f"{told.smiles or told.molecule} {geometry.purpose} charge={geometry.charge}"


def _file(number: int, ending: str) -> str:
    return f"molecule-{number}.{ending}"
