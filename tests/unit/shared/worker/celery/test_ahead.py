"""When a worker fetches tasks in advance."""

from __future__ import annotations

import pytest

from molsteer.shared.worker.celery.ahead import SHORT_S, Latest

pytestmark = pytest.mark.fast


def noted(*run_s: float) -> Latest:
    latest = Latest()
    for each in run_s:
        latest.note(each)
    return latest


def test_tasks_are_short_when_many_were_and_none_was_long() -> None:
    assert not noted(*[0.1] * 15).are_short
    assert noted(*[0.1] * 16).are_short
    assert not noted(*[0.1] * 16, 2 * SHORT_S).are_short
    assert noted(2 * SHORT_S, *[0.1] * 16).are_short


def test_after_a_task_that_takes_long_it_takes_many_short_ones_again() -> None:
    latest = noted(*[0.1] * 16)
    latest.forget()
    assert not latest.are_short
    for _ in range(16):
        latest.note(0.1)
    assert latest.are_short
