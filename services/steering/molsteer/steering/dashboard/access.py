"""Who may look: whoever is on this machine, or has the token."""

from __future__ import annotations

import hmac
import ipaddress
from dataclasses import dataclass

from werkzeug.exceptions import Forbidden, Unauthorized
from werkzeug.wrappers import Request, Response

_ASKS_FOR_ONE = (
    "This dashboard asks for a token. Open the whole address that molsteer dashboard printed when "
    "it was started, with what stands behind the question mark."
)
_OTHER_HOST = (
    "This dashboard answers on this machine alone. Open it as http://localhost and its port, "
    "through an SSH tunnel if it runs elsewhere, or start it with --host."
)
_NAMES_OF_THIS_MACHINE = {"localhost", "127.0.0.1", "[::1]"}


def is_loopback(host: str) -> bool:
    """Tell whether an address is reached from this machine alone."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


@dataclass(frozen=True, slots=True)
class Access:
    """Lets requests in, or not.

    Attributes:
        token: What has to be known, None if nothing has.
        port: Where it is served; cookies know no ports, so the name of ours has it.
    """

    token: str | None
    port: int

    def check(self, request: Request) -> Response | None:
        """Let a request in; gives the answer to one that brings the token in its address.

        Raises:
            Unauthorized: If it lacks the token.
            Forbidden: If no token is asked for and it was sent to another name than this machine's,
                as a page of elsewhere does that has its own name point here.
        """
        if self.token is None:
            host = request.host.rpartition(":")[0] if _has_port(request.host) else request.host
            if host.lower() not in _NAMES_OF_THIS_MACHINE and not is_loopback(host.strip("[]")):
                raise Forbidden(_OTHER_HOST)
            return None
        told = request.args.get("token")
        if told is not None and self._is_right(told):
            return self._welcome(request)
        bearer = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if self._is_right(request.cookies.get(self._cookie, "")) or self._is_right(bearer):
            return None
        raise Unauthorized(_ASKS_FOR_ONE)

    @property
    def _cookie(self) -> str:
        return f"molsteer-{self.port}"

    def _is_right(self, told: str) -> bool:
        return hmac.compare_digest(told.encode(), (self.token or "").encode())

    def _welcome(self, request: Request) -> Response:
        """Keep the token in a cookie, so that it is in no further address."""
        response = Response(status=303, headers={"Location": request.path})
        response.set_cookie(self._cookie, self.token or "", httponly=True, samesite="Strict")
        return response


def _has_port(host: str) -> bool:
    return host.rpartition(":")[2].isdecimal() and not host.endswith("]")
