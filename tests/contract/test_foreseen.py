"""What steering tells of the data that tasks will need, between two processes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest

from molsteer.shared.bus.connection import connect
from molsteer.shared.bus.foreseen.board import ForeseenBoard
from molsteer.shared.bus.names import Keys
from molsteer.shared.bus.redis import RedisDispatch
from molsteer.shared.settings.sections import QueueSettings
from molsteer.shared.wire.blob import ObjRef
from molsteer.shared.wire.codec import encode
from molsteer.shared.wire.key_ring import UNSIGNED, KeyRing, new_key_ring
from molsteer.shared.wire.messages import Foreseen
from molsteer.shared.wire.topics import TOPICS

KEYS = new_key_ring(TOPICS)
REFS = [
    ObjRef(store="redis", key=f"k{number}", codec="raw", sha256=f"{number}" * 64, size_bytes=number)
    for number in range(4)
]


@pytest.fixture
def queue(redis_url: str) -> QueueSettings:
    return QueueSettings(redis_url=redis_url, prefix="foreseen")


@pytest.fixture
def steering(queue: QueueSettings) -> Iterator[RedisDispatch]:
    with closing(RedisDispatch(queue, "mine", key_ring=KEYS)) as dispatch:
        yield dispatch
        dispatch.retire()


def worker(queue: QueueSettings, key_ring: KeyRing = KEYS) -> ForeseenBoard:
    return ForeseenBoard(queue, Keys(queue.prefix), "infer", key_ring)


def test_workers_read_what_each_campaign_has_told_last(
    queue: QueueSettings, steering: RedisDispatch
) -> None:
    with (
        closing(worker(queue)) as board,
        closing(RedisDispatch(queue, "yours", key_ring=KEYS)) as other,
    ):
        assert board.read() == []
        steering.foresee("infer", REFS)
        assert board.read() == [tuple(REFS)]
        steering.foresee("infer", REFS[:2])
        other.foresee("infer", REFS[2:])
        assert board.read() == [tuple(REFS[:2]), tuple(REFS[2:])]
        steering.retire()
        assert board.read() == [tuple(REFS[2:])]
        other.retire()
        assert board.read() == []
    with connect(queue.server_url) as client:
        assert not client.exists(Keys(queue.prefix).foreseen("infer"))


def test_other_pools_and_topics_hear_nothing_of_it(
    queue: QueueSettings, steering: RedisDispatch
) -> None:
    steering.foresee("infer", REFS)
    for keys, topic in ((Keys(queue.prefix, {"infer": "theta"}), "infer"), (Keys("f"), "train")):
        with closing(ForeseenBoard(queue, keys, topic, KEYS)) as board:  # type: ignore[arg-type]
            assert board.read() == []


@pytest.mark.parametrize("kind", ["unsigned", "of another topic's key", "a task's", "rubbish"])
def test_what_nobody_signed_is_not_followed(
    queue: QueueSettings, steering: RedisDispatch, kind: str
) -> None:
    steering.foresee("infer", REFS[:1])
    told = Foreseen(campaign="forged", topic="infer", refs=tuple(REFS))
    body = told.model_dump_json().encode()
    forged = {
        "unsigned": encode(told, UNSIGNED),
        "of another topic's key": KEYS.sign("foreseen", "train", body),
        "a task's": KEYS.sign("task", "infer", body),
        "rubbish": b"\xff\x00",
    }[kind]
    key = Keys(queue.prefix).foreseen("infer")
    with connect(queue.server_url) as client, closing(worker(queue)) as board:
        client.hset(key, "forged:1", forged)  # type: ignore[arg-type] # takes bytes
        assert [refs for refs in board.read() if refs] == [tuple(REFS[:1])]
        client.hdel(key, "forged:1")
