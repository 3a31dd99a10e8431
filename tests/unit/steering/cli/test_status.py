from __future__ import annotations

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
