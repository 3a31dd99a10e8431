"""Globus Compute's web service: what of it starts a function, and tells what became of it.

Its own library is not used (docs/adr/0036). What travels is text: the source of a function, and
arguments and results as JSON, as the library's PureSourceTextInspect and JSONData write them.
"""

from __future__ import annotations

import inspect
import json
import os
import platform
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from molsteer.steering.sites.errors import GlobusFailed

if TYPE_CHECKING:
    from globus_sdk import ComputeClientV2, ComputeClientV3, UserApp

RESULTS = ("globus_compute_sdk.serialize.JSONData",)
"""How the endpoint is asked to write results: as text that runs nothing where it is read."""

_CODE, _JSON = "st\n", "11\n"

_AS_OF = "4.19.0"
"""The version of that library whose texts these are."""

_PUBLIC_CLIENT = "4cf29807-cf21-49ec-9443-ff9a3fb9f81c"
"""As which Globus Compute's own library logs users in."""

_WITHIN_S, _REPEATS = 30.0, 2

LOG_IN = "Log in with `molsteer site login NAME`."


@dataclass(frozen=True, slots=True)
class Ended:
    """What became of a function that has ended.

    Attributes:
        result: What it gave; None if it gave nothing that can be read.
        failure: Why it gave nothing.
    """

    result: object
    failure: str = ""


class GlobusService:
    """Asks the web service as whoever has logged in; connects lazily.

    All methods raise `GlobusFailed`.
    """

    def __init__(self) -> None:
        self._clients: tuple[ComputeClientV2, ComputeClientV3] | None = None

    def check_login(self) -> None:
        """Make sure that somebody has logged in on this machine; Globus itself is not asked."""
        self._connected()

    def check_online(self, endpoint: str) -> None:
        """Make sure that an endpoint is there and would begin what it is given."""
        v2, _ = self._connected()
        with _asking(f"the endpoint {endpoint}"):
            status = str(v2.get_endpoint_status(endpoint)["status"])
        if status != "online":
            raise GlobusFailed(
                f"the endpoint {endpoint} is {status}",
                "Start it where it lives: globus-compute-endpoint start NAME.",
            )

    def register(self, function: Callable[..., object]) -> str:
        """Hand in a function; gives its id."""
        _, v3 = self._connected()
        described = {
            "function_name": function.__name__,
            "function_code": packed(f"{_CODE}{function.__name__}:{inspect.getsource(function)}"),
            "serialized": True,
            "description": inspect.getdoc(function),
            "meta": {
                "python_version": platform.python_version(),
                "sdk_version": _AS_OF,
                "serde_identifier": _CODE.strip(),
            },
        }
        with _asking("registering a function"):
            return str(v3.register_function(described)["function_uuid"])

    def submit(
        self, endpoint: str, function: str, arguments: Sequence[str], config: Mapping[str, object]
    ) -> str:
        """Have an endpoint call a function; gives the task's id."""
        _, v3 = self._connected()
        task = packed(_JSON + json.dumps(list(arguments)), _JSON + "{}")
        batch: dict[str, Any] = {
            "create_queue": False,
            "tasks": {function: [task]},
            "result_serializers": list(RESULTS),
        }
        if config:
            batch["user_endpoint_config"] = dict(config)
        with _asking(f"the endpoint {endpoint}"):
            return str(v3.submit(endpoint, batch)["tasks"][function][0])

    def ended(self, tasks: Collection[str]) -> dict[str, Ended]:
        """Tell which tasks have ended, and how; what the service does not know has not."""
        if not tasks:
            return {}
        v2, _ = self._connected()
        with _asking("asking for tasks"):
            results = v2.get_task_batch(sorted(tasks))["results"]
            return dict(_ended(results))

    def _connected(self) -> tuple[ComputeClientV2, ComputeClientV3]:
        if self._clients is None:
            from globus_sdk import ComputeClientV2, ComputeClientV3
            from globus_sdk.transport import RequestsTransport, RetryConfig

            with _asking("logging in"):
                login = _login()
                self._clients = (
                    ComputeClientV2(
                        **login,
                        transport=RequestsTransport(http_timeout=_WITHIN_S),
                        retry_config=RetryConfig(max_retries=_REPEATS),
                    ),
                    ComputeClientV3(
                        **login,
                        transport=RequestsTransport(http_timeout=_WITHIN_S),
                        retry_config=RetryConfig(max_retries=_REPEATS),
                    ),
                )
        return self._clients


