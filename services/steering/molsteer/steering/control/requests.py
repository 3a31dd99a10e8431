"""What people ask of a campaign: small files in its run directory that steering takes up.

A file needs neither a server nor a running steering process, and waits until there is one. It is
noted in the ledger together with what it causes and removed afterwards, so that a file met again
after a crash changes nothing.
"""

from __future__ import annotations

import errno
import logging
import os
import stat
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal, Self, assert_never
from uuid import uuid4

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    FiniteFloat,
    NonNegativeInt,
    ValidationError,
    model_validator,
)

from molsteer.shared.errors import SettingsError
from molsteer.shared.host.files.whole_files import write_whole
from molsteer.steering.control.thresholds import limits_of, move, objectives_of
from molsteer.steering.errors import RequestRefused
from molsteer.steering.ledger.ledger import Ledger
from molsteer.steering.policy.events import (
    Control,
    Paused,
    PlanChanged,
    Resumed,
    RetryRequested,
    StopRequested,
)
from molsteer.steering.policy.plan import Plan
from molsteer.steering.settings.changes import Changes, Value, check_changes, replanned
from molsteer.steering.settings.thresholds import check_thresholds
from molsteer.steering.settings.whole_numbers import changes_in_numbers

log = logging.getLogger(__name__)

_MOST_BYTES = 1_000_000
"""Far beyond any request."""


class Addendum(BaseModel):
    """Labels or molecules that lie in the run directory, to be added.

    Attributes:
        file: The table of labels, or the folder of the grown search space.
        sha256: Digest of the table, or of the molecules of the space.
        source: Where they come from, for people to read.
        onto: Digest of the molecules of the space that was grown.
        passed_over: Molecules that were there already, or cannot be searched.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    file: Annotated[str, Field(pattern=r"^(added/[0-9a-f]+\.csv|space/grown-[0-9a-f]+)$")]
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    source: str
    onto: str = ""
    passed_over: NonNegativeInt = 0


class Request(BaseModel):
    """Something that a person wants of a campaign.

    Attributes:
        changes: New values of settings, for `set` alone.
        thresholds: New thresholds of objectives by their names, likewise.
        molecules: Molecules to try anew, for `retry` alone.
        addition: What is to be added, for `add-labels` and `add-molecules` alone.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    action: Literal[
        "pause", "resume", "stop", "stop-now", "set", "retry", "add-labels", "add-molecules"
    ]
    changes: dict[str, Value] = {}
    thresholds: dict[str, FiniteFloat] = {}
    molecules: tuple[int, ...] = ()
    addition: Addendum | None = None

    def planned(self, plan: Plan) -> tuple[Request, Plan]:
        """Give the request with numbers for percentages, and the plan with its changes."""
        changes = changes_in_numbers(self.changes, plan)
        return self.model_copy(update={"changes": dict(changes)}), replanned(plan, changes)

    @model_validator(mode="after")
    def _names_what_it_adds(self) -> Self:
        if (self.addition is None) == self.action.startswith("add-"):
            raise ValueError("additions name what they add, and nothing else does")
        return self

    def event(self, at: float, plan: Plan) -> Control | None:
        """Give what the policy must hear; None of an addition, which has to be looked at first.

        Args:
            at: The time, in seconds of the Unix epoch.
            plan: The plan with the changes.
        """
        match self.action:
            case "pause":
                return Paused(at)
            case "resume":
                return Resumed(at)
            case "stop":
                return StopRequested(at)
            case "stop-now":
                return StopRequested(at, now=True)
            case "set":
                return PlanChanged(at, plan)
            case "retry":
                return RetryRequested(at, self.molecules)
            case "add-labels" | "add-molecules":
                return None
            case _:
                assert_never(self.action)


def drop(run_dir: Path, request: Request) -> str:
    """Put a request where steering finds it, and give its name; names sort in order of time."""
    folder = make_folder(run_dir)
    name = f"{time.time_ns():020}-{uuid4().hex[:8]}"
    # It is no secret, and steering may be another user's.
    write_whole(folder / f"{name}.json", request.model_dump_json().encode(), mode=0o644)
    return name


@contextmanager
def asked(run_dir: Path, requests: Sequence[Request]) -> Iterator[None]:
    """Ask something for the block that follows; what fails before steering hears it, asks nothing.

    Raises:
        RequestRefused: If the requests cannot be written.
    """
    names: list[str] = []
    try:
        names += (_dropped(run_dir, request) for request in requests)
        yield
    except BaseException:
        for name in names:
            (_folder(run_dir) / f"{name}.json").unlink(missing_ok=True)
        raise


