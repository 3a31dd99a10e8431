"""Turns what the policy asks for into messages that workers can act on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property, partial
from pathlib import Path
from typing import Literal, NamedTuple, assert_never

from molsteer.shared.blobs.port import Blobs
from molsteer.shared.wire.blob import Blob, Placement
from molsteer.shared.wire.learning import Infer, Predict, Train
from molsteer.shared.wire.messages import Simulate, Task, TaskBody
from molsteer.shared.wire.specs import ON_FEATURES, Level
from molsteer.shared.wire.topics import Topic
from molsteer.steering.ledger import chosen, objects, results, tasks
from molsteer.steering.ledger.learning import predicted_chunks
from molsteer.steering.ledger.ledger import Ledger
from molsteer.steering.ledger.objects import SPACE_OWNER, update_owner
from molsteer.steering.loop.lessons import Lessons
from molsteer.steering.loop.ranking import ranking_of
from molsteer.steering.loop.sought import Sought, sought_by, wanted_at
from molsteer.steering.policy.commands import (
    Dispatch,
    DispatchInference,
    DispatchPrediction,
    DispatchSimulation,
    DispatchTraining,
)
from molsteer.steering.records.documents.relaxed import start_from
from molsteer.steering.settings.campaign import CampaignSettings
from molsteer.steering.settings.changes import Changes, changed
from molsteer.steering.settings.thresholds import with_thresholds
from molsteer.steering.space.search_space import SearchSpace

KILL_GRACE_S = 120.0
"""How long training may overrun its own deadline before its process is killed."""


class _Put(NamedTuple):
    kind: Literal["chunk", "features", "labels", "weights"]
    name: int | Path
    topic: Topic
    owner: str


@dataclass
class Dispatching:
    """Writes task messages, and puts the data they refer to into the stores.

    Data is put when the first task needs it and remembered for the others. `forget` drops that
    memory, so that lost data is put again; `forgotten` counts that.
    """

    campaign_id: str
    settings: CampaignSettings
    run_dir: Path
    space: SearchSpace
    ledger: Ledger
    blobs: Blobs
    _put: dict[_Put, Blob] = field(default_factory=dict)
    _sought: dict[int, Sought] = field(default_factory=dict)
    forgotten: int = 0

    def prepare(self) -> None:
        """Do now what would otherwise hold up the first training task.

        Raises:
            SpaceError: If the search space is no longer what it was.
        """
        self._lessons.prepare()

    def task(self, command: Dispatch, now: float) -> Task:
        """Write the message of one task.

        Raises:
            ServiceUnavailable: If a store does not take its data.
            SpaceError: If the search space is no longer what it was.
        """
        topic = tasks.topic_of(command)
        return Task(
            campaign=self.campaign_id,
            task_id=command.task_id,
            attempt=command.attempt,
            issued_at=now,
            max_s=self._time_limit_s(topic),
            max_starts=self.settings.policy.max_starts,
            reply=self.settings.stores.result_placement(topic, namespace=self.campaign_id),
            body=self._body(command),
        )

    def forget(self) -> None:
        """Put data again for the next tasks."""
        self._put.clear()
        self.forgotten += 1

    def put_chunk(self, number: int) -> tuple[Blob, ...]:
        """Put what scoring a chunk will read, before it is asked for; raises as `task`."""
        graphs = self._stored("chunk", number)
        with_features = bool(self.settings.train.on_features)
        return (graphs, self._stored("features", number)) if with_features else (graphs,)

    def change(self, changes: Changes, thresholds: Mapping[str, float]) -> None:
        """Write the next tasks with other settings and thresholds."""
        self.settings = with_thresholds(changed(self.settings, changes), thresholds)
        self.__dict__.pop("_asked", None)

    def renew(self, space: SearchSpace) -> None:
        """Go on with a search space that may have grown; what of it was put may have changed."""
        if space is not self.space:
            self.space = space
            self.__dict__.pop("_lessons", None)
            self.forget()

    def release(self, owner: str) -> None:
        """Evict the data of an owner whose tasks have all ended."""
        self._put = {put: blob for put, blob in self._put.items() if put.owner != owner}
        with self.ledger.transaction():
            abandoned = objects.disown(self.ledger, owner)
        self.blobs.evict(abandoned)

    def retire(self) -> None:
        """Evict all data of a campaign that has ended, whoever put it.

        Stores that can list what they hold are cleared; the ledger knows what is in the others.
        """
        self.blobs.clear(self.campaign_id)
        for owner in objects.owners(self.ledger):
            self.release(owner)

    def _time_limit_s(self, topic: Topic) -> float:
        match topic:
            case "simulate":
                return self.settings.simulate.time_limit_s
            case "train":
                return self.settings.train.deadline_s + KILL_GRACE_S
            case "infer":
                return self.settings.infer.time_limit_s

    def _body(self, command: Dispatch) -> TaskBody:
        match command:
            case DispatchSimulation():
                return self._simulate(command)
            case DispatchTraining():
                return self._train(command)
            case DispatchPrediction():
                return self._predict(command)
            case DispatchInference():
                return self._infer(command)
            case _:
                assert_never(command)

    def _simulate(self, command: DispatchSimulation) -> Simulate:
        level, wanted = self._asked[command.level]
        start = start_from(level.starts_from, command.molecule, self.ledger, self.run_dir)
        smiles = self.space.smiles(command.molecule)
        return Simulate(smiles=smiles, level=level, wanted=wanted, start=start)

    @cached_property
    def _asked(self) -> Mapping[str, tuple[Level, dict[str, str]]]:
        outputs = self.settings.outputs  # which take long to tell
        return {each.name: (each, wanted_at(each.name, outputs)) for each in self.settings.levels}

    def _train(self, command: DispatchTraining) -> Train:
        warm_start = None
        if command.warm:
            earlier = results.newest_generation_of(
                self.ledger, command.members, before=command.generation
            )
            if earlier is not None:
                weights = results.weights(self.ledger, earlier)
                warm_start = self._put_all(weights, "train", command.generation)
        return Train(
            generation=command.generation,
            surrogate=command.surrogate,
            members=command.members,
            seed=self.settings.campaign.seed,
            plan=self.settings.train.plan(),
            outputs=self.settings.outputs,
            indicators=self.settings.indicators,
            training_set=self._training_set(command.generation, command.labels),
            warm_start=warm_start,
        )

    def _predict(self, command: DispatchPrediction) -> Predict:
        (model,) = (
            model
            for model in results.models(self.ledger, command.generation)
            if model.group == command.group
        )
        weights = self._put_weights(model.file, model.sha256, "infer", command.generation)
        return Predict(
            generation=command.generation,
            chunk=command.chunk,
            outputs=self.settings.outputs,
            graphs=self._stored("chunk", command.chunk),
            features=self._features(command.chunk, [model]),
            weights=weights,
            surrogate=model.surrogate,
            batch_size=self.settings.infer.batch_size,
        )

    def _infer(self, command: DispatchInference) -> Infer:
        first = command.chunk * self.space.chunk_size
        molecules = range(first, first + self.space.chunk_size)
        searched = chosen.count(self.ledger, molecules, self.settings.levels[0].name)
        sought = self._sought_by(command.generation)
        ranking = ranking_of(self.ledger, command.generation, self.settings.outputs)
        weights = results.weights(self.ledger, command.generation, ranking.surrogates)
        return Infer(
            generation=command.generation,
            chunk=command.chunk,
            outputs=self.settings.outputs,
            aims=sought.aims,
            graphs=self._stored("chunk", command.chunk),
            features=self._features(command.chunk, weights),
            weights=self._put_all(weights, "infer", command.generation),
            surrogates=tuple(each.surrogate for each in weights),
            calibration=ranking.calibration,
            widening=ranking.widening,
            predicted=self._predicted(command, weights) if command.attempt == 1 else (),
            acquisition=self.settings.acquisition(),
            front=sought.front,
            worst=sought.worst,
            limits=sought.limits,
            seed=self.settings.campaign.seed,
            first=first,
            cost=sought.cost,
            keep=self.settings.policy.shortlist + searched,
            also=tuple(molecule - first for molecule in (*command.control, *command.climbing)),
            batch_size=self.settings.infer.batch_size,
        )

    def _predicted(
        self, command: DispatchInference, weights: Iterable[results.Weights]
    ) -> tuple[Blob | None, ...]:
        generation = command.generation
        by_group = predicted_chunks.of_chunk(self.ledger, generation, command.chunk)
        if not by_group:
            return ()
        groups = {model.file: model.group for model in results.models(self.ledger, generation)}
        return tuple(by_group.get(groups[each.file]) for each in weights)

    def _sought_by(self, generation: int) -> Sought:
        if generation not in self._sought:
            self._sought = {generation: sought_by(self.ledger, self.settings, generation)}
        return self._sought[generation]

    def _training_set(self, generation: int, labels: int) -> Blob:
        def put(placement: Placement) -> Blob:
            arrays = self._lessons.after(labels).to_arrays()
            return self.blobs.put(arrays, "safetensors", placement)

        return self._once(_Put("labels", labels, "train", update_owner(generation)), put)

    @cached_property
    def _lessons(self) -> Lessons:
        outputs, on_features = self.settings.outputs, bool(self.settings.train.on_features)
        return Lessons(self.ledger, self.space, outputs, on_features)

    def _put_all(
        self, weights: Iterable[results.Weights], topic: Topic, for_update: int
    ) -> tuple[Blob, ...]:
        return tuple(
            self._put_weights(each.file, each.sha256, topic, for_update) for each in weights
        )

    def _put_weights(self, file: Path, sha256: str, topic: Topic, for_update: int) -> Blob:
        adopt = partial(self.blobs.adopt, self.run_dir / file, "safetensors", sha256)
        return self._once(_Put("weights", file, topic, update_owner(for_update)), adopt)

    def _features(
        self, number: int, models: Iterable[results.Model | results.Weights]
    ) -> Blob | None:
        """Give the features of a chunk, if any of the models reads them."""
        if ON_FEATURES.isdisjoint(model.surrogate for model in models):
            return None
        return self._stored("features", number)

    def _stored(self, kind: Literal["chunk", "features"], number: int) -> Blob:
        chunk = (self.space.chunks if kind == "chunk" else self.space.feature_chunks)[number]

        def put(placement: Placement) -> Blob:
            try:
                return self.blobs.adopt(chunk.path, "safetensors", chunk.sha256, placement)
            except FileNotFoundError as error:
                raise self.space.unreadable(number, error, features=kind == "features") from None

        return self._once(_Put(kind, number, "infer", SPACE_OWNER), put)

    def _once(self, what: _Put, put: Callable[[Placement], Blob]) -> Blob:
        known = self._put.get(what)
        if known is None:
            known = put(self.settings.stores.placement(what.topic, namespace=self.campaign_id))
            with self.ledger.transaction():
                objects.own(self.ledger, what.owner, known)
            self._put[what] = known
        return known
