"""What the audit of dependencies says about what pip-audit finds."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

pytestmark = pytest.mark.fast

judge = runpy.run_path(str(Path(__file__).parents[2] / "scripts" / "audit.py"))["judge"]

GOOD = {"name": "numpy", "version": "2.3", "vulns": []}
BAD = {
    "name": "oldlib",
    "version": "1.0",
    "vulns": [
        {"id": "PYSEC-1", "fix_versions": ["1.1", "2.0"]},
        {"id": "PYSEC-2", "fix_versions": []},
    ],
}
UNKNOWN = {"name": "ours", "skip_reason": "Dependency not found"}


def test_each_known_vulnerability_is_named_with_its_cure() -> None:
    vulnerable, summary = judge([GOOD, BAD, UNKNOWN])
    assert vulnerable == [
        "oldlib 1.0: PYSEC-1, fixed in 1.1, 2.0",
        "oldlib 1.0: PYSEC-2, fixed in no version yet",
    ]
    assert summary.startswith("2 dependencies audited, 2 known vulnerabilities; 1 dependencies")


def test_dependencies_without_known_vulnerabilities_pass() -> None:
    assert judge([GOOD])[0] == []


@pytest.mark.parametrize("dependencies", [[], [UNKNOWN]])
def test_a_service_that_cannot_be_reached_is_told_and_passes(dependencies: list[object]) -> None:
    assert judge(dependencies) == (
        [],
        "Dependencies were not audited: the advisory service cannot be reached.",
    )
