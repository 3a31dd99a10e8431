"""Several campaigns beside each other, as their report shows them."""

from __future__ import annotations

from werkzeug.exceptions import BadRequest, NotFound
from werkzeug.wrappers import Request, Response

from molsteer.steering.dashboard.site import Site
from molsteer.steering.records.watching.comparison import compare
from molsteer.steering.records.watching.story import read_story
from molsteer.steering.report.page.side_by_side import told as told_of

MOST = 20


def compared(site: Site, request: Request) -> Response:
    """Compare the campaigns that the address names."""
    keys = list(dict.fromkeys(request.args.getlist("c")))
    if not 2 <= len(keys) <= MOST:
        raise BadRequest(f"Mark between two and {MOST} campaigns of the list, then compare them.")
    chosen = [site.campaigns.of(key) for key in keys]
    stories = [read_story(each.folder) for each in chosen if each is not None]
    if len(stories) < len(keys):
        raise NotFound("One of these run directories is not there any more.")
    with site.campaigns.drawing:
        return site.page("comparison.html", request, **told_of(compare(stories)))
