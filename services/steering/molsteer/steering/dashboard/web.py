"""The dashboard as a WSGI application: which address is which page."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from werkzeug.exceptions import HTTPException, MethodNotAllowed, NotFound
from werkzeug.routing import Map, Rule
from werkzeug.wrappers import Request, Response

from molsteer.shared.errors import MolsteerError, ServiceUnavailable
from molsteer.steering.dashboard.access import Access
from molsteer.steering.dashboard.campaigns import Campaigns
from molsteer.steering.dashboard.pages import campaign, comparison, files, molecule, overview
from molsteer.steering.dashboard.pages import molecules as table
from molsteer.steering.dashboard.site import HEADERS, Site

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

log = logging.getLogger(__name__)

_LONGEST_ADDRESS = 8_000

Page = Callable[..., Response]

_PAGES: dict[str, Page] = {
    "/": overview.campaigns,
    "/compare": comparison.compared,
    "/structure.svg": files.structure_drawing,
    "/assets/<name>": files.asset,
    "/c/<key>/": campaign.overview,
    "/c/<key>/models": campaign.models,
    "/c/<key>/workers": campaign.workers,
    "/c/<key>/report.html": files.report,
    "/c/<key>/figures/<name>.svg": files.figure,
    "/c/<key>/molecules": table.molecules,
    "/c/<key>/molecules/<int:number>": molecule.molecule,
    "/c/<key>/molecules/<int:number>/record.json": molecule.record,
    "/c/<key>/molecules/<int:number>/geometry.svg": molecule.geometry_drawing,
    "/c/<key>/molecules/<int:number>/geometry.xyz": molecule.xyz,
    "/c/<key>/molecules/<int:number>/geometry.sdf": molecule.sdf,
}


class Dashboard:
    """Answers requests; reads run directories and changes nothing.

    Args:
        campaigns: What is shown.
        access: Who may look.
    """

    def __init__(self, campaigns: Campaigns, access: Access) -> None:
        self._site, self._access = Site(campaigns), access
        self._map = Map([Rule(address, endpoint=page) for address, page in _PAGES.items()])

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request."""
        request = Request(environ)
        response = self._answered(request)
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        return response(environ, start_response)

    def _answered(self, request: Request) -> Response:
        problem = self._site.problem
        try:
            return self._access.check(request) or self._shown(request)
        except HTTPException as error:
            if (error.code or 0) in {301, 308}:  # an address that lacks its last slash
                return Response.force_type(error.get_response(request.environ), request.environ)
            return problem(error.code or 500, error.description or error.name)
        except ServiceUnavailable as error:
            return problem(503, str(error))
        except MolsteerError as error:
            return problem(404, str(error))
        except Exception:
            log.exception("The dashboard could not show %s.", request.path)
            return problem(500, "This page could not be made; where it was started, it says why.")

    def _shown(self, request: Request) -> Response:
        if request.method not in {"GET", "HEAD"}:
            raise MethodNotAllowed(["GET", "HEAD"], "This dashboard shows; it changes nothing.")
        if len(request.path) + len(request.query_string) > _LONGEST_ADDRESS:
            raise NotFound("This address is too long.")
        page, values = self._map.bind_to_environ(request.environ).match()
        told = dict(values)
        if "key" in told:
            campaign = self._site.campaigns.of(told.pop("key"))
            if campaign is None:
                root = self._site.campaigns.root
                raise NotFound(f"There is no such run directory in {root}.")
            told["campaign"] = campaign
        shown: Response = page(self._site, request, **told)
        return shown
