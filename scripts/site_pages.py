"""Makes a site of pages that are written for a clone: `mkdocs` calls this, see mkdocs.yml.

The list of pages is that of the README, so that a page that is named there is on the site. What
links out of `docs/`, to the code, is no link on the site, which has no code.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from posixpath import normpath

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
FROM_ROOT = {
    "README.md": "index.md",
    "CONTRIBUTING.md": "CONTRIBUTING.md",
    "CHANGELOG.md": "CHANGELOG.md",
}
"""Pages that stand beside `docs/`, and their names on the site."""

API = "api.md"
_PUBLIC = (
    "molsteer.steering.api.Campaign",
    "molsteer.steering.run_records.RunRecords",
    "molsteer.steering.records.progress.Progress",
    "molsteer.steering.records.findings.Findings",
    "molsteer.steering.records.found.Found",
    "molsteer.shared.wire.properties",
    "molsteer.shared.errors",
    "molsteer.steering.errors",
)

_LINK = re.compile(r"(?<!!)\[([^\]]*)\]\(([^)\s#]*)(#[^)\s]*)?\)")
_FENCED = re.compile(r"(^ *```.*?^ *```)", re.MULTILINE | re.DOTALL)
Nav = list[dict[str, object]]


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """List the pages as the README does."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    config.nav = [{"molsteer": "index.md"}, *_sections(text.partition("## Where to read on")[2])]
    return config


def _sections(text: str) -> Iterator[dict[str, object]]:
    for part in re.split(r"\n\n(?=[A-Z][a-z ]+\n)", text):
        title, _, items = part.strip().partition("\n")
        pages = [
            page
            for found in _LINK.findall(items)
            for page in _listed(found[0][:1].upper() + found[0][1:], found[1])
        ]
        if title == "Extending":
            pages.insert(0, {"Python reference": API})
        if pages:
            yield {title: pages}


def _listed(title: str, target: str) -> Iterator[dict[str, object]]:
    if target in FROM_ROOT:
        yield {title: FROM_ROOT[target]}
        return
    there = ROOT / target
    if DOCS not in there.parents:
        return
    name = there.relative_to(DOCS).as_posix()
    folder = there if there.is_dir() else there.parent if there.name == "README.md" else None
    if folder is None:
        yield {title: name}
    else:
        inside = sorted(folder.glob("*.md"), key=lambda page: (page.name != "README.md", page.name))
        yield {title: [page.relative_to(DOCS).as_posix() for page in inside]}


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages that stand beside `docs/`, and the reference of the code."""
    for source, name in FROM_ROOT.items():
        text = (ROOT / source).read_text(encoding="utf-8")
        files.append(File.generated(config, name, content=text))
    reference = "".join(f"\n::: {name}\n" for name in _PUBLIC)
    files.append(File.generated(config, API, content=f"# Python reference\n{reference}"))
    return files


def on_page_markdown(markdown: str, page: Page, files: Files, **_: object) -> str:
    """Turn links between files of a clone into links between pages."""
    source = next((s for s, name in FROM_ROOT.items() if name == page.file.src_uri), None)
    here = PurePosixPath(source or f"docs/{page.file.src_uri}").parent

    def linked(match: re.Match[str]) -> str:
        text, target, anchor = match[1], match[2], match[3] or ""
        if not target or re.match(r"[a-z]+:", target):
            return match[0]
        there = normpath(str(here / target))
        name = FROM_ROOT.get(
            there, there.removeprefix("docs/") if there.startswith("docs/") else ""
        )
        if name and (DOCS / name).is_dir():
            name = _first_of(name)
        if not name or files.get_file_from_path(name) is None:
            return text
        up = "../" * (len(PurePosixPath(page.file.src_uri).parts) - 1)
        return f"[{text}]({up}{name}{anchor})"

    parts = _FENCED.split(markdown)
    return "".join(
        # Two brackets in a row, as behind options, would be a link to somewhere.
        part if place % 2 else _LINK.sub(linked, part).replace("] [", r"] \[")
        for place, part in enumerate(parts)
    )


def _first_of(folder: str) -> str:
    return min(path.relative_to(DOCS).as_posix() for path in (DOCS / folder).glob("*.md"))
