"""Workers that answer nonsense are asked again, and nothing of it is recorded."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import msgpack
import numpy as np
import pytest
from support.toy_campaign import BUDGET, ToyCampaign, early_plan, toy_plan, toy_space
from support.toy_services import VERTICAL_IP, toy_value_eV

from molsteer.shared.blobs.codecs import encode
from molsteer.shared.wire.blob import Blob, Inline, ObjRef, Placement
from molsteer.shared.wire.catalogue import ADIABATIC_IP
from molsteer.shared.wire.learning import Infer
from molsteer.shared.wire.messages import Result, Task
from molsteer.shared.wire.properties import Quantity
from molsteer.steering.space.search_space import SearchSpace

Lie = Callable[[Result], Result]


@pytest.fixture(scope="module")
def space(tmp_path_factory: pytest.TempPathFactory) -> SearchSpace:
    return toy_space(tmp_path_factory.mktemp("space"))


@dataclass
class Liars(ToyCampaign):
    """Workers that tell a lie at the first attempt of every task of a kind."""

    kind: str = ""
    lie: Lie = lambda result: result

    def _result(self, task: Task) -> Result:
        result = super()._result(task)
        lies = task.attempt == 1 and result.kind == self.kind
        return self.lie(result) if lies else result


def saying(**changes: object) -> Lie:
    return lambda result: result.model_copy(update=changes)


def electronvolts(value: float) -> Quantity:
    return Quantity(value=value, unit="eV")


def candidates(**changes: object) -> Blob:
    values = np.ones((1, 2), dtype=np.float32)
    arrays = {"row": np.arange(2), "mean": values, "spread": values, "score": values[0]} | changes
    kept = {name: array for name, array in arrays.items() if array is not None}
    return Inline(codec="safetensors", data=encode(kept, "safetensors"))


def records(tree: object) -> Blob:
    return Inline(codec="msgpack", data=msgpack.packb(tree))


def stored(**where: str) -> Blob:
    """Refer to data that is not there."""
    place = {"store": "redis", "namespace": "toy"} | where
    return ObjRef.model_validate(
        place | {"key": "k", "codec": "msgpack", "sha256": "ab" * 32, "size_bytes": 1000}
    )


LIES: dict[str, tuple[str, Lie]] = {
    "records that are bytes": ("simulated", saying(records=records({"neutral": b"\x00"}))),
    "records in another codec": ("simulated", saying(records=Inline(codec="raw", data=b"{}"))),
    "another molecule": ("simulated", saying(smiles="c1ccccc1")),
    "nothing that was asked for": ("simulated", saying(values={VERTICAL_IP: electronvolts(9.0)})),
    "a value in another unit": (
        "simulated",
        saying(values={ADIABATIC_IP: Quantity(value=9.0, unit="kJ/mol")}),
    ),
    "a store that nobody has": ("simulated", saying(records=stored(store="globus"))),
    "data that nobody stored": ("simulated", saying(records=stored())),
    "data of another campaign": ("simulated", saying(records=stored(namespace="other"))),
    "weights in a store that nobody has": ("trained", saying(weights=stored(store="endpoint"))),
    "errors of more outputs than there are": ("trained", saying(validation_mae=(0.1, 0.1))),
    "errors of no output": ("trained", saying(validation_mae=())),
    "weights of another generation": ("trained", saying(generation=77)),
    "a chunk that there is not": ("inferred", saying(chunk=999)),
    "predictions of another chunk": ("predicted", saying(chunk=999)),
    "another generation": ("inferred", saying(generation=77)),
    "rows beyond the chunk": ("inferred", saying(candidates=candidates(row=np.array([0, 16])))),
    "rows beyond the last chunk, which is shorter": (
        "inferred",
        saying(candidates=candidates(row=np.array([0, 12]))),
    ),
    "rows before the chunk": ("inferred", saying(candidates=candidates(row=np.array([0, -1])))),
    "a row twice": ("inferred", saying(candidates=candidates(row=np.array([3, 3])))),
    "rows that are no integers": ("inferred", saying(candidates=candidates(row=np.ones(2)))),
    "no rows": ("inferred", saying(candidates=candidates(row=None))),
    "a number instead of a column": (
        "inferred",
        saying(candidates=candidates(mean=np.ones((), dtype=np.float32))),
    ),
    "means of another number of outputs": (
        "inferred",
        saying(candidates=candidates(mean=np.ones((2, 2), dtype=np.float32))),
    ),
    "a score that is no number": (
        "inferred",
        saying(candidates=candidates(score=np.array([np.nan, 1], dtype=np.float32))),
    ),
}


def test_predictions_in_a_store_that_nobody_has_are_made_again_and_end_no_campaign(
    space: SearchSpace, tmp_path: Path
) -> None:
    class Remaking(Liars):
        def _result(self, task: Task) -> Result:
            if isinstance(task.body, Infer):
                body = task.body.model_copy(update={"predicted": ()})
                task = task.model_copy(update={"body": body})
            return super()._result(task)

    lie = saying(predictions=stored(store="globus"))
    plan = early_plan(space)
    toy = Remaking(tmp_path, space, plan, kind="predicted", lie=lie, trainings_at_once=1)
    campaign = toy.steering()
    toy.run_to_the_end(campaign)
    campaign.dispatching.retire()
    assert campaign.finished == "budget-reached"


def test_data_of_another_campaign_is_never_removed(space: SearchSpace, tmp_path: Path) -> None:
    toy = Liars(tmp_path, space, toy_plan(space), kind="simulated")
    theirs = toy.blobs.put(
        {"a": 1}, "msgpack", Placement(store="redis", namespace="other", threshold_bytes=0)
    )
    assert isinstance(theirs, ObjRef)
    toy.lie = saying(records=theirs)
    campaign = toy.steering()
    toy.run_to_the_end(campaign)
    assert toy.blobs.exists(theirs)
    query = "SELECT DISTINCT attempt FROM (SELECT command ->> 'attempt' AS attempt FROM task"
    query += " WHERE topic = 'simulate' AND status = 'ok')"
    assert [tuple(row) for row in campaign.ledger.connection.execute(query)] == [(2,)]


@pytest.mark.parametrize("name", LIES)
def test_an_answer_that_cannot_be_used_costs_an_attempt(
    name: str, space: SearchSpace, tmp_path: Path
) -> None:
    kind, lie = LIES[name]
    plan = early_plan(space) if kind == "predicted" else toy_plan(space, slots_infer=4)
    toy = Liars(tmp_path, space, plan, kind=kind, lie=lie, trainings_at_once=1)
    campaign = toy.steering()
    toy.run_to_the_end(campaign)
    assert campaign.finished == "budget-reached"
    query = "SELECT smiles, value FROM label JOIN result USING (number) WHERE property = ?"
    labels = campaign.ledger.connection.execute(query, (ADIABATIC_IP,)).fetchall()
    assert len(labels) == BUDGET
    assert all(value_eV == toy_value_eV(smiles) for smiles, value_eV in labels)
    query = "SELECT DISTINCT error ->> 'code' FROM task WHERE error IS NOT NULL"
    assert [code for (code,) in campaign.ledger.connection.execute(query)] == ["unusable-output"]
