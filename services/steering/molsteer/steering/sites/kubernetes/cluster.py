"""A campaign in a Kubernetes cluster, brought up and down through kubectl."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from molsteer.shared.errors import SettingsError
from molsteer.shared.foreign_text import shell_word
from molsteer.shared.wording import counted
from molsteer.steering.sites.errors import UnknownService
from molsteer.steering.sites.kubernetes import secrets
from molsteer.steering.sites.kubernetes.errors import (
    NotAllowed,
    NothingThere,
    ScaledByAnother,
    SecretMissing,
)
from molsteer.steering.sites.kubernetes.kubectl import Kubectl
from molsteer.steering.sites.kubernetes.namespace import OURS, Namespace
from molsteer.steering.sites.kubernetes.overview import ToldCluster
from molsteer.steering.sites.kubernetes.profile import ClusterProfile
from molsteer.steering.sites.kubernetes.rendered import (
    Manifest,
    joined,
    manifests_in,
    namespace_of,
)
from molsteer.steering.sites.kubernetes.waiting import await_settled, check_pods
from molsteer.steering.sites.profile import SERVICES

_AT_WORK = ("Deployment", "StatefulSet", "HorizontalPodAutoscaler", "ScaledObject")

_HAND_BACK = ("steering", *SERVICES.values())
"""What ends before Redis does, to hand back its tasks."""

_ALL = ("redis", *_HAND_BACK)


@dataclass
class Cluster:
    """What of a site is up in a cluster, or will be.

    Attributes:
        site: The site's name.
        folder: Where its secrets are made.
        profile: What it should be.
    """

    site: str
    folder: Path
    profile: ClusterProfile

    @property
    def next_step(self) -> str:
        """Tell what to do when it is up."""
        context = self.profile.kubernetes.context
        chosen = f"--context {shell_word(context)} " if context else ""
        return (
            f"Follow the campaign with: molsteer site logs {shell_word(self.site)} steering\n"
            f"Copy its results with: kubectl {chosen}--namespace {self._namespace.name} exec "
            f"steering-0 --container files -- tar -C /campaign -c runs | tar -x"
        )

    def rendered(self) -> Iterator[str]:
        """Give the manifests."""
        yield joined(self._manifests).rstrip("\n")

    def up(self) -> None:
        """Bring up namespace, secrets and everything else, and wait until it runs.

        Raises:
            UserError: If something is in the way. What is up already stays, and the same call goes
                on from there.
        """
        self._bring_namespace()
        self._bring_secrets()
        self._namespace.apply(joined(self._in_namespace))
        there, wait_s = self._namespace, self.profile.kubernetes.wait_s
        await_settled(self.site, wait_s, there.services, there.last_words)

    def looked_at(self) -> Iterator[str]:
        """Tell what stands ready for `up`, which changes nothing.

        Raises:
            UserError: If something is in the way of it.
        """
        there = self._namespace
        if not there.is_there():
            # Where the overlay makes none, its other objects tell that it is missing.
            there.apply(joined(self._own_namespace or self._in_namespace), try_only=True)
            yield f"The namespace {there.name} is not there yet, and may be made."
            return
        missing = self._missing_secrets()
        yield (
            f"Secrets that are still to be made: {', '.join(missing)}."
            if missing
            else f"All secrets are in the namespace {there.name}."
        )
        there.apply(joined(self._in_namespace), try_only=True)
        yield f"The cluster takes all objects of {self.profile.overlay}."
        services = there.services()
        check_pods(self.site, services, there.last_words)
        yield f"{counted(len(services), 'service')} of {len(_ALL)} are there, none in trouble."

    def told(self) -> ToldCluster:
        """Ask the cluster what runs.

        Raises:
            NothingThere: If nothing does.
        """
        there = self._namespace
        services = there.services()
        if not services:
            raise NothingThere(self.site, there.name)
        return ToldCluster(
            self.site,
            there.name,
            str(self.profile.overlay),
            tuple(services),
            tuple(there.scalers()),
        )

    def scale(self, wanted: Mapping[str, int]) -> None:
        """Have other numbers of pods from now on.

        Raises:
            UnknownService: If there is no such service to scale.
            ScaledByAnother: If an autoscaler would undo it.
            NothingThere: If nothing is up.
        """
        for service in wanted:
            _check(service, tuple(SERVICES.values()))
        for scaler in self.told().scalers:
            if scaler.service in wanted:
                raise ScaledByAnother(scaler.service, scaler.name, scaler.least, scaler.most)
        for service, number in wanted.items():
            self._namespace.ask("scale", f"deployment/{service}", f"--replicas={number}")

    def logs(self, service: str | None, lines: int) -> Iterator[str]:
        """Give the last lines of every pod."""
        if service is not None:
            _check(service, _ALL)
        chosen = OURS if service is None else f"app.kubernetes.io/name={service}"
        options = (f"--tail={lines}", "--prefix", "--max-log-requests=100", "--ignore-errors")
        said = self._namespace.ask("logs", f"--selector={chosen}", "--container=main", *options)
        yield said.rstrip("\n") or f"There are no logs in the namespace {self._namespace.name}."

    def down(self) -> str:
        """Take down everything but the namespace and the volumes; workers hand back first.

        Raises:
            NothingThere: If nothing is up.
        """
        there = self._namespace
        if not there.services() and not {*there.secrets()} & secrets.SECRETS.keys():
            raise NothingThere(self.site, there.name)
        there.delete([each for each in self._in_namespace if _hands_back(each)])
        there.await_no_pods(f"app.kubernetes.io/name in ({','.join(_HAND_BACK)})")
        there.delete(self._in_namespace)
        there.await_no_pods(OURS)
        there.ask("delete", "secret", "--ignore-not-found", *secrets.SECRETS)
        secrets.forget(self._secrets)
        return (
            f"{self.site} is down. Its results and queues are kept by the volume claims of the "
            f"namespace {there.name}; remove them, too, with: kubectl delete namespace {there.name}"
        )

    @cached_property
    def _manifests(self) -> tuple[Manifest, ...]:
        return manifests_in(Kubectl().render(self.profile.overlay))

    @property
    def _in_namespace(self) -> list[Manifest]:
        return [each for each in self._manifests if each.kind != "Namespace"]

    @cached_property
    def _namespace(self) -> Namespace:
        name = namespace_of(self._manifests)
        if not name:
            problem = "its objects are not in one and the same namespace. Write one into it."
            raise SettingsError(str(self.profile.overlay), [problem])
        return Namespace(Kubectl(self.profile.kubernetes.context), name)

    @property
    def _own_namespace(self) -> list[Manifest]:
        return [each for each in self._manifests if each.kind == "Namespace"]

    @property
    def _secrets(self) -> Path:
        return self.folder / "secrets"

    def _bring_namespace(self) -> None:
        """Make the namespace what it should be; where we may not, it will do if it is there."""
        try:
            if self._own_namespace:
                self._namespace.apply(joined(self._own_namespace))
        except NotAllowed:
            if not self._namespace.is_there():
                raise

    def _bring_secrets(self) -> None:
        if self._missing_secrets():
            secrets.make_secrets(self._secrets)
            self._namespace.apply(secrets.written(self._secrets, self._namespace.name))

    def _missing_secrets(self) -> list[str]:
        """Name those that are still to be made, if they will match those that are there."""
        there = self._namespace.secrets()
        missing = [name for name in secrets.SECRETS if name not in there]
        present = [name for name in secrets.SECRETS if name in there]
        if missing and present and not secrets.are_here(self._secrets):
            raise SecretMissing(missing, present, self._namespace.name)
        return missing


def _hands_back(manifest: Manifest) -> bool:
    return manifest.kind in _AT_WORK and manifest.name in _HAND_BACK


def _check(service: str, known: tuple[str, ...]) -> None:
    if service not in known:
        raise UnknownService(service, known)
