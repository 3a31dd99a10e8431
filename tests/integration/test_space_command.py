from __future__ import annotations

import json
import os
import pty
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice, product
from pathlib import Path
from threading import Event

import pytest

MOLSTEER = Path(sys.executable).with_name("molsteer")
QM9 = Path(__file__).parents[2] / "examples" / "qm9.smi"
DEADLINE_S = 240.0


def molsteer(*arguments: object, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [MOLSTEER, *map(str, arguments)],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=DEADLINE_S,
        check=False,
    )


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def write_chains(path: Path, rows: int, atoms: int) -> None:
    """Write small molecules, quick to read, enough for several processes."""
    chains = ("".join(chain) for chain in product("CNO", repeat=atoms))
    path.write_text("\n".join(islice(chains, rows)))


def test_a_space_is_built_and_described(tmp_path):
    source = tmp_path / "a.smi"
    source.write_text("\n".join([*QM9.read_text().split()[:50], "hello", "C.C"]))
    built = molsteer("space", "build", source, "-o", "space", "--chunk-size", 20, folder=tmp_path)
    assert built.returncode == 0, built.stderr
    assert "Rows read: 52, left out: 2" in built.stdout
    assert "Each is listed in space/rejected.csv" in built.stdout
    assert built.stderr.startswith("Built in ")
    described = molsteer("space", "info", "space", folder=tmp_path)
    assert "50 molecules" in described.stdout
    assert "3 chunks of up to 20" in described.stdout
    manifest = json.loads(molsteer("space", "info", "space", "--json", folder=tmp_path).stdout)
    assert manifest["molecules"] == 50
    assert manifest["rejected_rows"] == {"not a SMILES": 1, "several fragments": 1}


def test_features_are_computed_with_a_space_or_later_and_told(tmp_path):
    (tmp_path / "a.smi").write_text("\n".join(QM9.read_text().split()[:50]))
    command = ("space", "build", "a.smi", "--chunk-size", 20, "-o")
    together = molsteer(*command, "one", "--features", folder=tmp_path)
    assert together.returncode == 0, together.stderr
    later = molsteer(*command, "two", folder=tmp_path)
    assert "Features" not in later.stdout
    added = molsteer("space", "features", "two", folder=tmp_path)
    assert added.returncode == 0, added.stderr
    for told in (together.stdout, added.stdout):
        assert re.search(r"Features: \d+ descriptors, .* \d+ bytes a molecule", told)
    assert (tmp_path / "one/space.json").read_bytes() == (tmp_path / "two/space.json").read_bytes()
    assert names(tmp_path / "one/features") == names(tmp_path / "two/features")


def test_features_of_a_folder_that_is_no_space_end_with_one_sentence(tmp_path):
    missed = molsteer("space", "features", tmp_path, folder=tmp_path)
    assert (missed.returncode, missed.stdout) == (2, "")
    assert "its space.json cannot be read" in missed.stderr
    assert not names(tmp_path)


def test_the_number_of_processes_changes_no_byte(tmp_path):
    write_chains(tmp_path / "a.smi", 6500, atoms=8)
    for processes in (1, 2):
        options = ("-o", f"space{processes}", "--processes", processes, "--chunk-size", 1100)
        built = molsteer("space", "build", "a.smi", *options, folder=tmp_path)
        assert built.returncode == 0, built.stderr
    one, two = (
        {
            path.relative_to(folder): path.read_bytes()
            for path in folder.rglob("*")
            if path.is_file()
        }
        for folder in (tmp_path / "space1", tmp_path / "space2")
    )
    assert one == two


