"""Chooses the versions of all dependencies, pins them with digests, and says what changed.

`requirements/` holds what each installation takes: `lock.txt` for a clone, `SERVICE.txt` for the
machine of one service, `torch.txt` for torch, `cuda.txt` for what torch's CUDA builds need, and
`build.txt` for what builds packages from source. `torch-cpu.txt` is written by hand: what it names
is on PyTorch's own index only.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
REQUIREMENTS = ROOT / "requirements"
SERVICES = ("inferencer", "simulator", "steering", "trainer")
PACKAGES = (ROOT / "shared", *(ROOT / "services" / name for name in SERVICES))
ENTRY = re.compile(r"^(?P<name>[a-z0-9._-]+)==(?P<version>\S+)")
OF_CUDA = re.compile(r"^(cuda|nvidia|triton)\b")


def main(wheels: str) -> int:
    """Lock everything anew; the folder `wheels` holds our own packages, which no index has."""
    sources = [str(package / "pyproject.toml") for package in PACKAGES]
    torch = REQUIREMENTS / "torch.in"
    chosen = _compiled(wheels, torch, "--upgrade", *sources, str(REQUIREMENTS / "dev.in"))
    everything = REQUIREMENTS / "lock.txt"
    report = [
        *_replace("torch.txt", only(chosen, _is_torch)),
        *_replace("cuda.txt", only(chosen, _is_of_cuda)),
        *_replace("lock.txt", only(chosen, _is_plain)),
    ]
    parts = {name: ROOT / "services" / name / "pyproject.toml" for name in SERVICES}
    for name, source in {"build": REQUIREMENTS / "build.in", **parts}.items():
        text = _compiled(wheels, everything, "--constraint", str(torch), str(source))
        report += _replace(f"{name}.txt", only(text, _is_plain))
    sys.stdout.write("".join(f"{line}\n" for line in report or ["Nothing changed."]))
    return 0


def only(lock: str, wanted: Callable[[str], bool]) -> str:
    """Of a lock, the entries whose names are wanted, with their digests."""
    return "".join(text for name, _, text in _entries(lock) if wanted(name))


def versions(lock: str) -> dict[str, list[str]]:
    """The versions that a lock names for each package; markers may choose among several."""
    found: dict[str, list[str]] = {}
    for name, version, _ in _entries(lock):
        found.setdefault(name, []).append(version)
    return found


def changes(before: str, after: str) -> Iterator[str]:
    """Say in a line each which packages were added, removed or chosen in another version."""
    old, new = versions(before), versions(after)
    for name in sorted({*old, *new}):
        was, now = (" or ".join(found.get(name, ["-"])) for found in (old, new))
        if was != now:
            yield f"{name}: {was} -> {now}"


def _entries(lock: str) -> Iterator[tuple[str, str, str]]:
    for text in re.split(r"(?m)^(?=\S)", lock):
        if entry := ENTRY.match(text):
            yield entry["name"], entry["version"], text


def _is_torch(name: str) -> bool:
    return name == "torch"


def _is_of_cuda(name: str) -> bool:
    return OF_CUDA.match(name) is not None


def _is_plain(name: str) -> bool:
    return not (_is_torch(name) or _is_of_cuda(name))


def _compiled(wheels: str, pins: Path, *arguments: str) -> str:
    """What uv resolves for every platform and for Python 3.11 and newer, with digests."""
    uv = Path(sys.executable).with_name("uv")
    command = [uv, "pip", "compile", "--quiet", "--universal", "--python-version", "3.11"]
    style = ["--generate-hashes", "--no-annotate", "--no-header", "--find-links", wheels]
    ours = [f"--no-emit-package=molsteer-{name}" for name in ("shared", *SERVICES)]
    done = subprocess.run(
        [*command, *style, *ours, "--constraint", pins, *arguments],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return done.stdout


def _locked(name: str) -> str:
    path = REQUIREMENTS / name
    return path.read_text() if path.exists() else ""


def _replace(name: str, text: str) -> list[str]:
    before = _locked(name)
    (REQUIREMENTS / name).write_text(text)
    if not before:
        return [f"requirements/{name}: new, {len(versions(text))} packages"]
    return [f"requirements/{name}: {change}" for change in changes(before, text)]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
