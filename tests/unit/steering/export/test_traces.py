"""The paths of tasks, as text, as a file for Perfetto, and for a collector of OpenTelemetry."""

from __future__ import annotations

import os
import tracemalloc
from contextlib import closing
from pathlib import Path

import pytest
from support.toy_campaign import ToyCampaign, toy_plan, toy_space
from support.trace_format import read_trace
from support.web_server import web_server

from molsteer.shared.errors import ServiceUnavailable
from molsteer.shared.wire.messages import ErrorRecord, Failed, Outcome, Task
from molsteer.shared.wire.stage import Stage
from molsteer.steering.errors import UnknownTask
from molsteer.steering.export.traces.timeline import timeline
from molsteer.steering.export.traces.tracing import attempts, send_traces, write_trace
from molsteer.steering.ledger import tasks
from molsteer.steering.ledger.ledger import Ledger
from molsteer.steering.policy.commands import DispatchSimulation
from molsteer.steering.records.traces.finding import find_tasks

pytestmark = pytest.mark.fast

BROKEN = ErrorRecord(code="scf-failed", message="No density.", retryable=True)
STAGES = (
    Stage(name="embedding", after_s=0.25, duration_s=0.5),
    Stage(name="neutral relaxation", after_s=0.75, duration_s=2.0),
    Stage(name="inner", after_s=1.0, duration_s=0.5),
    Stage(name="cation relaxation", after_s=2.75, duration_s=100.0),
)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> ToyCampaign:
    """Give a campaign that has ended, in which the first attempts at a molecule fail."""
    space = toy_space(tmp_path_factory.mktemp("space"))
    failed = set[str]()

    def fails(task: Task) -> ErrorRecord | None:
        if task.body.kind != "simulate" or task.attempt > 1 or len(failed) > 2:
            return None
        failed.add(task.task_id)
        return BROKEN

    toy = ToyCampaign(tmp_path_factory.mktemp("run"), space, toy_plan(space), fails=fails)
    toy.run_to_the_end(toy.steering())
    return toy


@pytest.fixture
def one(tmp_path: Path) -> Path:
    """Give a run directory with one simulation, whose stages are known."""
    with closing(Ledger(tmp_path, create=True)) as ledger:
        settle(ledger, DispatchSimulation(7, "xtb"))
    return tmp_path


def settle(ledger: Ledger, command: DispatchSimulation) -> None:
    outcome = Outcome(
        campaign="toy",
        task_id=command.task_id,
        attempt=1,
        start=2,
        worker="node-7:4321",
        started_at=1010.0,
        ended_at=1015.0,
        reported_at=1015.5,
        cpu_s=4.5,
        stages=STAGES,
        result=Failed(status="error", error=BROKEN),
    )
    with ledger.transaction():
        tasks.order(ledger, command, 1000.0)
        tasks.dispatched(ledger, command.task_id, 1002.0, sent_bytes=100)
        tasks.settle(ledger, outcome, BROKEN, 1016.0, received_bytes=0)


def test_a_timeline_tells_where_the_time_of_a_task_went(one: Path) -> None:
    (path,) = attempts(one, "7")
    title, asked, *lines = timeline(path)
    assert title == "simulate/7/xtb/1: error after 16.000 s"
    assert asked.startswith("  asked for at 19")
    assert [" ".join(line.split()) for line in lines[:8]] == [
        "+0.000 waiting to be sent 2.000 s",
        "+2.000 queued 8.000 s",
        "+10.000 work by node-7:4321 5.000 s",
        "+10.250 embedding 0.500 s",
        "+10.750 neutral relaxation 2.000 s",
        "+11.000 inner 0.500 s",
        "+12.750 cation relaxation 2.250 s",  # it cannot last longer than the work
        "+15.000 storing and reporting 0.500 s",
    ]
    assert "    inner" in lines[5]
    assert lines[-1] == "  scf-failed: No density."
    assert any("2 times" in line for line in lines)


def test_all_attempts_at_a_molecule_are_found_by_any_name_of_it(whole: ToyCampaign) -> None:
    with closing(whole.open_ledger()) as ledger:
        (smiles, molecule) = ledger.connection.execute(
            "SELECT smiles, molecule FROM result WHERE task_id LIKE '%/2' LIMIT 1"
        ).fetchone()
        wanted = [f"simulate/{molecule}/xtb/{attempt}" for attempt in (1, 2)]
        names = (str(molecule), f"simulate/{molecule}", f"simulate/{molecule}/xtb", *wanted, smiles)
        for said in names:
            assert find_tasks(ledger, said) == wanted
        backwards = f"{smiles[-1]}{smiles[:-1]}" if smiles[-1] in "ONFS" else smiles
        assert find_tasks(ledger, backwards) == wanted
    first, second = attempts(whole.folder, smiles)
    assert (first.status, second.status) == ("error", "ok")
    assert first.smiles == second.smiles == smiles


@pytest.mark.parametrize("said", ["99999", "simulate/99999", "CCCCCC(Br)I", "no such", "train/77"])
def test_what_is_not_there_is_told(whole: ToyCampaign, said: str) -> None:
    with closing(whole.open_ledger()) as ledger, pytest.raises(UnknownTask, match="no task"):
        find_tasks(ledger, said)


def test_what_may_be_several_things_is_asked_back(whole: ToyCampaign) -> None:
    with closing(whole.open_ledger()) as ledger:
        with pytest.raises(UnknownTask, match=r"may be train/1/0, train/1/1"):
            find_tasks(ledger, "train/1")
        assert find_tasks(ledger, "train/1/0") == ["train/1/0/1"]


