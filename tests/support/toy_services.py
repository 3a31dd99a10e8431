"""Services whose chemistry and learning are arithmetic, for real workers.

`TOY_FOLDER` lets a test see and hold what they do: every simulation adds its molecule to the file
`executions`, and ends only when there is no file `hold`, or among the first that it allows; all
members but the first are trained only when there is no file `hold-training`.
"""

from __future__ import annotations

import ctypes
import os
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from math import inf
from pathlib import Path

import numpy as np
import numpy.typing as npt
from support.waiting import eventually

from molsteer.inferencer.predictions import made_already
from molsteer.shared.blobs.port import Blobs
from molsteer.shared.wire.arrays.candidates import Candidates
from molsteer.shared.wire.arrays.thin_graphs import graphs_in
from molsteer.shared.wire.arrays.training_set import LabelledGraphs
from molsteer.shared.wire.blob import Placement
from molsteer.shared.wire.catalogue import ADIABATIC_IP
from molsteer.shared.wire.learning import (
    Infer,
    Inferred,
    Predict,
    Predicted,
    Train,
    Trained,
    TrainedMember,
)
from molsteer.shared.wire.messages import Simulate, Simulated
from molsteer.shared.wire.properties import Output, Quantity
from molsteer.shared.worker.port import TaskContext

_HELD_S = 600.0
"""How long a test may hold them; it has ended long before."""

VERTICAL_IP = "vertical_ionization_potential"

ABOVE = 0.5
"""By how much the values of all levels but xtb lie above those of xtb."""


def toy_value_eV(smiles: str) -> float:
    """Give every molecule a value that its graph tells."""
    return 14.0 - 0.1 * smiles.count("C") + 0.5 * smiles.count("F")


def toy_value(smiles: str, name: str, level: str) -> float:
    """Give every molecule a value of a property at a level; those not known here count letters."""
    known = {ADIABATIC_IP: toy_value_eV(smiles), VERTICAL_IP: toy_value_eV(smiles) + 0.2}
    return known.get(name, float(len(smiles))) + (0.0 if level == "xtb" else ABOVE)


def toy_values(smiles: Iterable[str], outputs: Sequence[Output]) -> npt.NDArray[np.float32]:
    """Give the values of molecules, shape (outputs, molecules)."""
    molecules = list(smiles)
    return np.array(
        [[toy_value(each, output.name, output.level) for each in molecules] for output in outputs],
        dtype=np.float32,
    )


def simulated(body: Simulate, blobs: Blobs, reply: Placement) -> Simulated:
    """Simulate by counting letters; the record is as large as it takes to go into a store.

    A vertical potential comes with an adiabatic one, as it does for nothing elsewhere.
    """
    record = {"smiles": body.smiles, "geometry": "0.0 " * 200}
    given = dict(body.wanted)
    if ADIABATIC_IP in given:
        given[VERTICAL_IP] = given[ADIABATIC_IP]
    return Simulated(
        smiles=body.smiles,
        values={
            name: Quantity(value=toy_value(body.smiles, name, body.level.name), unit=unit)
            for name, unit in given.items()
        },
        steps={"neutral": 1, "cation": 1},
        engine="toy",
        records=blobs.put(record, "msgpack", reply),
    )


def trained(body: Train, blobs: Blobs, reply: Placement) -> Trained:
    """Learn nothing, from data that is whole."""
    labelled = LabelledGraphs.from_arrays(blobs.arrays(body.training_set), len(body.outputs))
    assert not np.isnan(labelled.value).all(axis=0).any(), "a molecule without any label"
    errors = tuple(None if np.isnan(known).all() else 0.1 for known in labelled.value)
    weights = {
        "weights": np.full(200, body.generation, dtype=np.float32),
        "members": np.array(body.members),  # no two groups have the same weights
    }
    return Trained(
        generation=body.generation,
        members=tuple(
            TrainedMember(member=member, epochs=1, validation_mae=errors, stopped="epochs")
            for member in body.members
        ),
        validation_mae=errors,
        device="toy",
        weights=blobs.put(weights, "safetensors", reply),
    )


