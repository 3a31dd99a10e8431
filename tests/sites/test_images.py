"""The images hold what their services need, and nothing else; they work for anybody, anywhere."""

from __future__ import annotations

import json
import re
from importlib.metadata import version
from pathlib import Path

import pytest
from packaging.utils import canonicalize_name
from support.containers import Image

pytestmark = pytest.mark.sites

ENTRY = re.compile(r"^[a-z0-9._-]+==[^\s;\\]+", re.MULTILINE)
ROOT = Path(__file__).parents[2]
SERVICES = {"cpu": ("simulator", "steering"), "gpu": ("inferencer", "trainer")}
INSTALLED = """
from importlib.metadata import distributions
print("\\n".join(f"{each.name}=={each.version}" for each in distributions()))
"""


def kind(image: Image) -> str:
    return image.path.stem.removeprefix("molsteer-")


def test_an_image_finds_that_it_works(image: Image) -> None:
    done = image.do("test")
    assert done.returncode == 0, (done.stdout, done.stderr)


def test_an_image_says_what_it_is(image: Image) -> None:
    inspected = Image(image.path, options=("--json", "--labels")).do("inspect")
    labels = json.loads(inspected.stdout)["data"]["attributes"]["labels"]
    assert labels["org.opencontainers.image.version"] == version("molsteer-shared")
    assert re.match("[0-9a-f]{40}", labels["org.opencontainers.image.revision"])
    apps = Image(image.path, options=("--list-apps",)).do("inspect")
    assert sorted(apps.stdout.split()) == sorted(SERVICES[kind(image)])
    assert "apptainer run" in Image(image.path, options=()).do("run-help").stdout


def test_an_image_holds_what_the_locks_of_its_services_name_and_nothing_else(image: Image) -> None:
    listed = image.do("exec", "python", "-c", INSTALLED)
    assert listed.returncode == 0, listed.stderr
    installed = {parse(entry) for entry in listed.stdout.splitlines()}
    services = SERVICES[kind(image)]
    ours = {(f"molsteer-{name}", version("molsteer-shared")) for name in ("shared", *services)}
    locks = (*services, "torch", "torch-cpu", "cuda") if kind(image) == "gpu" else services
    locked = {
        parse(entry)
        for name in locks
        for entry in ENTRY.findall((ROOT / "requirements" / f"{name}.txt").read_text())
    }
    assert ours <= installed
    assert installed - ours <= locked
    assert ("torch" in dict(installed)) == (kind(image) == "gpu")


def parse(entry: str) -> tuple[str, str]:
    name, _, found = entry.partition("==")
    return canonicalize_name(name), found


def test_an_image_cannot_be_written_to(image: Image) -> None:
    tried = image.do("exec", "touch", "/opt/molsteer/new")
    assert tried.returncode != 0
    assert "Read-only file system" in tried.stderr


def test_nothing_of_the_python_outside_gets_in(
    cpu: Image, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "sitecustomize.py").write_text("raise SystemExit('the host was here')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    welcoming = Image(cpu.path, options=("--userns",)).bound(tmp_path)
    done = welcoming.do("run", "version")
    assert done.returncode == 0, done.stderr


def test_a_molecule_is_computed_as_root_and_where_nothing_of_the_host_is_let_in(cpu: Image) -> None:
    for image in (cpu, Image(cpu.path, options=())):
        assert potential_eV(image) == pytest.approx(10.67, abs=5.0)


def potential_eV(image: Image) -> float:
    computed = image.do("run", "simulate", "CCO")
    assert computed.returncode == 0, computed.stderr
    return float(json.loads(computed.stdout)["adiabatic_ionization_potential_eV"])


def test_a_molecule_is_computed_by_somebody_without_home_and_rights(
    of_nobody: Image, cpu: Image
) -> None:
    assert potential_eV(of_nobody) == pytest.approx(potential_eV(cpu), abs=1e-6)


def test_scratch_is_on_the_disk_that_is_bound_there(cpu: Image, tmp_path: Path) -> None:
    asked = ("python", "-c", "import tempfile; print(tempfile.gettempdir())")
    bound = cpu.with_options(f"--bind={tmp_path}:/scratch")
    assert bound.do("exec", *asked).stdout == "/scratch\n"
    assert cpu.do("exec", *asked, TMPDIR="/of/the/host").stdout == "/tmp\n"  # noqa: S108
    assert cpu.bound(tmp_path).do("exec", *asked, TMPDIR=str(tmp_path)).stdout == f"{tmp_path}\n"


def test_a_wrong_command_ends_with_the_status_of_the_program(image: Image) -> None:
    assert image.do("run", "simulat", "CCO").returncode == 2
