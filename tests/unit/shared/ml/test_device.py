from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch

from molsteer.shared.ml.device import limit_threads

pytestmark = pytest.mark.fast


@pytest.fixture
def two_threads() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


def test_one_thread_is_used_where_nothing_else_is_asked_for(
    two_threads: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    limit_threads()
    assert torch.get_num_threads() == 1


def test_the_users_number_of_threads_is_left_alone(
    two_threads: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "2")
    limit_threads()
    assert torch.get_num_threads() == 2
