"""Who may say what: signatures, keys and their files."""

from __future__ import annotations

import re
import stat
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from support.tasks import outcome_of, simulate_task

from molsteer.shared.cli.keys import keys
from molsteer.shared.errors import UntrustedMessage, UnusableFile
from molsteer.shared.foreign_text import shell_word
from molsteer.shared.wire.codec import decode_outcome, decode_task, encode
from molsteer.shared.wire.key_file import read_key_ring, read_keys, write_keys, write_new_keys
from molsteer.shared.wire.key_ring import UNSIGNED, KeyRing, announce, new_key_ring, prune, rotate
from molsteer.shared.wire.topics import TOPICS

pytestmark = pytest.mark.fast

RING = new_key_ring(TOPICS)
TASK = simulate_task()
OUTCOME = outcome_of(TASK)


def test_what_is_signed_can_be_read_by_whoever_has_the_key() -> None:
    simulators = RING.only("simulate")
    assert decode_task(encode(TASK, RING), simulators) == TASK
    assert decode_outcome(encode(OUTCOME, simulators), RING) == OUTCOME


@given(place=st.integers(0, len(encode(TASK, RING)) - 1), change=st.integers(1, 255))
def test_a_message_with_any_byte_changed_is_refused(place: int, change: int) -> None:
    data = bytearray(encode(TASK, RING))
    data[place] ^= change
    with pytest.raises(UntrustedMessage):
        decode_task(bytes(data), RING)


@given(cut=st.integers(1, len(encode(TASK, RING))))
def test_a_message_that_was_cut_is_refused(cut: int) -> None:
    for data in (encode(TASK, RING)[:-cut], encode(TASK, RING)[cut:]):
        with pytest.raises(UntrustedMessage):
            decode_task(data, RING)


@given(st.binary())
def test_nothing_is_read_before_its_signature(data: bytes) -> None:
    with pytest.raises(UntrustedMessage):
        decode_outcome(data, RING)


def test_a_task_is_no_outcome() -> None:
    with pytest.raises(UntrustedMessage, match="is no outcome"):
        decode_outcome(encode(TASK, RING), RING)


@pytest.mark.parametrize("message", [TASK, OUTCOME])
def test_an_inferencer_has_no_say_in_simulations(message: object) -> None:
    (key,) = RING.only("infer").keys
    body = encode(TASK if message is TASK else OUTCOME)
    purpose = "task" if message is TASK else "outcome"
    forged = RING.only("infer").sign(purpose, "infer", body)
    decode = decode_task if message is TASK else decode_outcome
    with pytest.raises(UntrustedMessage, match="signed with a key of infer"):
        decode(forged, RING)
    with pytest.raises(UntrustedMessage, match=f"{key.id}, which is not here"):
        decode(forged, RING.only("simulate"))
    with pytest.raises(UntrustedMessage, match="no key here to sign"):
        encode(TASK, RING.only("infer"))


def test_a_key_of_the_same_name_is_not_enough() -> None:
    (key,) = RING.only("simulate").keys
    forger = KeyRing(keys=(key.model_copy(update={"secret": "0" * 64}),))
    with pytest.raises(UntrustedMessage, match="forged, was changed"):
        decode_task(encode(TASK, forger), RING)


def test_a_message_is_refused_with_the_setting_that_is_missing() -> None:
    with pytest.raises(UntrustedMessage, match=r"not signed, but .*\[queue\] keys_file"):
        decode_task(encode(TASK), RING)
    with pytest.raises(UntrustedMessage, match=r"signed, but no keys .*\[queue\] keys_file"):
        decode_task(encode(TASK, RING), UNSIGNED)


def test_after_a_rotation_old_messages_are_read_and_new_ones_have_the_new_key() -> None:
    rotated = rotate(RING)
    assert decode_task(encode(TASK, RING), rotated) == TASK
    with pytest.raises(UntrustedMessage, match="which is not here"):
        decode_task(encode(TASK, rotated), RING)
    pruned = prune(rotated)
    assert decode_task(encode(TASK, rotated), pruned) == TASK
    with pytest.raises(UntrustedMessage, match="which is not here"):
        decode_task(encode(TASK, RING), pruned)


