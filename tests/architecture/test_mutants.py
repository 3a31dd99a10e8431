"""What `make mutants` changes, where it does so, and what it calls unnoticed."""

from __future__ import annotations

import os
import runpy
import subprocess
import sys
from pathlib import Path
from shutil import copy

import pytest

pytestmark = pytest.mark.fast

SCRIPTS = Path(__file__).parents[2] / "scripts"
SOURCE = b'''
@tidy(level=1)
def room(doors: Literal[3]) -> int:
    """Say 1."""
    if doors < 2 and open_:
        log(f"{doors > 5}")
    return max(doors, 0.5)
'''
TEST = """
import pytest
from molsteer.shared.rooms import rooms

@pytest.mark.fast
def test_there_are_more_rooms_than_doors() -> None:
    assert rooms(3) > 3
"""

mutants_of = runpy.run_path(str(SCRIPTS / "mutations.py"))["mutants_of"]


def test_whatever_runs_is_changed_in_each_way_and_nothing_else() -> None:
    mutants = mutants_of("room.py", SOURCE)
    assert [(one.line, one.diff(SOURCE).partition("\n+")[2].strip()) for one in mutants] == [
        (5, "if not (doors < 2 and open_):"),
        (5, "if doors <= 2 and open_:"),
        (5, "if doors >= 2 and open_:"),
        (5, "if doors < 3 and open_:"),
        (5, "if doors < 2 or open_:"),
        (6, "pass"),
        (7, "return min(doors, 0.5)"),
        (7, "return None"),
        (7, "return max(doors, 1.0)"),
    ]


def test_letters_of_several_bytes_shift_no_change() -> None:
    source = 'a = "é" in b  # é\n'.encode()
    (mutant,) = mutants_of("letters.py", source)
    assert mutant.of(source).decode() == 'a = "é" not in b  # é\n'


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Make a repository of one module and its test, and commit it."""
    tree = tmp_path / "tree"
    files = {
        "pyproject.toml": "[tool.pytest.ini_options]\nmarkers = ['fast']\n",
        "services/README.md": "",
        "shared/molsteer/shared/__init__.py": "",
        "shared/molsteer/shared/rooms.py": "HALLS = 1\n",
        "tests/unit/shared/test_rooms.py": TEST,
    }
    for name, text in files.items():
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        (tree / name).write_text(text)
    (tree / "scripts").mkdir()
    for name in ("mutants.py", "mutations.py"):
        copy(SCRIPTS / name, tree / "scripts" / name)
    git = ("git", "-c", "user.name=a", "-c", "user.email=a@b.c")
    subprocess.run(["git", "init", "-q"], cwd=tree, check=True)
    subprocess.run(["git", "add", "."], cwd=tree, check=True)
    subprocess.run([*git, "commit", "-qm", "Begin"], cwd=tree, check=True)
    return tree


def mutants(tree: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {
        **os.environ,
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        "TMPDIR": str(tree.parent),
    }
    command = [sys.executable, str(tree / "scripts" / "mutants.py"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, env=environment, check=False)


def contents(tree: Path) -> dict[Path, bytes]:
    ours = (path for path in tree.rglob("*") if path.is_file() and ".git" not in path.parts)
    return {path: path.read_bytes() for path in ours}


def test_new_lines_are_changed_in_a_copy_and_survivors_are_shown(tree: Path) -> None:
    rooms = tree / "shared/molsteer/shared/rooms.py"
    rooms.write_text("HALLS = 1\n\n\ndef rooms(doors):\n    return doors + 1\n")
    before = contents(tree)
    done = mutants(tree, "--since", "HEAD")
    assert done.stdout.splitlines()[1:] == [
        "",
        "shared/molsteer/shared/rooms.py:5",
        "-    return doors + 1",
        "+    return doors + 2",
        "",
        "1 changes were noticed, 1 were not.",
    ], done.stderr
    assert done.returncode == 0
    assert contents(tree) == before
    assert list(tree.parent.iterdir()) == [tree]


def test_tests_that_fail_anyway_judge_nothing(tree: Path) -> None:
    done = mutants(tree)
    assert done.returncode == 1
    assert done.stderr.endswith("A fast test fails without any change; mend it first.\n")


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (("--since", "no-such"), 2, "fatal: bad revision 'no-such'\n"),
        (("absent/",), 1, "There is no code to change there; name folders as git does.\n"),
    ],
)
def test_what_cannot_be_found_is_told_at_once(
    tree: Path, arguments: tuple[str, ...], status: int, said: str
) -> None:
    done = mutants(tree, *arguments)
    assert (done.returncode, done.stdout, done.stderr) == (status, "", said)
