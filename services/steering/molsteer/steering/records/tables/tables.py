"""Every table of run records: the exports and their documentation follow from here.

The SQL is ours alone; nothing that a user or a package gives becomes part of it.
"""

from __future__ import annotations

from molsteer.steering.ledger.own_columns import joined
from molsteer.steering.records.tables.columns import Table, boolean, integer, number, text
from molsteer.steering.records.tables.patterns import of_outputs, own, values
from molsteer.steering.records.tables.task_columns import (
    ATTEMPT,
    FATE,
    GENERATION,
    INTERVALS,
    SETTLED_AT,
    STARTS,
    STATUS,
    TASK_ID,
    TOPIC,
    WORKER,
    asked,
    failed,
)

_RESULT = (
    values,
    text("engine", "result.engine", "Program and version that computed them."),
    text("record", "result.record", "File of the QCSchema records; `#OFFSET` if others share it."),
)

MOLECULES = Table(
    "molecules",
    "One row for each molecule and level that was simulated, in the order of settling, with the "
    "prediction by which the molecule was chosen.",
    f"result LEFT JOIN choice USING (molecule) {joined('result.molecule')} ORDER BY result.number",
    (
        integer("number", "result.number", "Place in the order of settling, from 1."),
        integer("molecule", "result.molecule", "Number in the search space, from 0."),
        text("smiles", "result.smiles", "Canonical SMILES."),
        text("inchikey", "inchikey(result.smiles)", "Standard InChIKey, which tautomers share."),
        text("level", "result.level", "Level at which it was simulated."),
        integer("generation", "result.generation", "Models that chose it; 0: none did."),
        text(
            "chosen_by",
            "CASE WHEN choice.by_chance THEN 'chance' WHEN result.generation THEN 'models'"
            " ELSE 'start' END",
            "Who chose it: the models, chance as a control, or the start, before any models.",
        ),
        of_outputs(
            "predicted_mean_PROPERTY_UNIT",
            "json_extract(choice.means, '$[{n}]')",
            "What models expected of it when it was chosen.",
        ),
        of_outputs(
            "predicted_spread_PROPERTY_UNIT",
            "json_extract(choice.spreads, '$[{n}]')",
            "Spread of that.",
        ),
        number("predicted_score", "choice.score", "The acquisition it was ranked by."),
        *_RESULT,
        boolean(
            "keeps_limits", "keeps_limits(result.molecule)", "Whether it keeps all limits, if any."
        ),
        text("task_id", "result.task_id", "Its simulation, see `simulations`."),
        own,
    ),
)

SIMULATIONS = Table(
    "simulations",
    "One row for each simulation, further attempts included.",
    f"task LEFT JOIN result USING (task_id) {joined(asked('molecule'))}"
    " WHERE task.topic = 'simulate' ORDER BY task.rowid",
    (
        TASK_ID,
        integer("molecule", asked("molecule"), "Number in the search space, from 0."),
        text(
            "smiles",
            f"coalesce(result.smiles, {failed('facts.smiles')})",
            "Canonical SMILES, once it has ended.",
        ),
        text("level", asked("level"), "Level at which it is simulated."),
        ATTEMPT,
        *FATE,
        *_RESULT,
        own,
    ),
)

TRAININGS = Table(
    "trainings",
    "One row for each training of a group of members of the ensemble.",
    "task LEFT JOIN model USING (task_id) WHERE task.topic = 'train' ORDER BY task.rowid",
    (
        TASK_ID,
        GENERATION,
        integer("group", asked("group"), "Number of the group within the update, from 0."),
        text("members", asked("members"), "Numbers of its members, as a JSON list."),
        integer("labels", asked("labels"), "How many labels they learn from."),
        boolean("warm", asked("warm"), "Whether they go on from their last weights."),
        ATTEMPT,
        *FATE,
        of_outputs(
            "validation_mae_PROPERTY_UNIT",
            "json_extract(model.validation_mae, '$[{n}]')",
            "Mean absolute error of the group's mean on held-out molecules.",
        ),
        text("device", "model.device", "What they were trained on."),
    ),
)

_GROWN = (
    "(SELECT ifnull(sum(added), 0) FROM addition"
    " WHERE kind = 'molecules' AND added_at <= task.created_at)"
)