def test_announced_keys_can_be_rotated_in_one_process_after_the_other() -> None:
    announced = announce(RING)
    rotated = rotate(announced)
    assert [key.id for key in rotated.keys] == [key.id for key in announced.keys]
    for before, after in ((RING, announced), (announced, rotated), (rotated, prune(rotated))):
        assert decode_task(encode(TASK, before), before) == TASK
        if before is not RING:
            assert decode_task(encode(TASK, after), before) == TASK
    assert decode_task(encode(TASK, announced), RING) == TASK
    assert decode_task(encode(TASK, RING), announced) == TASK


def test_a_secret_is_never_shown() -> None:
    secrets = [key.secret for key in RING.keys]
    assert not any(secret in f"{RING!r} {RING} {RING.keys[0]!r}" for secret in secrets)


def test_a_key_file_is_for_its_owner_alone_and_stays_so(tmp_path: Path) -> None:
    file = tmp_path / "keys.json"
    write_keys(file, RING)
    write_keys(file, rotate(read_keys(file)))
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["keys.json"]


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644, 0o620])
def test_a_key_file_that_others_may_use_is_refused_with_the_cure(tmp_path: Path, mode: int) -> None:
    file = tmp_path / "keys.json"
    write_keys(file, RING)
    file.chmod(mode)
    cure = re.escape(f"chmod 600 {shell_word(file)}")
    with pytest.raises(UnusableFile, match=f"mode {mode:o}.*{cure}"):
        read_key_ring(file)


def test_a_key_file_of_another_user_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "keys.json"
    write_keys(file, RING)
    owner = file.stat().st_uid
    monkeypatch.setattr("os.geteuid", lambda: owner + 1)
    with pytest.raises(UnusableFile, match="another user"):
        read_key_ring(file)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (None, "cannot be read"),
        ("", "holds no keys"),
        ("{}", "holds no key of simulate"),
        (RING.only("train").model_dump_json(), "holds no key of simulate"),
        ('{"keys": [{"secret": "swordfish"}]}', "holds no keys"),
        (rotate(RING).model_dump_json().replace("false", "true"), "not exactly one key"),
    ],
)
def test_a_file_that_holds_no_keys_is_refused_and_not_shown(
    tmp_path: Path, content: str | None, reason: str
) -> None:
    file = tmp_path / "keys.json"
    if content is not None:
        file.touch(mode=0o600)
        file.write_text(content)
    with pytest.raises(UnusableFile, match=reason) as refused:
        read_key_ring(file)
    assert "swordfish" not in str(refused.value)


def test_a_key_file_is_never_overwritten_by_a_new_one(tmp_path: Path) -> None:
    file = tmp_path / "keys.json"
    write_keys(file, RING)
    with pytest.raises(UnusableFile, match="there already"):
        write_new_keys(file, new_key_ring(TOPICS))
    assert read_key_ring(file) == RING


def test_steering_is_told_to_take_the_complete_file_and_a_worker_its_extract(
    tmp_path: Path,
) -> None:
    file = tmp_path / "keys.json"
    write_keys(file, RING.only("simulate"))
    with pytest.raises(UnusableFile, match=r"no key of train.*Steering needs the complete file"):
        read_key_ring(file)
    with pytest.raises(UnusableFile, match=r"no key of train.*molsteer keys extract FILE train"):
        read_key_ring(file, "train")


def test_keys_that_a_file_lacks_cannot_be_extracted_from_it(tmp_path: Path) -> None:
    file, output = tmp_path / "simulate.json", tmp_path / "train.json"
    write_keys(file, RING.only("simulate"))
    done = CliRunner().invoke(keys, ["extract", str(file), "train", "-o", str(output)])
    assert "no key of train" in str(done.exception)
    assert not output.exists()


def test_a_worker_takes_the_keys_of_its_topic_alone(tmp_path: Path) -> None:
    file = tmp_path / "keys.json"
    write_keys(file, RING)
    assert read_key_ring(file, "train") == RING.only("train")
    assert read_key_ring(None, "train") == UNSIGNED
