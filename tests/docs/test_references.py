"""The generated documentation follows from the code as it is."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

pytestmark = pytest.mark.fast

ROOT = Path(__file__).parents[2]


def test_the_page_about_molecular_design_is_up_to_date() -> None:
    script = runpy.run_path(str(ROOT / "scripts" / "write_references.py"))
    written = (ROOT / "docs" / "from-molecular-design.md").read_text(encoding="utf-8")
    assert written == script["with_seed_options"](written), "Run `make docs`."


@pytest.mark.parametrize(
    ("file", "script_name", "reference"),
    [
        ("commands.md", "write_command_reference.py", "command_reference"),
        ("configuration.md", "write_references.py", "configuration_reference"),
        ("sites/profile.md", "write_references.py", "profile_reference"),
        ("run-records.md", "write_run_records.py", "run_records_reference"),
    ],
)
def test_a_reference_is_up_to_date(file: str, script_name: str, reference: str) -> None:
    script = runpy.run_path(str(ROOT / "scripts" / script_name))
    written = (ROOT / "docs" / file).read_text(encoding="utf-8")
    assert written == script[reference](), "Run `make docs`."