def test_what_is_left_out_changed_or_charged_is_told_with_examples(tmp_path):
    rows = ["CCO", "OCC", "hello", "[NH4+]", "CC(=O)[O-].[Na+]", "Oc1ccccn1", "O=c1cccc[nH]1"]
    (tmp_path / "a.smi").write_text("\n".join(rows))
    options = ("-o", "space", "--salts", "neutral-fragment")
    built = molsteer("space", "build", "a.smi", *options, folder=tmp_path)
    assert built.returncode == 0, built.stderr
    for line in (
        "Rows read: 7, left out: 2",
        "  1 duplicate, such as 'OCC' in line 2, duplicate of line 1: CCO",
        "  1 not a SMILES, such as 'hello' in line 3",
        "Rows of which one molecule was chosen: 1",
        "  1 salt, largest fragment kept and neutralised, such as 'CC(=O)[O-].[Na+]' in line 5, "
        "now CC(=O)O",
        "Each is listed in space/changed.csv",
    ):
        assert line in built.stdout.splitlines()
    assert "Charged: 1 molecule. " in built.stdout
    assert "--charged leave-out" in built.stdout
    described = molsteer("space", "info", "space", folder=tmp_path)
    assert described.stdout.startswith(built.stdout.partition("\nBuilt in")[0])


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["build", "nothing.smi", "-o", "space"], "nothing.smi cannot be used: it does not exist"),
        (
            ["build", "notes.txt", "-o", "space"],
            "no column of SMILES or InChI (its first line is: C)",
        ),
        (["build", "table.csv", "-o", "space"], "has no column of SMILES or InChI"),
        (["build", "salts.smi", "-o", "space"], "There is no usable molecule in salts.smi"),
        (["build", "good.smi", "-o", "good.smi"], "good.smi cannot be made: it exists"),
        (["build", "good.smi", "-o", "no/space"], "no is not a folder"),
        (["build", "good.smi", "-o", "space", "--level", "xbt"], "'xbt' is not installed here"),
        (["info", "space"], "space.json cannot be read"),
    ],
)
def test_bad_input_ends_with_one_sentence_and_leaves_nothing(tmp_path, arguments, complaint):
    (tmp_path / "notes.txt").write_text("C\n")
    (tmp_path / "table.csv").write_text("name,ip\nethanol,10\n")
    (tmp_path / "salts.smi").write_text("[Na+].[Cl-]\n")
    (tmp_path / "good.smi").write_text("CCO\n")
    before = names(tmp_path)
    ended = molsteer("space", *arguments, folder=tmp_path)
    assert ended.returncode == 2
    assert complaint in ended.stderr
    assert ended.stderr.startswith("molsteer: ")
    assert len(ended.stderr.splitlines()) == 1
    assert ended.stdout == ""
    assert names(tmp_path) == before


@pytest.mark.parametrize("option", ["--chunk-size", "--processes"])
def test_a_number_below_one_is_refused(tmp_path, option):
    (tmp_path / "good.smi").write_text("CCO\n")
    ended = molsteer("space", "build", "good.smi", "-o", "space", option, 0, folder=tmp_path)
    assert ended.returncode == 2
    assert "Traceback" not in ended.stderr


@pytest.fixture
def building(tmp_path):
    """A build with two processes that has written its first chunk and has far to go."""
    write_chains(tmp_path / "a.smi", 300_000, atoms=12)
    command = ("build", "a.smi", "-o", "space", "--chunk-size", "1000")
    with working(tmp_path, *command) as process:
        wait_until(lambda: any(tmp_path.glob(".space.partial-*/chunks/*")))
        yield process


@pytest.fixture
def featurizing(tmp_path):
    """A computation of features with two processes that has done two chunks of many."""
    write_chains(tmp_path / "a.smi", 4_000, atoms=8)
    command = ("space", "build", "a.smi", "-o", "space", "--chunk-size", 50)
    assert molsteer(*command, folder=tmp_path).returncode == 0
    with working(tmp_path, "features", "space") as process:
        wait_until(lambda: len(done_in(tmp_path / "space")) > 1)
        yield process


