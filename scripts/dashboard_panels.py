"""The pictures of Grafana's dashboards: each answers a question of a campaign's owner."""

from __future__ import annotations

from grafana_panel import Panel

_OF = 'campaign=~"$campaign"'

CAMPAIGN = (
    Panel(
        "Best value",
        "Is it finding anything?",
        [(f"molsteer_best_value{{{_OF}}}", "{{property}} / {{unit}} ({{level}})")],
    ),
    Panel(
        "Hits, and as many expected at random",
        "Is it better than chance?",
        [
            (f"molsteer_hits{{{_OF}}}", "{{property}} found"),
            (f"molsteer_hits_expected_from_random{{{_OF}}}", "{{property}} at random"),
        ],
    ),
    Panel(
        "Times better than random",
        "How much better than chance, and how sure is that?",
        [(f"molsteer_times_better_than_random{{{_OF}}}", "{{property}}, {{end}}")],
    ),
    Panel(
        "Budget used",
        "How far is it?",
        [
            (
                f'sum by (level) (molsteer_simulations_total{{{_OF},outcome="ok"}})'
                f" / on (level) sum by (level) (molsteer_budget_simulations{{{_OF}}})",
                "{{level}}",
            )
        ],
        unit="percentunit",
        kind="bargauge",
        width=6,
    ),
    Panel(
        "Simulations",
        "How fast is it, and how many fail?",
        [
            (
                "60 * sum by (outcome) "
                f"(rate(molsteer_simulations_total{{{_OF}}}[$__rate_interval]))",
                "{{outcome}} per minute",
            )
        ],
        width=10,
    ),
    Panel(
        "Error of the models",
        "Do the models learn?",
        [(f"molsteer_model_error{{{_OF}}}", "{{property}} / {{unit}} ({{level}})")],
    ),
    Panel(
        "Within the predicted 90 %",
        "Can the models' spreads be believed, and do they choose what is strange to them?",
        [
            (f"molsteer_model_coverage_ratio{{{_OF}}}", "{{property}} ({{level}})"),
            (
                f"molsteer_model_strange_molecules{{{_OF}}}"
                f" / molsteer_model_coverage_molecules{{{_OF}}}",
                "strange: {{property}} ({{level}})",
            ),
        ],
        unit="percentunit",
    ),
    Panel(
        "Candidates",
        "Are there molecules to choose from, and are they fresh?",
        [(f"molsteer_candidates{{{_OF}}}", "{{line}}")],
    ),
    Panel(
        "Models",
        "Which model chooses, and what do the models do now?",
        [
            (f"molsteer_model_generation{{{_OF}}}", "generation"),
            (f"molsteer_update_stage{{{_OF}}}", "{{stage}}"),
        ],
    ),
    Panel(
        "Age of the model",
        "How old is what it chooses by?",
        [(f"time() - molsteer_model_trained_timestamp_seconds{{{_OF}}}", "age")],
        unit="s",
    ),
)

