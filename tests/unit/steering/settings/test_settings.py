import gzip
from pathlib import Path

import pytest

from molsteer.shared.errors import SettingsError
from molsteer.shared.settings.sections import StoreSettings
from molsteer.shared.wire.topics import TOPICS
from molsteer.steering.cli.flags.settings import setting_kind, settings_fields
from molsteer.steering.settings.campaign import load_campaign

pytestmark = pytest.mark.fast


def write(folder: Path, text: str) -> Path:
    file = folder / "campaign.toml"
    file.write_text(text, encoding="utf-8")
    return file


def test_flags_overrule_the_environment_which_overrules_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = write(tmp_path, '[campaign]\nspace = "a.smi"\nbudget = 1\nseed = 1\nname = "file"\n')
    monkeypatch.setenv("MOLSTEER_CAMPAIGN__BUDGET", "2")
    monkeypatch.setenv("MOLSTEER_CAMPAIGN__SEED", "2")
    settings = load_campaign(file, {"campaign": {"seed": "3"}})
    campaign = settings.campaign
    assert (campaign.name, campaign.budget, campaign.seed) == ("file", 2, 3)


def test_all_problems_are_named_at_once_with_their_place(tmp_path: Path) -> None:
    file = write(
        tmp_path,
        '[campaign]\nspace = "a.smi"\nbudget = 0\nbugdet = 7\n'
        '[policy]\nbeta = "high"\n[nonsense]\nx = 1\n[simulate]\nlevel = "CCSD(T)"\n',
    )
    with pytest.raises(SettingsError) as raised:
        load_campaign(file, {})
    message = str(raised.value)
    assert str(file) in message
    for place in (
        "[campaign] budget",
        "[campaign] bugdet",
        "[policy] beta",
        "[nonsense]",
        "[simulate] level",
    ):
        assert place in message
    assert len(raised.value.problems) == 5


@pytest.mark.parametrize("number", ["inf", "nan"])
def test_a_number_that_no_message_can_carry_is_refused(tmp_path: Path, number: str) -> None:
    file = write(tmp_path, f'[campaign]\nspace = "a.smi"\n[simulate]\ntime_limit_s = {number}\n')
    with pytest.raises(SettingsError, match=r"\[simulate\] time_limit_s: .* finite number"):
        load_campaign(file, {})


@pytest.mark.parametrize("name", ["", "My run", "-a", "a\n", "é", "a" * 64])
def test_a_name_that_cannot_be_is_told_without_a_riddle(name: str) -> None:
    with pytest.raises(SettingsError, match=r"\[campaign\] name: write lower-case letters"):
        load_campaign(None, {"campaign": {"space": "a.smi", "name": name}})


def test_a_missing_file_is_told_by_name(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"(?s)absent.toml.*no such file"):
        load_campaign(tmp_path / "absent.toml", {})


def test_text_that_is_not_toml_is_told_with_its_line(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"not valid TOML.*line 2"):
        load_campaign(write(tmp_path, "[campaign]\nbudget = \n"), {})


def test_one_overlong_line_among_short_ones_is_refused(tmp_path: Path) -> None:
    text = f'[campaign]\nspace = "{"a" * 6_000}.smi"\nbudget = 3\n'
    with pytest.raises(SettingsError, match="too long for settings"):
        load_campaign(write(tmp_path, text), {})


def test_a_file_of_molecules_in_place_of_settings_is_told_its_option(tmp_path: Path) -> None:
    molecules = tmp_path / "molecules.smi.gz"
    molecules.write_bytes(gzip.compress(b"CCO\n"))
    with pytest.raises(SettingsError, match=r"--space .*molecules\.smi\.gz"):
        load_campaign(molecules, {})


def test_a_byte_order_mark_is_told(tmp_path: Path) -> None:
    file = write(tmp_path, "\ufeff[campaign]\nbudget = 3\n")
    with pytest.raises(SettingsError, match="byte-order mark"):
        load_campaign(file, {})


def test_a_campaign_without_a_space_is_refused(tmp_path: Path) -> None:
    said = r"\[campaign\] space: is missing\. Give it in .* MOLSTEER_CAMPAIGN__SPACE\."
    with pytest.raises(SettingsError, match=said):
        load_campaign(write(tmp_path, "[campaign]\nbudget = 3\n"), {})


def test_the_space_in_the_file_is_looked_for_beside_the_file(tmp_path: Path) -> None:
    file = write(tmp_path, '[campaign]\nspace = "a.smi"\n')
    assert load_campaign(file, {}).campaign.space == (tmp_path / "a.smi",)


def test_a_space_may_be_several_files(tmp_path: Path) -> None:
    file = write(tmp_path, '[campaign]\nspace = ["a.smi", "/data/b.csv.gz"]\n')
    space = load_campaign(file, {}).campaign.space
    assert space == (tmp_path / "a.smi", Path("/data/b.csv.gz"))


