"""The documentation as a site: every page is on it, and nothing of it comes from elsewhere."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


class Loaded(HTMLParser):
    """What a browser fetches for a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.addresses = list[str]()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        if tag in {"script", "img", "iframe"} and found.get("src"):
            self.addresses.append(found["src"] or "")
        elif tag == "link" and found.get("rel") in {"stylesheet", "preconnect", "icon"}:
            self.addresses.append(found["href"] or "")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", folder],
        cwd=ROOT,
        env=os.environ | {"NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return folder


def test_every_page_that_the_readme_names_is_on_the_site(site: Path) -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    named = re.findall(r"\]\(docs/([\w/-]+)\.md\)", text)
    assert len(named) > 20
    pages = {name.removesuffix("README") + ("index" if "README" in name else "") for name in named}
    assert not [page for page in pages if not (site / f"{page}.html").is_file()]
    assert (site / "index.html").is_file()


def test_links_between_pages_lead_to_pages(site: Path) -> None:
    text = (site / "index.html").read_text(encoding="utf-8")
    assert 'href="reading-a-report.html"' in text
    assert "docs/" not in re.findall(r'href="([^"]*)"', text)
    inside = (site / "inside.html").read_text(encoding="utf-8")
    assert not re.search(r'href="[^"]*services/steering', inside)


def test_the_reference_of_the_code_has_its_docstrings(site: Path) -> None:
    text = (site / "api.html").read_text(encoding="utf-8")
    assert "One campaign, steered by this process" in text
    assert "A folder that holds no campaign." in text


def test_no_page_fetches_anything_from_elsewhere(site: Path) -> None:
    for page in site.rglob("*.html"):
        found = Loaded(page.read_text(encoding="utf-8")).addresses
        assert not [each for each in found if re.match(r"(https?:)?//", each)], page
