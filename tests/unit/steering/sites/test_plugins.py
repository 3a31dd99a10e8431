from __future__ import annotations

from pathlib import Path

import pytest

from molsteer.shared.errors import SettingsError
from molsteer.steering.settings.campaign import CampaignSettings
from molsteer.steering.sites.local import local_site
from molsteer.steering.sites.plugins import check_plugins

pytestmark = pytest.mark.fast


def campaign(**sections: object) -> CampaignSettings:
    return CampaignSettings.model_validate({"campaign": {"space": "a.smi"}, **sections})


def test_everything_that_workers_here_would_miss_is_named_at_once() -> None:
    settings = campaign(
        simulate={"level": "dft"},
        policy={"acquisition": "luck"},
        train={"handler": "absent.module:build"},
    )
    with pytest.raises(SettingsError) as raised:
        check_plugins(settings)
    assert [problem.split(":")[0] for problem in raised.value.problems] == [
        "[simulate] level",
        "[policy] acquisition",
        "[train] handler",
    ]


def test_the_method_of_each_level_is_looked_for_and_told_once() -> None:
    levels = [{"name": "a"}, {"name": "b", "method": "dft"}, {"name": "c", "method": "dft"}]
    with pytest.raises(SettingsError) as raised:
        check_plugins(campaign(level=levels, simulate={"level": "xtbb"}))
    assert [problem.split(":")[0] for problem in raised.value.problems] == [
        "[[level]] 2, method",
        "[simulate] level",
    ]
    assert "Did you mean xtb?" in raised.value.problems[1]


def test_a_method_that_no_level_has_is_not_looked_for() -> None:
    check_plugins(campaign(level=[{"name": "a", "method": "xtb"}], simulate={"level": "dft"}))


def test_a_volume_of_many_objectives_is_refused_wherever_workers_are() -> None:
    names = ("homo_lumo_gap", "atomization_energy", "vertical_ionization_potential")
    objectives = [{"property": name} for name in names]
    policy, workers = {"acquisition": "ehvi"}, {"server": "external", "local": False}
    check_plugins(campaign(objective=objectives, policy=policy))
    objectives.append({"property": "vertical_electron_affinity"})
    with pytest.raises(SettingsError, match="up to 3 objectives, and there are 4; take pareto"):
        check_plugins(campaign(objective=objectives, policy=policy, workers=workers))


def test_what_workers_elsewhere_know_is_not_looked_for_here() -> None:
    external = {"server": "external"}
    check_plugins(campaign(simulate={"level": "dft", "pool": "cluster"}, workers=external))
    check_plugins(campaign(simulate={"level": "dft"}, workers={**external, "local": False}))


def test_modules_of_the_working_folder_count_as_installed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "my_surrogate.py").touch()
    settings = campaign(train={"handler": "my_surrogate:build"})
    with pytest.raises(SettingsError, match="no Python package 'my_surrogate'"):
        check_plugins(settings)
    monkeypatch.chdir(tmp_path)
    check_plugins(settings)


def test_local_workers_are_started_with_the_handler_of_their_topic(tmp_path: Path) -> None:
    site = local_site(campaign(train={"handler": "mine.surrogate:build"}), tmp_path)
    site.provide({"simulate": 1, "train": 1, "infer": 1}, simulations_left=1)
    with_handler = {worker.topic: worker.arguments[-2:] for worker in site.workers}
    assert with_handler["train"] == ("--handler", "mine.surrogate:build")
    assert all("--handler" not in with_handler[topic] for topic in ("simulate", "infer"))