def _dropped(run_dir: Path, request: Request) -> str:
    try:
        return drop(run_dir, request)
    except OSError as error:
        raise RequestRefused(run_dir, f"Nothing can be written there: {error}.") from None


def waiting(run_dir: Path) -> bool:
    """Tell whether requests wait for steering."""
    return any(_folder(run_dir).glob("*.json"))


@dataclass(frozen=True, slots=True)
class Inbox:
    """The requests of one run directory, as steering sees them.

    Attributes:
        news: What a person should hear of them, until it is taken.
    """

    run_dir: Path
    ledger: Ledger
    news: list[str] = field(default_factory=list)
    _told: set[str] = field(default_factory=set)

    def unheard(self) -> Iterator[tuple[str, Request]]:
        """Go through the requests that were not heard before, oldest first.

        The caller notes each one, or refuses it; its file is removed when the next one is asked
        for, or set aside as `.refused`. A file that cannot be read is refused here. One that cannot
        be removed stays, and is not heard again.
        """
        for file in self._files():
            refused = False
            if answer_to(self.ledger, file.stem) is None:
                try:
                    request = _read(file)
                    self._check(request)
                except FileNotFoundError:
                    continue
                except SettingsError as error:
                    self.refuse(file.stem, str(error))
                else:
                    yield file.stem, request
                refused = bool(answer_to(self.ledger, file.stem))
            with suppress(OSError):
                if refused:
                    file.replace(file.with_suffix(".refused"))
                else:
                    file.unlink()

    def _check(self, request: Request) -> None:
        objectives, limits = objectives_of(self.ledger), limits_of(self.ledger)
        check_thresholds(request.thresholds, objectives, limits)

    def _files(self) -> list[Path]:
        folder = _folder(self.run_dir)
        try:
            return sorted(folder / name for name in os.listdir(folder) if name.endswith(".json"))
        except FileNotFoundError:
            return []
        except OSError as error:
            self._tell(
                f"Requests are not heard, for {folder} cannot be read ({error.strerror}). Give it "
                f"back to the user who runs steering, or remove it."
            )
            return []

    def _tell(self, sentence: str) -> None:
        if sentence not in self._told:
            self._told.add(sentence)
            self.news.append(sentence)

    def refuse(self, name: str, reason: str) -> None:
        """Note that a request is heard and changes nothing, and why."""
        self._tell(f"A request was refused. {reason}")
        with self.ledger.transaction():
            self.ledger.set_fact(_fact(name), reason)

    def note(self, name: str, request: Request) -> None:
        """Note that a request is heard, and what it changes; inside a transaction."""
        self.ledger.set_fact(_fact(name), "")
        if request.changes:
            self.ledger.set_fact("changes", {**changes_of(self.ledger), **request.changes})
        if request.thresholds:
            move(self.ledger, request.thresholds)


def answer_to(ledger: Ledger, name: str) -> str | None:
    """Tell why a request was refused; empty if it was not, None while it was not heard."""
    answer = ledger.fact(_fact(name))
    return None if answer is None else str(answer)


def changes_of(ledger: Ledger) -> Changes:
    """Give everything that was changed since the campaign began, as it is now."""
    changes = ledger.fact("changes")
    return check_changes(changes) if isinstance(changes, dict) else {}


def _read(file: Path) -> Request:
    try:
        request = Request.model_validate_json(_content(file))
    except FileNotFoundError:
        raise
    except OSError as error:
        reason = f"It cannot be read ({error.strerror}). Ask as the user who runs steering."
        raise SettingsError(str(file), [reason]) from None
    except ValidationError:
        raise SettingsError(
            str(file), ["This is not a request of this version. Use one molsteer version for all."]
        ) from None
    return request.model_copy(update={"changes": check_changes(request.changes)})


def _content(file: Path) -> bytes:
    # Without waiting, for a pipe has no other end.
    with os.fdopen(os.open(file, os.O_RDONLY | os.O_NONBLOCK), "rb") as opened:
        if not stat.S_ISREG(os.fstat(opened.fileno()).st_mode):
            raise OSError(errno.EINVAL, "it is not a regular file")
        return opened.read(_MOST_BYTES)


def make_folder(run_dir: Path) -> Path:
    """Make the place for requests where steering's user can look, whoever makes it."""
    folder = _folder(run_dir)
    with suppress(FileExistsError):
        folder.mkdir()
        folder.chmod(0o755)
    return folder


def _folder(run_dir: Path) -> Path:
    return run_dir / "requests"


def _fact(name: str) -> str:
    return f"request/{name}"
