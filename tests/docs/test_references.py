"""The generated documentation follows from the code as it is."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

pytestmark = pytest.mark.fast

ROOT = Path(__file__).parents[2]


def test_the_page_about_the_seeds_is_up_to_date() -> None:
    script = runpy.run_path(str(ROOT / "scripts" / "write_references.py"))
    written = (ROOT / "docs" / "from-the-seeds.md").read_text(encoding="utf-8")
    assert written == script["with_seed_options"](written), "Run `make docs`."


def test_the_configuration_reference_is_up_to_date() -> None:
    script = runpy.run_path(str(ROOT / "scripts" / "write_references.py"))
    written = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
    assert written == script["configuration_reference"](), "Run `make docs`."
