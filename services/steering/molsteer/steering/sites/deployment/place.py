"""The folder of a deployment: where everything of it is, and who may change it now."""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import shutil
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pydantic import Field, NonNegativeInt, ValidationError

from molsteer.shared.errors import RefusedFolder
from molsteer.shared.host.files.private_files import read_private, write_private
from molsteer.shared.wire.base import Message
from molsteer.shared.wire.topics import Topic
from molsteer.steering.sites.errors import DeploymentBusy, NotDeployed, OtherDeployment

_PLAIN = re.compile(r"[\w./@+,:=-]+")
"""What scripts and directives of all batch systems carry as it is."""


class Submitted(Message):
    """A block that was submitted.

    Attributes:
        at: When, in seconds of the Unix epoch.
    """

    id: str
    topic: Topic
    at: float


class State(Message):
    """What is known of a deployment beside what scheduler and server tell.

    Attributes:
        site: Its name.
        machine: Where it was brought up.
        kept: Whether it stays up when the campaigns that it was brought up for have ended.
        port: Port of the server that was started; 0 where none was.
        blocks: How many are wanted of each topic.
        submitted: The latest blocks.
    """

    site: str
    machine: str
    kept: bool = False
    port: NonNegativeInt = 0
    blocks: dict[Topic, NonNegativeInt] = Field(default_factory=dict)
    submitted: tuple[Submitted, ...] = ()


@dataclass(frozen=True, slots=True)
class Use:
    """A campaign's use of a deployment."""

    descriptor: int

    def is_last(self) -> bool:
        """Tell whether no other campaign uses it; then none can begin to, until this one ends."""
        try:
            fcntl.flock(self.descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True


@dataclass(frozen=True, slots=True)
class Place:
    """The folder of a site's deployment."""

    site: str
    folder: Path

    @property
    def state_file(self) -> Path:
        """What is known of it."""
        return self.folder / "deployment.json"

    @property
    def secrets(self) -> Path:
        """Passwords and keys."""
        return self.folder / "secrets"

    @property
    def workers(self) -> Path:
        """Files of settings that workers read."""
        return self.folder / "workers"

    @property
    def endpoint(self) -> Path:
        """Settings and secrets to be copied to where workers do not see this folder."""
        return self.folder / "endpoint"

    @property
    def jobs(self) -> Path:
        """Scripts of the blocks."""
        return self.folder / "jobs"

    @property
    def redis(self) -> Path:
        """Configuration and data of the server."""
        return self.folder / "redis"

    @property
    def logs(self) -> Path:
        """What blocks and server say."""
        return self.folder / "logs"

    @property
    def objects(self) -> Path:
        """The file store, where the profile names no other."""
        return self.folder / "objects"

    def job_name(self, topic: Topic) -> str:
        """Name the jobs of a topic; no other deployment has the same, and PBS takes 15 letters."""
        own = hashlib.sha256(os.fsencode(self.folder)).hexdigest()[:6]
        return f"{topic}-{own}"

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Be the only process that changes the deployment; its folder is made if it is missing.

        Raises:
            RefusedFolder: If the folder cannot be made.
            DeploymentBusy: If another process changes it.
        """
        if not _PLAIN.fullmatch(str(self.folder)):
            reason = "its name holds characters that job scripts cannot carry"
            raise RefusedFolder(self.folder, reason, "Choose another as [site] directory.")
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            self.logs.mkdir(exist_ok=True)
            descriptor = os.open(self.folder / ".lock", os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            cure = "Check free space and permissions, or choose another as [site] directory."
            raise RefusedFolder(self.folder, str(error.strerror), cure) from None
        try:
            self._lock(descriptor)
            yield
        finally:
            os.close(descriptor)

    @contextmanager
    def used(self) -> Iterator[Use]:
        """Let it be known that a campaign uses the deployment, as several may."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(self.folder / ".users", os.O_RDWR | os.O_CREAT, 0o600)
            fcntl.flock(descriptor, fcntl.LOCK_SH)
        except OSError as error:
            cure = "Choose another as [site] directory."
            raise RefusedFolder(self.folder, str(error.strerror), cure) from None
        try:
            yield Use(descriptor)
        finally:
            os.close(descriptor)

    def _lock(self, descriptor: int) -> None:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.read(descriptor, 200).decode(errors="replace")
            raise DeploymentBusy(self.site, holder) from None
        except OSError as error:
            reason = f"its file system does not lock files ({error.strerror})"
            cure = "Choose another as [site] directory."
            raise RefusedFolder(self.folder, reason, cure) from None
        os.ftruncate(descriptor, 0)
        os.write(descriptor, f"{os.getpid()} on {socket.gethostname()}".encode())

    def read(self) -> State:
        """Read the state.

        Raises:
            NotDeployed: If there is none.
            OtherDeployment: If it is that of another site, or of another version.
        """
        if not self.state_file.is_file():
            raise NotDeployed(self.site, self.folder)
        try:
            state = State.model_validate_json(read_private(self.state_file))
        except ValidationError:
            reason = f"{self.state_file.name} is not one of this version of molsteer"
            cure = "Use the version that wrote it to take it down."
            raise OtherDeployment(self.folder, reason, cure) from None
        if state.site != self.site:
            reason = f"that of the site {state.site!r}"
            cure = "Give each site a folder of its own as [site] directory."
            raise OtherDeployment(self.folder, reason, cure)
        return state

    def write(self, state: State) -> None:
        """Write the state, whole or not at all."""
        write_private(self.state_file, state.model_dump_json())

    def clear(self) -> None:
        """Remove everything but logs, and data of campaigns that have not ended."""
        secret = (self.secrets, self.workers, self.endpoint)
        for folder in (*secret, self.jobs, self.redis, self.folder / "blocks"):
            shutil.rmtree(folder, ignore_errors=True)
        if self.objects.is_dir() and not any(self.objects.iterdir()):
            self.objects.rmdir()
        self.state_file.unlink(missing_ok=True)


def this_machine() -> str:
    """Name this machine as others know it."""
    return socket.gethostname()
