"""Turns what workers report into ledger rows and policy events."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import assert_never

import numpy as np
import numpy.typing as npt

from molsteer.shared.blobs.port import Blobs
from molsteer.shared.errors import BlobCorrupt, BlobError, WireError
from molsteer.shared.wire.arrays.candidates import Candidates
from molsteer.shared.wire.blob import Blob, ObjRef
from molsteer.shared.wire.learning import Inferred, Predicted, Trained
from molsteer.shared.wire.messages import ErrorRecord, Failed, Outcome, Simulated
from molsteer.shared.wire.properties import Indicator, Limit, Objective, Output
from molsteer.steering.ledger import objects, own_columns, results, tasks, transfers
from molsteer.steering.ledger.learning import predicted_chunks
from molsteer.steering.ledger.ledger import Ledger
from molsteer.steering.loop.chances import Chances
from molsteer.steering.loop.merits import breaks, merit_of
from molsteer.steering.loop.outcomes import seconds_of
from molsteer.steering.loop.sought import wanted_at
from molsteer.steering.policy.commands import (
    Dispatch,
    DispatchInference,
    DispatchPrediction,
    DispatchSimulation,
    DispatchTraining,
)
from molsteer.steering.policy.events import (
    Candidate,
    ChunkPredicted,
    ChunkScored,
    Event,
    SimulationSucceeded,
    TaskFailed,
    TrainingSucceeded,
)
from molsteer.steering.records.aims import limits
from molsteer.steering.records.documents.record_files import own_file, packed, shared_file
from molsteer.steering.run_files import FilesTogether
from molsteer.steering.space.search_space import SearchSpace


@dataclass
class Intake:
    """Takes in outcomes, one transaction around several of them; the caller commits.

    Files are written before the rows that name them are committed, under names that no committed
    row has, so that taking in an outcome again after a crash changes nothing. They are on disk when
    the context `together` is left.

    Attributes:
        outputs: What models predict, and what simulations were asked for.
        objectives: What is wanted of them.
        indicators: Which of the outputs tell about others.
        chances_now: Gives what is known of the best; None where nobody asks for chances.
    """

    run_dir: Path
    space: SearchSpace
    ledger: Ledger
    blobs: Blobs
    outputs: Sequence[Output]
    objectives: Sequence[Objective]
    indicators: Sequence[Indicator] = ()
    chances_now: Callable[[], Chances] | None = None
    _chances: tuple[int, Chances] | None = None
    _shared_from: int | None = None
    _limits: Sequence[Limit] = ()
    _open: Mapping[str, Dispatch] = field(default_factory=dict)

    @cached_property
    def files(self) -> FilesTogether:
        """Writes the files of several outcomes at a time."""
        return FilesTogether(self.run_dir)

    @contextmanager
    def together(self, outcomes: Sequence[Outcome]) -> Iterator[None]:
        """Take these in, and have their files on disk when this is left; inside a transaction.

        The records of several simulations share a file. It has the number of the first result in
        this transaction, so that none that was committed is ever written over.
        """
        simulated = sum(isinstance(each.result, Simulated) for each in outcomes)
        self._shared_from = results.next_number(self.ledger) if simulated > 1 else None
        self._limits = limits(self.ledger) if simulated else ()
        self._open = tasks.open_commands(self.ledger, [each.task_id for each in outcomes])
        with self.files:
            yield

    def settle(self, outcome: Outcome, at: float) -> Event | None:
        """Record an outcome; inside a transaction, and in it in the context of `together`.

        Returns:
            What the policy must hear, or None if the task is unknown, revoked or settled already,
            or waits to be published again.
        """
        command = self._open.get(outcome.task_id)
        if command is None:
            return None
        if isinstance(outcome.result, Failed) and outcome.result.status == "cancelled":
            # By a later state of this ledger, which was restored from a copy since.
            tasks.publish_again(self.ledger, [outcome.task_id])
            return None
        failure = outcome.result.error if isinstance(outcome.result, Failed) else None
        try:
            _check_owner(outcome)
            event = self._take_in(outcome, command, at)
        except (BlobError, WireError) as error:
            event = TaskFailed(at, outcome.task_id, retryable=True)
            failure = ErrorRecord(code="unusable-output", message=str(error), retryable=True)
        if failure and isinstance(command, DispatchSimulation):
            failure = self._named(failure, command.molecule)
        if isinstance(command, DispatchSimulation):
            own = self.space.own_cells(command.molecule)
            own_columns.keep(self.ledger, command.molecule, self.space.own_headings, own)
        received_bytes = sum(blob.size_bytes for blob in _blobs(outcome))
        tasks.settle(self.ledger, outcome, failure, at, received_bytes)
        transfers.add(self.ledger, outcome.task_id, "worker", outcome.transfers)
        transfers.add(self.ledger, outcome.task_id, "steering", self.blobs.take_transfers())
        return event

    def evict(self, taken: Iterable[Outcome]) -> None:
        """Remove the stored outputs of outcomes that were taken in; after the commit.

        Predictions stay, for those who score the chunk; their update answers for them.
        """
        read = (outcome for outcome in taken if not isinstance(outcome.result, Predicted))
        self.blobs.evict(
            blob
            for outcome in read
            for blob in _blobs(outcome)
            if isinstance(blob, ObjRef) and blob.namespace == outcome.campaign
        )

    def _take_in(self, outcome: Outcome, command: Dispatch, at: float) -> Event:
        match outcome.result, command:
            case Failed(error=error), _:
                return TaskFailed(at, outcome.task_id, retryable=error.retryable)
            case Simulated() as result, DispatchSimulation():
                seconds = seconds_of(outcome) if self.chances_now else None
                merit = self._result(command, result)
                return SimulationSucceeded(at, outcome.task_id, merit, seconds)
            case Trained() as result, DispatchTraining(generation=number) if (
                result.generation == number
            ):
                self._model(command, result)
                return TrainingSucceeded(at, outcome.task_id)
            case Predicted() as result, DispatchPrediction(generation=number, chunk=chunk) if (
                result.generation,
                result.chunk,
            ) == (number, chunk):
                self._predictions(command, result.predictions)
                return ChunkPredicted(at, outcome.task_id)
            case Inferred() as result, DispatchInference(generation=number, chunk=chunk) if (
                result.generation,
                result.chunk,
            ) == (number, chunk):
                return ChunkScored(at, outcome.task_id, self._candidates(result))
            case _:
                raise WireError(
                    f"Task {outcome.task_id} came back as {outcome.result.kind!r}, which does "
                    f"not answer it. Run the same molsteer version in every service."
                )

    def _result(self, command: DispatchSimulation, result: Simulated) -> float | None:
        """Keep what was computed of a molecule, and tell how good it is."""
        task_id, molecule, level = command.task_id, command.molecule, command.level
        smiles = self.space.smiles(molecule)
        if result.smiles != smiles:
            raise WireError(
                f"Task {task_id} came back with a result for {result.smiles[:200]!r}, but its "
                f"molecule is {smiles}. Simulators answer with the SMILES that they were given."
            )
        self._check_values(command, result)
        record = self._keep_record(command, result)
        results.add_result(self.ledger, task_id, molecule, level, result, record)
        values = {name: result.values[name].value for name in wanted_at(level, self.outputs)}
        if breaks(self._limits, level, values):
            return None  # it is no hit any more, so it does not climb
        return merit_of(self.ledger, self.objectives, level, values, self.indicators)

    def _keep_record(self, command: DispatchSimulation, result: Simulated) -> str:
        """Write the records of a simulation, and tell where they are."""
        try:
            data = packed(self.blobs.tree(result.records))
        except (TypeError, ValueError, RecursionError) as error:
            reason = f"its records are not JSON ({error})"
            raise BlobCorrupt(f"task {command.task_id}", reason) from None
        if self._shared_from is None:
            file = own_file(command.level, command.molecule)
            self.files.begin(Path(file), data)
            return file
        file = shared_file(command.level, self._shared_from)
        return f"{file}#{self.files.add(file, data)}"

    def _check_values(self, command: DispatchSimulation, result: Simulated) -> None:
        """Refuse numbers that would stand beside others of another unit, or are not there.

        What was not asked for has the unit that it had before.
        """
        wanted = wanted_at(command.level, self.outputs)
        for name in wanted.keys() - result.values.keys():
            raise WireError(
                f"Task {command.task_id} came back without {name}, which it was asked for. "
                f"Levels answer with all that they are asked for, or with a failure."
            )
        units = wanted
        if result.values.keys() - wanted.keys():
            units = results.units(self.ledger, command.level) | wanted
        for name, found in result.values.items():
            unit = units.get(name, found.unit)
            if found.unit != unit:
                raise WireError(
                    f"Task {command.task_id} came back with {name} in {found.unit!r}, but here it "
                    f"is in {unit!r}. Levels give each property in one unit."
                )

    def _named(self, failure: ErrorRecord, molecule: int) -> ErrorRecord:
        facts = failure.facts | {"smiles": self.space.smiles(molecule)}
        return failure.model_copy(update={"facts": facts})

    def _model(self, command: DispatchTraining, result: Trained) -> None:
        task_id = command.task_id
        told_of = [result.validation_mae, *(each.validation_mae for each in result.members)]
        for told in (*told_of, *filter(None, [result.calibration])):
            if len(told) != len(self.outputs):
                raise WireError(
                    f"Task {task_id} came back with the errors of {len(told)} outputs, but models "
                    f"predict {len(self.outputs)}. Run the same molsteer version in every service."
                )
        file = Path("models") / f"{task_id.replace('/', '-')}.safetensors"
        weights = self.blobs.raw(result.weights)
        self.files.begin(file, weights)
        digest = hashlib.sha256(weights).hexdigest()
        results.add_model(self.ledger, command, result, file, digest)

    def _predictions(self, command: DispatchPrediction, blob: Blob) -> None:
        generation = command.generation
        predicted_chunks.keep(self.ledger, generation, command.chunk, command.group, blob)
        objects.own(self.ledger, objects.update_owner(generation), blob)

    def _candidates(self, result: Inferred) -> tuple[Candidate, ...]:
        chunk = result.chunk
        try:
            found = Candidates.from_arrays(
                self.blobs.arrays(result.candidates),
                outputs=len(self.outputs),
                molecules=self.space.chunks[chunk].molecules,
            )
        except ValueError as error:
            raise BlobCorrupt(f"chunk {chunk}", str(error)) from None
        molecules = found.row + chunk * self.space.chunk_size
        chances = self._chances_of(result.generation, molecules, found)
        results.add_predictions(
            self.ledger, result.generation, molecules, found.mean, found.spread, found.score
        )
        return tuple(map(Candidate, molecules.tolist(), found.score.tolist(), chances))

    def _chances_of(
        self, generation: int, molecules: npt.NDArray[np.int64], found: Candidates
    ) -> list[float | None]:
        """Tell how probably molecules are among the best, by what was known when scoring began."""
        if self.chances_now is None:
            return [None] * len(molecules)
        if self._chances is None or self._chances[0] != generation:
            self._chances = generation, self.chances_now()
        return self._chances[1].of(molecules, found.mean, found.spread)


def _check_owner(outcome: Outcome) -> None:
    for blob in _blobs(outcome):
        if isinstance(blob, ObjRef) and blob.namespace != outcome.campaign:
            raise WireError(
                f"Task {outcome.task_id} came back with data of {blob.namespace!r}, which is not "
                f"its campaign. Workers put data where their task says."
            )


def _blobs(outcome: Outcome) -> tuple[Blob, ...]:
    match outcome.result:
        case (
            Simulated(records=blob)
            | Trained(weights=blob)
            | Predicted(predictions=blob)
            | Inferred(candidates=blob)
        ):
            return (blob,)
        case Failed():
            return ()
        case _:
            assert_never(outcome.result)