def predicted(
    body: Predict, values: npt.NDArray[np.float32], blobs: Blobs, reply: Placement
) -> Predicted:
    """Predict given values, shape (outputs, molecules), for a chunk, with a single member."""
    assert blobs.arrays(body.weights)["weights"][0] == body.generation
    predictions = {"member": np.zeros(1, dtype=np.int64), "value": values[None]}
    return Predicted(
        generation=body.generation,
        chunk=body.chunk,
        predictions=blobs.put(predictions, "safetensors", reply),
        device="toy",
    )


def scored(
    body: Infer, values: npt.NDArray[np.float32], blobs: Blobs, reply: Placement
) -> Inferred:
    """Rank a chunk's molecules by given values, shape (outputs, molecules)."""
    for weights in body.weights:
        assert blobs.arrays(weights)["weights"][0] == body.generation
    for predictions in filter(None, body.predicted):
        assert blobs.arrays(predictions)["value"].tolist() == [values.tolist()]
    scores = sum(
        aim.objective.merit(values[body.outputs.index(aim.objective.output)].astype(np.float64))
        / aim.scale
        for aim in body.aims
    )
    score = np.asarray(scores, dtype=np.float32)
    order = np.argsort(-score, kind="stable").astype(np.int64)
    best = np.array(
        [row for place, row in enumerate(order) if place < body.keep or row in body.also]
    )
    mean = values[:, best]
    candidates = Candidates(row=best, score=score[best], mean=mean, spread=np.zeros_like(mean))
    return Inferred(
        generation=body.generation,
        chunk=body.chunk,
        scored=len(score),
        candidates=blobs.put(candidates.to_arrays(), "safetensors", reply),
        mean=tuple(map(float, values.mean(axis=1))),
        spread=(0.0,) * len(values),
        device="toy",
    )


def simulator() -> Callable[[Simulate, TaskContext], Simulated]:
    """Make a handler that a test can watch and hold."""
    return _simulate


def hog() -> Callable[[Simulate, TaskContext], Simulated]:
    """Make a handler that lets no other thread of its process run for thirteen seconds."""

    def simulate(body: Simulate, context: TaskContext) -> Simulated:
        ctypes.PyDLL(None).sleep(13)
        return _simulate(body, context)

    return simulate


def trainer() -> Callable[[Train, TaskContext], Trained]:
    """Make a handler that learns nothing, and that a test can hold."""

    def train(body: Train, context: TaskContext) -> Trained:
        if 0 not in body.members:
            eventually(lambda: not (_folder() / "hold-training").exists(), _HELD_S)
        return trained(body, context.blobs, context.reply)

    return train


def inferencer() -> Callable[[Infer | Predict, TaskContext], Inferred | Predicted]:
    """Make a handler that prefers molecules with few atoms."""

    def infer(body: Infer | Predict, context: TaskContext) -> Inferred | Predicted:
        blobs = context.blobs
        graphs = graphs_in(blobs.arrays(body.graphs))
        few_atoms = -graphs.atom_counts.astype(np.float32)
        values = np.stack([few_atoms] * len(body.outputs))
        if isinstance(body, Predict):
            return predicted(body, values, blobs, context.reply)
        for made in made_already(body, len(graphs), blobs).values():
            assert made.values.tolist() == [values.tolist()]
        return scored(body.model_copy(update={"predicted": ()}), values, blobs, context.reply)

    return infer


def late_inferencer() -> Callable[[Infer | Predict, TaskContext], Inferred | Predicted]:
    """Make a handler that scores no chunk for the first update."""
    infer_well = inferencer()

    def infer(body: Infer | Predict, context: TaskContext) -> Inferred | Predicted:
        if body.generation == 1:
            raise ValueError("This chunk cannot be scored.")
        return infer_well(body, context)

    return infer


def executions(folder: Path) -> Counter[str]:
    """Tell how often each molecule was simulated."""
    file = folder / "executions"
    return Counter(file.read_text().split()) if file.exists() else Counter()


def _simulate(body: Simulate, context: TaskContext) -> Simulated:
    with (_folder() / "executions").open("a") as file:
        file.write(f"{body.smiles}\n")
    rank = executions(_folder()).total()
    eventually(lambda: rank <= _allowed(_folder()), _HELD_S)
    return simulated(body, context.blobs, context.reply)


def _allowed(folder: Path) -> float:
    """Tell how many simulations may end."""
    try:
        return int((folder / "hold").read_text())
    except FileNotFoundError:
        return inf


def _folder() -> Path:
    return Path(os.environ["TOY_FOLDER"])
