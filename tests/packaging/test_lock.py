"""What is installed is what the lock names, whatever else an index holds."""

from __future__ import annotations

import json
import os
import re
import runpy
import shutil
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import pytest
from packaging.markers import Marker
from support.made_wheels import make_wheel

ROOT = Path(__file__).parents[2]
ENTRY = re.compile(r"^([a-z0-9._-]+)==(\S+)(?: ; (.*?))?(?: \\)?$", re.MULTILINE)
LOCKS = ("build", "lock", "torch", "cuda")
# pip is in the lock as well, but installing an empty pip would end the installation.
KEPT = {"pip"}


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a wheel of everything that is locked, and with a newer one beside each."""
    folder = tmp_path_factory.mktemp("index")
    (folder / "requirements").mkdir()
    shutil.copy(ROOT / "requirements" / "torch.in", folder / "requirements")
    for name in LOCKS:
        lines = []
        for package, version, marker in ENTRY.findall(_requirements(name)):
            if package in KEPT:
                continue
            digest = make_wheel(folder, package, version, _needs(package, version))
            make_wheel(folder, package, "9999", ["not-on-any-index"])
            lines.append(f"{package}=={version} ; {marker or _ALWAYS} --hash={digest}\n")
        (folder / "requirements" / f"{name}.txt").write_text("".join(lines))
    return folder


_ALWAYS = "python_version > '3'"


def _requirements(name: str) -> str:
    return (ROOT / "requirements" / f"{name}.txt").read_text()


def _needs(package: str, version: str) -> list[str]:
    try:
        installed = distribution(package)
    except PackageNotFoundError:
        return []
    return list(installed.requires or []) if installed.version == version else []


def _environment(folder: Path, pip: str) -> Path:
    """Make an environment with the pip that Python brings, or with the one that is locked."""
    venv = folder / "venv"
    bundled = [] if pip == "bundled" else ["--without-pip"]
    subprocess.run([sys.executable, "-m", "venv", *bundled, venv], check=True)
    if pip == "locked":
        origin = Path(str(distribution("pip").locate_file("")))
        (packages,) = venv.glob("lib/python*/site-packages")
        for part in (origin / "pip", *origin.glob("pip-*.dist-info")):
            shutil.copytree(part, packages / part.name, dirs_exist_ok=True)
    return venv


@pytest.mark.parametrize("pip", ["bundled", "locked"])
def test_newer_releases_change_nothing_that_is_installed(
    pip: str, index: Path, tmp_path: Path
) -> None:
    venv = _environment(tmp_path, pip)
    offline = {
        "PIP_NO_INDEX": "1",
        "PIP_FIND_LINKS": str(index),
        "PIP_CONFIG_FILE": os.devnull,
        "REQUIREMENTS": str(index / "requirements"),
        "TORCH_ARGS": "",
    }
    done = subprocess.run(
        [ROOT / "scripts" / "install.sh", venv],
        env=os.environ | offline,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    listed = subprocess.run(
        [venv / "bin" / "python", "-m", "pip", "list", "--format=json"],
        env=os.environ | offline,
        capture_output=True,
        text=True,
        check=True,
    )
    installed = {entry["name"]: entry["version"] for entry in json.loads(listed.stdout)}
    assert {name: version for name, version in installed.items() if name not in KEPT} == {
        name: version
        for lock in ("lock", "torch")
        for name, version, marker in ENTRY.findall(_requirements(lock))
        if name not in KEPT and (not marker or Marker(marker).evaluate())
    }


@pytest.mark.fast
def test_every_lock_pins_everything_with_digests() -> None:
    for path in sorted((ROOT / "requirements").glob("*.txt")):
        entries = re.split(r"(?m)^(?=\S)", path.read_text())
        loose = [
            entry for entry in entries if entry[:1].isalpha() and "--hash=sha256:" not in entry
        ]
        assert not loose, path
        assert ENTRY.findall(path.read_text()), path


@pytest.mark.fast
def test_what_a_service_installs_is_what_a_clone_installs() -> None:
    clone = set(ENTRY.findall(_requirements("lock")))
    for name in ("build", "inferencer", "simulator", "steering", "trainer"):
        pinned = {entry[:2] for entry in ENTRY.findall(_requirements(name))}
        assert pinned <= {entry[:2] for entry in clone}, name


@pytest.mark.fast
def test_every_build_of_torch_is_of_the_same_version() -> None:
    ((_, version, _),) = ENTRY.findall(_requirements("torch"))
    assert (ROOT / "requirements" / "torch.in").read_text() == f"torch=={version}\n"
    assert ENTRY.findall(_requirements("torch-cpu")) == [("torch", f"{version}+cpu", "")]


@pytest.mark.fast
def test_making_the_lock_says_what_changed() -> None:
    changes = runpy.run_path(str(ROOT / "scripts" / "lock.py"))["changes"]
    digest = "\n    --hash=sha256:00\n"
    before = (
        f"gone==1.0 \\{digest}numpy==2.4 ; python_version < '3.12' \\{digest}same==3 \\{digest}"
    )
    after = f"new==0.1 \\{digest}numpy==2.5 \\{digest}same==3 \\{digest}"
    assert list(changes(before, after)) == ["gone: 1.0 -> -", "new: - -> 0.1", "numpy: 2.4 -> 2.5"]
