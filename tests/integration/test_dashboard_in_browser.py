"""The dashboard in a real browser: pages are drawn, renew themselves, and obey keys.

One browser and one server serve all tests of this file.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass

import pytest
from support.browser import Tab, browser
from support.dashboard_process import dashboard
from support.made_campaigns import CHOSEN, RANDOM, made_campaign
from support.made_ledgers import HIGH_IP, Made

from molsteer.steering.ledger.ledger import Ledger

IP = HIGH_IP[0].output.name
EVIL = "<img src=x onerror=document.title='owned'><script>document.title='owned'</script>"
NITROGEN = {
    "neutral": {"molecule": {"symbols": ["N", "N"], "geometry": [0.0, 0.0, 0.0, 0.0, 0.0, 2.0]}}
}
PAGES = ("", "models", "workers", "molecules", "molecules/4")


@dataclass(frozen=True)
class Shown:
    """A served folder and the tab that looks at it."""

    tab: Tab
    address: str
    ledger: Ledger

    def open(self, page: str) -> None:
        """Open a page of the campaign, and wait until all of it is read."""
        self.tab.open(f"{self.address}/c/run/{page}")
        self.tab.wait_until("!document.body.textContent.includes(' is being read; ')")

    def molecules(self) -> list[str]:
        """Give the molecules of the table as they stand there."""
        told = self.tab.told(
            "[...document.querySelectorAll('td.who code')].map(e => e.textContent)"
        )
        return list(told)


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shown]:
    folder = tmp_path_factory.mktemp("runs")
    evil = Made(9, EVIL, "xtb", {IP: 12.0}, (14.9,))
    many = [Made(100 + n, "C" * (n + 4), "xtb", {IP: 10.0 + n / 100}) for n in range(60)]
    results = (*RANDOM, *CHOSEN, evil, *many)
    record = folder / "run" / "records" / "xtb" / "4.json.gz"
    record.parent.mkdir(parents=True)
    record.write_bytes(gzip.compress(json.dumps(NITROGEN).encode()))
    with (
        closing(made_campaign(folder / "run", results=results, budget=100)) as ledger,
        browser(tmp_path_factory.mktemp("browser")) as tab,
        dashboard(folder, folder / "log") as (address, _),
    ):
        yield Shown(tab, address.rstrip("/"), ledger)


@pytest.fixture(autouse=True)
def _browser_has_nothing_to_complain_of(shown: Shown) -> Iterator[None]:
    shown.tab.look_like()
    shown.tab.troubles.clear()
    yield
    shown.tab.told("1")  # events that came meanwhile are read as well
    assert not shown.tab.troubles


@pytest.mark.parametrize("page", PAGES)
def test_a_page_is_drawn_whole_and_runs_nothing_of_others(page: str, shown: Shown) -> None:
    shown.open(page)
    shown.tab.told("document.querySelectorAll('img').forEach(each => each.loading = 'eager')")
    shown.tab.wait_until("[...document.images].every(each => each.naturalWidth > 0)")
    assert "owned" not in shown.tab.told("document.title")


@pytest.mark.parametrize("page", [*PAGES, "../.."])
def test_a_page_fits_a_narrow_screen(page: str, shown: Shown) -> None:
    shown.tab.look_like(width=360)
    shown.open(page)
    shown.tab.wait_until("document.documentElement.scrollWidth <= 360")


def test_a_page_is_dark_for_those_who_like_it_dark(shown: Shown) -> None:
    colour = "getComputedStyle(document.body).backgroundColor"
    shown.open("molecules")
    shown.tab.wait_until(f"{colour} === 'rgb(255, 255, 255)'")
    shown.tab.look_like(dark=True)
    shown.tab.wait_until(f"{colour} === 'rgb(20, 24, 31)'")


def test_typing_filters_the_table_and_the_address_says_so(shown: Shown) -> None:
    shown.open("molecules")
    assert shown.molecules()[:2] == ["N#N", "FC(F)F"]
    shown.tab.told("document.getElementById('q').focus()")
    shown.tab.type("FC")
    shown.tab.wait_until("document.querySelectorAll('td.who').length === 1")
    assert shown.molecules() == ["FC(F)F"]
    assert "q=FC" in shown.tab.told("location.search")
    assert shown.tab.told("document.activeElement.id") == "q"


def test_a_heading_sorts_by_the_keyboard_and_keeps_the_focus(shown: Shown) -> None:
    shown.open("molecules")
    shown.tab.told("document.querySelector('[data-here=order-number]').focus()")
    shown.tab.press("Enter")
    shown.tab.wait_until("document.querySelector('th[aria-sort=ascending]') !== null")
    assert shown.molecules()[0] == "CCO"
    assert shown.tab.told("document.activeElement.dataset.here") == "order-number"
    shown.tab.press("Enter")
    shown.tab.wait_until("document.querySelector('th[aria-sort=descending]') !== null")
    assert shown.molecules()[0] == "C" * 63


def test_pages_are_turned_and_the_way_back_works(shown: Shown) -> None:
    shown.open("molecules")
    shown.tab.told("document.querySelector('[data-here=next]').click()")
    shown.tab.wait_until("document.querySelectorAll('td.who').length === 16")
    shown.tab.told("history.back()")
    shown.tab.wait_until("document.querySelectorAll('td.who').length === 50")


def test_keys_reach_the_search_and_the_content(shown: Shown) -> None:
    shown.open("molecules")
    shown.tab.press("Tab")
    assert shown.tab.told("document.activeElement.textContent") == "To the content"
    assert shown.tab.told("document.activeElement.getBoundingClientRect().left") >= 0
    shown.tab.press("/")
    assert shown.tab.told("document.activeElement.id") == "q"


def test_a_new_result_appears_without_reloading(shown: Shown) -> None:
    shown.open("molecules?q=N%23N")
    shown.tab.told("window.same = true")
    with shown.ledger.transaction() as connection:
        connection.execute("UPDATE label SET value = 17.25 WHERE molecule = 4")
    shown.tab.wait_until("document.body.textContent.includes('17.250')")
    assert shown.tab.told("window.same")


def test_a_molecule_is_turned_in_space(shown: Shown) -> None:
    shown.open("molecules/4")
    seen = "document.querySelector('img.space').src"
    assert shown.tab.told(seen).endswith("turn=0")
    shown.tab.told("document.querySelector('[data-here=right]').focus()")
    shown.tab.press("Enter")
    shown.tab.wait_until(f"{seen}.endsWith('turn=30')")
    shown.tab.press("Enter")
    shown.tab.wait_until(f"{seen}.endsWith('turn=60')")


def test_what_was_marked_for_comparison_stays_so_while_the_list_renews_itself(
    shown: Shown,
) -> None:
    shown.tab.open(shown.address)
    shown.tab.wait_until("document.querySelector('input[type=checkbox]') !== null")
    shown.tab.told("document.querySelector('input[type=checkbox]').click()")
    with shown.ledger.transaction() as connection:
        connection.execute("UPDATE label SET value = 18.75 WHERE molecule = 4")
    shown.tab.wait_until("document.body.textContent.includes('18.750')")
    assert shown.tab.told("document.querySelector('input[type=checkbox]').checked")