@contextmanager
def working(folder: Path, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [MOLSTEER, "space", *arguments, "--processes", "2"],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


def done_in(space: Path) -> dict[str, int]:
    """Tell when the features that a computation has noted were written, by file."""
    try:
        lines = (space / "features" / "unfinished.jsonl").read_text().splitlines()[1:]
    except FileNotFoundError:
        return {}
    files = [json.loads(line)[1]["file"] for line in lines if line.endswith("]")]
    return {file: (space / file).stat().st_mtime_ns for file in files}


@pytest.mark.parametrize(("number", "status"), [(signal.SIGTERM, 143), (signal.SIGKILL, -9)])
def test_features_go_on_where_their_computation_was_stopped(featurizing, tmp_path, number, status):
    children = children_of(featurizing.pid)
    featurizing.send_signal(number)
    _, errors = featurizing.communicate(timeout=DEADLINE_S)
    assert featurizing.returncode == status
    assert "Traceback" not in errors
    wait_until(lambda: not any(map(is_alive, children)))
    space = tmp_path / "space"
    done = done_in(space)
    assert "Features" not in molsteer("space", "info", "space", folder=tmp_path).stdout
    again = molsteer("space", "features", "space", folder=tmp_path)
    assert again.returncode == 0, again.stderr
    assert "Features: " in again.stdout
    assert len(names(space / "features")) == len(names(space / "chunks"))
    assert {file: (space / file).stat().st_mtime_ns for file in done} == done


def test_a_killed_process_that_computes_features_ends_it_with_one_sentence(featurizing):
    os.kill(readers_of(featurizing.pid)[0], signal.SIGKILL)
    _, errors = featurizing.communicate(timeout=DEADLINE_S)
    assert featurizing.returncode == 2
    assert "A process that computes features died" in errors
    assert "molsteer space features space --processes 1" in errors
    assert "Traceback" not in errors


@pytest.mark.parametrize(
    ("number", "status"), [(signal.SIGTERM, 143), (signal.SIGINT, 130), (signal.SIGHUP, 129)]
)
def test_a_stopped_build_leaves_nothing(building, tmp_path, number, status):
    children = children_of(building.pid)
    building.send_signal(number)
    _, errors = building.communicate(timeout=DEADLINE_S)
    assert building.returncode == status
    assert "Traceback" not in errors
    assert names(tmp_path) == ["a.smi"]
    wait_until(lambda: not any(map(is_alive, children)))


def test_a_build_whose_terminal_closes_leaves_nothing(tmp_path):
    write_chains(tmp_path / "a.smi", 300_000, atoms=12)
    terminal, end = pty.openpty()
    with subprocess.Popen(
        [
            "setsid",
            "--ctty",
            MOLSTEER,
            "space",
            "build",
            "a.smi",
            "-o",
            "space",
            "--processes",
            "2",
        ],
        cwd=tmp_path,
        stdin=end,
        stdout=end,
        stderr=end,
    ) as process:
        os.close(end)
        wait_until(lambda: any(tmp_path.glob(".space.partial-*/chunks/*")))
        children = children_of(process.pid)
        os.close(terminal)
        assert process.wait(DEADLINE_S) == 129
    assert names(tmp_path) == ["a.smi"]
    wait_until(lambda: not any(map(is_alive, children)))


def test_a_killed_process_of_a_build_ends_it_with_one_sentence(building, tmp_path):
    os.kill(readers_of(building.pid)[0], signal.SIGKILL)
    _, errors = building.communicate(timeout=DEADLINE_S)
    assert building.returncode == 2
    assert "A process that reads molecules died" in errors
    assert "Traceback" not in errors
    assert names(tmp_path) == ["a.smi"]


def test_a_killed_build_leaves_no_space_and_no_process_and_the_next_one_tidies_up(
    building, tmp_path
):
    children = children_of(building.pid)
    building.kill()
    building.wait(DEADLINE_S)
    wait_until(lambda: not any(map(is_alive, children)))
    assert not (tmp_path / "space").exists()
    write_chains(tmp_path / "a.smi", 10, atoms=8)
    assert molsteer("space", "build", "a.smi", "-o", "space", folder=tmp_path).returncode == 0
    assert names(tmp_path) == ["a.smi", "space"]


def wait_until(condition) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while not condition():
        assert time.monotonic() < deadline, "The condition did not come true in time."
        Event().wait(0.02)


def children_of(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def readers_of(pid: int) -> list[int]:
    """Tell the processes that read molecules from multiprocessing's own helper."""
    return [
        child
        for child in children_of(pid)
        if b"spawn_main" in Path(f"/proc/{child}/cmdline").read_bytes()
    ]


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False
