"""What cannot work ends within seconds: one message, exit status 2, and everything as it was."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice, product
from pathlib import Path
from uuid import UUID

import pytest
from support.command import MOLSTEER, molsteer, molsteer_in_background
from support.redis_server import PASSWORD, TcpServer, tcp_server
from support.waiting import eventually

from molsteer.steering.run_directory import held

WITHIN_S = 240.0
"""Two seconds are usual; the rest is for busy machines."""

ELSEWHERE = {"host_regex": "elsewhere", "endpoint_path": "/blobs", "local_path": "blobs"}

GLOBUS = ["--stores-infer", "globus", "--stores-globus-config", "absent.json"]

EXTERNAL = ("--workers-server", "external", "--workers-local", "false")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with molecules, good and bad."""
    monkeypatch.chdir(tmp_path)
    for name, text in (
        ("good.smi", "CCO\nCC=O\nCO\nCC\n"),
        ("empty.smi", ""),
        ("comments.smi", "# nothing but words\n\n"),
        ("salts.smi", "[Na+].[Cl-]\nhello\n"),
        ("empty.csv", "smiles\n"),
        ("other.csv", "name,ip\nethanol,10\n"),
        ("notes.txt", "C\n"),
        ("binary.toml", "\udcff"),
        ("broken.toml", "[campaign\n"),
        ("sites.json", json.dumps({str(UUID(int=n)): ELSEWHERE for n in (1, 2)})),
        (
            "many.toml",
            '[campaign]\nspace = "good.smi"\nbudget = 0\nbugdet = 7\n[stores]\n'
            'infer = "cloud"\n[policy]\nbeta = "high"\n[simulate]\nlevel = "CCSD(T)"\n'
            'engine = "orca"\n[nonsense]\nx = 1\n',
        ),
    ):
        (tmp_path / name).write_text(text, encoding="utf-8", errors="surrogateescape")
    return tmp_path


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TcpServer]:
    with tcp_server(tmp_path_factory.mktemp("redis")) as running:
        yield running


def contents(folder: Path) -> dict[Path, bytes]:
    """Everything in a folder but who steers or steered."""
    return {
        path: path.read_bytes() if path.is_file() else b""
        for path in folder.rglob("*")
        if path.name != "steering.lock"
    }


def refuse(folder: Path, *arguments: str | Path, **environment: str) -> str:
    """Run a command that cannot work, and give the message it ends with."""
    before, begun = contents(folder), time.monotonic()
    done = molsteer(*arguments, **environment)
    assert time.monotonic() - begun < WITHIN_S
    assert done.returncode == 2, done.stderr
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    assert contents(folder) == before
    return done.stderr


@contextmanager
def in_background(*command: str, output: Path) -> Iterator[subprocess.Popen[bytes]]:
    process = molsteer_in_background(*command, output=output)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["absent.toml"], ["absent.toml", "no such file", "Check the path"]),
        (["."], ["The file cannot be read: Is a directory"]),
        (["binary.toml"], ["binary.toml", "not UTF-8"]),
        (["broken.toml"], ["broken.toml", "not valid TOML", "line 1"]),
        (
            ["many.toml"],
            [
                "many.toml",
                "[campaign] budget",
                "[campaign] bugdet: there is no such setting",
                "[stores] infer",
                "[policy] beta",
                "[simulate] level: must match the pattern",
                "[simulate] engine: must be 'auto', 'tblite'",
                "[nonsense]: there is no such setting",
            ],
        ),
        (["--space", "good.smi", "--budget", "0"], ["[campaign] budget", "greater than 0"]),
        (["--space", "good.smi", "--budget=-5"], ["[campaign] budget", "greater than 0"]),
        (["--space", "good.smi", "--budget", "ten"], ["[campaign] budget", "whole number"]),
        ([], ["[campaign]", "is missing"]),
        (["--space", "absent.smi"], ["absent.smi", "does not exist", "Check the path."]),
        (
            ["--space", "notes.txt"],
            ["notes.txt", "no column of SMILES or InChI (its first line is: C)"],
        ),
        (["--space", "other.csv"], ["other.csv", "no column of SMILES or InChI"]),
        (["--space", "."], ["cannot be opened", "molsteer space build"]),
        *(
            (["--space", name], ["no usable molecule", name, "Give at least one SMILES"])
            for name in ("empty.smi", "comments.smi", "empty.csv", "salts.smi")
        ),
        (["--space", "good.smi", "--run-dir", "notes.txt"], ["notes.txt", "File exists"]),
        (["--space", "good.smi", "--run-dir", "notes.txt/run"], ["Not a directory", "--run-dir"]),
        (["--space", "good.smi", "--run-dir", "/sys/run"], ["/sys/run", "permissions"]),
        (
            ["--space", "good.smi", "--simulate-level", "dft", "--policy-acquisition", "luck"],
            [
                "[simulate] level: The level of theory 'dft' is not installed here",
                "[policy] acquisition: The acquisition 'luck' is not installed here",
                "(installed: ehvi, ei, greedy, pareto, pi, random, thompson, ucb)",
            ],
        ),
        (
            ["--space", "good.smi", "--train-handler", "absent.module:build"],
            ["[train] handler: There is no Python package 'absent' here"],
        ),
        (
            ["--space", "good.smi", "--infer-handler", "module"],
            ["[infer] handler: must match the pattern"],
        ),
        (["--speed", "9"], ["No such option '--speed'"]),
        *(
            (["--space", "good.smi", *flags], told)
            for flags, told in (
                (["--stores-threshold-bytes=-1"], ["[stores] threshold_bytes", "at least 0"]),
                (["--ps-threshold=-1"], ["[stores] threshold_bytes", "at least 0"]),
                (["--stores-infer", "tape"], ["[stores] infer", "'globus', 'endpoint' or 'none'"]),
                (["--stores-infer", "globus"], ["the store globus needs globus_config"]),
                (GLOBUS, ["absent.json", "No such file", "Check [stores] globus_config"]),
                ([*GLOBUS[:-1], "sites.json"], ["No host_regex matches this host", "Add its"]),
                (["--stores-train", "endpoint"], ["the store endpoint needs endpoint"]),
            )
        ),
    ],
)
def test_a_run_that_cannot_work_says_why_and_leaves_nothing(
    folder: Path, arguments: list[str], told: list[str]
) -> None:
    said = refuse(folder, "run", *arguments)
    for part in told:
        assert part in said