def log_in() -> None:
    """Have a person log in, by a page of Globus and the code that it shows.

    Raises:
        GlobusFailed: If that does not come to its end.
    """
    with _asking("logging in"):
        try:
            _app().login()
        except EOFError:
            raise GlobusFailed("nobody typed the code in", "Log in from a terminal.") from None


def packed(*texts: str) -> str:
    """Put texts behind each other, each after its length."""
    return "".join(f"{len(text)}\n{text}" for text in texts)


def _ended(results: Mapping[str, Mapping[str, Any]]) -> Iterator[tuple[str, Ended]]:
    for task, told in results.items():
        match str(told.get("status", "")).lower():
            case "success":
                yield task, _read(str(told.get("result", "")))
            case "failed":
                yield task, Ended(None, str(told.get("exception") or told.get("reason") or ""))


def _read(text: str) -> Ended:
    try:
        if text.startswith(_JSON):
            return Ended(json.loads(text.removeprefix(_JSON)))
    except ValueError:
        pass
    return Ended(None, "The endpoint gave a result that is no JSON.")


def _login() -> dict[str, Any]:
    from globus_sdk import ClientCredentialsAuthorizer, ConfidentialAppAuthClient
    from globus_sdk.scopes import ComputeScopes

    client, secret = _variable("CLIENT_ID"), _variable("CLIENT_SECRET")
    if client and secret:
        confidential = ConfidentialAppAuthClient(client, secret)
        return {"authorizer": ClientCredentialsAuthorizer(confidential, ComputeScopes.all)}
    app = _app()
    if app.login_required():
        raise GlobusFailed("nobody has logged in on this machine", LOG_IN)
    return {"app": app}


def _app() -> UserApp:
    """Open the login that Globus Compute's own programs keep and share."""
    from globus_sdk import GlobusAppConfig, UserApp
    from globus_sdk.scopes import ComputeScopes
    from globus_sdk.token_storage import SQLiteTokenStorage

    folder = Path(_variable("USER_DIR") or Path.home() / ".globus_compute")
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    environment = os.environ.get("GLOBUS_SDK_ENVIRONMENT", "production")
    storage = SQLiteTokenStorage(
        folder / "storage.db",
        namespace=f"user/{environment}",
        connect_params={"check_same_thread": False},
    )
    return UserApp(
        platform.node(),
        client_id=_variable("CLIENT_ID") or _PUBLIC_CLIENT,
        scope_requirements={ComputeScopes.resource_server: ComputeScopes.all},
        config=GlobusAppConfig(token_storage=storage, request_refresh_tokens=True),
    )


def _variable(name: str) -> str:
    return os.environ.get(f"GLOBUS_COMPUTE_{name}", "")


@contextmanager
def _asking(what: str) -> Iterator[None]:
    from globus_sdk import AuthAPIError, GlobusAPIError, GlobusError

    try:
        yield
    except AuthAPIError as error:
        raise GlobusFailed(f"the login is refused ({error.message})", LOG_IN) from None
    except GlobusAPIError as error:
        raise GlobusFailed(*_explained(what, error.http_status, error.message or "")) from None
    except (GlobusError, OSError) as error:
        reason = str(error) or type(error).__name__
        raise GlobusFailed(reason, "Check the network, and HTTPS_PROXY.") from None
    except (LookupError, TypeError, ValueError) as error:
        reason = f"its answer cannot be read ({type(error).__name__}: {error})"
        raise GlobusFailed(reason, "Ask again later.") from None


def _explained(what: str, status: int, said: str) -> tuple[str, str]:
    match status:
        case 401:
            return f"the login is refused ({said})", LOG_IN
        case 403:
            return f"{what} is not allowed ({said})", "Ask whoever owns the endpoint to let you in."
        case 404:
            return f"{what} is not known", "Correct [globus_compute] endpoint."
        case _:
            return f"{what} fails ({status}: {said})", "Ask again later."
