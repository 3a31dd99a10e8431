"""Events survive the journal."""

from __future__ import annotations

import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from molsteer.steering.policy.codecs.journal_codec import from_json, to_json
from molsteer.steering.policy.errors import PolicyDefect
from molsteer.steering.policy.events import Candidate, ChunkScored, Event, SlotsChanged

pytestmark = pytest.mark.fast


@given(st.from_type(Event).filter(lambda event: "nan" not in repr(event)))
def test_every_event_is_read_back_as_it_was_written(event):
    assert from_json(to_json(event)) == event


def test_candidates_are_written_in_few_bytes():
    scored = ChunkScored(5.0, "infer/1/2/1", (Candidate(7, 14.5), Candidate(9, 14.25)))
    assert to_json(scored) == (
        '{"at":5.0,"task_id":"infer/1/2/1","candidates":[[7,14.5],[9,14.25]],"kind":"chunk-scored"}'
    )


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        '{"at":1.0,"kind":"exploded"}',
        '{"at":1.0,"kind":"ticked","mood":"good"}',
        '{"at":"1.0","kind":"ticked"}',
        pickle.dumps(SlotsChanged(1.0, "train", 1)).decode("latin-1"),
    ],
)
def test_anything_else_is_refused_with_the_reason(text):
    with pytest.raises(PolicyDefect, match="cannot read"):
        from_json(text)
