"""The one table of metrics: exporter, documentation, dashboards and alerts follow from it.

Names are those of Prometheus: one prefix, base units, `_total` for what only grows. Labels have few
values each, never ids or SMILES; https://prometheus.io/docs/practices/naming/.
"""

from __future__ import annotations

from types import MappingProxyType

from molsteer.shared.telemetry.metric import Metric

_SHORT = (0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0)
_LONG = (0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0, 300.0, 1000.0, 3000.0, 10_000.0)

METRICS = (
    Metric(
        "gauge",
        "build_info",
        "Always 1; its labels say what runs.",
        labels=("version", "python"),
    ),
    # What the campaign finds
    Metric("gauge", "budget_simulations", "Successful simulations wanted.", labels=("level",)),
    Metric(
        "counter",
        "simulations",
        "Simulations that ended, further attempts included.",
        labels=("level", "outcome"),
    ),
    Metric(
        "counter",
        "failures",
        "Tasks that ended without a value.",
        labels=("topic", "reason"),
    ),
    Metric(
        "gauge",
        "best_value",
        "Best value of each objective so far, in its own unit.",
        labels=("property", "level", "unit"),
    ),
    Metric(
        "gauge",
        "hits",
        "Molecules that pass an objective's threshold.",
        labels=("property", "level"),
    ),
    Metric(
        "gauge",
        "hits_expected_from_random",
        "Hits that as many simulations would have found at random, by the molecules that were "
        "drawn before there was a model.",
        labels=("property", "level"),
    ),
    Metric(
        "gauge",
        "times_better_than_random",
        "How many times as often a molecule that models chose is a hit as one that chance chose; "
        "the end says which: value, and lowest and highest of the interval that is 95 % sure.",
        labels=("property", "level", "end"),
    ),
    Metric(
        "gauge",
        "molecules_given_up",
        "Molecules whose simulation failed for good.",
        labels=("level",),
    ),
    Metric(
        "gauge",
        "candidates",
        "Molecules that wait to be simulated.",
        labels=("line",),
    ),
    # What the models do
    Metric("gauge", "model_generation", "Number of the newest update that was completed."),
    Metric("gauge", "model_labels", "Labels that its members learned from."),
    Metric(
        "gauge",
        "model_error",
        "Mean absolute error of the newest models on held-out molecules, in the property's unit.",
        labels=("property", "level", "unit"),
    ),
    Metric(
        "gauge",
        "model_coverage_ratio",
        "Part of the molecules that models chose last whose values lay within the predicted 90 % "
        "interval.",
        "ratio",
        ("property", "level"),
    ),
    Metric(
        "gauge",
        "model_coverage_molecules",
        "How many molecules tell that, 100 at most.",
        labels=("property", "level"),
    ),
    Metric(
        "gauge",
        "model_strange_molecules",
        "How many of these were strange to the models, whose spread said that they knew nothing.",
        labels=("property", "level"),
    ),
    Metric(
        "gauge",
        "model_trained_timestamp_seconds",
        "When the newest member was trained, by the clock of steering.",
        "seconds",
    ),
    Metric("gauge", "update_stage", "1 for what the models do now.", labels=("stage",)),
    Metric("gauge", "update_progress_ratio", "Part of this stage that is done.", "ratio"),
    # Where the tasks are
    Metric("gauge", "slots", "Tasks that can run at the same time.", labels=("topic",)),
    Metric(
        "gauge",
        "tasks_in_flight",
        "Tasks that were published and have not been settled.",
        labels=("topic",),
    ),
    Metric("gauge", "queue_depth", "Messages in the queue that no worker has.", labels=("topic",)),
    Metric(
        "gauge",
        "oldest_task_seconds",
        "Age of the task that was published first and has not been settled.",
        "seconds",
        labels=("topic",),
    ),
    Metric("counter", "tasks", "Tasks that were settled.", labels=("topic", "outcome")),
    Metric(
        "counter",
        "tasks_republished",
        "Messages that were lost on the way and sent again.",
        labels=("topic",),
    ),
    Metric(
        "counter",
        "task_starts_repeated",
        "Starts of settled tasks beyond their first.",
        labels=("topic",),
    ),
    Metric("gauge", "dead_letters", "Messages that nobody could read, put aside."),
    Metric(
        "histogram",
        "task_wait_seconds",
        "From the publishing of a task to its start.",
        "seconds",
        ("topic",),
        _LONG,
    ),
    Metric(
        "histogram",
        "task_run_seconds",
        "From the start of a task to its end.",
        "seconds",
        ("topic",),
        _LONG,
    ),
    Metric(
        "histogram",
        "task_report_seconds",
        "From the end of the work until its outcome is stored in Redis.",
        "seconds",
        ("topic",),
        _SHORT,
    ),
    Metric(
        "histogram",
        "task_settle_seconds",
        "From there until it is settled in the ledger.",
        "seconds",
        ("topic",),
        _SHORT,
    ),
    Metric(
        "counter",
        "task_cpu_seconds",
        "Processor time of settled tasks.",
        "seconds",
        ("topic",),
    ),
    # Who works
    Metric("gauge", "workers", "Workers that show signs of life.", labels=("topic", "pool")),
    Metric(
        "gauge",
        "worker_processes",
        "Tasks that these workers run at the same time.",
        labels=("topic", "pool"),
    ),
    Metric(
        "gauge",
        "worker_cores",
        "Cores that these workers' tasks may use.",
        labels=("topic", "site"),
    ),
    Metric(
        "gauge",
        "worker_cpu_cores",
        "Cores that they used lately, as their processor time tells.",
        labels=("topic", "site"),
    ),
    Metric(
        "gauge",
        "worker_memory_bytes",
        "Memory that they use, all together.",
        "bytes",
        ("topic", "site"),
    ),
    Metric(
        "gauge",
        "worker_memory_largest_bytes",
        "Memory of the worker that uses most.",
        "bytes",
        ("topic", "site"),
    ),
    Metric("gauge", "worker_gpus", "GPUs that their tasks may use.", labels=("topic", "site")),
    Metric(
        "gauge",
        "worker_gpu_busy_ratio",
        "Part of the time that these GPUs computed lately.",
        "ratio",
        ("topic", "site"),
    ),
    Metric(
        "gauge",
        "worker_gpu_memory_bytes",
        "Memory of these GPUs that is in use.",
        "bytes",
        ("topic", "site"),
    ),
    Metric(
        "counter",
        "held_core_seconds",
        "Time of the cores that workers held, at work or not.",
        "seconds",
        ("topic", "site"),
    ),
    Metric(
        "counter",
        "held_gpu_seconds",
        "Time of the GPUs that workers held, at work or not.",
        "seconds",
        ("topic", "site"),
    ),
    Metric(
        "gauge",
        "cost",
        "What this cost by the prices in [costs]; absent without a price.",
        labels=("topic", "site", "currency"),
    ),
    # What it stands on
    Metric(
        "counter",
        "transfer_bytes",
        "Data of settled tasks that moved through the stores.",
        "bytes",
        ("topic", "side", "store", "operation"),
    ),
    Metric(
        "counter",
        "transfer_seconds",
        "How long that took.",
        "seconds",
        ("topic", "side", "store", "operation"),
    ),
    Metric("counter", "ledger_commits", "Transactions of the ledger in this session."),
    Metric("counter", "ledger_commit_seconds", "How long they took.", "seconds"),
    Metric("gauge", "ledger_size_bytes", "Size of the ledger, its log included.", "bytes"),
    Metric("gauge", "disk_free_bytes", "Free space of the run directory's disk.", "bytes"),
    Metric("gauge", "redis_up", "Whether Redis answered when these figures were read last."),
    Metric(
        "gauge",
        "last_settled_timestamp_seconds",
        "When the last task was settled; the beginning of the session before the first.",
        "seconds",
    ),
    Metric(
        "gauge",
        "read_timestamp_seconds",
        "When these figures were read last; older than a minute means that steering is stuck.",
        "seconds",
    ),
    Metric("counter", "read_errors", "Readings that failed; the figures before them stay."),
)

BY_NAME = MappingProxyType({metric.name: metric for metric in METRICS})
