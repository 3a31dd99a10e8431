"""Campaigns that Python steers itself, with real workers."""

from __future__ import annotations

import logging
import os
import re
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import psutil
import pytest
from support.waiting import eventually

from molsteer.steering.api import Campaign
from molsteer.steering.errors import RunDirectoryInUse
from molsteer.steering.run_directory import is_held

DOCUMENT = Path(__file__).parents[2] / "docs" / "python.md"

CAMPAIGN = """
[campaign]
name = "small"
space = "molecules.smi"
budget = 8
[policy]
first_training_after = 1000
[simulate]
slots = 2
[train]
members = 2
[queue]
lease_s = 6.0
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work where there is an example of our own, quicker than the real one."""
    examples = tmp_path / "examples"
    examples.mkdir()
    molecules = ("C", "N", "O", "CC", "CO", "CN", "CF", "C#N", "C=O", "FF", "N#N", "C#C")
    (examples / "molecules.smi").write_text("\n".join(molecules))
    (examples / "quickstart.toml").write_text(CAMPAIGN)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def others() -> set[psutil.Process]:
    """What else runs below the tests, such as a server that other tests share."""
    return set(psutil.Process().children(recursive=True))


def children(others: set[psutil.Process]) -> set[psutil.Process]:
    return set(psutil.Process().children(recursive=True)) - others


def test_the_code_of_the_documentation_runs(folder: Path) -> None:
    if "CI" not in os.environ:
        pytest.importorskip("pandas")
    code = "".join(re.findall(r"```python\n(.*?)```", DOCUMENT.read_text(), re.DOTALL))
    ended = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert ended.stdout.splitlines()[-1] == "ended: budget-reached 0"
    assert Campaign.open("runs/notebook").progress().done == 8


def test_a_loop_that_is_left_leaves_nothing_running_and_goes_on_later(
    folder: Path, others: set[psutil.Process]
) -> None:
    campaign = Campaign("examples/quickstart.toml", budget=4)
    before = signal.getsignal(signal.SIGINT), logging.getLogger().handlers[:]
    for progress in campaign.follow():
        assert (signal.getsignal(signal.SIGINT), logging.getLogger().handlers[:]) == before
        assert children(others)
        if progress.done:
            break
    eventually(lambda: not children(others))
    assert not is_held(campaign.run_dir)
    with campaign:
        assert campaign.run().activity == "ended: budget-reached"
    assert (campaign.run_dir / "report.md").is_file()
    assert len(campaign.best()) == 4
    assert list(campaign.follow()) == []


def test_an_error_in_a_cell_leaves_nothing_running(
    folder: Path, others: set[psutil.Process]
) -> None:
    with suppress(ZeroDivisionError), Campaign("examples/quickstart.toml") as campaign:
        steps = campaign.follow()
        next(steps)
        raise ZeroDivisionError
    eventually(lambda: not children(others))
    assert list(steps) == []


def test_following_again_ends_what_was_followed_before(
    folder: Path, others: set[psutil.Process]
) -> None:
    with Campaign("examples/quickstart.toml") as campaign:
        first, second = campaign.follow(), campaign.follow()
        next(first)
        next(second)
        assert list(first) == []
        with pytest.raises(RunDirectoryInUse):
            Campaign(campaign.settings).run()
    eventually(lambda: not children(others))
