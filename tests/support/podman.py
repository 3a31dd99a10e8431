"""The real podman, playing pods of manifests without a cluster."""

from __future__ import annotations

import copy
import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml  # type: ignore[import-untyped]
from support.containers import built, unpacked
from support.manifests import Manifest, containers, of_kind, pod_of

_AS_IN_THE_CONTAINERFILE = (
    "USER 10001:10001",
    "WORKDIR /tmp",
    'ENTRYPOINT ["molsteer"]',
    "ENV PATH=/opt/molsteer/bin:/usr/local/bin:/usr/bin:/bin LANG=C.UTF-8 MPLBACKEND=Agg",
)

_BUILT = "org.molsteer.built"


def ask(*command: str | Path) -> str:
    """Run podman, which must go well."""
    done = subprocess.run(["podman", *command], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def _ended(*command: str) -> str:
    """Run podman, well or not."""
    return subprocess.run(["podman", *command], capture_output=True, text=True, check=False).stdout


def check_podman() -> None:
    """Find podman 5; where it is missing, skip the test or fail it, if CI is set."""
    if shutil.which("podman") and ask("version", "--format={{.Client.Version}}")[0] >= "5":
        return
    reason = "podman 5 is not on the PATH; tests/sites/kubernetes/get_podman.sh brings it."
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


def bring_image(name: str, image: str, folder: Path) -> None:
    """Let podman have one of our images, as deploy/oci/Containerfile makes it."""
    built_at = str(built(name).stat().st_mtime_ns)
    if built_at in _ended("image", "inspect", image, f'--format={{{{index .Labels "{_BUILT}"}}}}'):
        return
    sandbox = unpacked(built(name), folder)
    labelled = (*_AS_IN_THE_CONTAINERFILE, f"LABEL {_BUILT}={built_at}")
    changes = [f"--change={change}" for change in labelled]
    with subprocess.Popen(["tar", "-C", sandbox, "-c", "."], stdout=subprocess.PIPE) as packed:
        subprocess.run(
            ["podman", "import", "--quiet", *changes, "-", image],
            stdin=packed.stdout,
            check=True,
            capture_output=True,
        )
    shutil.rmtree(sandbox)


@dataclass(frozen=True)
class Pods:
    """Pods that run."""

    network: str

    def run(self, service: str, *command: str, container: str = "main") -> str:
        """Run a program in a container of a service's pod."""
        return ask("exec", f"{service}-pod-{container}", *command)

    def log(self, service: str) -> str:
        """Give what a service has said."""
        command = ["podman", "logs", f"{service}-pod-main"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        return done.stdout + done.stderr


def _apart(manifest: Manifest) -> Manifest:
    """Give the volumes of a pod names of their own: podman shares those of one name among pods."""
    if manifest["kind"] != "Deployment":
        return manifest
    changed = copy.deepcopy(manifest)
    named = [*pod_of(changed)["volumes"]]
    named += [mount for each in containers(changed) for mount in each["volumeMounts"]]
    for volume in named:
        volume["name"] = f"{manifest['metadata']['name']}-{volume['name']}"
    return changed


@contextmanager
def played(*groups: tuple[str, Sequence[Manifest]], folder: Path) -> Iterator[Pods]:
    """Play groups of manifests, each under a name in their common network."""
    network = f"molsteer-{os.getpid()}"
    with ExitStack() as stack:
        ask("network", "create", network)
        stack.callback(ask, "network", "rm", "--force", network)
        for name, manifests in groups:
            file = folder / f"{name}.yaml"
            file.write_text(yaml.safe_dump_all(map(_apart, manifests)))
            # Files of ConfigMaps and Secrets are volumes that it leaves behind.
            left = {each["metadata"]["name"] for each in of_kind(manifests, "ConfigMap", "Secret")}
            stack.callback(ask, "volume", "rm", "--force", *left)
            stack.callback(ask, "kube", "down", "--force", file)
            ask("kube", "play", f"--network={network}:alias={name}", file)
        yield Pods(network)
