from __future__ import annotations

import os
import shutil
import sys
from contextlib import closing
from pathlib import Path

import pytest
from support.toy_campaign import BUDGET, ToyCampaign, toy_plan, toy_space
from support.toy_services import toy_value_eV

from molsteer.shared.errors import SettingsError
from molsteer.shared.wire.catalogue import ADIABATIC_IP
from molsteer.steering.api import Campaign
from molsteer.steering.errors import NoCampaign, PandasUnavailable
from molsteer.steering.ledger.ledger import Ledger
from molsteer.steering.records.tables.patterns import laid_out
from molsteer.steering.records.tables.tables import TABLES
from molsteer.steering.run_directory import describe
from molsteer.steering.run_records import RunRecords
from molsteer.steering.settings.campaign import CampaignSettings

pytestmark = pytest.mark.fast


@pytest.fixture(scope="module")
def records(tmp_path_factory: pytest.TempPathFactory) -> RunRecords:
    """Open a campaign that has ended."""
    folder, space = tmp_path_factory.mktemp("run"), toy_space(tmp_path_factory.mktemp("space"))
    toy = ToyCampaign(folder, space, toy_plan(space))
    campaign = toy.steering()
    toy.run_to_the_end(campaign)
    campaign.ledger.close()
    describe(folder, campaign.dispatching.settings)
    return Campaign.open(folder)


@pytest.fixture
def needs_pandas() -> None:
    if "CI" not in os.environ:
        pytest.importorskip("pandas")


def test_settings_come_from_a_file_and_keywords(tmp_path: Path) -> None:
    file = tmp_path / "campaign.toml"
    file.write_text(
        '[campaign]\nspace = "a.smi"\nbudget = 7\nname = "mine"\n[policy]\nbuffer = 1\n'
    )
    settings = Campaign(file, budget=9, policy={"beta": 2.0}).settings
    assert (settings.campaign.budget, settings.campaign.name) == (9, "mine")
    assert (settings.policy.beta, settings.policy.buffer) == (2.0, 1)
    assert settings.campaign.space == (tmp_path / "a.smi",)
    assert Campaign(settings).settings == settings


def test_keywords_alone_describe_a_campaign() -> None:
    campaign = Campaign(space="a.smi", name="mine", train={"members": 2})
    assert campaign.run_dir == Path("runs/mine")
    assert campaign.settings.train.members == 2


def test_every_mistake_in_the_settings_is_named_at_once() -> None:
    with pytest.raises(SettingsError) as raised:
        Campaign(space="a.smi", bugdet=3, policy={"beta": "high"}, train=8)
    assert [problem.split(":")[0] for problem in raised.value.problems] == [
        "[campaign] bugdet",
        "[campaign] train",
        "[policy] beta",
    ]


def test_complete_settings_take_no_keywords() -> None:
    settings = CampaignSettings.model_validate({"campaign": {"space": "a.smi"}})
    with pytest.raises(SettingsError, match="budget: these come twice"):
        Campaign(settings, budget=3)


def test_a_folder_without_a_campaign_cannot_be_opened(tmp_path: Path) -> None:
    with pytest.raises(NoCampaign):
        Campaign.open(tmp_path)


def test_a_campaign_in_a_folder_that_cannot_be_written_is_read_and_nothing_is_made_there(
    records: RunRecords, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = tmp_path / "copy"
    copy.mkdir()
    for name in ("ledger.sqlite", "settings.json"):
        shutil.copy(records.run_dir / name, copy)
    monkeypatch.setattr("os.access", lambda *_: False)  # root may write everywhere
    before = sorted(copy.iterdir())
    with closing(Ledger(copy, read_only=True)) as ledger:
        assert ledger.has_events
        assert sorted(copy.iterdir()) == before
    assert RunRecords(copy).progress() == records.progress()


def test_a_campaign_that_has_ended_has_no_rate(records: RunRecords) -> None:
    progress = records.progress()
    assert progress.done == BUDGET
    assert (progress.rate_per_min, progress.left_s) == (None, None)


def test_a_variable_that_spoils_the_settings_of_a_run_is_blamed_itself(
    records: RunRecords, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MOLSTEER_QUEUE__REDIS_URL", "nonsense")
    with pytest.raises(SettingsError, match=r"settings.json and the environment"):
        records.page()
    assert records.progress().done == BUDGET  # for which settings are not needed


def test_results_have_a_row_for_each_label(records: RunRecords, needs_pandas: None) -> None:
    molecules = records.results()
    assert len(molecules) == BUDGET
    for molecule in molecules.itertuples():
        assert molecule.adiabatic_ionization_potential_eV == toy_value_eV(molecule.smiles)


def test_every_table_has_typed_columns(records: RunRecords, needs_pandas: None) -> None:
    assert list(records.tables) == [table.name for table in TABLES]
    assert len(records.tables) == len(TABLES)
    kinds = {"text": "string", "integer": "Int64", "number": "float64", "boolean": "boolean"}
    with closing(Ledger(records.run_dir, read_only=True)) as ledger:
        tables = [laid_out(table, ledger) for table in TABLES]
    for table in tables:
        frame = records.tables[table.name]
        assert {name: str(kind) for name, kind in frame.dtypes.items()} == {
            column.name: kinds[column.kind] for column in table.columns
        }


def test_an_unknown_table_is_a_missing_key(records: RunRecords) -> None:
    with pytest.raises(KeyError, match="atoms"):
        records.tables["atoms"]


def test_without_pandas_the_error_tells_how_to_install_it(
    records: RunRecords, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(PandasUnavailable, match=r"pip install pandas"):
        records.results()
    assert records.best(1)


def test_the_best_molecules_and_the_report_need_no_pandas(records: RunRecords) -> None:
    best = records.best(3)
    values_eV = [molecule.values[ADIABATIC_IP].value for molecule in best]
    assert len(best) == 3
    assert values_eV == sorted(values_eV, reverse=True)
    assert best[0].smiles in records.report().read_text()
    assert records.progress().done == BUDGET
    assert records.progress().activity == "ended: budget-reached"
