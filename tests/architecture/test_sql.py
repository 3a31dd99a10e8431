"""Only the ledger, what is read from it, and what proves it whole know its tables."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

pytestmark = pytest.mark.fast

ROOT = Path(__file__).parents[2]
STEERING = ROOT / "services" / "steering" / "molsteer" / "steering"
ALLOWED = {"ledger", "records", "verification"}
QUERIES = {"execute", "executemany", "executescript"}


def queries(source: str) -> list[int]:
    """Give the lines that run SQL."""
    return [
        node.lineno
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in QUERIES
    ]


def test_a_query_is_found() -> None:
    assert queries("rows = ledger.connection.execute('SELECT 1')\n") == [1]
    assert queries("executor.submit(execute)\n") == []


def test_sql_stands_only_where_tables_are_known() -> None:
    found = {
        str(module.relative_to(STEERING)): lines
        for module in sorted(STEERING.rglob("*.py"))
        if module.relative_to(STEERING).parts[0] not in ALLOWED
        and (lines := queries(module.read_text(encoding="utf-8")))
    }
    assert not found, f"Give each a function in {STEERING / 'records'}."
