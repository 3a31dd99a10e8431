"""What pages are made of and what can be kept: style, script, figures, drawings, the report."""

from __future__ import annotations

from pathlib import Path

from werkzeug.exceptions import NotFound, ServiceUnavailable
from werkzeug.wrappers import Request, Response

from molsteer.steering.dashboard.campaigns import Campaign
from molsteer.steering.dashboard.site import FOLDER, Site, download, picture
from molsteer.steering.report.page import page
from molsteer.steering.report.page.drawings import structure

_ASSETS = {"style.css": "text/css", "live.js": "text/javascript", "icon.svg": "image/svg+xml"}
_STYLE_OF_REPORTS = Path(page.__file__).parent / "templates" / "page.css"

_LONGEST_SMILES = 2_000
_SIZES = {"small": (220, 150), "large": (440, 320)}

_NO_DRAWING = (
    b'<svg xmlns="http://www.w3.org/2000/svg" width="220" height="150" viewBox="0 0 220 150">'
    b'<text x="110" y="80" text-anchor="middle" font-family="sans-serif" font-size="13" '
    b'fill="#5a6473">no drawing</text></svg>'
)

_A_LONG_TIME_S = 600.0


def asset(_site: Site, request: Request, name: str) -> Response:
    """Give the style sheet, which begins with that of reports, the script, or the icon."""
    if name not in _ASSETS:
        raise NotFound("There is no such file.")
    data = (FOLDER / "assets" / name).read_bytes()
    if name == "style.css":
        data = _STYLE_OF_REPORTS.read_bytes() + data
    response = Response(data, mimetype=_ASSETS[name])
    response.add_etag()
    return response.make_conditional(request)


def structure_drawing(_site: Site, request: Request) -> Response:
    """Draw the molecule that the address names."""
    smiles = request.args.get("smiles", "")[:_LONGEST_SMILES]
    size = _SIZES.get(request.args.get("size", ""), _SIZES["small"])
    return picture(structure(smiles, size) or _NO_DRAWING, request, lasting=True)


def figure(_site: Site, request: Request, campaign: Campaign, name: str) -> Response:
    """Draw a figure of a campaign."""
    told = campaign.told.look(_A_LONG_TIME_S)
    if told is None:
        raise ServiceUnavailable("This campaign is still being read.")
    svg = campaign.figure(told, name)
    if svg is None:
        raise NotFound("There is no such figure.")
    return picture(svg, request)


def report(_site: Site, _request: Request, campaign: Campaign) -> Response:
    """Give the report as the file that can be mailed."""
    policy = {"Content-Security-Policy": "sandbox"}
    return download(campaign.report(), f"{campaign.key}-report.html", "text/html", **policy)
