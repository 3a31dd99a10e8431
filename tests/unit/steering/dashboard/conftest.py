"""Folders of campaigns that a dashboard shows."""

from __future__ import annotations

import gzip
import json
from contextlib import closing
from pathlib import Path

import pytest
from support.made_campaigns import made_campaign, on_two_levels, with_failures_only
from support.waiting import PATIENCE_S
from support.web_pages import visitor
from werkzeug.test import Client

RECORD = {
    "neutral": {
        "final_molecule": {
            "symbols": ["N", "N"],
            "geometry": [0.0, 0.0, 0.0, 0.0, 0.0, 2.0],
            "connectivity": [[0, 1, 3.0]],
            "molecular_charge": 0.0,
        }
    },
    "cation": {
        "molecule": {
            "symbols": ["N", "N"],
            "geometry": [0.0, 0.0, 0.0, 0.0, 0.0, 2.2],
            "molecular_charge": 1.0,
        }
    },
}


@pytest.fixture(autouse=True)
def _pages_wait_for_what_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let pages of a busy machine show what they show elsewhere, instead of that it is read."""
    for name in ("campaign", "overview"):
        patience = f"molsteer.steering.dashboard.pages.{name}.PATIENCE_S"
        monkeypatch.setattr(patience, PATIENCE_S)


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A campaign with records, one at two levels, one that failed, one that is damaged."""
    folder = tmp_path_factory.mktemp("runs")
    for name, make in (("first", made_campaign), ("levels", on_two_levels)):
        with closing(make(folder / name)):
            pass
    with closing(with_failures_only(folder / "failed")):
        pass
    records = folder / "first" / "records" / "xtb"
    records.mkdir(parents=True)
    (records / "4.json.gz").write_bytes(gzip.compress(json.dumps(RECORD).encode()))
    (folder / "damaged").mkdir()
    (folder / "damaged" / "ledger.sqlite").write_text("no ledger at all")
    (folder / "notes").mkdir()
    return folder


@pytest.fixture(scope="module")
def client(runs: Path) -> Client:
    return visitor(runs)
