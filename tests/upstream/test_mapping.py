"""Every failure and habit of molecular-design is mapped to tests that are there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

pytestmark = pytest.mark.fast

ROOT = Path(__file__).parents[2]
ROWS = [
    line.strip("| ").split(" | ")
    for line in (Path(__file__).parent / "README.md").read_text(encoding="utf-8").splitlines()
    if line.startswith("| ") and "`" in line
]


def test_all_failures_and_habits_are_there() -> None:
    kinds = [row[0][0] for row in ROWS]
    assert (kinds.count("F"), kinds.count("H")) == (7, 22)


@pytest.mark.parametrize("row", ROWS, ids=[row[0] for row in ROWS])
def test_the_tests_of_a_row_are_there(row: list[str]) -> None:
    mapped = re.findall(r"`([\w/.]+)::(\w+)`", row[-1])
    assert mapped
    for file, name in mapped:
        code = (ROOT / "tests" / file).read_text(encoding="utf-8")
        assert re.search(rf"^def {name}\(", code, re.MULTILINE), name
