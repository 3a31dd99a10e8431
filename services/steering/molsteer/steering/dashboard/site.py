"""How pages are made: templates, and headers that let nothing run but our own script."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from werkzeug.wrappers import Request, Response

from molsteer.shared.host.versions import installed_versions
from molsteer.steering.dashboard.campaigns import Campaigns
from molsteer.steering.report.page.page import environment

if TYPE_CHECKING:
    from jinja2 import Environment

FOLDER = Path(__file__).parent

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
"""Nothing that stands in a page runs or styles it; only files of ours do."""

POLICY_OF_PICTURES = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
"""For an SVG that is opened by itself: it may say how it looks, and do nothing."""

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-cache",
    "Content-Security-Policy": POLICY,
}

PATIENCE_S = 1.0
"""How long a page waits for what is read of a large campaign, before it says that it is read."""


@dataclass(frozen=True)
class Site:
    """What all pages need.

    Attributes:
        campaigns: What is shown.
    """

    campaigns: Campaigns
    _version: str = field(
        default_factory=lambda: installed_versions().get("molsteer-steering", ""), init=False
    )

    @cached_property
    def _templates(self) -> Environment:
        return environment(FOLDER / "templates")

    def page(self, template: str, request: Request, /, **told: object) -> Response:
        """Fill a template; whatever is put into it is escaped."""
        response = Response(self._filled(template, **told), mimetype="text/html")
        response.add_etag()
        return response.make_conditional(request)

    def problem(self, status: int, sentence: str) -> Response:
        """Say what went wrong."""
        text = self._filled("problem.html", title="Not to be seen", sentence=sentence)
        return Response(text, status=status, mimetype="text/html")

    def _filled(self, template: str, **told: object) -> str:
        return self._templates.get_template(template).render(
            version=self._version, several=not self.campaigns.is_one, **told
        )


def picture(svg: bytes, request: Request, *, lasting: bool = False) -> Response:
    """Answer with an SVG.

    Args:
        svg: The picture.
        request: What is answered.
        lasting: It will always look like this.
    """
    headers = {"Content-Security-Policy": POLICY_OF_PICTURES}
    if lasting:
        headers["Cache-Control"] = "private, max-age=86400"
    response = Response(svg, mimetype="image/svg+xml", headers=headers)
    response.add_etag()
    return response.make_conditional(request)


def download(data: str | bytes, name: str, mimetype: str, **headers: str) -> Response:
    """Answer with a file that is kept and not shown."""
    disposition = {"Content-Disposition": f'attachment; filename="{name}"', **headers}
    return Response(data, mimetype=mimetype, headers=disposition)
