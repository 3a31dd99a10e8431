"""Serves a dashboard until somebody ends it."""

from __future__ import annotations

import logging
import os
import secrets
import socket
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from molsteer.shared.errors import UserError
from molsteer.steering.dashboard.access import Access, is_loopback
from molsteer.steering.dashboard.campaigns import Campaigns
from molsteer.steering.dashboard.web import Dashboard
from molsteer.steering.ledger.resting import look_into
from molsteer.steering.ledger.steering_lock import is_held
from molsteer.steering.records.overview import places
from molsteer.steering.run_directory import public_settings

_THREADS = 8


def serve(
    root: Path, host: str, port: int, *, with_token: bool, tell: Callable[[str], None]
) -> None:
    """Serve the campaigns of a folder until Ctrl-C.

    Args:
        root: A folder of run directories, or a run directory.
        host: Address to listen at.
        port: Port, 0 for any that is free.
        with_token: Whether a token is asked for on this machine as well; elsewhere one always is.
        tell: Is given the address to open.

    Raises:
        UserError: If the port cannot be had, or nothing is there to be shown.
    """
    from waitress.server import create_server

    # Several requests at a time are no news: a page has many pictures.
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    campaigns = Campaigns(root)
    if campaigns.is_one:  # what cannot be read is said here, and not on a page
        with closing(look_into(root, held=is_held(root))):
            public_settings(root)
    places(root)
    token = secrets.token_urlsafe(24) if with_token or not is_loopback(host) else None
    with _listening(host, port) as at:
        bound = at.getsockname()[1]
        server = create_server(
            Dashboard(campaigns, Access(token, bound)),
            sockets=[at],
            threads=_THREADS,
            ident="molsteer",
            clear_untrusted_proxy_headers=True,
        )
        tell(f"http://{_named(host)}:{bound}/{f'?token={token}' if token else ''}")
        try:
            server.run()
        finally:
            server.close()


def _listening(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except (OSError, ValueError) as error:
        code = getattr(error, "errno", None) or 0
        # The socket module adds the address to what the system says, and names have codes below 0.
        reason = os.strerror(code) if code > 0 else getattr(error, "strerror", None) or str(error)
        raise UserError(
            f"The dashboard cannot be served at {host}:{port}: {reason.rstrip('.')}. Choose "
            "another --port (0 takes any that is free) or --host."
        ) from None


def _named(host: str) -> str:
    if host in {"0.0.0.0", "::"}:  # noqa: S104 - where it was bound to, and is not a name to open
        return socket.gethostname()
    return f"[{host}]" if ":" in host else host
