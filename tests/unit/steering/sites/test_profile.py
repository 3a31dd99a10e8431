"""Profiles of sites are read whole, and every problem is told at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from molsteer.shared.errors import SettingsError
from molsteer.steering.sites.annotated import annotated
from molsteer.steering.sites.errors import UnknownSite
from molsteer.steering.sites.profile import is_cluster, load_profile
from molsteer.steering.sites.sections import SchedulerName

pytestmark = pytest.mark.fast

READY = sorted(
    file
    for file in (Path(__file__).parents[4] / "deploy" / "sites").glob("*.toml")
    if not is_cluster(file)
)

SLURM = '[site]\nscheduler = "slurm"\n[batch]\nwalltime = "01:00:00"\n[simulator]\nmax_blocks = 1\n'


def problems(text: str, folder: Path) -> str:
    file = folder / "site.toml"
    file.write_text(text)
    with pytest.raises(SettingsError) as caught:
        load_profile(str(file))
    return str(caught.value)


def test_there_are_profiles_for_the_usual_kinds_of_site() -> None:
    assert {file.stem for file in READY} >= {
        *("laptop", "slurm", "pbs", "lsf", "polaris", "perlmutter"),
        *("simulations-at-a", "learning-at-b", "globus-compute"),
    }


@pytest.mark.parametrize("file", READY, ids=lambda file: file.stem)
def test_a_ready_profile_wants_at_most_the_name_of_an_allocation(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if 'account = ""' in file.read_text():
        with pytest.raises(SettingsError, match="account: is empty; write the name of your alloc"):
            load_profile(str(file))
        monkeypatch.setenv("MOLSTEER_BATCH__ACCOUNT", "chemistry")
    _, profile = load_profile(str(file))
    assert profile.topics


@pytest.mark.parametrize("scheduler", ["slurm", "pbs", "lsf", "none", "globus-compute"])
def test_a_new_profile_can_be_used_as_it_is(scheduler: SchedulerName, tmp_path: Path) -> None:
    file = tmp_path / "new.toml"
    file.write_text(annotated("new", scheduler))
    _, profile = load_profile(str(file))
    assert profile.topics == ["simulate", "train", "infer"]


def test_an_unknown_site_is_told_with_the_one_that_was_meant(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "deploy" / "sites").mkdir(parents=True)
    (tmp_path / "deploy" / "sites" / "perlmutter.toml").touch()
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UnknownSite, match=r"no site 'perlmuter'.*Did you mean perlmutter\?"):
        load_profile("perlmuter")
    with pytest.raises(UnknownSite, match=r"There are: perlmutter.*molsteer site init mine"):
        load_profile("mine")


def test_everything_that_is_misspelt_is_told_at_once_with_its_line_and_what_was_meant(
    tmp_path: Path,
) -> None:
    told = problems(
        '[site]\nscheduler = "slrum"\n[batch]\nwaltime = "01:00:00"\nwalltime = "an hour"\n'
        'cores = "many"\n[simulatr]\nmax_blocks = 1\n',
        tmp_path,
    )
    assert "line 2, [site] scheduler: must be" in told
    assert "did you mean slurm" in told
    assert (
        "line 4, [batch] waltime: there is no such setting. Did you mean [batch] walltime?" in told
    )
    assert "'an hour' is not a walltime; write HH:MM:SS" in told
    assert "[batch] cores: must be a whole number" in told
    assert "[simulatr]: there is no such setting. Did you mean [simulator]?" in told


def test_settings_that_contradict_each_other_are_told_at_once(tmp_path: Path) -> None:
    told = problems(
        '[site]\nscheduler = "slurm"\nnetwork = "tls"\ntunnel = "a"\n[redis]\nstart = false\n'
        "[simulator]\nmax_blocks = 1\nmin_blocks = 2\n",
        tmp_path,
    )
    assert "[queue] redis_url: is missing; [redis] start = false uses that server." in told
    assert "[queue] redis_url: network tls needs one that begins with rediss://." in told
    assert '[site] tunnel: belongs to network = "ssh-tunnel"' in told
    assert "[simulator] min_blocks: is 2, and max_blocks 1. Raise max_blocks." in told
    assert "[simulator] walltime: is missing. Give it here or in [batch], as HH:MM:SS." in told


def test_a_walltime_that_is_shorter_than_one_task_is_told(tmp_path: Path) -> None:
    told = problems(f"{SLURM}expected_task_s = 3590\n", tmp_path)
    assert "[simulator] walltime: 01:00:00 is too short for a task of 3590 s" in told


def test_a_site_without_any_block_is_told(tmp_path: Path) -> None:
    told = problems('[site]\nscheduler = "none"\n', tmp_path)
    assert "No service has any block. Give max_blocks in one of [simulator], [trainer]" in told


def test_a_server_that_a_variable_names_beside_one_that_is_started_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MOLSTEER_QUEUE__REDIS_URL", "redis://elsewhere:6379/0")
    told = problems(SLURM, tmp_path)
    assert "[queue] redis_url: the environment names a server, and [redis] start starts" in told


def test_a_line_break_cannot_bring_directives_of_its_own(tmp_path: Path) -> None:
    told = problems(SLURM + '[redis]\nhost = "a\\n#SBATCH --account=theirs"\n', tmp_path)
    assert "[redis] host: must be one line" in told


def test_a_campaign_takes_no_notice_of_the_variables_of_sites(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from molsteer.steering.settings.campaign import load_campaign

    monkeypatch.setenv("MOLSTEER_BATCH__ACCOUNT", "chemistry")
    assert load_campaign(None, {"campaign": {"space": ["m.smi"]}}).run_dir
