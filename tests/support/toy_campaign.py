"""A campaign whose chemistry and learning are arithmetic, over the in-memory bus."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from pathlib import Path

import numpy as np
import numpy.typing as npt
from support.toy_services import predicted, scored, simulated, toy_values, trained

from molsteer.shared.blobs.memory import MemoryBlobs
from molsteer.shared.bus.memory import MemoryBus
from molsteer.shared.bus.port import Run
from molsteer.shared.wire.arrays.thin_graphs import graphs_in
from molsteer.shared.wire.learning import Infer, Predict, Train
from molsteer.shared.wire.messages import ErrorRecord, Failed, Outcome, Result, Simulate, Task
from molsteer.shared.wire.topics import TOPICS
from molsteer.shared.worker.execution import cancelled, ended
from molsteer.steering.control.requests import Inbox
from molsteer.steering.ledger import known_labels
from molsteer.steering.ledger.known_labels import KnownLabel
from molsteer.steering.ledger.ledger import Ledger
from molsteer.steering.loop.chances import chances_as_of
from molsteer.steering.loop.dispatching import Dispatching
from molsteer.steering.loop.intake import Intake
from molsteer.steering.loop.loop import Campaign
from molsteer.steering.policy.plan import Plan
from molsteer.steering.settings.campaign import CampaignSettings
from molsteer.steering.space.build import build
from molsteer.steering.space.search_space import SearchSpace
from molsteer.steering.start.additions.grown import as_grown
from molsteer.steering.start.identity import facts_of
from molsteer.steering.start.model_files import Weights
from molsteer.steering.start.models import keep_given
from molsteer.steering.start.starters import keep_known

BUDGET = 24
MOLECULES = ["C" * length + tail for length in range(1, 13) for tail in ("O", "N", "F", "Cl", "S")]


def toy_space(folder: Path, molecules: Iterable[str] = MOLECULES) -> SearchSpace:
    """Build a space in chunks of sixteen; by default of sixty small molecules."""
    source = folder / "molecules.smi"
    source.write_text("\n".join(molecules), encoding="utf-8")
    build([source], folder / "space", chunk_size=16, processes=1)
    return SearchSpace.open(folder / "space")


def toy_plan(space: SearchSpace, **changes: object) -> Plan:
    knobs: dict[str, object] = {
        "budget": BUDGET,
        "slots_simulate": 2,
        "slots_train": 2,
        "slots_infer": 1,
        "buffer": 1,
        "shortlist": 12,
        "first_training_after": 8,
        "retrain_after": 4,
        "during_update": "continue",
        "warm_start": True,
        "merge": "progressive",
        "members": 4,
        "space_size": len(space),
        "chunk_size": space.chunk_size,
        "attempts": 2,
        "failure_limit": 10,
    }
    return Plan(**(knobs | changes))  # type: ignore[arg-type]


def early_plan(space: SearchSpace) -> Plan:
    """A plan whose members are trained one by one, and predict chunks as soon as they are."""
    knobs = {"slots_simulate": 1, "slots_train": 4, "slots_infer": 2}
    return toy_plan(space, predict_early=True, **knobs)


@dataclass
class ToyCampaign:
    """A campaign and its workers, step by step, in one process.

    Attributes:
        fails: Tells which tasks fail, and how.
        known: Labels to begin with.
        given: Models to begin with; give the plan `pretrained` as well.
        trainings_at_once: Trainings that the workers do in a step; with one, members differ in
            when they are ready.
        threshold_bytes: Data of this size or more goes into a store.
        aims: Tables `level` and `objective` of its settings; give the plan the levels as well.
        training_sets: The values of every training set that a trainer has seen, output by output.
        searched: Gives the space as it is now.
        used: Predictions made in advance that came with the chunks that were scored.
    """

    folder: Path
    space: SearchSpace
    plan: Plan
    bus: MemoryBus = field(default_factory=MemoryBus)
    blobs: MemoryBlobs = field(default_factory=MemoryBlobs)
    fails: Callable[[Task], ErrorRecord | None] = lambda _task: None
    known: Sequence[KnownLabel] = ()
    given: Weights | None = None
    trainings_at_once: int = 100
    checkpoint_after: int = 5
    threshold_bytes: int = 500
    aims: Mapping[str, object] = field(default_factory=dict)
    training_sets: list[list[list[float]]] = field(default_factory=list)
    used: int = 0
    at: float = 1000.0
    searched: Callable[[], SearchSpace] = field(init=False)

    def steering(self) -> Campaign:
        """Start steering on the run directory, as a new process would."""
        settings = self.settings
        ledger = Ledger(self.folder, create=True)
        space = as_grown(self.space, ledger, self.folder)
        dispatching = Dispatching("toy", settings, self.folder, space, ledger, self.blobs)
        self.searched = lambda: dispatching.space
        intake = Intake(
            self.folder,
            space,
            ledger,
            self.blobs,
            settings.outputs,
            settings.objectives,
            settings.indicators,
        )
        if self.plan.promotion == "price":
            intake.chances_now = lambda: chances_as_of(ledger, settings)
        campaign = Campaign(
            ledger=ledger,
            bus=self.bus,
            dispatching=dispatching,
            intake=intake,
            inbox=Inbox(self.folder, ledger),
            clock=self.clock,
            lost_after_s=5.0,
            checkpoint_after=self.checkpoint_after,
        )
        keep_known(self.known, self.space, ledger)
        keep_given(self.given, self.folder, ledger)
        starters = random.Random(1).sample(range(len(self.space)), min(30, len(self.space)))
        known = known_labels.molecules(ledger)
        campaign.begin(self.plan, lambda: starters, known, facts_of(settings))
        return campaign

    @property
    def settings(self) -> CampaignSettings:
        """What a person would have written for this campaign."""
        return CampaignSettings.model_validate(
            {
                "campaign": {"space": self.space.folder, "budget": self.plan.budget},
                "policy": {"shortlist": self.plan.shortlist},
                "stores": {"threshold_bytes": self.threshold_bytes, "infer": "redis"},
                **self.aims,
            }
        )

    def open_ledger(self) -> Ledger:
        """Look into the campaign's ledger."""
        return Ledger(self.folder, read_only=True)

    def clock(self) -> float:
        """Give a time later than the last one."""
        self.at += 1.0
        return self.at

    def work(self) -> int:
        """Let the workers do everything that is queued; tell how much that was."""
        done = 0
        for topic in TOPICS:
            most = self.trainings_at_once if topic == "train" else None
            for task in islice(iter(partial(self.bus.take, topic), None), most):
                verdict = self.bus.begin(task)
                if isinstance(verdict, Run):
                    self.bus.finish(self._outcome(task, verdict.start))
                    done += 1
                elif verdict == "cancelled":
                    self.bus.finish(ended(task, cancelled(), "toy", started_at=self.clock()))
        return done

    def run_to_the_end(self, campaign: Campaign, most_steps: int = 2000) -> None:
        """Alternate steering and workers until the campaign is over."""
        for _ in range(most_steps):
            if campaign.finished:
                return
            campaign.step(0.0)
            self.work()
        raise AssertionError("The campaign does not end.")

    def _outcome(self, task: Task, start: int) -> Outcome:
        failure = self.fails(task)
        result = Failed(status="error", error=failure) if failure else self._result(task)
        return Outcome(
            campaign=task.campaign,
            task_id=task.task_id,
            attempt=task.attempt,
            start=start,
            worker="toy",
            started_at=self.clock(),
            ended_at=self.clock(),
            reported_at=self.clock(),
            result=result,
            transfers=self.blobs.take_transfers(),
        )

    def _result(self, task: Task) -> Result:
        match task.body:
            case Simulate() as body:
                return simulated(body, self.blobs, task.reply)
            case Train() as body:
                values = self.blobs.arrays(body.training_set)["value"]
                self.training_sets.append(values.tolist())
                return trained(body, self.blobs, task.reply)
            case Predict() as body:
                return predicted(body, self._values(body), self.blobs, task.reply)
            case Infer() as body:
                self.used += len([*filter(None, body.predicted)])
                return scored(body, self._values(body), self.blobs, task.reply)

    def _values(self, body: Predict | Infer) -> npt.NDArray[np.float32]:
        graphs = graphs_in(self.blobs.arrays(body.graphs))
        first = body.chunk * self.space.chunk_size
        space = self.searched()
        smiles = (space.smiles(first + row) for row in range(len(graphs)))
        return toy_values(smiles, body.outputs)
