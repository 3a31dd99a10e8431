"""The table of molecules, sorted, sought and turned page by page where the ledger is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from werkzeug.wrappers import Request, Response

from molsteer.shared.foreign_text import one_line
from molsteer.steering.dashboard.campaigns import Campaign
from molsteer.steering.dashboard.pages.paging import Paging
from molsteer.steering.dashboard.site import Site
from molsteer.steering.records.browsing.listing import Listing, read_listing
from molsteer.steering.records.browsing.query import GROUPS, ROWS, Group, Query
from molsteer.steering.records.found import Found
from molsteer.steering.records.hits import is_hit
from molsteer.steering.records.titles import shown, title_headings
from molsteer.steering.report.table import number

_LONGEST_TEXT = 1_000

GROUP_NAMES: Mapping[Group, str] = {
    "all": "all that were computed",
    "hits": "hits",
    "models": "chosen by models",
    "control": "drawn as a control",
    "start": "chosen before there was a model",
    "failed": "failed for good",
}


@dataclass(frozen=True, slots=True)
class Line:
    """A molecule as a line of a table or as a card.

    Attributes:
        molecule: Its number in the search space.
        smiles: The molecule.
        names: What the user's own file calls it.
        values: Of every objective and limit, as text.
        predicted: What was expected of the leading one, with its spread.
        chosen_by: Who chose it.
        number: Its place in the order of results.
        is_hit: Whether it is one by the leading objective.
        keeps: Whether it keeps all limits.
    """

    molecule: int
    smiles: str
    names: str
    values: Sequence[str]
    predicted: str
    chosen_by: str
    number: int
    is_hit: bool
    keeps: bool


@dataclass(frozen=True, slots=True)
class Heading:
    """The heading of a column.

    Attributes:
        title: What stands there.
        order: Name of the order by this column, empty if there is none.
        address: Where the table in this order is.
        sorted: ascending, descending or none, as `aria-sort` has it.
    """

    title: str
    order: str = ""
    address: str = ""
    sorted: str = "none"


def molecules(site: Site, request: Request, campaign: Campaign) -> Response:
    """Show a page of the table."""
    query = asked(request)
    with campaign.ledger() as ledger:
        listing = read_listing(ledger, query)
    paging = replace(Paging.of(request, listing.total, ROWS), page=listing.query.page)
    name = one_line(campaign.folder.absolute().name)
    return site.page(
        "molecules.html",
        request,
        **{"title": f"Molecules of {name}", "folder": name, "key": campaign.key},
        **{"here": "molecules", "state": ""},
        query=listing.query,
        groups=GROUP_NAMES,
        paging=paging,
        headings=headings(listing, paging),
        lines=lines(listing),
        failed=listing.failed,
        has_hits=any(each.hit is not None for each in listing.objectives[:1]),
        shown=shown,
        title_headings=title_headings,
    )


def asked(request: Request) -> Query:
    """Read what is asked for; what makes no sense is as if it was not there."""
    told: Any = request.args.get("group", "all")
    return Query(
        text=request.args.get("q", "").strip()[:_LONGEST_TEXT],
        group=told if told in GROUPS else "all",
        order=request.args.get("order", ""),
        descending=request.args.get("direction") == "descending",
        page=min(request.args.get("page", 1, type=int), 10**9),
    )


def headings(listing: Listing, paging: Paging) -> list[Heading]:
    """Head the table, each column with the address of its order."""
    outputs = listing.outputs
    several = len({output.level for output in outputs}) > 1
    titles = [f"{each.title}, {each.level}" if several else each.title for each in outputs]
    columns = [
        ("molecule", "smiles", "ascending"),
        *((title, str(place), _first(listing, place)) for place, title in enumerate(titles)),
        ("predicted", "predicted", "descending"),
        ("chosen by", "", ""),
        ("found as no.", "number", "ascending"),
    ]
    return [_heading(listing, paging, *column) for column in columns]


def _first(listing: Listing, place: int) -> str:
    goals = [objective.goal for objective in listing.objectives]
    return "ascending" if goals[place : place + 1] == ["minimise"] else "descending"


def _heading(listing: Listing, paging: Paging, title: str, order: str, first: str) -> Heading:
    if not order:
        return Heading(title)
    query, is_sorted = listing.query, "none"
    if query.order == order:
        is_sorted = "descending" if query.descending else "ascending"
    elif not query.order and order == "0" and listing.objectives[0].goal != "reach":
        is_sorted = first
    other = {"ascending": "descending", "descending": "ascending", "none": first}[is_sorted]
    return Heading(title, order, paging.sorted_by(order, other), is_sorted)


def lines(listing: Listing) -> list[Line]:
    """Write the molecules of a page."""
    own = title_headings(listing.own_headings)
    return [_line(found, listing, own) for found in listing.rows]


def _line(found: Sequence[Found], listing: Listing, own: Sequence[str]) -> Line:
    first, objectives = found[0], listing.objectives
    known = [
        next((v for each in found if (v := each.valued(output)) is not None), None)
        for output in listing.outputs
    ]
    spread = f" ± {number(first.spread, 2)}" if first.spread else ""
    return Line(
        molecule=first.molecule,
        smiles=one_line(first.smiles),
        names=", ".join(cell for heading in own if (cell := shown(first.own.get(heading, "")))),
        values=[number(each and each.value) for each in known],
        predicted="" if first.predicted is None else f"{number(first.predicted, 2)}{spread}",
        chosen_by=chosen_by(first),
        number=first.number,
        is_hit=bool(objectives) and known[0] is not None and is_hit(objectives[0], known[0]),
        keeps=first.keeps,
    )


def chosen_by(found: Found) -> str:
    """Say who chose a molecule."""
    if found.generation:
        return f"models {found.generation}"
    return "chance, as a control" if found.by_chance else "the start"
