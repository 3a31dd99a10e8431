"""Runs kubectl, and tells what it complains about."""

from __future__ import annotations

import subprocess
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from molsteer.steering.sites.kubernetes.errors import (
    ClusterUnreachable,
    KindMissing,
    KubectlFailed,
    KubectlMissing,
    KubectlTooOld,
    NamespaceMissing,
    NotAllowed,
)

WITHIN_S = 180.0

_COMPLAINTS: tuple[tuple[type[KubectlFailed], tuple[str, ...]], ...] = (
    (KubectlTooOld, ('unknown field "components"', 'unknown command "kustomize"')),
    (NotAllowed, ("(forbidden)", "(unauthorized)", "is forbidden", "must be logged in")),
    (NamespaceMissing, ('(notfound): namespaces "',)),
    (KindMissing, ("no matches for kind",)),
    (
        ClusterUnreachable,
        (
            *("unable to connect to the server", "connection refused", "was refused"),
            *("no such host", "i/o timeout", "tls handshake timeout", "deadline exceeded"),
            *("client.timeout exceeded", "unexpected eof", "connection reset"),
            *("current-context", "no configuration has been provided", "context was not found"),
        ),
    ),
    (ClusterUnreachable, ("context ", "does not exist")),
)


@dataclass(frozen=True, slots=True)
class Kubectl:
    """The command, for one cluster.

    Attributes:
        context: Of kubectl's configuration; its current one if None.
    """

    context: str | None = None

    def render(self, folder: Path) -> str:
        """Give what a kustomization stands for; no cluster is needed.

        Raises:
            KubectlMissing: If there is no kubectl.
            KubectlFailed: If the kustomization cannot be read.
        """
        return _run("kustomize", str(folder))

    def ask(self, *arguments: str, given: str | None = None, forgive: Collection[str] = ()) -> str:
        """Ask the cluster something, and give the answer.

        Args:
            arguments: Of kubectl.
            given: What it reads.
            forgive: Words of a complaint that is no failure.

        Raises:
            KubectlMissing: If there is no kubectl.
            KubectlFailed: If the cluster refuses, or does not answer; a leaf says which.
        """
        chosen = [f"--context={self.context}"] if self.context else []
        patience = ["--request-timeout=60s"]
        return _run(*chosen, *patience, *arguments, given=given, forgive=forgive)


def _run(*arguments: str, given: str | None = None, forgive: Collection[str] = ()) -> str:
    try:
        done = subprocess.run(
            ["kubectl", *arguments],
            input=given or "",
            capture_output=True,
            text=True,
            errors="replace",
            timeout=WITHIN_S,
            check=False,
        )
    except FileNotFoundError:
        raise KubectlMissing from None
    except subprocess.TimeoutExpired:
        raise ClusterUnreachable(f"no answer within {WITHIN_S:g} s") from None
    said = done.stderr.strip() or done.stdout.strip() or f"nothing (status {done.returncode})"
    if done.returncode and not any(words in said for words in forgive):
        raise complaint(said)
    return done.stdout


def complaint(said: str) -> KubectlFailed:
    """Tell what kubectl complains about, from the words it chose."""
    lower = said.lower()
    *any_of, (_, all_of) = _COMPLAINTS
    for kind, words in any_of:
        if found := [line for line in said.splitlines() if _holds(line, words)]:
            return kind(found[0].strip())
    if all(words in lower for words in all_of):
        return ClusterUnreachable(said)
    return KubectlFailed(said.splitlines()[-1])


def _holds(line: str, words: tuple[str, ...]) -> bool:
    return any(each in line.lower() for each in words)
