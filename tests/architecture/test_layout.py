"""The shape of the code, as tests; import directions are in the contracts of pyproject.toml."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, distribution, requires
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

pytestmark = pytest.mark.fast

ROOT = Path(__file__).parents[2]
PACKAGES = [ROOT / "shared", *sorted((ROOT / "services").iterdir())]
MOST_LINES = 300
MOST_AT_THE_TOP, MOST_IN_A_FOLDER = 8, 16


def modules() -> Iterator[Path]:
    for package in PACKAGES:
        yield from sorted((package / "molsteer").rglob("*.py"))


def relative(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_no_package_hides_the_others_of_the_namespace() -> None:
    assert not [relative(path) for path in ROOT.glob("**/molsteer/__init__.py")]


def test_init_files_are_empty() -> None:
    assert not [
        relative(path) for path in modules() if path.name == "__init__.py" and path.stat().st_size
    ]


def test_all_packages_have_the_same_version() -> None:
    versions = {
        package.name: tomllib.loads((package / "pyproject.toml").read_text())["project"]["version"]
        for package in (ROOT, *PACKAGES)
    }
    assert len(set(versions.values())) == 1, versions


def test_the_distribution_of_all_services_brings_each_in_its_own_version() -> None:
    whole = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    parts = sorted(f"molsteer-{package.name}=={whole['version']}" for package in PACKAGES)
    assert whole["dependencies"] == parts


def test_no_module_is_long() -> None:
    lengths = {relative(path): len(path.read_text().splitlines()) for path in modules()}
    assert not {name: length for name, length in lengths.items() if length > MOST_LINES}


@pytest.mark.parametrize("package", ["shared", "simulator", "steering"])
def test_what_ls_shows_of_a_large_package_is_its_architecture(package: str) -> None:
    (top,) = (names for path, names in modules_by_folder().items() if path.match(package))
    assert len(top) <= MOST_AT_THE_TOP, f"Give a part of {top} a folder of their own."


def test_no_folder_is_crowded() -> None:
    crowded = {
        relative(folder): names
        for folder, names in modules_by_folder().items()
        if len(names) > MOST_IN_A_FOLDER
    }
    assert not crowded, "Give a part of them a folder of their own."


def modules_by_folder() -> dict[Path, list[str]]:
    folders: dict[Path, list[str]] = {}
    for path in modules():
        if path.name != "__init__.py":
            folders.setdefault(path.parent, []).append(path.stem)
    return folders


@pytest.mark.parametrize(
    ("package", "absent"),
    [
        ("molsteer-shared", {"torch", "rdkit"}),
        ("molsteer-simulator", {"torch", "matplotlib"}),
        ("molsteer-steering", {"torch", "qcengine", "tblite", "xtb"}),
        ("molsteer-trainer", {"rdkit", "qcengine", "tblite", "matplotlib"}),
        ("molsteer-inferencer", {"rdkit", "qcengine", "tblite", "matplotlib"}),
    ],
)
def test_installing_a_service_brings_only_what_it_needs(package: str, absent: set[str]) -> None:
    assert not requirements_of(package) & absent


def requirements_of(package: str) -> set[str]:
    """Follow the requirements of an installed package to their end."""
    found: set[str] = set()
    ahead = [(package, "")]
    while ahead:
        name, extra = ahead.pop()
        for text in requires(name) or []:
            needed = Requirement(text)
            if needed.marker and not needed.marker.evaluate({"extra": extra}):
                continue
            required = canonicalize_name(needed.name)
            if required not in found and is_installed(required):
                ahead += [(required, each) for each in ("", *needed.extras)]
                found.add(required)
    return found


def is_installed(name: str) -> bool:
    try:
        distribution(name)
    except PackageNotFoundError:
        return False
    return True


def test_every_command_that_the_metadata_names_is_there() -> None:
    named = set[str]()
    for package in PACKAGES:
        metadata = tomllib.loads((package / "pyproject.toml").read_text())["project"]
        commands = metadata.get("entry-points", {}).get("molsteer.commands", {})
        named |= commands.keys()
        for command in commands.values():
            module = command.split(":")[0].removeprefix("molsteer.").replace(".", "/")
            assert (package / "molsteer" / f"{module}.py").is_file(), command
    assert {"run", "simulate", "status", "worker"} <= named
