from __future__ import annotations

from pathlib import Path

import pytest
from support.command import molsteer
from support.toy_campaign import ToyCampaign, toy_plan, toy_space


@pytest.fixture(scope="module")
def run_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("run")
    space = toy_space(tmp_path_factory.mktemp("space"))
    toy = ToyCampaign(folder, space, toy_plan(space))
    toy.run_to_the_end(toy.steering())
    return folder


def test_tables_are_exported_into_the_run_directory(run_dir: Path) -> None:
    ended = molsteer("export", run_dir, "--table", "molecules", "--table", "models")
    assert ended.returncode == 0, ended.stderr
    folder = run_dir / "export-csv"
    assert ended.stdout.splitlines()[0] == f"{folder / 'molecules.csv'}  24 rows"
    assert sorted(path.name for path in folder.iterdir()) == [
        "export.json",
        "models.csv",
        "molecules.csv",
    ]


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["export", "nowhere"], "There is no campaign in nowhere"),
        (["export", "RUN", "--table", "atoms"], "'atoms' is not one of"),
        (["export", "RUN", "-o", "FULL"], "exists already. Choose another name, or replace it"),
        (["export", "RUN", "-o", "FULL", "--force"], "holds no export.json"),
        (["export", "RUN", "--format", "qcschema", "--table", "models"], "has no tables"),
    ],
)
def test_a_mistake_is_told_in_a_sentence(
    run_dir: Path, tmp_path: Path, arguments: list[str], complaint: str
) -> None:
    (tmp_path / "letter.txt").write_text("keep me")
    places = {"RUN": str(run_dir), "FULL": str(tmp_path)}
    ended = molsteer(*(places.get(argument, argument) for argument in arguments))
    assert ended.returncode == 2
    assert complaint in ended.stderr
    assert "Traceback" not in ended.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["letter.txt"]
