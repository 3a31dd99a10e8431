"""Everything that is asked of a cluster about one namespace."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from molsteer.steering.sites.kubernetes.errors import NotAllowed
from molsteer.steering.sites.kubernetes.kubectl import Kubectl
from molsteer.steering.sites.kubernetes.overview import Scaler
from molsteer.steering.sites.kubernetes.rendered import Manifest, joined
from molsteer.steering.sites.kubernetes.state import Service, services_in

OURS = "app.kubernetes.io/part-of=molsteer"
"""Chooses what is ours."""


@dataclass(frozen=True, slots=True)
class Namespace:
    """A namespace of a cluster; every method raises what `Kubectl.ask` raises."""

    kubectl: Kubectl
    name: str

    def ask(self, *arguments: str, forgive: Sequence[str] = ()) -> str:
        """Ask kubectl about it."""
        return self.kubectl.ask(f"--namespace={self.name}", *arguments, forgive=forgive)

    def is_there(self) -> bool:
        """Tell whether it exists; where we may not know, it is taken to."""
        try:
            asked = ("get", "namespace", self.name, "--ignore-not-found", "--output=name")
            return bool(self.kubectl.ask(*asked).strip())
        except NotAllowed:
            return True

    def apply(self, text: str, *, try_only: bool = False) -> None:
        """Make objects, or make them as they are written.

        Args:
            text: Their manifests.
            try_only: Let the cluster say whether it would take them, and change nothing.
        """
        # On the server, or Secrets would be written into an annotation of theirs as well.
        how = ("--server-side", "--force-conflicts", "--field-manager=molsteer")
        trying = ("--dry-run=server",) if try_only else ()
        self.kubectl.ask("apply", *how, *trying, "--filename=-", given=text)

    def delete(self, manifests: Sequence[Manifest]) -> None:
        """Delete objects; what is not there, or of a kind that is not, is no error."""
        options = ("--ignore-not-found", "--wait=false", "--filename=-")
        unknown = ("no matches for kind",)
        self.kubectl.ask("delete", *options, given=joined(manifests), forgive=unknown)

    def services(self) -> list[Service]:
        """List what runs, by name."""
        asked = ("get", "deployments,statefulsets,pods", f"--selector={OURS}", "--output=json")
        return services_in(json.loads(self.ask(*asked))["items"])

    def secrets(self) -> list[str]:
        """Name the Secrets there are."""
        return self.ask("get", "secrets", "--output=jsonpath={.items[*].metadata.name}").split()

    def scalers(self) -> Iterator[Scaler]:
        """List the autoscalers."""
        listed = self.ask("get", "horizontalpodautoscalers", "--output=json")
        for each in json.loads(listed)["items"]:
            spec, name = each["spec"], each["metadata"]["name"]
            target = spec["scaleTargetRef"]["name"]
            yield Scaler(name, target, spec.get("minReplicas", 1), spec["maxReplicas"])

    def last_words(self, pod: str) -> str:
        """Tell what a pod said last; empty if nothing."""
        asked = ("logs", pod, "--container=main", "--tail=1")
        return self.ask(*asked, forgive=["waiting to start"]).strip()

    def await_no_pods(self, selector: str) -> None:
        """Wait until chosen pods have ended."""
        options = (f"--selector={selector}", "--for=delete", "--timeout=150s")
        self.ask("wait", "pod", *options, forgive=["no matching resources found"])
