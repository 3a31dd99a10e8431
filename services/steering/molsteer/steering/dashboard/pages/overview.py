"""All campaigns of a folder."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from werkzeug.utils import redirect
from werkzeug.wrappers import Request, Response

from molsteer.shared.foreign_text import one_line
from molsteer.shared.wire.properties import written
from molsteer.steering.dashboard.campaigns import key_of
from molsteer.steering.dashboard.pages.paging import Paging
from molsteer.steering.dashboard.site import PATIENCE_S, Site
from molsteer.steering.records.overview import Summary

ROWS = 100

_NOTHING_THERE = {"damaged", "no campaign"}


def campaigns(site: Site, request: Request) -> Response:
    """List all campaigns, or go to the only one."""
    if site.campaigns.is_one:
        return redirect(f"/c/{key_of(site.campaigns.root)}/", 302)
    summaries = site.campaigns.all.look(PATIENCE_S)
    text = request.args.get("q", "")
    listed = [each for each in summaries or () if each.state not in _NOTHING_THERE]
    found = [each for each in listed if _is_meant(each, text.lower())]
    paging = Paging.of(request, len(found), ROWS)
    return site.page(
        "campaigns.html",
        request,
        title="Campaigns",
        root=one_line(str(site.campaigns.root)),
        reading=summaries is None,
        text=text,
        some=bool(listed),
        paging=paging,
        rows=[_row(each) for each in found[paging.first : paging.first + ROWS]],
        damaged=_damaged(summaries or ()),
        others=sum(each.state == "no campaign" for each in summaries or ()),
    )


def _is_meant(summary: Summary, text: str) -> bool:
    told = (summary.folder, summary.name, summary.state, summary.property, summary.best_smiles)
    return any(text in (each or "").lower() for each in told)


def _row(summary: Summary) -> dict[str, object]:
    best = summary.best
    return {
        "key": key_of(Path(summary.folder)),
        "folder": one_line(Path(summary.folder).absolute().name),
        "name": one_line(summary.name or ""),
        "state": summary.state,
        "done": summary.done or 0,
        "budget": summary.budget or 0,
        "best": "" if best is None else written(best.value, best.unit),
        "property": (summary.property or "").replace("_", " "),
        "smiles": summary.best_smiles or "",
        "last_active_at": summary.last_active_at,
    }


def _damaged(summaries: Sequence[Summary]) -> list[str]:
    return [
        one_line(f"{each.folder} cannot be read: {each.problem}")
        for each in summaries
        if each.state == "damaged"
    ]
