"""What the records of all tasks have in common."""

from __future__ import annotations

from molsteer.steering.records.tables.columns import Column, integer, number, text

INTERVALS = {
    "publish": ("created_at", "dispatched_at"),
    "wait": ("dispatched_at", "started_at"),
    "run": ("started_at", "ended_at"),
    "report": ("ended_at", "reported_at"),
    "reaction": ("reported_at", "settled_at"),
}
"""The life of a task in intervals, each from one of its moments to the next."""


def asked(key: str) -> str:
    """Find what the policy asked for."""
    return f"json_extract(task.command, '$.{key}')"


def failed(key: str) -> str:
    """Find what is known about the failure of a task."""
    return f"json_extract(task.error, '$.{key}')"


TASK_ID = text("task_id", "task.task_id", "Name of the task: topic, subject and attempt.")
TOPIC = text("topic", "task.topic", "simulate, train or infer.")
ATTEMPT = integer("attempt", asked("attempt"), "How often this was asked for, from 1.")
GENERATION = integer("generation", asked("generation"), "Number of the model update, from 1.")
STATUS = text(
    "status",
    "task.status",
    "How it ended: ok, error, timeout, poison or cancelled; empty while it is awaited.",
)
STARTS = integer("starts", "task.starts", "How many times workers began it.")
WORKER = text("worker", "task.worker", "Host and process that ran it.")
SETTLED_AT = number("settled_at", "task.settled_at", "When steering took the outcome in.")

FATE: tuple[Column, ...] = (
    text("state", "task.state", "ready, dispatched, settled or revoked."),
    STATUS,
    text("error_code", failed("code"), "Kind of its failure."),
    text("error_message", failed("message"), "What went wrong and what to do about it."),
    integer("publishes", "task.publishes", "How many times it was put into its queue."),
    STARTS,
    WORKER,
    number("created_at", "task.created_at", "When the policy asked for it."),
    number("dispatched_at", "task.dispatched_at", "When it was put into its queue, lastly."),
    number("started_at", "task.started_at", "When the work began, by the worker's clock."),
    number(
        "ended_at",
        "task.ended_at",
        "When the work was done, before its result was stored, by the worker's clock.",
    ),
    number("reported_at", "task.reported_at", "When it was reported, by the worker's clock."),
    SETTLED_AT,
    number("cpu_s", "task.cpu_s", "Processor time of the work."),
    integer("sent_bytes", "task.sent_bytes", "Size of the task's message."),
    integer("received_bytes", "task.received_bytes", "Size of the data its outcome refers to."),
)
"""What became of a task, when and where."""
