"""Habits of molecular-design that no other test shows to be absent; all are in `README.md`."""

from __future__ import annotations

import ast
import dataclasses
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from inspect import cleandoc
from pathlib import Path

import pytest

from molsteer.steering.policy.state import State
from molsteer.steering.run_directory import describe
from molsteer.steering.settings.campaign import CampaignSettings

pytestmark = pytest.mark.fast

ROOT = Path(__file__).parents[2]
SOURCES = sorted([*ROOT.glob("shared/molsteer/**/*.py"), *ROOT.glob("services/*/molsteer/**/*.py")])
SHARED_STATE = {"Lock", "RLock", "Event", "Semaphore", "Barrier", "Condition", "Timer"}


def nodes(folder: str = "") -> Iterator[tuple[str, ast.AST]]:
    """Go through the product's code, each piece with its place."""
    for path in SOURCES:
        if folder in str(path):
            for node in pieces(path):
                yield f"{path.relative_to(ROOT)}:{getattr(node, 'lineno', 0)}", node


@cache
def pieces(path: Path) -> list[ast.AST]:
    return list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))


def test_the_state_of_a_campaign_is_one_value_that_nothing_changes(tmp_path: Path) -> None:
    (first, *_) = dataclasses.fields(State)
    source = tmp_path / "change.py"
    source.write_text(
        f"from {State.__module__} import State\n"
        f"def change(state: State, other: State) -> None: state.{first.name} = other.{first.name}\n"
    )
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--config-file", ROOT / "pyproject.toml", source],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert f'Property "{first.name}" defined in "State" is read-only' in done.stdout
    assert "Found 1 error" in done.stdout


def test_steering_has_no_locks_and_events_between_threads() -> None:
    assert not [
        place
        for place, node in nodes("molsteer/steering")
        if "/dashboard/" not in place  # which answers several visitors, and steers nothing
        if isinstance(node, ast.Attribute) and node.attr in SHARED_STATE
        if isinstance(node.value, ast.Name) and node.value.id in {"threading", "multiprocessing"}
    ]


def test_steering_loads_neither_networks_nor_chemistry_engines() -> None:
    heavy = ("torch", "torch_geometric", "qcengine", "tblite", "xtb", "tensorflow")
    code = f"import sys, molsteer.steering.app; print([n for n in {heavy} if n in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=240, check=True
    )
    assert done.stdout.strip() == "[]"


def test_no_choice_among_names_forgets_the_others() -> None:
    assert not [
        place
        for place, node in nodes()
        if isinstance(node, ast.If) and is_chain_of_names(node) and not has_else(node)
    ]


def has_else(node: ast.If) -> bool:
    match node.orelse:
        case [ast.If() as following]:
            return has_else(following)
        case orelse:
            return bool(orelse)


def is_chain_of_names(node: ast.If) -> bool:
    """Recognise `if x == "a": ... elif x == "b": ...`."""
    links = [node, *(link for link in node.orelse[:1] if isinstance(link, ast.If))]
    return len(links) == 2 and all(
        isinstance(link.test, ast.Compare)
        and isinstance(link.test.ops[0], ast.Eq)
        and isinstance(link.test.comparators[0], ast.Constant)
        for link in links
    )


def test_what_describes_a_run_holds_nothing_of_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOME_TOKEN", "token-of-a-cloud")
    monkeypatch.setenv("MOLSTEER_QUEUE__REDIS_URL", "redis://:word-of-redis@there:6379/0")
    settings = CampaignSettings.model_validate({"campaign": {"space": "molecules.smi"}})
    assert "word-of-redis" in settings.queue.redis_url
    describe(tmp_path, settings)
    written = {path.name: path.read_text() for path in tmp_path.rglob("*") if path.is_file()}
    assert set(written) == {"settings.json", "host.json"}
    for text in written.values():
        assert json.loads(text)
        assert not re.search("token-of-a-cloud|word-of-redis", text)


def test_every_time_knows_its_zone() -> None:
    offences = []
    for place, node in nodes():
        match node:
            case ast.Attribute(attr="utcnow" | "utcfromtimestamp"):
                offences.append(place)
            case ast.Call(func=ast.Attribute(attr="now"), args=[], keywords=[]):
                offences.append(place)
    assert not offences


def test_every_argument_that_is_explained_is_there() -> None:
    offences = []
    for place, node in nodes():
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            arguments = node.args
            named = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
            there = {argument.arg for argument in (*named, arguments.vararg) if argument}
            offences += [f"{place} {name}" for name in sorted(explained(node) - there)]
    assert not offences


def explained(node: ast.FunctionDef | ast.AsyncFunctionDef) -> set[str]:
    _, _, section = cleandoc(ast.get_docstring(node) or "").partition("Args:\n")
    return set(re.findall(r"^    \*{0,2}(\w+):", section.partition("\n\n")[0], re.MULTILINE))


def test_no_input_is_checked_with_an_assert() -> None:
    assert not [place for place, node in nodes() if isinstance(node, ast.Assert)]
