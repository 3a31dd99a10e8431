"""Steering sends short simulations together; what it orders and records stays one by one."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from support.toy_campaign import ToyCampaign, toy_plan, toy_space

from molsteer.shared.bus.memory import MemoryBus
from molsteer.shared.bus.port import Packet
from molsteer.shared.wire.messages import Task
from molsteer.steering.space.search_space import SearchSpace

pytestmark = pytest.mark.fast

BUDGET = 30


class Watched(MemoryBus):
    """Remembers how tasks were sent."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[tuple[str, ...]] = []

    def publish(self, *messages: Task | Packet) -> Sequence[int]:
        for message in messages:
            several = message if isinstance(message, tuple) else (message,)
            self.sent.append(tuple(task.task_id for task in several))
        return super().publish(*messages)


class Quick(ToyCampaign):
    """A campaign whose simulations take a hundredth of a second."""

    def clock(self) -> float:
        self.at += 0.01
        return self.at


@pytest.fixture(scope="module")
def space(tmp_path_factory: pytest.TempPathFactory) -> SearchSpace:
    return toy_space(tmp_path_factory.mktemp("space"))


def sent(
    folder: Path, space: SearchSpace, kind: type[ToyCampaign] = Quick, **settings: Any
) -> list[tuple[str, ...]]:
    """Run a campaign to its end, and tell in which messages its tasks were sent."""
    bus = Watched()
    plan = toy_plan(
        space, slots_simulate=2, buffer=14, budget=BUDGET, first_training_after=10 * BUDGET
    )
    toy = kind(folder, space, plan, bus=bus, aims=settings)
    campaign = toy.steering()
    toy.run_to_the_end(campaign)
    assert campaign.state.successes == BUDGET
    return bus.sent


def test_simulations_that_proved_short_are_sent_together_and_each_once(
    space: SearchSpace, tmp_path: Path
) -> None:
    messages = sent(tmp_path, space)
    assert {len(message) for message in messages[:16]} == {1}, "nothing was known of these"
    assert max(map(len, messages)) == 3, "14 in flight: two messages for each of two slots"
    names = [name for message in messages for name in message]
    assert len(names) == len(set(names))


def test_simulations_that_take_long_are_sent_alone(space: SearchSpace, tmp_path: Path) -> None:
    assert max(map(len, sent(tmp_path, space, ToyCampaign))) == 1


def test_packets_can_be_switched_off(space: SearchSpace, tmp_path: Path) -> None:
    assert max(map(len, sent(tmp_path, space, queue={"packet_s": 0}))) == 1
