"""The wire: what steering asks of workers, and what they answer.

Every message is frozen, refuses unknown fields, and is told apart by its `kind`. Large data travels
as a `Blob`, failures as an `ErrorRecord`; nothing here is ever pickled. Times are seconds of the
Unix epoch on the clock of whoever wrote them.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import ConfigDict, Field, JsonValue, PositiveFloat, PositiveInt

from molsteer.shared.wire.base import Message
from molsteer.shared.wire.blob import Blob, ObjRef, Placement, Transfer
from molsteer.shared.wire.bounds import (
    Count,
    Duration,
    Moment,
    Name,
    Number,
    Ordinal,
    SiteName,
)
from molsteer.shared.wire.learning import Infer, Inferred, Predict, Predicted, Train, Trained
from molsteer.shared.wire.properties import LevelName, PropertyName, Quantity, Unit
from molsteer.shared.wire.specs import Level
from molsteer.shared.wire.stage import Stage
from molsteer.shared.wire.topics import Topic

PROTOCOL = 3
"""Raised whenever an older reader could misread a message."""

CampaignId = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")]
TaskId = Annotated[
    str,
    Field(
        pattern=r"^(simulate/[0-9]+/[A-Za-z0-9][A-Za-z0-9_.-]{0,62}/[0-9]+"
        r"|(train|infer)(/[0-9]+){3,4})$"
    ),
]


class Start(Message):
    """Geometries of a molecule that another level relaxed.

    Attributes:
        level: The level.
        symbols: Element symbols of the atoms, in their order.
        geometries: Coordinates in bohr by the name of the state, as `neutral`, three for each atom.
    """

    level: LevelName
    symbols: tuple[str, ...] = Field(max_length=10_000)
    geometries: dict[Name, tuple[Number, ...]] = Field(min_length=1)


class Simulate(Message):
    """Compute properties of one molecule at one level.

    Attributes:
        wanted: The properties by name, and the unit in which each is understood.
        start: Where to start from, at a level that starts from another one; None is afresh.
    """

    kind: Literal["simulate"] = "simulate"
    smiles: str = Field(min_length=1, max_length=10_000)
    level: Level
    wanted: dict[PropertyName, Unit] = Field(min_length=1)
    start: Start | None = None


TaskBody = Annotated[Simulate | Train | Predict | Infer, Field(discriminator="kind")]


class Task(Message):
    """One piece of work for one worker.

    Attributes:
        attempt: How often steering has asked for this piece of work, from 1; part of the id.
        issued_at: When steering published it.
        max_s: Hard limit on its run time; past it the worker's process is killed.
        max_starts: How often it may take its process down before it counts as poison; a start that
            was handed back, or lost with the whole worker, does not count.
        reply: Where the worker puts large results.
    """

    protocol: Literal[3] = 3
    campaign: CampaignId
    task_id: TaskId
    attempt: Ordinal = 1
    issued_at: Moment
    max_s: PositiveFloat
    max_starts: PositiveInt = 3
    reply: Placement = Placement()
    body: TaskBody

    @property
    def topic(self) -> Topic:
        """The queue the task belongs to."""
        return "infer" if self.body.kind == "predict" else self.body.kind


class Simulated(Message):
    """Properties of one molecule at one level.

    Attributes:
        smiles: The molecule, spelled as in its task; another one is no answer.
        values: What was asked for, and whatever came with it, by the name of the property.
        steps: Relaxation steps of each state of the molecule, as `neutral` and `cation`.
        engine: Program and version that computed it.
        charge: Of the molecule as it was given, in elementary charges.
        multiplicities: Of the spins of the states; empty if the level does not tell.
        records: QCSchema results by name, as `neutral`, `cation` and `vertical`; msgpack.
        started_from: Level whose geometries it started from; None if it made its own.
    """

    kind: Literal["simulated"] = "simulated"
    smiles: str = Field(max_length=10_000)
    values: dict[PropertyName, Quantity] = Field(min_length=1)
    steps: dict[Name, Count] = Field(default_factory=dict)
    engine: Name
    charge: int = 0
    multiplicities: dict[Name, Ordinal] = Field(default_factory=dict)
    records: Blob
    started_from: LevelName | None = None


class ErrorRecord(Message):
    """A failure as data.

    Attributes:
        code: Stable name of the kind of failure.
        message: What happened and what to do about it, in full sentences.
        retryable: Whether doing the same again may succeed.
        facts: The numbers and names the message is made of; those that are not finite become null.
    """

    model_config = ConfigDict(allow_inf_nan=True)

    code: Name
    message: str = Field(max_length=10_000)
    retryable: bool
    facts: dict[str, JsonValue] = Field(default_factory=dict)


class Failed(Message):
    """A task that ended without a value.

    Attributes:
        status: `error` the work itself failed, `timeout` its hard limit passed, `poison` it killed
            its worker too often, `cancelled` steering took it back.
    """

    kind: Literal["failed"] = "failed"
    status: Literal["error", "timeout", "poison", "cancelled"]
    error: ErrorRecord


Result = Annotated[Simulated | Trained | Predicted | Inferred | Failed, Field(discriminator="kind")]


class Outcome(Message):
    """What became of a task: exactly one of these counts for each task id.

    Attributes:
        attempt: The attempt it answers.
        start: How many times the task had begun when it ended, less those it was handed back.
        worker: Host and process that ran it.
        site: Site of that worker; empty if none was named.
        started_at: When the worker began.
        ended_at: When the work was done, and its result not yet stored.
        reported_at: When the outcome was handed over.
        cpu_s: Processor time of the work.
        transfers: What moved between the worker and the stores meanwhile.
        stages: What the time went into, in the order in which the stages began.
    """

    protocol: Literal[3] = 3
    campaign: CampaignId
    task_id: TaskId
    attempt: Ordinal
    start: Count
    worker: Name
    site: SiteName = ""
    started_at: Moment
    ended_at: Moment
    reported_at: Moment
    cpu_s: Duration = 0.0
    transfers: tuple[Transfer, ...] = Field(default=(), max_length=100)
    stages: tuple[Stage, ...] = Field(default=(), max_length=100)
    result: Result


class Foreseen(Message):
    """Data that the tasks of one topic will need.

    Attributes:
        refs: In the order in which it will be needed; behind the last comes the first again.
    """

    protocol: Literal[3] = 3
    campaign: CampaignId
    topic: Topic
    refs: tuple[ObjRef, ...]