def test_a_whole_campaign_is_a_trace_that_viewers_can_draw(
    whole: ToyCampaign, tmp_path: Path
) -> None:
    file = tmp_path / "trace.json"
    count = write_trace(whole.folder, file)
    events = read_trace(file)
    with closing(whole.open_ledger()) as ledger:
        (tasks_run,) = ledger.connection.execute(
            "SELECT count(*) FROM task WHERE started_at IS NOT NULL"
        ).fetchone()
        (all_tasks,) = ledger.connection.execute("SELECT count(*) FROM task").fetchone()
    drawn = [event for event in events if event["ph"] == "X"]
    assert sum(event["cat"] in {"simulate", "train", "infer"} for event in drawn) == tasks_run
    assert count == all_tasks
    assert any(event["name"] == "update 1" and event["args"]["tasks"] > 1 for event in drawn)
    assert [path.name for path in tmp_path.iterdir()] == ["trace.json"]


def test_stages_are_drawn_within_their_task(one: Path, tmp_path: Path) -> None:
    file = tmp_path / "trace.json"
    write_trace(one, file, "7")
    drawn = {event["name"]: event for event in read_trace(file) if event["ph"] == "X"}
    whole = drawn["simulate/7/xtb/1"]
    assert whole["args"]["status"] == "error"
    assert (whole["ts"], whole["dur"]) == (1_010_000_000, 5_500_000)
    assert drawn["neutral relaxation"]["tid"] == whole["tid"]


def test_a_trace_of_many_tasks_needs_little_memory(one: Path, tmp_path: Path) -> None:
    with closing(Ledger(one)) as ledger, ledger.transaction() as connection:
        connection.execute(
            "WITH RECURSIVE n (k) AS (SELECT 1 UNION ALL SELECT k + 1 FROM n WHERE k < 20000)"
            " INSERT INTO task (task_id, topic, command, state, status, created_at, dispatched_at,"
            " started_at, ended_at, reported_at, settled_at, starts, worker)"
            " SELECT 'simulate/' || (100 + k) || '/xtb/1', 'simulate', '{}', 'settled', 'ok', k,"
            " k, k, k + 0.5, k + 0.6, k + 1, 1, 'node:' || (k % 50) FROM n"
        )
        connection.execute(
            "INSERT INTO stages SELECT task_id, json('[[\"all\", 0, 1]]') FROM task"
            " WHERE task_id <> 'simulate/7/xtb/1'"
        )
    tracemalloc.start()
    try:
        assert write_trace(one, tmp_path / "trace.json") == 20_001
        _, peak_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert (tmp_path / "trace.json").stat().st_size > 10_000_000
    assert peak_bytes < 1_000_000


def test_a_ledger_from_before_there_were_stages_still_tells_its_paths(one: Path) -> None:
    with closing(Ledger(one)) as ledger, ledger.transaction() as connection:
        connection.execute("DROP TABLE stages")
    (path,) = attempts(one, "7")
    assert (path.status, path.stages) == ("error", ())
    with closing(Ledger(one)) as ledger:
        settle(ledger, DispatchSimulation(8, "xtb"))
    (path,) = attempts(one, "8")
    assert [stage.name for stage in path.stages] == [stage.name for stage in STAGES]


def _need_opentelemetry() -> None:
    if "CI" not in os.environ:
        pytest.importorskip("opentelemetry.exporter.otlp.proto.http")


def test_a_collector_gets_all_attempts_as_one_trace(whole: ToyCampaign, one: Path) -> None:
    _need_opentelemetry()
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

    with web_server() as received:
        assert send_traces(one, received.url, "7") == 1
        assert send_traces(whole.folder, received.url) > 24
    sent = []
    for path, body in received.requests:
        assert path == "/v1/traces"
        sent.append(ExportTraceServiceRequest.FromString(body))
    (first,) = sent[0].resource_spans
    assert ("service.name", "molsteer") in {
        (each.key, each.value.string_value) for each in first.resource.attributes
    }
    spans = {span.name: span for span in first.scope_spans[0].spans}
    root, relaxation = spans["simulate/7/xtb/1"], spans["neutral relaxation"]
    assert (root.parent_span_id, root.status.message) == (b"", "scf-failed")
    assert relaxation.parent_span_id == spans["work"].span_id
    assert spans["inner"].parent_span_id == relaxation.span_id
    assert spans["work"].parent_span_id == root.span_id
    assert relaxation.start_time_unix_nano == 1_010_750_000_000
    roots = {
        span.name: span.trace_id
        for request in sent[1:]
        for resource in request.resource_spans
        for scope in resource.scope_spans
        for span in scope.spans
        if not span.parent_span_id
    }
    again = next(name for name in roots if name.startswith("simulate") and name.endswith("/2"))
    assert roots[again] == roots[f"{again[:-1]}1"]
    assert len(set(roots.values())) == len({name.rpartition("/")[0] for name in roots})


def test_a_collector_that_refuses_is_told_without_its_secrets(one: Path) -> None:
    _need_opentelemetry()
    with web_server(status=403) as received:
        url = received.url.replace("http://", "http://me:secret@") + "/private/v1/traces"
        with pytest.raises(ServiceUnavailable, match="did not take the traces") as raised:
            send_traces(one, url)
    assert "secret" not in str(raised.value)
    assert "private" not in str(raised.value)
