"""`molsteer trace`, as a user runs it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from support.command import molsteer
from support.toy_campaign import ToyCampaign, toy_plan, toy_space
from support.trace_format import read_trace


@pytest.fixture(scope="module")
def run_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("run")
    space = toy_space(tmp_path_factory.mktemp("space"))
    toy = ToyCampaign(folder, space, toy_plan(space))
    toy.run_to_the_end(toy.steering())
    return folder


def test_the_path_of_a_task_is_printed(run_dir: Path) -> None:
    ended = molsteer("trace", run_dir, "train/1/0")
    assert ended.returncode == 0, ended.stderr
    title, *lines = ended.stdout.splitlines()
    assert title.startswith("train/1/0/1: ok after ")
    assert any("queued" in line for line in lines)
    assert any("work by toy" in line for line in lines)
    (told,) = json.loads(molsteer("trace", run_dir, "train/1/0", "--json").stdout)
    assert (told["task_id"], told["status"]) == ("train/1/0/1", "ok")


def test_a_whole_campaign_is_written_and_replaced(run_dir: Path, tmp_path: Path) -> None:
    file = tmp_path / "trace.json"
    for _ in range(2):
        ended = molsteer("trace", run_dir, "--output", file)
        assert ended.returncode == 0, ended.stderr
        assert ended.stdout.startswith(f"{file}  ")
    assert read_trace(file)


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["nowhere", "7"], "There is no campaign in nowhere"),
        (["RUN"], "Name a TASK, or write all of them with --output FILE."),
        (["RUN", "simulate/99999"], "There is no task 'simulate/99999'"),
        (["RUN", "train/1"], "may be train/1/0, train/1/1"),
        (["RUN", "-o", "EMPTY/nowhere/trace.json"], "no trace can be written there"),
        (["RUN", "--otlp", "localhost"], "write http://HOST:PORT"),
    ],
)
def test_a_mistake_is_told_in_a_sentence(
    run_dir: Path, tmp_path: Path, arguments: list[str], complaint: str
) -> None:
    places = {"RUN": str(run_dir), "EMPTY": str(tmp_path)}
    words = [argument.replace("EMPTY", places["EMPTY"]) for argument in arguments]
    ended = molsteer("trace", *(places.get(word, word) for word in words))
    assert ended.returncode == 2
    assert complaint in " ".join(ended.stderr.split())
    assert "Traceback" not in ended.stderr
    assert not list(tmp_path.iterdir())
