"""What a checkpoint may hold; that states survive it is shown by campaigns in trouble."""

from __future__ import annotations

from dataclasses import replace

import pytest
from rpds import HashTrieMap, HashTrieSet
from support.referee import a_plan

from molsteer.steering.policy.codecs.state_codec import state_from_json, state_to_json
from molsteer.steering.policy.commands import DispatchSimulation
from molsteer.steering.policy.errors import PolicyDefect
from molsteer.steering.policy.state import Standing, State
from molsteer.steering.policy.tasks import Tasks

pytestmark = pytest.mark.fast

FRESH = State.fresh(a_plan())


def test_equal_states_are_written_alike_in_whatever_order_they_came_about():
    molecules = range(100, 0, -7)
    states = [
        replace(
            FRESH,
            chosen=HashTrieSet(order),
            levels=(
                Standing(
                    simulations=Tasks(HashTrieMap((task.task_id, task) for task in tasks)),
                    abandoned=HashTrieMap((task.molecule, task) for task in tasks),
                ),
            ),
        )
        for order in (molecules, sorted(molecules))
        for tasks in [[DispatchSimulation(molecule, "xtb", 2) for molecule in order]]
    ]
    assert states[0] == states[1]
    assert state_to_json(states[0]) == state_to_json(states[1])


@pytest.mark.parametrize(
    ("sound", "other"),
    [
        ('"budget":9', '"budget":"9"'),
        ('"budget":9', '"budget":9,"mood":"good"'),
        ('"began":false,', ""),
        ('"began":false', '"began":0'),
        ('"finished":null', '"finished":"bored"'),
        ('"finished":null', '"finished":null,"mood":"good"'),
        ('"update":null', '"update":{"generation":1}'),
        ('"chosen":[]', '"chosen":[1.5]'),
        ("{", ""),
    ],
)
def test_what_this_version_would_not_write_is_refused_with_the_reason(sound, other):
    text = state_to_json(FRESH).decode()
    assert sound in text
    assert state_from_json(text.encode()) == FRESH
    with pytest.raises(PolicyDefect, match="cannot read"):
        state_from_json(text.replace(sound, other, 1).encode())
