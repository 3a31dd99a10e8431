"""Every command with data prints it as JSON, and the reference tells every field."""

from __future__ import annotations

import json
import re
import runpy
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from support.tasks import outcome_of
from support.toy_campaign import ToyCampaign, toy_plan, toy_space
from support.toy_site import ToySite

from molsteer.shared.cli.main import molsteer
from molsteer.shared.wire.messages import ErrorRecord, Failed
from molsteer.steering.records.dead_tasks import dead_tasks
from molsteer.steering.run_directory import describe
from molsteer.steering.settings.campaign import CampaignSettings

pytestmark = pytest.mark.fast

SCRIPT = runpy.run_path(str(Path(__file__).parents[2] / "scripts" / "write_command_reference.py"))
OUTPUTS: dict[str, dict[str, str]] = SCRIPT["json_outputs"]()
LEAVES: dict[str, click.Command] = dict(SCRIPT["leaves"](molsteer))
POISON = Failed(
    status="poison",
    error=ErrorRecord(code="poison", message="It began and never ended.", retryable=False),
)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A site that is up, without any block."""
    toys = ToySite(tmp_path_factory.mktemp("site"))
    toys.write()
    toys.deployment.up()
    yield toys.profile
    toys.end()


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory, site: Path) -> dict[str, str]:
    """An ended campaign with a dead task, a search space, and a site."""
    folder = tmp_path_factory.mktemp("campaign")
    space = toy_space(folder)
    toy = ToyCampaign(folder / "run", space, toy_plan(space))
    toy.folder.mkdir()
    describe(toy.folder, CampaignSettings.model_validate({"campaign": {"space": space.folder}}))
    campaign = toy.steering()
    campaign.step(0.0)
    task = toy.bus.take("simulate")
    assert task is not None
    toy.bus.finish(outcome_of(task).model_copy(update={"start": 4, "result": POISON}))
    toy.run_to_the_end(campaign)
    campaign.dispatching.retire()
    settings = folder / "campaign.toml"
    settings.write_text('[campaign]\nspace = "space"\n[notify]\ncommand = "true"\n')
    return {
        "CAMPAIGN": str(settings),
        "RUN_DIR": str(toy.folder),
        "RUN_DIR...": str(toy.folder),
        "FOLDER": str(space.folder),
        "TASK_ID": dead_tasks(campaign.ledger)[0].task_id,
        "SOURCES": str(folder / "molecules.smi"),
        "MOLECULE...": "C",
        "NAME": str(site),
    }


def arguments(call: str, places: dict[str, str], tmp_path: Path) -> Iterator[str]:
    name, *options = call.split(" --")
    words = name.split()[1:]
    yield from words
    command = LEAVES[name]
    yield from (
        places[str(parameter.human_readable_name)]
        for parameter in command.params
        if isinstance(parameter, click.Argument) and parameter.required
    )
    yield from (f"--{option}" for option in options)
    if words in (["export"], ["space", "build"]):
        yield from ("-o", str(tmp_path / "made"))
    if words == ["plan"]:
        yield from (places["CAMPAIGN"], "--repeats", "1", "--budget", "5")
        yield from ("--simulate-s", "1", "--train-s", "1", "--infer-s", "1")
    if words == ["trace"]:
        yield places["TASK_ID"]
    if words == ["list"]:
        yield str(Path(places["RUN_DIR"]).parent)
    if words == ["doctor"]:
        yield from ("--only", "python")


def fields(document: object, path: str = "") -> Iterator[str]:
    """Go through the fields of a document as the reference writes them."""
    match document:
        case dict():
            for name, value in document.items():
                yield f"{path}.{name}"
                yield from fields(value, f"{path}.{name}")
        case list():
            for value in document:
                yield from fields(value, f"{path}[]")


def told(call: str) -> re.Pattern[str]:
    """Match the fields that are told, and whatever is below one of which no more is told."""
    paths = [path if path[0] in ".[" else f".{path}" for path in OUTPUTS[call]]
    paths += {path[: name.end()] for path in paths for name in re.finditer("NAME", path)}
    patterns = []
    for path in paths:
        is_last = not any(other.startswith((f"{path}.", f"{path}[")) for other in paths)
        known = re.escape(path).replace("NAME", r"[^.\[]+")
        patterns.append(known + (r"([.\[].*)?" if is_last else ""))
    return re.compile("|".join(patterns))


def test_every_command_that_prints_json_is_documented() -> None:
    with_json = {
        name
        for name, command in LEAVES.items()
        if any("--json" in parameter.opts for parameter in command.params)
    }
    assert with_json == {call.split(" --")[0] for call in OUTPUTS if call.endswith("--json")}
    assert len(with_json) >= 10


@pytest.mark.parametrize("call", OUTPUTS)
def test_a_command_prints_one_document_with_the_fields_that_are_told(
    call: str, places: dict[str, str], tmp_path: Path
) -> None:
    done = CliRunner().invoke(molsteer, list(arguments(call, places, tmp_path)))
    assert done.exit_code == 0, done.output
    document = json.loads(done.stdout)
    assert document
    assert [field for field in fields(document) if not told(call).fullmatch(field)] == []
