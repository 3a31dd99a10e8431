from __future__ import annotations

import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

import pytest

from molsteer.shared.cli.installed import load, offered

pytestmark = pytest.mark.fast

SLOW = ("importlib.metadata", "email", "pydantic", "numpy", "tempfile", "json", "difflib")


@pytest.mark.parametrize("group", ["molsteer.commands", "molsteer.checks", "console_scripts"])
def test_what_is_installed_is_found_as_the_standard_library_finds_it(group: str) -> None:
    points = entry_points(group=group)
    assert offered(group).keys() == points.names
    for name in points.names:
        (first, *_) = points.select(name=name)
        assert offered(group)[name] == first.value.partition("[")[0].strip()


def test_packages_of_others_are_found_and_the_first_on_the_path_wins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, said in (("first", "one = a:b.c [extra]"), ("second", "one = x:y\ntwo=os.path:join")):
        information = tmp_path / name / f"{name}-1.0.dist-info"
        information.mkdir(parents=True)
        text = f"[other]\nthree = q:r\n\n[ours]\n# a remark\n{said}\n"
        (information / "entry_points.txt").write_text(text)
        (tmp_path / name / "bare-1.0.dist-info").mkdir()
    nowhere = str(tmp_path / "archive.zip")
    monkeypatch.setattr(sys, "path", [nowhere, str(tmp_path / "first"), str(tmp_path / "second")])
    assert offered("ours") == {"one": "a:b.c", "two": "os.path:join"}


def test_what_is_found_is_loaded() -> None:
    assert load("pathlib:Path.home") == Path.home


def test_help_loads_nothing_that_is_slow() -> None:
    code = (
        "import sys; sys.argv = ['molsteer', '--help']\n"
        "from molsteer.shared.cli.main import main\n"
        "try: main()\n"
        f"finally: print([n for n in {SLOW} if n in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "Commands:" in done.stdout
    assert done.stderr.strip() == "[]"
