"""The pages of a dashboard show what the campaigns of a folder did and found."""

from __future__ import annotations

import threading
from contextlib import closing
from pathlib import Path

import pytest
from support.made_campaigns import made_campaign
from support.made_ledgers import HIGH_IP
from support.web_pages import page, visitor
from werkzeug.test import Client

from molsteer.steering.dashboard.campaigns import key_of

pytestmark = pytest.mark.fast

OUTPUTS = [each.output for each in HIGH_IP]
PAGES = (
    "/",
    "/c/first/",
    "/c/first/models",
    "/c/first/workers",
    "/c/first/molecules",
    "/c/first/molecules/4",
    "/c/levels/",
    "/c/levels/molecules",
    "/c/levels/molecules/2",
    "/c/failed/",
    "/c/failed/molecules?group=failed",
    "/c/failed/molecules/1",
    "/compare?c=first&c=levels",
)


@pytest.mark.parametrize("address", PAGES)
def test_every_page_is_whole_and_leads_only_to_what_is_there(address: str, client: Client) -> None:
    shown = page(client, address)
    assert shown.status == 200, shown.text
    assert "None" not in shown.text
    assert {"html", "title", "h1", "main"} <= set(shown.tags)
    for each in dict.fromkeys(shown.addresses):
        if each.startswith("/") and each not in {"/", address}:
            assert client.get(each).status_code == 200, each


def test_all_campaigns_of_a_folder_are_listed_and_damaged_ones_hide_none(client: Client) -> None:
    shown = page(client, "/")
    assert "5 / 10" in shown.text
    assert "16.100 eV adiabatic ionization potential" in shown.text
    assert "damaged cannot be read" in shown.text
    assert "1 other folder here holds no campaign" in shown.text
    found = page(client, "/?q=levels")
    assert "/c/levels/" in found.addresses
    assert "/c/first/" not in found.addresses
    assert "No campaign has this text" in page(client, "/?q=nowhere").text


def test_a_run_directory_is_shown_by_itself(runs: Path) -> None:
    alone = visitor(runs / "first")
    assert alone.get("/").headers["Location"] == "/c/first/"
    shown = page(alone, "/c/first/")
    assert "best adiabatic ionization potential" in shown.text
    assert "All campaigns" not in shown.text


def test_a_campaign_tells_what_it_found_with_figures_that_reports_have(client: Client) -> None:
    shown = page(client, "/c/first/")
    assert "3 hits (above 14.5 eV)" in shown.text
    figure = next(each for each in shown.addresses if "/figures/discovery.svg" in each)
    drawn = client.get(figure)
    assert drawn.mimetype == "image/svg+xml"
    assert b"<svg" in drawn.data
    assert "sandbox" in drawn.headers["Content-Security-Policy"]


def test_campaigns_are_compared_as_their_report_does(client: Client) -> None:
    shown = page(client, "/compare?c=first&c=failed")
    assert "2 campaigns" in shown.text
    refused = page(client, "/compare?c=first")
    assert refused.status == 400
    assert "Mark between two and 20 campaigns" in refused.text


@pytest.mark.parametrize(
    ("address", "status", "said"),
    [
        ("/nowhere", 404, "not found"),
        ("/c/nowhere/", 404, "no such run directory"),
        ("/c/notes/", 404, "There is no campaign in"),
        ("/c/damaged/", 404, "cannot be opened"),
        ("/c/..%2F..%2Fetc/", 404, "not found"),
        ("/c/first/molecules/777", 404, "was not simulated"),
        ("/c/first/molecules/99999999999999999999999", 404, "was not simulated"),
        ("/c/first/figures/nothing.svg", 404, "no such figure"),
        ("/c/first/molecules/1/geometry.xyz", 404, "record"),
        ("/assets/../web.py", 404, ""),
        (f"/?q={'x' * 9_000}", 404, "too long"),
    ],
)
def test_what_is_not_there_is_a_sentence(
    address: str, status: int, said: str, client: Client
) -> None:
    shown = page(client, address)
    assert shown.status == status
    assert said in shown.text
    assert "Traceback" not in shown.text


