"""Requests that cannot be read or removed, and file systems without locks, end no campaign."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from support.toy_campaign import ToyCampaign, toy_plan, toy_space

from molsteer.steering.control.asking import ask
from molsteer.steering.control.requests import Request, drop
from molsteer.steering.errors import UnusableRunDirectory
from molsteer.steering.policy.events import Paused
from molsteer.steering.run_directory import held
from molsteer.steering.space.search_space import SearchSpace

pytestmark = pytest.mark.fast


@pytest.fixture(scope="module")
def space(tmp_path_factory: pytest.TempPathFactory) -> SearchSpace:
    return toy_space(tmp_path_factory.mktemp("space"))


@pytest.fixture
def toy(space: SearchSpace, tmp_path: Path) -> ToyCampaign:
    return ToyCampaign(tmp_path, space, toy_plan(space))


def unreadable(file: Path) -> None:
    file.mkdir()


def a_pipe(file: Path) -> None:
    os.mkfifo(file)


@pytest.mark.parametrize("made", [unreadable, a_pipe])
def test_a_request_that_steering_may_not_read_is_set_aside_and_told_once(
    toy: ToyCampaign, made: Callable[[Path], None]
) -> None:
    campaign = toy.steering()
    file = toy.folder / "requests" / "1.json"
    file.parent.mkdir()
    made(file)
    drop(toy.folder, Request(action="set", changes={"policy.buffer": 3}))
    for _ in range(2):
        campaign.step(0.0)
    (told,) = campaign.take_news()
    assert f"{file}" in told
    assert "It cannot be read" in told
    assert file.with_suffix(".refused").exists()
    assert campaign.state.plan.buffer == 3
    toy.run_to_the_end(toy.steering())
    assert campaign.take_news() == []


def test_requests_in_a_folder_that_somebody_took_over_are_not_heard_and_that_is_told(
    toy: ToyCampaign,
) -> None:
    campaign = toy.steering()
    (toy.folder / "requests").write_text("no folder any more")
    for _ in range(2):
        campaign.step(0.0)
    (told,) = campaign.take_news()
    assert "Requests are not heard" in told
    assert "Give it back to the user who runs steering" in told
    toy.run_to_the_end(campaign)


def test_a_request_that_cannot_be_removed_counts_once(
    toy: ToyCampaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_args: object, **_named: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    campaign = toy.steering()
    drop(toy.folder, Request(action="pause"))
    monkeypatch.setattr(Path, "unlink", refuse)
    for _ in range(3):
        campaign.step(0.0)
    assert campaign.state.paused
    assert sum(isinstance(event, Paused) for event in campaign.ledger.events()) == 1


def test_a_request_can_be_read_by_the_user_who_runs_steering(toy: ToyCampaign) -> None:
    before = os.umask(0o077)
    try:
        name = drop(toy.folder, Request(action="pause"))
    finally:
        os.umask(before)
    folder = toy.folder / "requests"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o755
    assert stat.S_IMODE((folder / f"{name}.json").stat().st_mode) == 0o644


def test_without_locks_a_request_is_kept_and_nothing_is_claimed(
    toy: ToyCampaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    toy.steering()
    monkeypatch.setattr("fcntl.flock", no_locks)
    with pytest.raises(UnusableRunDirectory, match="does not lock files"), held(toy.folder):
        pass
    answer = ask(toy.folder, Request(action="pause"), patience_s=0.1)
    assert answer == "No steering process took the request up yet; the next one does, if none runs."


def no_locks(*_args: object) -> None:
    raise OSError(errno.ENOLCK, "No locks available")
