"""What keeps a cluster from being used; leaves of `molsteer.shared.errors.UserError`."""

from __future__ import annotations

from collections.abc import Sequence

from molsteer.shared.errors import UserError
from molsteer.shared.foreign_text import one_line, shell_word


class KubectlMissing(UserError):
    """A machine without the command that reaches clusters."""

    def __init__(self) -> None:
        super().__init__(
            "There is no kubectl on this machine. Install it "
            "(https://kubernetes.io/docs/tasks/tools/), or go to a machine that has it."
        )


class KubectlFailed(UserError):
    """A request to the cluster that was not fulfilled."""

    trouble = "kubectl fails"
    cure = "What is handed to the cluster, `molsteer site render` shows."

    def __init__(self, said: str) -> None:
        super().__init__(f"{self.trouble}: {one_line(said).rstrip('.')}. {self.cure}")
        self.said = said


class KubectlTooOld(KubectlFailed):
    """A kubectl that cannot read our manifests."""

    trouble = "This kubectl is too old"
    cure = "Install version 1.28 or newer; on Debian, deploy/k8s/get_kubectl.sh brings one."


class ClusterUnreachable(KubectlFailed):
    """A cluster that does not answer."""

    trouble = "The Kubernetes cluster cannot be reached"
    cure = (
        "Check with `kubectl cluster-info`, and choose the cluster by [kubernetes] context or "
        "the variable KUBECONFIG."
    )


class NotAllowed(KubectlFailed):
    """A request that this user has no right to."""

    trouble = "The cluster does not permit this"
    cure = "Log in as somebody who may, or ask the cluster's administrators for that right."


class NamespaceMissing(KubectlFailed):
    """A namespace that nobody has made."""

    trouble = "The namespace is not there"
    cure = "Make it with `kubectl create namespace NAME`, or write a Namespace into the overlay."


class KindMissing(KubectlFailed):
    """A kind of object that the cluster does not know."""

    trouble = "The cluster lacks a part that the overlay needs"
    cure = (
        "Install KEDA or the Prometheus operator there, or leave that component out of the overlay."
    )


class SecretMissing(UserError):
    """Secrets of which some are in the cluster, and the others cannot be made to match."""

    def __init__(self, missing: Sequence[str], there: Sequence[str], namespace: str) -> None:
        several = len(missing) > 1
        super().__init__(
            f"The secret{'s' if several else ''} {', '.join(missing)} {'are' if several else 'is'} "
            f"missing in the namespace {namespace}, and this machine has not the passwords that "
            f"belong to the others there. Go to the machine that made them, or make all anew: "
            f"kubectl --namespace {shell_word(namespace)} delete secret {' '.join(there)}"
        )
        self.missing, self.there, self.namespace = tuple(missing), tuple(there), namespace


class PodCannotStart(UserError):
    """A pod that will not start by waiting."""

    def __init__(self, pod: str, reason: str, cure: str) -> None:
        super().__init__(f"The pod {pod} does not start: {one_line(reason).rstrip('.')}. {cure}")
        self.pod, self.reason, self.cure = pod, reason, cure


class PodsNotReady(UserError):
    """Pods that did not come up in time."""

    def __init__(self, site: str, within_s: float, waiting: Sequence[str]) -> None:
        what = "; ".join(one_line(each).rstrip(".") for each in waiting)
        super().__init__(
            f"Not everything runs after {within_s:g} s: {what}. What runs stays, and the same "
            f"command goes on; look with: molsteer site status {shell_word(site)}"
        )
        self.site, self.within_s, self.waiting = site, within_s, tuple(waiting)


class NothingThere(UserError):
    """A cluster in which nothing of the site is up."""

    def __init__(self, site: str, namespace: str) -> None:
        super().__init__(
            f"Nothing of the site {site!r} is up in the namespace {namespace}. Bring it up with: "
            f"molsteer site up {shell_word(site)}"
        )
        self.site, self.namespace = site, namespace


class ScaledByAnother(UserError):
    """A service whose number of pods is not ours to say."""

    def __init__(self, service: str, scaler: str, least: int, most: int) -> None:
        super().__init__(
            f"How many pods {service} has, the autoscaler {scaler!r} says: {least} to {most}. "
            f"Change these limits in the overlay, or leave its component out."
        )
        self.service, self.scaler, self.least, self.most = service, scaler, least, most
