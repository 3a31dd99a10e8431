from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from molsteer.shared.wire.blob import Inline
from molsteer.shared.wire.learning import Trained, TrainedMember
from molsteer.steering.ledger import results
from molsteer.steering.ledger.ledger import Ledger
from molsteer.steering.policy.commands import DispatchTraining

pytestmark = pytest.mark.fast


def add_model(ledger: Ledger, generation: int, group: int, members: Sequence[int]) -> None:
    trained = Trained(
        generation=generation,
        members=tuple(
            TrainedMember(member=member, epochs=1, validation_mae=(0.1,), stopped="epochs")
            for member in members
        ),
        validation_mae=(0.1,),
        device="cpu",
        weights=Inline(codec="safetensors", data=b""),
    )
    command = DispatchTraining(generation, group, tuple(members), labels=10, warm=False)
    task_id = command.task_id
    with ledger.transaction() as connection:
        connection.execute(
            "INSERT INTO task (task_id, topic, command, state, created_at)"
            " VALUES (?, 'train', '{}', 'settled', 0)",
            (task_id,),
        )
        results.add_model(ledger, command, trained, Path(task_id), "00")


def test_members_go_on_from_the_newest_update_that_trained_them_all(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path, create=True)
    add_model(ledger, 1, 0, [0, 1])
    add_model(ledger, 1, 1, [2, 3])
    add_model(ledger, 2, 0, [0, 1])  # the other group was lost
    assert results.newest_generation_of(ledger, [0, 1], before=3) == 2
    assert results.newest_generation_of(ledger, [2, 3], before=3) == 1
    assert results.newest_generation_of(ledger, [1, 2], before=3) == 1
    assert results.newest_generation_of(ledger, [0, 1], before=2) == 1
    assert results.newest_generation_of(ledger, [4], before=3) is None
    assert results.newest_generation_of(ledger, [0], before=1) is None
    ledger.close()
