"""For each alert, series that fire it and series that do not, as `promtool` takes them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

Series = Mapping[str, str]
"""Values in promtool's notation, one a minute, by series."""

_C = 'campaign="c"'
_S = 'campaign="c", topic="simulate"'


@dataclass(frozen=True, slots=True)
class Case:
    """One alert.

    Attributes:
        at: When it is looked at, in promtool's notation.
        bad: What has to fire it by then.
        good: What must not, and differs as little as can be.
    """

    at: str
    bad: Series
    good: Series


CASES = {
    "MolsteerSteeringStuck": Case(
        "10m",
        {f"molsteer_read_timestamp_seconds{{{_C}}}": "0x10"},
        {f"molsteer_read_timestamp_seconds{{{_C}}}": "0+60x10"},
    ),
    "MolsteerSteeringGone": Case(
        "5m",
        {f'up{{job="molsteer", {_C}}}': "0x5"},
        {f'up{{job="molsteer", {_C}}}': "1 0 1x5"},
    ),
    "MolsteerNoProgress": Case(
        "60m",
        {
            f"molsteer_last_settled_timestamp_seconds{{{_C}}}": "0x60",
            f"molsteer_tasks_in_flight{{{_S}}}": "2x60",
        },
        {
            f"molsteer_last_settled_timestamp_seconds{{{_C}}}": "0x60",
            f"molsteer_tasks_in_flight{{{_S}}}": "0x60",
        },
    ),
    "MolsteerNoWorkers": Case(
        "10m",
        {
            f"molsteer_tasks_in_flight{{{_S}}}": "2x10",
            f'molsteer_workers{{{_S}, pool="default"}}': "0x10",
        },
        {
            f"molsteer_tasks_in_flight{{{_S}}}": "2x10",
            f'molsteer_workers{{{_S}, pool="default"}}': "1x10",
        },
    ),
    "MolsteerQueueStuck": Case(
        "60m",
        {
            f"molsteer_queue_depth{{{_S}}}": "2x60",
            f'molsteer_workers{{{_S}, pool="default"}}': "1x60",
            f'molsteer_tasks_total{{{_S}, outcome="ok"}}': "5x60",
            f"molsteer_oldest_task_seconds{{{_S}}}": "0+60x60",
        },
        {
            f"molsteer_queue_depth{{{_S}}}": "2x60",
            f'molsteer_workers{{{_S}, pool="default"}}': "1x60",
            f'molsteer_tasks_total{{{_S}, outcome="ok"}}': "5+1x60",
            f"molsteer_oldest_task_seconds{{{_S}}}": "0+60x60",
        },
    ),
    "MolsteerSimulatorsIdle": Case(
        "30m",
        {
            f"molsteer_task_run_seconds_sum{{{_S}}}": "0+12x30",
            f"molsteer_slots{{{_S}}}": "1x30",
            f'molsteer_workers{{{_S}, pool="default"}}': "1x30",
            f"molsteer_queue_depth{{{_S}}}": "0x30",
        },
        {
            f"molsteer_task_run_seconds_sum{{{_S}}}": "0+54x30",
            f"molsteer_slots{{{_S}}}": "1x30",
            f'molsteer_workers{{{_S}, pool="default"}}': "1x30",
            f"molsteer_queue_depth{{{_S}}}": "0x30",
        },
    ),
    "MolsteerManyFailures": Case(
        "30m",
        {
            f'molsteer_tasks_total{{{_S}, outcome="ok"}}': "0+2x30",
            f'molsteer_tasks_total{{{_S}, outcome="error"}}': "0+1x30",
        },
        {
            f'molsteer_tasks_total{{{_S}, outcome="ok"}}': "0+9x30",
            f'molsteer_tasks_total{{{_S}, outcome="error"}}': "0+1x30",
            f'molsteer_tasks_total{{{_S}, outcome="cancelled"}}': "0+9x30",
        },
    ),
    "MolsteerDeadLetters": Case(
        "2m",
        {f"molsteer_dead_letters{{{_C}}}": "1x2"},
        {f"molsteer_dead_letters{{{_C}}}": "0x2"},
    ),
    "MolsteerModelStale": Case(
        "8h",
        {
            f"molsteer_model_trained_timestamp_seconds{{{_C}}}": "1x480",
            f'molsteer_simulations_total{{{_C}, level="xtb", outcome="ok"}}': "0+1x480",
        },
        {
            f"molsteer_model_trained_timestamp_seconds{{{_C}}}": "1x480",
            f'molsteer_simulations_total{{{_C}, level="xtb", outcome="ok"}}': "9x480",
        },
    ),
    "MolsteerSpreadsTooNarrow": Case(
        "40m",
        {
            f"molsteer_model_coverage_ratio{{{_C}}}": "0.6x40",
            f"molsteer_model_coverage_molecules{{{_C}}}": "30x40",
        },
        {
            f"molsteer_model_coverage_ratio{{{_C}}}": "0.6x40",
            f"molsteer_model_coverage_molecules{{{_C}}}": "29x40",
        },
    ),
    "MolsteerRedisDown": Case(
        "5m",
        {f"molsteer_redis_up{{{_C}}}": "0x5"},
        {f"molsteer_redis_up{{{_C}}}": "1 0 1x5"},
    ),
    "MolsteerRedisMemory": Case(
        "10m",
        {
            'redis_memory_used_bytes{instance="r"}': "90x10",
            'redis_memory_max_bytes{instance="r"}': "100x10",
        },
        {
            'redis_memory_used_bytes{instance="r"}': "90x10",
            'redis_memory_max_bytes{instance="r"}': "0x10",  # without a limit
        },
    ),
    "MolsteerRedisNotWritten": Case(
        "5m",
        {'redis_aof_last_write_status{instance="r"}': "0x5"},
        {'redis_aof_last_write_status{instance="r"}': "1x5"},
    ),
    "MolsteerLedgerSlow": Case(
        "15m",
        {
            f"molsteer_ledger_commits_total{{{_C}}}": "0+10x15",
            f"molsteer_ledger_commit_seconds_total{{{_C}}}": "0+9x15",
        },
        {
            f"molsteer_ledger_commits_total{{{_C}}}": "0+10x15",
            f"molsteer_ledger_commit_seconds_total{{{_C}}}": "0+1x15",
        },
    ),
    "MolsteerDiskFull": Case(
        "5m",
        {f"molsteer_disk_free_bytes{{{_C}}}": "500000000x5"},
        {f"molsteer_disk_free_bytes{{{_C}}}": "5000000000x5"},
    ),
}
