"""A person watches a campaign on a terminal, and keeps its results in a file."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from support.command import MOLSTEER
from support.screen import Watched


def test_progress_is_on_the_terminal_and_what_was_found_in_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "molecules.smi").write_text("C\nN\nO\nnonsense\n")
    campaign = ("--space", "molecules.smi", "--budget", "2", "--simulate-slots", "1")
    with Watched([*MOLSTEER, "run", *campaign]) as watched:
        # Those that simulate load faster, perhaps before the first picture.
        loads = r"2 in flight  workers are loading \(infer, (simulate, )?train\)"
        watched.until(
            lambda screen: (
                screen.rests_at("0/2 simulated")
                and re.fullmatch(loads, screen.shown[-1]) is not None
            )
        )
        watched.resize(50)
        found = watched.end()
        assert found.splitlines()[0].rstrip() == "Best molecules of campaign"
        assert "Ended: budget-reached." in found
        assert "\x1b" not in found
        # What was said stays; the lines that renewed themselves are gone.
        left = "".join(watched.screen.shown)
        assert left.startswith("Search space: 3 molecules of 4 rows; left out: 1 ")
        assert "rejected.csv)." in left