def test_nothing_can_be_changed_and_nothing_was(runs: Path, client: Client) -> None:
    def contents() -> dict[Path, tuple[int, int]]:
        found = ((path, path.stat()) for path in sorted(runs.rglob("*")))
        return {path: (each.st_mtime_ns, each.st_size) for path, each in found}

    before = contents()
    for method in ("POST", "PUT", "DELETE", "PATCH"):
        assert client.open("/c/first/", method=method).status_code == 405
    for address in PAGES:
        client.get(address)
    assert contents() == before


def test_a_folder_without_campaigns_explains_itself(tmp_path: Path) -> None:
    assert "There is no campaign in this folder yet" in page(visitor(tmp_path), "/").text


def test_a_campaign_that_has_not_begun_explains_itself(tmp_path: Path) -> None:
    with closing(made_campaign(tmp_path / "new", objectives=(), results=(), outputs=OUTPUTS)):
        pass
    client = visitor(tmp_path)
    assert "No molecule has been computed yet" in page(client, "/c/new/").text
    assert "No molecule has been computed yet" in page(client, "/c/new/molecules").text
    assert "No worker has ended a task yet" in page(client, "/c/new/workers").text
    assert "No model has been trained yet" in page(client, "/c/new/models").text


def test_a_new_result_is_on_the_page_that_is_asked_for_next(tmp_path: Path) -> None:
    with closing(made_campaign(tmp_path / "run")) as ledger:
        client = visitor(tmp_path)
        assert "5 / 10" in page(client, "/c/run/").text
        unchanged = client.get("/c/run/molecules")
        tag = {"If-None-Match": unchanged.headers["ETag"]}
        assert client.get("/c/run/molecules", headers=tag).status_code == 304
        with ledger.transaction() as connection:
            connection.execute("UPDATE label SET value = 17.5 WHERE molecule = 0")
        assert client.get("/c/run/molecules", headers=tag).status_code == 200
        assert "17.500" in page(client, "/c/run/molecules").text


@pytest.mark.parametrize("name", ["a b", "Größe", "..", "~x", "#1", "a%2Fb", "<b>"])
def test_odd_names_of_run_directories_are_no_part_of_an_address(name: str, tmp_path: Path) -> None:
    key = key_of(tmp_path / name)
    assert key.isascii()
    assert not set(key) & set("/%#?<> ")
    if name != "..":
        with closing(made_campaign(tmp_path / name)):
            pass
        assert page(visitor(tmp_path), f"/c/{key}/").status == 200


def test_a_folder_of_very_many_campaigns_has_pages(tmp_path: Path) -> None:
    with closing(made_campaign(tmp_path / "made")):
        pass
    for number in range(1_000):
        (tmp_path / f"run-{number:04}").mkdir()
        for name in ("ledger.sqlite", "settings.json"):
            (tmp_path / f"run-{number:04}" / name).hardlink_to(tmp_path / "made" / name)
    client = visitor(tmp_path)
    shown = page(client, "/")
    assert "1 to 100 of 1,001" in shown.text
    assert "1,001 to 1,001 of 1,001" not in shown.text
    assert page(client, "/?page=11").html.count('data-key="') == 1
    assert page(client, "/?q=run-0777").html.count('data-key="') == 1
    assert page(client, "/c/run-0777/molecules").status == 200


def test_a_large_folder_that_is_still_read_says_so(
    runs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("molsteer.steering.dashboard.pages.overview.PATIENCE_S", 0.0)
    monkeypatch.setattr("molsteer.steering.dashboard.pages.campaign.PATIENCE_S", 0.0)
    monkeypatch.setattr(threading.Thread, "start", lambda _: None)  # it is read for ever
    client = visitor(runs)
    assert "This folder is being read" in page(client, "/").text
    shown = page(client, "/c/first/")
    assert shown.status == 200
    assert "is being read" in shown.text
