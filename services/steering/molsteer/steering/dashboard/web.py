"""The dashboard as a WSGI application: which address is which page."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from werkzeug.exceptions import HTTPException, InternalServerError, MethodNotAllowed, NotFound
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

    def __call__(
        self, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        """Answer a request."""
        request = Request(environ)
        response = self._answered(request)
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        return response(environ, start_response)

    def _answered(self, request: Request) -> Response:
        try:
            return self._access.check(request) or self._shown(request)
        except HTTPException as error:
            if error.response is not None or (error.code or 0) in {301, 304, 308}:
                return Response.force_type(error.get_response(request.environ), request.environ)
            return self._problem(request, error.code or 500, error.description or error.name)
        except ServiceUnavailable as error:
            return self._problem(request, 503, str(error))
        except MolsteerError as error:
            return self._problem(request, 404, str(error))
        except Exception:
            log.exception("The dashboard could not show %s.", request.path)
            error = InternalServerError()
            return self._problem(request, 500, f"{error.description} The log has the details.")

    def _shown(self, request: Request) -> Response:
        if request.method not in {"GET", "HEAD"}:
            raise MethodNotAllowed(["GET", "HEAD"], "This dashboard shows; it changes nothing.")
        if len(request.path) + len(request.query_string) > _LONGEST_ADDRESS:
            raise NotFound("This address is too long.")
        page, values = self._map.bind_to_environ(request.environ).match()
        site = self._site
        if "key" in values:
            values["campaign"] = site.campaigns.of(values.pop("key"))
            if values["campaign"] is None:
                raise NotFound(f"There is no such run directory in {site.campaigns.root}.")
        shown: Response = page(site, request, **values)
        return shown

    def _problem(self, request: Request, status: int, sentence: str) -> Response:
        return self._site.page(
            "problem.html", request, status=status, title="Not to be seen", sentence=sentence
        )
