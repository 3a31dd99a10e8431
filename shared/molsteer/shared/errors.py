"""Every deliberate error of the project, in one tree.

    MolsteerError
    ├── UserError            the user can mend it: one sentence, exit status 2
    │   ├── SettingsError    unknown keys, wrong types, impossible combinations
    │   ├── RefusedFolder    a folder cannot be made
    │   └── ServiceUnavailable   a server does not answer or refuses us
    │       ├── NotAllowed           it lets us in, but not do what we want
    │       └── UnusableFile         a file cannot be read or written, or others may use it
    ├── WireError            bytes that are not a message of ours
    │   ├── ProtocolMismatch     a message of another protocol version
    │   └── UntrustedMessage     a message without a signature that we can trust
    ├── BlobError            data behind a reference
    │   ├── BlobMissing          nothing is stored under the key
    │   ├── BlobCorrupt          the bytes do not match their digest or codec
    │   └── UnknownStore         the store is not configured in this process
    └── TaskError            a task that could not be done; travels as data, see `ErrorRecord`

Services add leaves of their own; nobody raises `MolsteerError` itself.
Any other exception is a defect of the program.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:  # the policy, which knows no files, raises errors as well
    from pathlib import Path


class MolsteerError(Exception):
    """Anything this project raises on purpose."""


class UserError(MolsteerError):
    """Something the user can mend; the message says what, where and how."""


class SettingsError(UserError):
    """Settings that cannot be used; names every problem at once.

    Args:
        source: Where the settings came from, as the user knows it.
        problems: One sentence for each problem, each with its place.
    """

    def __init__(self, source: str, problems: Sequence[str]) -> None:
        listed = "".join(f"\n  - {problem}" for problem in problems)
        super().__init__(f"The settings in {source} cannot be used:{listed}")
        self.source = source
        self.problems = tuple(problems)


class ServiceUnavailable(UserError):
    """A server this process needs, or a file to get in with, does not answer or refuses it."""

    def __init__(self, service: str, address: str, reason: str, cure: str) -> None:
        super().__init__(f"{service} at {address} cannot be used: {reason}. {cure}")
        self.service, self.address, self.reason, self.cure = service, address, reason, cure


class NotAllowed(ServiceUnavailable):
    """A server that lets us in, but does not let us do what we want."""


class UnusableFile(ServiceUnavailable):
    """A file that cannot be read or written, or that others may use though it is secret."""

    def __init__(self, file: Path, reason: str, cure: str) -> None:
        super().__init__("The file", str(file), reason, cure)
        self.file = file


class WireError(MolsteerError):
    """Bytes that are not a message of this project."""


class ProtocolMismatch(WireError):
    """A message written by another version of the protocol."""

    def __init__(self, found: object, supported: int) -> None:
        super().__init__(
            f"The message speaks protocol {found!r}, this process speaks {supported}. "
            f"Run the same molsteer version in every service."
        )
        self.found, self.supported = found, supported


class UntrustedMessage(WireError):
    """A message that may come from anybody; nothing in it was read."""


class BlobError(MolsteerError):
    """Data behind a reference that is missing or damaged."""


class BlobMissing(BlobError):
    """Nothing is stored under a key any more."""

    def __init__(self, store: str, key: str) -> None:
        super().__init__(
            f"Store {store!r} holds nothing under {key!r}. It expired, was evicted, or the store "
            f"lost its data; whoever refers to it puts it again."
        )
        self.store, self.key = store, key


class BlobCorrupt(BlobError):
    """Stored bytes that are not what their reference promises."""

    def __init__(self, where: str, reason: str) -> None:
        super().__init__(f"The data of {where} is damaged: {reason}.")
        self.where, self.reason = where, reason


class UnknownStore(BlobError):
    """A reference into a store that this process was not given."""

    def __init__(self, store: str, known: Sequence[str]) -> None:
        known_names = ", ".join(known) or "none"
        super().__init__(
            f"Store {store!r} is not configured here (configured: {known_names}). "
            f"Give this service the same [stores] settings as steering."
        )
        self.store, self.known = store, tuple(known)


class TaskError(MolsteerError):
    """A task that could not be done.

    Attributes:
        code: Stable name of the failure on the wire and in the ledger.
        retryable: Whether doing the same task again may succeed.
    """

    code: ClassVar[str] = "task-failed"
    retryable: ClassVar[bool] = False


class RefusedFolder(UserError):
    """A folder that cannot be made."""

    def __init__(self, folder: Path, reason: str, cure: str) -> None:
        super().__init__(f"The folder {folder} cannot be made: {reason}. {cure}")
        self.folder, self.reason, self.cure = folder, reason, cure
