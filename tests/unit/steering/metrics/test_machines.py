"""What machines do and cost, by topic and site, never worker by worker."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from support.made_ledgers import HIGH_IP, made_ledger
from support.redis_server import free_port

from molsteer.shared.bus.workers import WorkerInfo, WorkerUse
from molsteer.shared.settings.sections import QueueSettings
from molsteer.shared.wire.topics import Topic
from molsteer.steering.ledger.ledger import Ledger
from molsteer.steering.metrics.instruments import MOST_VALUES, Instruments
from molsteer.steering.metrics.machines import Machines
from molsteer.steering.metrics.occupancy import Occupancy
from molsteer.steering.records.findings import read_findings
from molsteer.steering.records.machines import MachineHours, machine_hours
from molsteer.steering.report.markdown import render
from molsteer.steering.settings.costs import CostsSection

pytestmark = pytest.mark.fast

NOBODY = QueueSettings(redis_url=f"redis://127.0.0.1:{free_port()}/0")
POOLS: dict[Topic, str] = {"simulate": "default", "train": "default", "infer": "default"}
COSTS = CostsSection(per_core_hour=0.02, per_gpu_hour=2.0)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with closing(made_ledger(tmp_path, HIGH_IP)) as opened:
        yield opened


def worker(node: str, cpu_s: float = 0.0, **changes: object) -> WorkerInfo:
    use = WorkerUse(cores=4, machine_cores=64, cpu_s=cpu_s, memory_bytes=1000 * (1 + int(node)))
    known: dict[str, object] = {
        **{"version": "1", "processes": 4, "topic": "simulate", "node": node, "host": "h"},
        **{"pid": 7, "python": "3.11", "site": "theta", "use": use},
    }
    return WorkerInfo.model_validate(known | changes)


def gpu_worker(node: str, busy: float) -> WorkerInfo:
    use = WorkerUse(
        cores=8,
        machine_cores=64,
        cpu_s=0.0,
        memory_bytes=5,
        gpus=2,
        gpu_busy=busy,
        gpu_memory_bytes=100,
    )
    return worker(node, topic="train", processes=1, site="", use=use)


def test_figures_are_sums_and_maxima_of_a_topic_at_a_site(ledger: Ledger) -> None:
    occupancy, instruments = Occupancy(NOBODY, POOLS, ledger), Instruments()
    machines = Machines(instruments, occupancy, COSTS)
    value = instruments.registry.get_sample_value
    theta, here = ({"topic": "simulate", "site": "theta"}, {"topic": "train", "site": "unnamed"})
    occupancy.there = [worker("1", 10.0), worker("2"), gpu_worker("3", 0.5), gpu_worker("4", 1.0)]
    machines.read(100.0)
    assert value("molsteer_worker_cores", theta) == 8
    assert value("molsteer_worker_memory_bytes", theta) == 5000
    assert value("molsteer_worker_memory_largest_bytes", theta) == 3000
    assert value("molsteer_worker_gpus", here) == 4
    assert value("molsteer_worker_gpu_busy_ratio", here) == 0.75
    assert value("molsteer_worker_gpu_memory_bytes", here) == 200
    assert value("molsteer_worker_gpu_busy_ratio", theta) is None
    occupancy.there = [worker("1", 40.0), worker("2", 5.0)]
    machines.read(110.0)
    assert value("molsteer_worker_cpu_cores", theta) == 3.0 + 0.5
    machines.read(115.0)  # nothing was measured since
    assert value("molsteer_worker_cpu_cores", theta) == 3.0 + 0.5
    assert value("molsteer_worker_gpus", here) is None


def test_a_thousand_workers_and_sites_are_few_series(ledger: Ledger) -> None:
    occupancy, instruments = Occupancy(NOBODY, POOLS, ledger), Instruments()
    occupancy.there = [worker(str(n), site=f"site-{n}") for n in range(1000)]
    occupancy.count(occupancy.there, 1.0)
    Machines(instruments, occupancy, COSTS).read(1.0)
    for metric in instruments.registry.collect():
        assert len({tuple(sample.labels.items()) for sample in metric.samples}) <= MOST_VALUES + 1


def test_hours_and_costs_are_kept_over_sessions_and_told_in_the_report(ledger: Ledger) -> None:
    with ledger.transaction():
        ledger.set_fact("costs", COSTS.model_dump(mode="json"))
    for _ in range(2):
        occupancy = Occupancy(NOBODY, POOLS, ledger)
        occupancy.count([worker("1"), gpu_worker("2", 1.0)], 1800.0)
        occupancy.count([worker("3", pool="others")], 1800.0)
        occupancy.conclude(0.0)
    hours = machine_hours(ledger)
    assert hours == [
        MachineHours("simulate", "theta", 4.0, 0.0, pytest.approx(0.08)),
        MachineHours("train", "unnamed", 8.0, 2.0, pytest.approx(4.16)),
    ]
    report = render(read_findings(ledger, "made"), "plot.png")
    assert "## Machines" in report
    assert "cost / `EUR`" in report
    assert [cell.strip() for cell in _row(report, "train").split("|")[2:-1]] == [
        *("`unnamed`", "8.00", "2.00", "4.16"),
    ]


def test_the_cores_of_one_machine_are_held_once_however_many_workers_may_use_them(
    ledger: Ledger,
) -> None:
    occupancy = Occupancy(NOBODY, POOLS, ledger)
    use = WorkerUse(cores=8, machine_cores=8, cpu_s=0.0, memory_bytes=1)
    local = [worker(str(n), topic=topic, site="", use=use) for n, topic in enumerate(POOLS)]
    elsewhere = worker("9", host="other")
    occupancy.count([*local, elsewhere], 9.0)
    held = {key: each.core_s for key, each in occupancy.held.items()}
    assert held == {
        **{(topic, "unnamed"): pytest.approx(24.0) for topic in POOLS},
        ("simulate", "theta"): 36.0,
    }


def test_a_gpu_that_a_trainer_and_an_inferencer_use_is_held_once(ledger: Ledger) -> None:
    occupancy, instruments = Occupancy(NOBODY, POOLS, ledger), Instruments()
    use = gpu_worker("1", 1.0).use
    assert use is not None
    shared = use.model_copy(update={"gpu_ids": ("GPU-a", "GPU-b")})
    alone = shared.model_copy(update={"gpu_ids": ("GPU-c", "GPU-d")})
    train, infer = (
        worker(str(number), topic=topic, site="", use=shared)
        for number, topic in enumerate(("train", "infer"))
    )
    elsewhere = worker("2", topic="infer", site="far", use=alone)
    occupancy.count([train, infer, elsewhere], 3600.0)
    occupancy.conclude(0.0)
    hours = {(each.topic, each.site): each.gpu_hours for each in machine_hours(ledger)}
    assert hours == {("train", "unnamed"): 1.0, ("infer", "unnamed"): 1.0, ("infer", "far"): 2.0}

    occupancy.there = [train, train.model_copy(update={"node": "9"})]
    Machines(instruments, occupancy, COSTS).read(0.0)
    value, here = instruments.registry.get_sample_value, {"topic": "train", "site": "unnamed"}
    assert value("molsteer_worker_gpus", here) == 2
    assert value("molsteer_worker_gpu_memory_bytes", here) == 100


def test_what_passes_counts_no_longer_than_anybody_looked(ledger: Ledger) -> None:
    occupancy = Occupancy(NOBODY, POOLS, ledger)
    occupancy.conclude(0.0)
    occupancy.there = [worker("1")]
    occupancy.conclude(30.0)
    occupancy.conclude(30.0 + 9 * 3600.0)  # steering stood still
    assert occupancy.held["simulate", "theta"].core_s == 4 * (30.0 + 60.0)


def test_without_a_price_no_cost_is_told(ledger: Ledger) -> None:
    occupancy, instruments = Occupancy(NOBODY, POOLS, ledger), Instruments()
    occupancy.count([worker("1")], 60.0)
    occupancy.conclude(0.0)
    Machines(instruments, occupancy, CostsSection()).read(0.0)
    assert "molsteer_cost" not in {
        sample.name for metric in instruments.registry.collect() for sample in metric.samples
    }
    assert [each.cost for each in machine_hours(ledger)] == [None]
    assert "cost" not in _row(render(read_findings(ledger, "made"), "plot.png"), "topic | site")


def _row(report: str, begins: str) -> str:
    machines = report[report.index("## Machines") :]
    wanted = begins.split(" | ")[0]
    return next(line for line in machines.splitlines() if line.startswith(f"| {wanted}"))
