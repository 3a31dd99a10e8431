"""What keeps a site from being used; leaves of `molsteer.shared.errors.UserError`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from molsteer.shared.errors import UserError
from molsteer.shared.foreign_text import one_line, shell_word
from molsteer.shared.suggestions import did_you_mean


class UnknownSite(UserError):
    """A site that has no profile."""

    def __init__(self, file: Path, known: Sequence[str], hint: str) -> None:
        there = f" There are: {', '.join(known)}." if known and not hint else ""
        super().__init__(
            f"There is no site {file.stem!r}: {file} is not there.{hint or there} Write one with: "
            f"molsteer site init {shell_word(file.stem)} --scheduler slurm"
        )
        self.file, self.known = file, tuple(known)


class SchedulerMissing(UserError):
    """A batch system that is not on this machine."""

    def __init__(self, scheduler: str, command: str) -> None:
        super().__init__(
            f"There is no {scheduler} on this machine: the command {command} is not found. Go to a "
            f"login node of the cluster, or load its module."
        )
        self.scheduler, self.command = scheduler, command


class SchedulerFailed(UserError):
    """A batch system that did not do what it was asked."""

    def __init__(self, command: str, said: str, cure: str) -> None:
        super().__init__(f"{command} fails and says: {one_line(said).rstrip('.')}. {cure}")
        self.command, self.said, self.cure = command, said, cure


class GlobusFailed(SchedulerFailed):
    """Globus Compute, which did not do what it was asked, or an endpoint of it that is away."""

    def __init__(self, reason: str, cure: str) -> None:
        UserError.__init__(
            self, f"Globus Compute cannot be used: {one_line(reason).rstrip('.')}. {cure}"
        )
        self.command, self.said, self.cure = "Globus Compute", reason, cure


class ParslMissing(UserError):
    """A site that submits through Parsl, on a machine without it."""

    def __init__(self) -> None:
        super().__init__(
            "The site submits through Parsl, which is not installed here. Install it with: pip "
            "install 'molsteer-steering[parsl]', or write [site] submit = \"commands\"."
        )


class NotDeployed(UserError):
    """A site of which nothing is up."""

    def __init__(self, name: str, folder: Path) -> None:
        super().__init__(
            f"Nothing of the site {name!r} is up: {folder} holds no deployment. Bring it up with: "
            f"molsteer site up {shell_word(name)}"
        )
        self.name, self.folder = name, folder


class DeploymentBusy(UserError):
    """A deployment that another process changes now."""

    def __init__(self, name: str, holder: str) -> None:
        super().__init__(
            f"The deployment of {name!r} is being changed by process {holder}. Wait for it to end, "
            f"and ask again."
        )
        self.name, self.holder = name, holder


class OtherDeployment(UserError):
    """A folder that holds the deployment of another site, or from another machine."""

    def __init__(self, folder: Path, reason: str, cure: str) -> None:
        super().__init__(f"The folder {folder} holds another deployment: {reason}. {cure}")
        self.folder, self.reason, self.cure = folder, reason, cure


class PortTaken(UserError):
    """A port on which somebody else listens."""

    def __init__(self, host: str, port: int, reason: str) -> None:
        super().__init__(
            f"Redis cannot be started at {host}:{port}: {one_line(reason).rstrip('.')}. Choose "
            f"another port as [redis] port, or let 0 choose one."
        )
        self.host, self.port, self.reason = host, port, reason


class UnusableImage(UserError):
    """An image that is not there, or is another version's."""

    def __init__(self, file: Path, reason: str, cure: str) -> None:
        super().__init__(f"The image {file} cannot be used: {reason}. {cure}")
        self.file, self.reason, self.cure = file, reason, cure


class BlocksRemain(UserError):
    """Jobs that were cancelled and have not ended."""

    def __init__(self, jobs: Sequence[str], within_s: float) -> None:
        super().__init__(
            f"These jobs were cancelled and have not ended within {within_s:g} s: "
            f"{', '.join(jobs)}. Ask again later; nothing else was taken down."
        )
        self.jobs, self.within_s = tuple(jobs), within_s


class BlocksKeepEnding(UserError):
    """Blocks that end again and again right after their start."""

    def __init__(self, service: str, count: int, log: Path, last_words: str) -> None:
        super().__init__(
            f"{count} blocks of {service} ended right after their start. The last words: "
            f"{one_line(last_words) or 'none'}. The whole story is in {log}."
        )
        self.service, self.count, self.log, self.last_words = service, count, log, last_words


class UnknownService(UserError):
    """A service that a site does not have."""

    def __init__(self, service: str, known: Sequence[str]) -> None:
        hint = did_you_mean(service, known) or f" There are: {', '.join(known)}."
        super().__init__(f"There is no service {service!r}.{hint}")
        self.service, self.known = service, tuple(known)


class SteersInCluster(UserError):
    """A site whose campaigns are steered there and not here."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"The site {name!r} is a Kubernetes cluster, where the campaign is steered in the "
            f"cluster as well. Bring it up with: molsteer site up {shell_word(name)}"
        )
        self.name = name
