"""How far a build has come is told at the speed of what is under way."""

from __future__ import annotations

import pytest

from molsteer.shared.cli.screen.terminal import Terminal
from molsteer.steering.live.building import shown
from molsteer.steering.space.progress import Progress

pytestmark = pytest.mark.fast


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """A list whose last entry is the time."""
    times = [0.0]
    monkeypatch.setattr("time.monotonic", lambda: times[-1])
    return times


def test_features_that_follow_a_build_have_a_rate_of_their_own(
    clock: list[float], capsys: pytest.CaptureFixture[str]
) -> None:
    with shown(Terminal(stderr=True)) as show:
        clock.append(1000.0)
        show(Progress(rows=100_000, molecules=90_000, bytes_read=5, bytes_total=5))
        clock.append(1020.0)
        show(Progress.of_features(10_000, 90_000))
    building, features = capsys.readouterr().err.splitlines()
    assert building == "90,000 molecules, 100 rows/s, 100 % of the input"
    assert features == "features of 10,000 molecules, 500/s, 11 % of the molecules"


def test_features_of_a_space_that_is_there_have_a_rate_from_the_beginning(
    clock: list[float], capsys: pytest.CaptureFixture[str]
) -> None:
    with shown(Terminal(stderr=True)) as show:
        clock.append(20.0)
        show(Progress.of_features(200, 2_000))
    assert capsys.readouterr().err == "features of 200 molecules, 10/s, 10 % of the molecules\n"
