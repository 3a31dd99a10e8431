"""Tasks that kept killing their worker are listed, shown and tried anew."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.shell_completion import ShellComplete
from click.testing import CliRunner, Result
from support.tasks import outcome_of
from support.toy_campaign import ToyCampaign, toy_plan, toy_space

from molsteer.shared.cli.main import molsteer
from molsteer.shared.errors import UserError
from molsteer.shared.wire.messages import ErrorRecord, Failed, Task
from molsteer.steering.cli.dead import dead
from molsteer.steering.control.requests import Request, drop
from molsteer.steering.errors import NotDead, RequestRefused
from molsteer.steering.loop.loop import Campaign
from molsteer.steering.records.dead_tasks import dead_tasks
from molsteer.steering.run_directory import describe
from molsteer.steering.settings.campaign import CampaignSettings

pytestmark = pytest.mark.fast

POISON = Failed(
    status="poison",
    error=ErrorRecord(code="poison", message="It began 3 times and never ended.", retryable=False),
)


@pytest.fixture
def toy(tmp_path: Path) -> ToyCampaign:
    space = toy_space(tmp_path)
    folder = tmp_path / "run"
    folder.mkdir()
    settings = CampaignSettings.model_validate({"campaign": {"space": space.folder}})
    describe(folder, settings)
    return ToyCampaign(folder, space, toy_plan(space, budget=3, slots_simulate=1, buffer=0))


@pytest.fixture
def campaign(toy: ToyCampaign) -> Campaign:
    """A campaign whose first simulation kills its workers."""
    steering = toy.steering()
    steering.step(0.0)
    report_poison(toy, toy.bus.take("simulate"))
    steering.step(0.0)
    return steering


def report_poison(toy: ToyCampaign, task: Task | None) -> None:
    assert task is not None
    toy.bus.finish(outcome_of(task).model_copy(update={"start": 4, "result": POISON}))


def run(*arguments: str | Path, error: type[UserError] | None = None) -> Result:
    result = CliRunner().invoke(dead, [str(argument) for argument in arguments])
    assert isinstance(result.exception, error) if error else result.exit_code == 0
    return result


def test_a_dead_task_is_listed_with_its_molecule_and_shown_with_its_history(
    toy: ToyCampaign, campaign: Campaign
) -> None:
    (task,) = dead_tasks(campaign.ledger)
    assert task.molecule is not None
    assert task.smiles == toy.space.smiles(task.molecule)
    assert (task.last.status, task.last.starts, task.last.worker) == ("poison", 4, "host:1")
    for part in (task.task_id, task.smiles, "4 starts", "host:1"):
        assert part in run("list", toy.folder).output
    shown = run("show", toy.folder, task.task_id).output
    assert f"{task.task_id}: poison, 4 starts" in shown
    assert "It began 3 times and never ended." in shown


def test_a_shell_completes_the_names_of_dead_tasks(toy: ToyCampaign, campaign: Campaign) -> None:
    (task,) = dead_tasks(campaign.ledger)
    shell = ShellComplete(molsteer, {}, "molsteer", "_MOLSTEER_COMPLETE")
    for command in ("show", "retry"):
        offered = shell.get_completions(["dead", command, str(toy.folder)], "simulate/")
        assert [item.value for item in offered] == [task.task_id]


def test_what_was_cancelled_before_it_began_has_no_end(toy: ToyCampaign) -> None:
    campaign = toy.steering()
    campaign.step(0.0)
    drop(toy.folder, Request(action="stop-now"))
    toy.run_to_the_end(campaign)
    drop(toy.folder, Request(action="resume"))
    campaign = toy.steering()
    campaign.step(0.0)
    report_poison(toy, toy.bus.take("simulate"))
    campaign.step(0.0)
    (task,) = dead_tasks(campaign.ledger)
    assert [attempt.status for attempt in task.attempts] == ["cancelled", "poison"]
    cancelled = run("show", toy.folder, task.task_id).output.splitlines()[1]
    assert cancelled.startswith(f"{task.attempts[0].task_id}: cancelled, 0 starts, ordered ")
    assert "ended" not in cancelled


def test_programs_get_the_same_as_json(toy: ToyCampaign, campaign: Campaign) -> None:
    (task,) = dead_tasks(campaign.ledger)
    listed = json.loads(run("list", toy.folder, "--json").output)
    shown = json.loads(run("show", toy.folder, task.task_id, "--json").output)
    assert listed == {"tasks": [shown], "unreadable_messages": []}
    assert shown["attempts"][0]["starts"] == 4


def test_where_nothing_died_that_is_said(toy: ToyCampaign) -> None:
    toy.steering()
    assert run("list", toy.folder).output == "Nothing is dead.\n"


def test_a_server_that_does_not_answer_hides_no_dead_task(
    toy: ToyCampaign, campaign: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MOLSTEER_QUEUE__REDIS_URL", "redis://127.0.0.1:1/0")
    settings = {"campaign": {"space": toy.space.folder}, "workers": {"server": "external"}}
    describe(toy.folder, CampaignSettings.model_validate(settings))
    output = run("list", toy.folder).output
    assert dead_tasks(campaign.ledger)[0].task_id in output
    assert "Unreadable messages are not known. Redis at 127.0.0.1:1/0 cannot be used" in output
    assert json.loads(run("list", toy.folder, "--json").output)["unreadable_messages"] is None


def test_a_dead_molecule_is_simulated_after_all_when_somebody_asks(
    toy: ToyCampaign, campaign: Campaign
) -> None:
    (task,) = dead_tasks(campaign.ledger)
    assert "the request counts" in run("retry", toy.folder, task.task_id).output
    toy.run_to_the_end(campaign)
    assert campaign.finished == "budget-reached"
    assert dead_tasks(campaign.ledger) == []
    assert not campaign.state.first.abandoned
    assert again(campaign, task.molecule) == [("poison",), ("ok",)]


def test_a_molecule_that_dies_again_is_listed_with_both_attempts(
    toy: ToyCampaign, campaign: Campaign
) -> None:
    (first,) = dead_tasks(campaign.ledger)
    run("retry", toy.folder, first.task_id)
    toy.work()
    campaign.step(0.0)
    campaign.step(0.0)
    report_poison(toy, toy.bus.take("simulate"))
    campaign.step(0.0)
    (task,) = dead_tasks(campaign.ledger)
    assert [attempt.task_id for attempt in task.attempts] == [first.task_id, task.task_id]


def test_what_is_not_dead_is_not_tried_anew(toy: ToyCampaign, campaign: Campaign) -> None:
    (task,) = dead_tasks(campaign.ledger)
    run("retry", toy.folder, "simulate/0/9", error=NotDead)
    run("show", toy.folder, "simulate", error=NotDead)
    run("retry", toy.folder, task.task_id, "train/1/0/1", error=NotDead)
    assert not (toy.folder / "requests").exists()


def test_only_simulations_are_tried_anew(toy: ToyCampaign) -> None:
    toy.plan = toy_plan(toy.space, first_training_after=1)
    steering = toy.steering()
    while (training := toy.bus.take("train")) is None:
        toy.work()
        steering.step(0.0)
    report_poison(toy, training)
    steering.step(0.0)
    (task,) = dead_tasks(steering.ledger)
    assert (task.topic, task.smiles) == ("train", None)
    run("retry", toy.folder, task.task_id, error=RequestRefused)


def again(campaign: Campaign, molecule: int | None) -> list[tuple[str]]:
    rows = campaign.ledger.connection.execute(
        "SELECT status FROM task WHERE task_id LIKE ? ORDER BY rowid", (f"simulate/{molecule}/%",)
    )
    return [tuple(row) for row in rows]