@pytest.mark.parametrize(
    ("variable", "likely"),
    [("MOLSTEER_BUDGET", "CAMPAIGN__BUDGET"), ("MOLSTEER_POLCY__BETA", "POLICY__BETA")],
)
def test_a_variable_that_nobody_reads_is_no_reason_to_run_with_defaults(
    folder: Path, variable: str, likely: str
) -> None:
    said = refuse(folder, "run", "--space", "good.smi", **{variable: "3"})
    assert f"{variable}: there is no such setting. Did you mean MOLSTEER_{likely}?" in said


def test_a_server_that_is_named_is_used_also_where_one_could_be_started(folder: Path) -> None:
    named = ("--queue-redis-url", "redis://127.0.0.1:1/0")
    said = refuse(folder, "run", "--space", "good.smi", *named)
    assert "Redis at 127.0.0.1:1/0 cannot be used: there is no connection" in said
    said = refuse(folder, "run", "--space", "good.smi", *named, "--workers-server", "embedded")
    assert "[workers] server: embedded starts a server for this run alone" in said


def test_a_run_directory_in_place_of_settings_or_molecules_is_told_with_what_takes_it(
    folder: Path,
) -> None:
    (folder / "my run").mkdir()
    (folder / "my run" / "ledger.sqlite").touch()
    (folder / "my run" / "settings.json").write_text("{}")
    for arguments in (
        ["run", "my run"],
        ["run", "my run/settings.json"],
        ["run", "--space", "my run"],
        ["space", "info", "my run"],
        ["init", "my run"],
    ):
        assert "Go on with it: molsteer continue 'my run'" in refuse(folder, *arguments)
    assert molsteer("space", "build", "good.smi", "-o", "my space").returncode == 0
    assert "Search it with: molsteer run --space 'my space'" in refuse(folder, "run", "my space")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["simulate", "C[U]"], "Choose molecules of the elements hydrogen to radon."),
        (
            ["simulate", "CCO", "--spec", "dft"],
            "'dft' is not installed here (installed: ",
        ),
        (["status", "good.smi"], "There is no campaign in good.smi"),
        (["report", "absent"], "There is no campaign in absent"),
        (["status"], "Missing argument 'RUN_DIR'"),
        (["dream"], "No such command 'dream'. There are: completion, continue, "),
        (["statsu", "run"], "No such command 'statsu'. Did you mean status?"),
        (["space", "bild"], "No such command 'bild'. Did you mean build?"),
        (["simulate", "CCO", "--engine", "tblit"], "'qcengine'. Did you mean tblite?"),
        (["simulate", "CCO", "--spec", "xtbb"], "Did you mean xtb?"),
        (["continue", "good.smi"], "There is no campaign in good.smi"),
        ([], "Usage: molsteer"),
    ],
)
def test_so_do_the_other_commands(folder: Path, arguments: list[str], told: str) -> None:
    assert told in refuse(folder, *arguments)


@pytest.mark.parametrize("run_dir", ["new", "new/below/it", "empty"])
def test_redis_that_is_not_there_is_told_before_anything_is_made(
    folder: Path, run_dir: str
) -> None:
    (folder / "empty").mkdir()
    url = "redis://:secret@127.0.0.1:1/0"
    said = refuse(
        *(folder, "run", "--space", "good.smi", "--run-dir", run_dir, *EXTERNAL),
        MOLSTEER_QUEUE__REDIS_URL=url,
    )
    assert "Redis at 127.0.0.1:1/0 cannot be used: there is no connection" in said
    assert "Start the server, or correct [queue] redis_url." in said
    assert "secret" not in said


