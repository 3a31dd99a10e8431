"""Figures say what the ledger says, also after a pause, without Redis, and with a wrong clock."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.redis_server import free_port
from support.toy_campaign import BUDGET, ToyCampaign, toy_plan, toy_space

from molsteer.shared.settings.sections import QueueSettings
from molsteer.shared.wire.messages import ErrorRecord, Task
from molsteer.steering.loop.loop import Campaign
from molsteer.steering.metrics import reading as readings
from molsteer.steering.metrics.instruments import Instruments
from molsteer.steering.metrics.reading import READ_EVERY_S, Reading
from molsteer.steering.records.judging.updates import read_beliefs

pytestmark = pytest.mark.fast

NOBODY = QueueSettings(redis_url=f"redis://127.0.0.1:{free_port()}/0")


def _fails(task: Task) -> ErrorRecord | None:
    """Let the first attempt at every fifth molecule fail."""
    first = task.topic == "simulate" and task.attempt == 1
    if first and int(task.task_id.split("/")[1]) % 5 == 0:
        return ErrorRecord(code="made-up", message="It fails.", retryable=True)
    return None


@pytest.fixture
def toy(tmp_path: Path) -> Iterator[tuple[ToyCampaign, Campaign]]:
    space = toy_space(tmp_path)
    aims = {"objective": [{"hit_above": 0.5}]}
    toy = ToyCampaign(tmp_path / "run", space, toy_plan(space), fails=_fails, aims=aims)
    (tmp_path / "run").mkdir()
    campaign = toy.steering()
    yield toy, campaign
    campaign.ledger.close()


def _reading(toy: ToyCampaign, campaign: Campaign) -> Reading:
    pools = {"simulate": "default", "train": "default", "infer": "default"}
    return Reading(Instruments(), campaign.ledger, toy.folder, NOBODY, pools)  # type: ignore[arg-type]


def _value(reading: Reading, name: str, **labels: str) -> float | None:
    return reading.instruments.registry.get_sample_value(f"molsteer_{name}", labels)


def test_every_task_is_counted_once_whenever_it_is_looked_at(
    toy: tuple[ToyCampaign, Campaign],
) -> None:
    watched, campaign = toy
    often = _reading(watched, campaign)
    now = 0.0
    while not campaign.finished:
        campaign.step(0.0)
        watched.work()
        now += 2 * READ_EVERY_S
        often.read_when_due(campaign.state, now)
    often.read_when_due(campaign.state, now + 2 * READ_EVERY_S)
    once = _reading(watched, campaign)
    once.read_when_due(campaign.state, now)
    for reading in (often, once):
        assert _value(reading, "simulations_total", level="xtb", outcome="ok") == BUDGET
        failed = _value(reading, "failures_total", topic="simulate", reason="made-up")
        assert failed == _value(reading, "simulations_total", level="xtb", outcome="error")
        assert failed
        runs = _value(reading, "task_run_seconds_count", topic="simulate")
        assert runs == BUDGET + failed
        assert _value(reading, "model_generation") == campaign.state.model
        assert _value(reading, "budget_simulations", level="xtb") == BUDGET
        assert _value(reading, "read_errors_total") == 0
        where = {"property": "adiabatic_ionization_potential", "level": "xtb"}
        covered = _value(reading, "model_coverage_ratio", **where)
        judged = _value(reading, "model_coverage_molecules", **where)
        assert covered is not None
        assert judged is not None
        assert covered * judged == pytest.approx(round(covered * judged))
        (strange,) = (belief.strange for belief in read_beliefs(campaign.ledger, 100))
        assert _value(reading, "model_strange_molecules", **where) == strange


def test_without_redis_the_rest_is_read(toy: tuple[ToyCampaign, Campaign]) -> None:
    watched, campaign = toy
    reading = _reading(watched, campaign)
    reading.read_when_due(campaign.state, 100.0)
    assert _value(reading, "redis_up") == 0.0
    assert _value(reading, "read_timestamp_seconds") == 100.0


def test_figures_are_read_again_when_the_clock_was_set_back(
    toy: tuple[ToyCampaign, Campaign],
) -> None:
    watched, campaign = toy
    reading = _reading(watched, campaign)
    reading.read_when_due(campaign.state, 1000.0)
    reading.read_when_due(campaign.state, 1001.0)
    assert _value(reading, "read_timestamp_seconds") == 1000.0
    reading.read_when_due(campaign.state, 10.0)
    assert _value(reading, "read_timestamp_seconds") == 10.0


def test_a_ledger_that_cannot_be_read_changes_no_figure(
    toy: tuple[ToyCampaign, Campaign], monkeypatch: pytest.MonkeyPatch
) -> None:
    watched, campaign = toy
    watched.run_to_the_end(campaign)
    reading = _reading(watched, campaign)
    reading.read_when_due(campaign.state, 100.0)
    before = _value(reading, "simulations_total", level="xtb", outcome="ok")

    def refuse(*_: object) -> None:
        raise OSError("no disk")

    monkeypatch.setattr("molsteer.steering.metrics.reading.ended_since", refuse)
    reading.read_when_due(campaign.state, 200.0)
    assert _value(reading, "simulations_total", level="xtb", outcome="ok") == before
    assert _value(reading, "read_errors_total") == 1
    assert _value(reading, "read_timestamp_seconds") == 100.0


def test_a_comparison_that_takes_long_is_made_seldom(
    toy: tuple[ToyCampaign, Campaign], monkeypatch: pytest.MonkeyPatch
) -> None:
    watched, campaign = toy
    asked = list[float]()
    clock = itertools.count(step=0.5)  # each comparison seems to take half a second
    monkeypatch.setattr(readings.time, "perf_counter", lambda: next(clock))
    monkeypatch.setattr(readings, "advantages", lambda _: asked.append(1.0) or ())
    figures = _reading(watched, campaign)
    for now in range(0, 1_000, 50):
        figures.read_when_due(campaign.state, 1_000.0 + now)
    assert 5 <= len(asked) <= 12  # of 20 readings
