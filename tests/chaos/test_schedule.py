from __future__ import annotations

import pytest
from chaos.faults import FAULTS
from chaos.schedule import KINDS, PAUSE_S, inference, schedule

pytestmark = pytest.mark.fast


def test_a_seed_always_gives_the_same_faults_and_another_seed_others() -> None:
    assert schedule(1, 60.0) == schedule(1, 60.0)
    assert schedule(1, 60.0) != schedule(2, 60.0)


def test_a_shorter_run_is_the_beginning_of_a_longer_one() -> None:
    short = schedule(1, 30.0)
    assert schedule(1, 60.0)[: len(short)] == short


def test_every_kind_of_fault_comes_before_any_comes_twice() -> None:
    strikes = schedule(1, PAUSE_S[1] * (len(KINDS) + 1))
    assert {strike.kind for strike in strikes[: len(KINDS)]} == set(KINDS)


def test_two_seeds_in_a_row_attack_predictions_with_and_without_advance() -> None:
    assert {inference(seed) for seed in (4, 5)} == {"ensemble", "model"}


def test_every_kind_of_fault_can_be_done() -> None:
    assert FAULTS.keys() == set(KINDS)