@pytest.mark.parametrize(
    ("text", "files"), [("a.smi", ("a.smi",)), ('["a.smi", "b,c.smi"]', ("a.smi", "b,c.smi"))]
)
def test_a_variable_names_one_file_or_a_json_list(
    text: str, files: tuple[str, ...], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("MOLSTEER_CAMPAIGN__SPACE", text)
    file = write(tmp_path, "[campaign]\nbudget = 3\n")
    assert load_campaign(file, {}).campaign.space == tuple(map(Path, files))


@pytest.mark.parametrize("text", ["[]", '["a.smi"'])
def test_a_variable_that_is_no_list_of_files_is_refused(
    text: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("MOLSTEER_CAMPAIGN__SPACE", text)
    with pytest.raises(SettingsError, match=r"\[campaign\] space"):
        load_campaign(write(tmp_path, "[campaign]\nbudget = 3\n"), {})


def test_the_space_of_a_flag_is_looked_for_where_the_user_is(tmp_path: Path) -> None:
    file = write(tmp_path, '[campaign]\nspace = "a.smi"\n')
    settings = load_campaign(file, {"campaign": {"space": "b.smi"}})
    assert settings.campaign.space == (Path("b.smi"),)


def test_the_password_of_the_server_is_in_no_representation(tmp_path: Path) -> None:
    file = write(tmp_path, '[campaign]\nspace = "a.smi"\n')
    settings = load_campaign(file, {"queue": {"redis_url": "redis://:hunter2@example:6379/0"}})
    assert "hunter2" not in repr(settings)


def test_stores_that_cannot_be_used_are_refused_with_what_they_need(tmp_path: Path) -> None:
    space = '[campaign]\nspace = "a.smi"\n[stores]\n'
    with pytest.raises(SettingsError) as wrong:
        load_campaign(write(tmp_path, space + 'train = "tape"\nthreshold_bytes = -1\n'), {})
    assert len(wrong.value.problems) == 2
    with pytest.raises(SettingsError, match=r"\[stores\]: the store globus needs globus_config"):
        load_campaign(write(tmp_path, space + 'infer = "globus"\n'), {})
    with pytest.raises(SettingsError, match="the store endpoint needs endpoint"):
        load_campaign(write(tmp_path, space + 'train_results = "endpoint"\n'), {})


def test_an_inferencer_of_a_plug_in_is_not_asked_for_predictions_in_advance(
    tmp_path: Path,
) -> None:
    text = '[campaign]\nspace = "a.smi"\n[policy]\ninference = "model"\n'
    assert load_campaign(write(tmp_path, text), {}).policy.inference == "model"
    with pytest.raises(SettingsError, match=r"infer\.handler .* scores whole ensembles"):
        load_campaign(write(tmp_path, text + '[infer]\nhandler = "mine.surrogate:build"\n'), {})


def test_a_column_is_a_heading_or_a_number(tmp_path: Path) -> None:
    text = '[campaign]\nspace = "a.smi"\nsmiles_column = 2\n'
    assert load_campaign(write(tmp_path, text), {}).campaign.smiles_column == "2"
    flags = {"campaign": {"smiles_column": "Structure"}}
    assert load_campaign(write(tmp_path, text), flags).campaign.smiles_column == "Structure"
    with pytest.raises(SettingsError, match="smiles_column"):
        load_campaign(write(tmp_path, text.replace("2", "true")), {})


@pytest.mark.parametrize("name", ["training_smiles_column", "training_label_column"])
def test_a_column_of_labels_needs_labels(tmp_path: Path, name: str) -> None:
    text = f'[campaign]\nspace = "a.smi"\n{name} = "E"\n'
    with pytest.raises(SettingsError, match=f"{name} names a column of a training set"):
        load_campaign(write(tmp_path, text), {})
    campaign = load_campaign(write(tmp_path, text + 'training_set = "known.csv"\n'), {}).campaign
    assert getattr(campaign, name) == "E"


def test_results_go_where_inputs_go_unless_they_are_sent_elsewhere() -> None:
    settings = StoreSettings(train="file", infer="file", infer_results="none")
    inputs = {topic: settings.placement(topic, "toy").store for topic in TOPICS}
    results = {topic: settings.result_placement(topic, "toy").store for topic in TOPICS}
    assert inputs == {"simulate": "redis", "train": "file", "infer": "file"}
    assert results == {"simulate": "redis", "train": "file", "infer": None}


def test_every_setting_takes_a_kind_of_value_that_people_know() -> None:
    kinds = {setting_kind(field) for _, _, field in settings_fields()}
    words = {kind.removesuffix("...") for kind in kinds if kind.isupper()}
    assert words == {"JSON", "NUMBER", "PATH", "TEXT", "UUID", "WHOLE", "WHOLE|PERCENTAGE"}


def test_a_surrogate_that_is_none_is_answered_with_all_that_may_stand_there(tmp_path: Path) -> None:
    text = '[campaign]\nspace = "a.smi"\n[train]\nsurrogate = '
    names = r"'foo' is not one of 'graphs', 'gp', 'trees'; write these, or 'auto' alone"
    for wrong in ('"foo"', '["gp", "foo"]'):
        with pytest.raises(SettingsError, match=names):
            load_campaign(write(tmp_path, text + wrong), {})
    with pytest.raises(SettingsError, match="'auto' alone"):
        load_campaign(write(tmp_path, text + '["gp", "auto"]'), {})
    assert len(load_campaign(write(tmp_path, text + '"auto"'), {}).train.surrogate) == 3
