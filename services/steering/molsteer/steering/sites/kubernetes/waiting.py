"""Waits until everything runs, or something will not by waiting."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import assert_never

from molsteer.shared.foreign_text import shell_word
from molsteer.steering.sites.kubernetes.errors import PodCannotStart, PodsNotReady
from molsteer.steering.sites.kubernetes.state import Pod, Service, Trouble

_POLL_S = 2.0


def await_settled(
    site: str,
    within_s: float,
    services: Callable[[], Sequence[Service]],
    last_words: Callable[[str], str],
) -> None:
    """Wait until all services run.

    Args:
        site: The site's name.
        within_s: How long at most.
        services: Asks what runs.
        last_words: Asks what a pod said last.

    Raises:
        PodCannotStart: If waiting is of no use.
        PodsNotReady: If it takes too long.
    """
    deadline = time.monotonic() + within_s
    while unsettled := [each for each in services() if not each.is_settled]:
        check_pods(site, unsettled, last_words)
        if time.monotonic() > deadline:
            raise PodsNotReady(site, within_s, [*map(_told, unsettled)])
        time.sleep(_POLL_S)


def check_pods(site: str, services: Sequence[Service], last_words: Callable[[str], str]) -> None:
    """Make sure that no pod of services that do not run is of those that never will.

    Raises:
        PodCannotStart: If one is.
    """
    for pod in (pod for each in services if not each.is_settled for pod in each.pods):
        if pod.trouble:
            raise _cannot_start(site, pod, pod.trouble, last_words)


def _cannot_start(
    site: str, pod: Pod, trouble: Trouble, last_words: Callable[[str], str]
) -> PodCannotStart:
    match trouble:
        case "image":
            cure = (
                "Build and push the image, or load it into the cluster, and name it in the "
                "overlay (images, newName)."
            )
            return PodCannotStart(pod.name, pod.why, cure)
        case "settings":
            return PodCannotStart(pod.name, pod.why, "Bring back what it names.")
        case "crash":
            said = last_words(pod.name) or "nothing"
            cure = f"More is in: molsteer site logs {shell_word(site)} {pod.service}"
            return PodCannotStart(pod.name, f"{pod.why}; it said last: {said}", cure)
        case _:
            assert_never(trouble)


def _told(service: Service) -> str:
    for pod in service.pods:
        if pod.why:
            return f"{pod.name} {pod.state}: {pod.why}"
    return f"{service.name} has {service.ready} of {service.wanted} pods ready"
