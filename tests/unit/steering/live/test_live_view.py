"""The live view of a campaign, on a real terminal."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator

import pytest
from support.screen import Screen, Watched

pytestmark = pytest.mark.fast

PROGRAM = """
import sys
from molsteer.shared.cli.screen.terminal import Terminal
from molsteer.steering.live.display import LiveDisplay
from molsteer.shared.wire.properties import Quantity
from molsteer.steering.records.progress import Progress

display = LiveDisplay(Terminal(stderr=True))
for now, line in enumerate(sys.stdin):
    action, _, rest = line.rstrip().partition(" ")
    if action == "say":
        display.say(rest)
    elif action == "done":
        first = rest == "0"
        display.show(
            Progress(
                done=int(rest),
                budget=120,
                levels=(),
                property="ip",
                activity="random start" if first else "training 3/8",
                in_flight=4,
                given_up=0 if first else 12,
                hits=int(rest) // 2,
                best=None if first else Quantity(value=15.93, unit="eV"),
                best_smiles=None if first else "O=COc1noc(=O)o1" * (1 + int(rest)),
                best_own={},
                generation=0 if first else int(rest),
                validation_mae=None if first else Quantity(value=0.34, unit="eV"),
                rate_per_min=None if first else 128.0,
                left_s=None if first else 45.0,
            ),
            float(now),
        )
display.close()
print("The result.")
"""


@pytest.fixture
def view() -> Iterator[Watched]:
    with Watched([sys.executable, "-c", PROGRAM]) as watched:
        watched.tell("done 0")
        watched.until(lambda screen: len(screen.shown) == 3)
        yield watched
        assert watched.end() == "The result.\n"


def show(view: Watched, done: int) -> list[str]:
    view.tell(f"done {done}")
    # Each line is drawn before the cursor goes back to the first.
    return view.until(
        lambda screen: (
            any(f"{done}/120 sim" in row for row in screen.shown) and screen.rests_at("/120 sim")
        )
    )


def test_three_lines_stay_in_place_and_keep_their_fields(view: Watched) -> None:
    frames = [show(view, done) for done in (1, 2, 33, 99)]
    for frame in frames:
        assert len(frame) == 3
        assert all(len(row) < 80 for row in frame)
        assert "128/min  about 40 s left" in frame[0]
        assert "best 15.93 eV" in frame[1]
    for label in ("simulated", "/min", "left"):
        assert len({frame[0].index(label) for frame in frames}) == 1
    for label in ("best", "hits", "model", "error", "O=COc1noc"):
        assert len({frame[1].index(label) for frame in frames}) == 1


def test_the_view_survives_every_change_of_the_terminal(view: Watched) -> None:
    show(view, 50)
    for done, columns in enumerate((60, 30, 100, 20, 80), 51):
        view.resize(columns)
        frame = show(view, done)
        assert len(frame) == 3, frame
        assert all(len(row) < columns for row in frame)


def test_a_sentence_stands_above_the_view(view: Watched) -> None:
    show(view, 3)
    view.tell("say Something happened.")
    frame = show(view, 4)
    assert frame[0] == "Something happened."
    assert len(frame) == 4


def test_nothing_usual_is_shown_in_the_colours_of_errors(view: Watched) -> None:
    show(view, 7)
    view.tell("say Stopping.")
    show(view, 8)
    colours = set(re.findall(r"\x1b\[([\d;]*)m", view.received))
    assert colours <= {"", "0", "1", "2", "32"}, colours  # plain, bold, dim, green


def test_the_view_is_gone_at_the_end() -> None:
    with Watched([sys.executable, "-c", PROGRAM]) as watched:
        watched.tell("done 5")
        watched.until(lambda screen: len(screen.shown) == 3)
        assert watched.end() == "The result.\n"
        assert watched.screen.shown == []


def test_what_a_terminal_gets_may_come_in_parts() -> None:
    screen = Screen(80)
    for part in ("before\r\x1b", "[", "Kafter"):
        screen.write(part)
    assert screen.shown == ["after"]