def test_a_store_that_no_endpoint_here_reaches_is_told_before_anything_is_made(
    folder: Path,
) -> None:
    store = ("--stores-train", "endpoint", "--stores-endpoint", str(UUID(int=7)))
    nowhere = {"PROXYSTORE_HOME": str(folder / "nowhere")}
    said = refuse(folder, "run", "--space", "good.smi", *store, **nowhere)
    assert f"The endpoint store at {UUID(int=7)} cannot be used" in said
    assert "proxystore-endpoint start" in said


def test_a_refused_password_is_told_and_not_shown(folder: Path, server: TcpServer) -> None:
    said = refuse(
        *(folder, "run", "--space", "good.smi", *EXTERNAL),
        MOLSTEER_QUEUE__REDIS_URL=server.url.replace(PASSWORD, "wrong-one"),
    )
    assert "it refuses the user or password" in said
    assert "wrong-one" not in said


@pytest.mark.parametrize("run_dir", ["new/below/it", "empty"])
def test_a_run_directory_is_left_as_it_was_when_the_molecules_are_unusable(
    folder: Path, run_dir: str
) -> None:
    (folder / "empty").mkdir()
    said = refuse(folder, "run", "--space", "salts.smi", "--run-dir", run_dir)
    assert "1 several fragments, such as '[Na+].[Cl-]' in line 1" in said
    assert "1 not a SMILES" in said


def test_a_run_directory_in_use_is_told_with_its_holder(folder: Path) -> None:
    with held(folder / "run"):
        said = refuse(folder, "run", "--space", "good.smi", "--run-dir", "run")
    assert f"is in use by process {os.getpid()} on" in said
    assert "Wait for it to end, or choose another folder" in said


def test_a_damaged_ledger_is_told_and_not_touched(folder: Path) -> None:
    (folder / "run").mkdir()
    (folder / "run" / "ledger.sqlite").write_text("something else, and long enough to be seen\n")
    for command in (("run", "--space", "good.smi", "--run-dir", "run"), ("status", "run")):
        assert "its ledger.sqlite cannot be opened (file is not a database)" in refuse(
            folder, *command
        )


def test_the_run_directory_of_another_campaign_is_told_with_every_difference(
    folder: Path, server: TcpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MOLSTEER_QUEUE__REDIS_URL", server.url)
    command = ("run", "--space", "good.smi", "--run-dir", "run", *EXTERNAL)
    with in_background(*command, output=folder / "output") as begun:
        log = folder / "run" / "logs" / "steering.jsonl"
        eventually(log.exists)
        begun.send_signal(signal.SIGINT)
        eventually(lambda: "Stopping" in log.read_text())
        begun.send_signal(signal.SIGINT)
        assert begun.wait(WITHIN_S) == 130, (folder / "output").read_text()

    (folder / "more.smi").write_text("CCO\nCCN\nCCC\n")
    other = ("--space", "more.smi", "--name", "other", "--seed", "5", "--train-width", "8")
    said = refuse(folder, *command, *other)
    assert "The run directory run holds another campaign" in said
    for difference in (
        "campaign.name is 'campaign' there, 'other' here",
        "campaign.seed is 0 there, 5 here",
        "campaign.space is",
        "train is",
    ):
        assert difference in said
    assert "Choose another folder with --run-dir, or restore the settings" in said


@pytest.mark.parametrize(
    ("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)]
)
def test_a_campaign_that_is_stopped_while_it_starts_leaves_nothing(
    folder: Path, number: int, status: int
) -> None:
    chains = ("".join(chain) for chain in product("CNO", repeat=12))
    (folder / "large.smi").write_text("\n".join(islice(chains, 300_000)))
    output = folder / "output"
    output.touch()
    before = set(contents(folder))
    command = ("run", "--space", "large.smi", "--run-dir", "below/run")
    with in_background(*command, output=output) as starting:
        eventually(lambda: any(folder.glob("below/run/space/.*partial*/*")))
        starting.send_signal(number)
        assert starting.wait(WITHIN_S) == status
    assert "Traceback" not in output.read_text()
    assert set(contents(folder)) == before


@pytest.mark.parametrize("arguments", [("--help",), ("version",), ("space", "info", "space")])
def test_nobody_complains_when_the_reader_has_gone(
    folder: Path, arguments: tuple[str, ...]
) -> None:
    assert molsteer("space", "build", "good.smi", "-o", "space").returncode == 0
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [*MOLSTEER, *arguments],
        stdout=writing,
        stderr=subprocess.PIPE,
        timeout=WITHIN_S,
        check=False,
    )
    os.close(writing)
    assert done.stderr == b""
