"""The pages of a dashboard, asked for without a server, and what a browser would make of them."""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path

from werkzeug.test import Client, TestResponse

from molsteer.steering.dashboard.access import Access
from molsteer.steering.dashboard.campaigns import Campaigns
from molsteer.steering.dashboard.web import Dashboard


def visitor(root: Path, token: str | None = None) -> Client:
    """Make somebody who looks at the campaigns of a folder."""
    return Client(Dashboard(Campaigns(root), Access(token, 8765)))


class Page(HTMLParser):
    """A page: its tags, its words, and the addresses it leads to."""

    def __init__(self, answer: TestResponse) -> None:
        super().__init__()
        self.status, self.headers, self.html = answer.status_code, answer.headers, answer.text
        self.tags, self.attributes, self.words = list[str](), set[str](), list[str]()
        self.addresses = list[str]()
        self.feed(answer.text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        found = dict(attrs)
        self.attributes |= found.keys()
        self.addresses += [found[name] or "" for name in ("src", "href") if name in found]

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


def page(client: Client, address: str) -> Page:
    """Ask for a page."""
    return Page(client.get(address))