INFERENCES = Table(
    "inferences",
    "One row for each scoring of a chunk of the search space, and for each prediction in advance.",
    "task CROSS JOIN (SELECT json_extract(value, '$.chunk_size') AS chunk_size,"
    " json_extract(value, '$.space_size') AS space_size FROM fact WHERE name = 'plan') AS plan"
    " WHERE task.topic = 'infer' ORDER BY task.rowid",
    (
        TASK_ID,
        GENERATION,
        integer("chunk", asked("chunk"), "Number of the chunk in the search space, from 0."),
        integer(
            "molecules",
            f"min(plan.chunk_size,"
            f" plan.space_size + {_GROWN} - plan.chunk_size * {asked('chunk')})",
            "How many molecules it scores.",
        ),
        integer(
            "group",
            asked("group"),
            "Group of members that predicts it in advance, see `trainings`; empty where the whole "
            "ensemble scores it.",
        ),
        ATTEMPT,
        *FATE,
    ),
)

MODELS = Table(
    "models",
    "One row for each member of the ensemble and each update that trained it.",
    "model CROSS JOIN json_each(model.members) AS member"
    " ORDER BY model.generation, model.task_id, member.key",
    (
        integer("generation", "model.generation", "Number of the model update, from 1."),
        integer("member", "json_extract(member.value, '$.member')", "Its number, from 0."),
        integer("labels", "model.labels", "How many labels it learned from."),
        integer("epochs", "json_extract(member.value, '$.epochs')", "Passes over them."),
        of_outputs(
            "validation_mae_PROPERTY_UNIT",
            "json_extract(member.value, '$.validation_mae[{n}]')",
            "Mean absolute error on its own held-out molecules.",
        ),
        text(
            "stopped",
            "json_extract(member.value, '$.stopped')",
            "Why its training ended: converged, epochs or deadline.",
        ),
        text("device", "model.device", "What it was trained on."),
        text("task_id", "model.task_id", "Its training, see `trainings`."),
        text("file", "model.file", "Weights of its group, below the run directory."),
        text("sha256", "model.sha256", "Digest of that file."),
    ),
)

_DURATION_S = " ".join(
    f"WHEN '{name}' THEN task.{end} - task.{begin}" for name, (begin, end) in INTERVALS.items()
)
_NAMES = ", ".join(f"({place}, '{name}')" for place, name in enumerate(INTERVALS))

TIMINGS = Table(
    "timings",
    "One row for each task and interval of its life: "
    + ", ".join(f"`{name}` from `{begin}` to `{end}`" for name, (begin, end) in INTERVALS.items())
    + ". Intervals between two machines are wrong by the difference of their clocks.",
    f"task CROSS JOIN (VALUES {_NAMES}) AS interval WHERE duration_s IS NOT NULL"
    " ORDER BY task.rowid, interval.column1",
    (
        TASK_ID,
        TOPIC,
        STATUS,
        text("interval", "interval.column2", "Name of the interval."),
        number("duration_s", f"CASE interval.column2 {_DURATION_S} END", "How long it took."),
    ),
)

FAILURES = Table(
    "failures",
    "One row for each task that ended without a value.",
    f"task {joined(asked('molecule'))} WHERE task.error IS NOT NULL ORDER BY task.rowid",
    (
        TASK_ID,
        TOPIC,
        text("smiles", failed("facts.smiles"), "Canonical SMILES, for simulations."),
        ATTEMPT,
        STATUS,
        text("code", failed("code"), "Kind of the failure."),
        text("message", failed("message"), "What went wrong and what to do about it."),
        boolean("retryable", failed("retryable"), "Whether the same again may succeed."),
        text("facts", failed("facts"), "What the message is made of, as a JSON object."),
        STARTS,
        WORKER,
        SETTLED_AT,
        own,
    ),
)

TRANSFERS = Table(
    "transfers",
    "One row for each task, side, store and way in which data moved. Data that several tasks "
    "share is counted for the first one that needed it; data inside messages is not counted.",
    "transfer JOIN task USING (task_id) ORDER BY task.rowid, side, store, operation",
    (
        TASK_ID,
        TOPIC,
        text("side", "transfer.side", "Who moved it: steering or the worker."),
        text(
            "site",
            "CASE transfer.side WHEN 'worker' THEN site(task_id) END",
            "Where the worker was, if that has a name.",
        ),
        text("store", "transfer.store", "Which blob store."),
        text(
            "operation",
            "transfer.operation",
            "put, get, cached: read from nearby, or ahead: what of that was fetched in advance.",
        ),
        integer("count", "transfer.count", "How many blobs that were."),
        integer("size_bytes", "transfer.size_bytes", "Their size, all together."),
        number(
            "duration_s",
            "transfer.duration_s",
            "How long that took, digests included. No task waited for what was fetched ahead.",
        ),
    ),
)

TABLES = (MOLECULES, SIMULATIONS, TRAININGS, INFERENCES, MODELS, TIMINGS, TRANSFERS, FAILURES)