MACHINES = (
    Panel(
        "Busy share of the slots",
        "Are the expensive nodes busy?",
        [(f"molsteer:slots_busy:ratio5m{{{_OF}}}", "{{topic}}")],
        unit="percentunit",
    ),
    Panel(
        "Cores that compute",
        "Do the cores that are paid for compute?",
        [
            (
                f"molsteer_worker_cpu_cores{{{_OF}}} / molsteer_worker_cores{{{_OF}}}",
                "{{topic}} at {{site}}",
            )
        ],
        unit="percentunit",
    ),
    Panel(
        "Cost",
        "What did it cost?",
        [
            (
                f"sum by (currency) (molsteer_cost{{{_OF}}})",
                "all / {{currency}}",
            ),
            (
                f"sum by (currency) (molsteer_cost{{{_OF}}}) / on () group_left () (sum("
                f'molsteer_simulations_total{{{_OF},outcome="ok"}}) > 0)',
                "each simulation / {{currency}}",
            ),
        ],
    ),
    Panel(
        "Workers",
        "Who is there?",
        [
            (f"molsteer_workers{{{_OF}}}", "{{topic}} in {{pool}}"),
            (f"molsteer_worker_gpus{{{_OF}}} > 0", "GPUs of {{topic}} at {{site}}"),
        ],
    ),
    Panel(
        "GPUs that compute",
        "Are the expensive GPUs busy?",
        [(f"molsteer_worker_gpu_busy_ratio{{{_OF}}}", "{{topic}} at {{site}}")],
        unit="percentunit",
    ),
    Panel(
        "Hours of cores and GPUs held",
        "What did it take?",
        [
            (f"molsteer_held_core_seconds_total{{{_OF}}} / 3600", "{{topic}} at {{site}}, cores"),
            (
                f"sum by (topic) (molsteer_task_cpu_seconds_total{{{_OF}}}) / 3600",
                "{{topic}}, computed",
            ),
            (
                f"molsteer_held_gpu_seconds_total{{{_OF}}} / 3600 > 0",
                "{{topic}} at {{site}}, GPUs",
            ),
        ],
        unit="h",
    ),
    Panel(
        "Memory of the workers",
        "Does the memory last?",
        [
            (f"molsteer_worker_memory_bytes{{{_OF}}}", "{{topic}} at {{site}}, all"),
            (f"molsteer_worker_memory_largest_bytes{{{_OF}}}", "{{topic}} at {{site}}, largest"),
            (f"molsteer_worker_gpu_memory_bytes{{{_OF}}} > 0", "{{topic}} at {{site}}, of GPUs"),
        ],
        unit="bytes",
    ),
    Panel(
        "Run time of tasks, 95 %",
        "How long do tasks take?",
        [
            (
                "histogram_quantile(0.95, sum by (le, topic) "
                f"(rate(molsteer_task_run_seconds_bucket{{{_OF}}}[5m])))",
                "{{topic}}",
            )
        ],
        unit="s",
    ),
    Panel(
        "Starts that were repeated",
        "Do workers die with their tasks?",
        [(f"sum by (topic) (molsteer_task_starts_repeated_total{{{_OF}}})", "{{topic}}")],
    ),
    Panel(
        "Ledger",
        "Is steering's disk quick enough?",
        [
            (
                f"rate(molsteer_ledger_commit_seconds_total{{{_OF}}}[$__rate_interval])"
                f" / rate(molsteer_ledger_commits_total{{{_OF}}}[$__rate_interval])",
                "seconds for each commit",
            )
        ],
        unit="s",
        width=12,
    ),
    Panel(
        "Room on the disk",
        "How long does the disk last?",
        [
            (f"molsteer_disk_free_bytes{{{_OF}}}", "free"),
            (f"molsteer_ledger_size_bytes{{{_OF}}}", "ledger"),
        ],
        unit="bytes",
        width=12,
    ),
)

PIPELINE = (
    Panel(
        "Tasks in flight",
        "Where is the work?",
        [(f"molsteer_tasks_in_flight{{{_OF}}}", "{{topic}}")],
    ),
    Panel(
        "Messages that wait",
        "What waits for a worker?",
        [(f"molsteer_queue_depth{{{_OF}}}", "{{topic}}")],
    ),
    Panel(
        "Oldest task",
        "What is stuck?",
        [(f"molsteer_oldest_task_seconds{{{_OF}}}", "{{topic}}")],
        unit="s",
    ),
    Panel(
        "Wait for a worker, median",
        "How long do tasks wait?",
        [
            (
                "histogram_quantile(0.5, sum by (le, topic) "
                f"(rate(molsteer_task_wait_seconds_bucket{{{_OF}}}[5m])))",
                "{{topic}}",
            )
        ],
        unit="s",
    ),
    Panel(
        "From the end of the work to the ledger, 95 %",
        "How fast does steering react?",
        [
            (
                "histogram_quantile(0.95, sum by (le) "
                f"(rate(molsteer_task_report_seconds_bucket{{{_OF}}}[5m])))",
                "report",
            ),
            (
                "histogram_quantile(0.95, sum by (le) "
                f"(rate(molsteer_task_settle_seconds_bucket{{{_OF}}}[5m])))",
                "settle",
            ),
        ],
        unit="s",
    ),
    Panel(
        "Data through the stores",
        "What moves?",
        [
            (
                "sum by (topic, store, operation) "
                f"(rate(molsteer_transfer_bytes_total{{{_OF}}}[$__rate_interval]))",
                "{{topic}}: {{operation}} {{store}}",
            )
        ],
        unit="Bps",
    ),
    Panel(
        "Tasks that ended",
        "What fails?",
        [(f"sum by (topic, outcome) (molsteer_tasks_total{{{_OF}}})", "{{topic}} {{outcome}}")],
        kind="stat",
        width=12,
    ),
    Panel(
        "Lost on the way",
        "Does the line hold?",
        [
            (f"sum by (topic) (molsteer_tasks_republished_total{{{_OF}}})", "{{topic}} sent again"),
            (f"molsteer_dead_letters{{{_OF}}}", "dead letters"),
        ],
        kind="stat",
        width=12,
    ),
)

DASHBOARDS = {"campaign": CAMPAIGN, "machines": MACHINES, "pipeline": PIPELINE}
