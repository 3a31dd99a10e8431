"""What of a cluster runs, for people and for programs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from molsteer.shared.foreign_text import one_line
from molsteer.shared.wording import counted
from molsteer.steering.sites.kubernetes.state import Pod, Service


@dataclass(frozen=True, slots=True)
class Scaler:
    """What says how many pods a service has.

    Attributes:
        name: Of the HorizontalPodAutoscaler, which KEDA makes as well.
        service: What it scales.
        least: The fewest pods.
        most: The most pods.
    """

    name: str
    service: str
    least: int
    most: int


@dataclass(frozen=True, slots=True)
class ToldCluster:
    """What a cluster told.

    Attributes:
        site: The site's name.
        namespace: Where everything is.
        overlay: What was brought up.
        services: What runs.
        scalers: Autoscalers.
    """

    site: str
    namespace: str
    overlay: str
    services: tuple[Service, ...]
    scalers: tuple[Scaler, ...]

    def document(self) -> dict[str, Any]:
        """Give it as JSON has it."""
        return asdict(self)

    def lines(self) -> Iterator[str]:
        """Give it as people read it."""
        yield f"{self.site}: namespace {self.namespace}, overlay {self.overlay}"
        for service in self.services:
            scaled = [
                f"scaled between {each.least} and {each.most} by {each.name}"
                for each in self.scalers
                if each.service == service.name
            ]
            ready = f"{counted(service.ready, 'pod')} of {service.wanted} ready"
            yield f"{service.name}: {', '.join([ready, *scaled])}"
            yield from (f"  {one_line(_told(pod))}" for pod in service.pods)


def _told(pod: Pod) -> str:
    where = f" on {pod.node}" if pod.node else ""
    match pod.state:
        case "ended":
            return f"{pod.name} has done its work{where}"
        case "runs" | "ends" | "starts":
            return f"{pod.name} {pod.state}{where}"
        case "waits" | "fails":
            return f"{pod.name} {pod.state}: {pod.why or 'Kubernetes does not say why'}"
