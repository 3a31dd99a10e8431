from __future__ import annotations

import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner
from support.made_ledgers import HIGH_IP, Made, made_ledger

from molsteer.steering.cli.status import status
from molsteer.steering.records.watching import now
from molsteer.steering.run_directory import describe
from molsteer.steering.settings.campaign import CampaignSettings

pytestmark = pytest.mark.fast


def test_a_status_reads_no_more_than_it_shows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    describe(tmp_path, CampaignSettings.model_validate({"campaign": {"space": "molecules.smi"}}))
    results = [Made(0, "CCO", "xtb", {HIGH_IP[0].output.name: 14.9})]
    with closing(made_ledger(tmp_path, HIGH_IP, results)):
        pass

    def too_much(*_: object) -> None:
        raise AssertionError

    monkeypatch.setattr(now, "read_now", too_much)
    done = CliRunner().invoke(status, [str(tmp_path)], catch_exceptions=False)
    assert done.exit_code == 0
    assert "1 hit" in done.output
    assert "14.90 eV CCO" in done.output


LOADED = """
import sys
from molsteer.shared.cli.main import main
try:
    main()
finally:
    slow = ("numpy", "rich", "pydantic_settings", "molsteer.steering.settings.campaign")
    print([name for name in slow if name in sys.modules], file=sys.stderr)
"""


@pytest.mark.parametrize("command", ["status", "list"])
def test_how_far_a_campaign_is_is_told_without_what_loads_slowly(
    command: str, tmp_path: Path
) -> None:
    results = [Made(0, "CCO", "xtb", {HIGH_IP[0].output.name: 14.9}, [14.0])]
    with closing(made_ledger(tmp_path, HIGH_IP, results)) as ledger, ledger.transaction():
        ledger.set_fact("changes", {"campaign.budget": 70})
    done = subprocess.run(
        [sys.executable, "-c", LOADED, command, str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert "1/70" in done.stdout.replace(" ", "")
    slow = ["rich"] if command == "list" else []  # which draws its table
    assert done.stderr.splitlines()[-1] == str(slow)
