"""What shells offer to complete a value with."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import click
from click.shell_completion import CompletionItem

from molsteer.shared.errors import MolsteerError
from molsteer.shared.plugins import Kind, plugin_names

Offer = Callable[[click.Context, click.Parameter, str], list[CompletionItem[str]]]


def offered(values: Callable[[], Iterable[str]], incomplete: str) -> list[CompletionItem[str]]:
    """Offer the values that begin with what was typed; none if they are not known."""
    try:
        return [CompletionItem(value) for value in values() if value.startswith(incomplete)]
    except MolsteerError:  # a message would land in the line that somebody is about to write
        return []


def offer_plugins(kind: Kind) -> Offer:
    """Offer what packages that are installed here add of a kind."""

    def offer(
        _context: click.Context, _option: click.Parameter, incomplete: str
    ) -> list[CompletionItem[str]]:
        return offered(lambda: plugin_names(kind), incomplete)

    return offer
