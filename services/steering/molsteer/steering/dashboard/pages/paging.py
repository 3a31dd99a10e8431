"""Pages of a table, and the addresses that lead to others."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from werkzeug.wrappers import Request


@dataclass(frozen=True, slots=True)
class Paging:
    """Where in a table one is.

    Attributes:
        page: From 1.
        pages: How many there are, 1 at least.
        total: Rows on all of them.
        rows: Rows of one.
        asked: What else stands in the address.
    """

    page: int
    pages: int
    total: int
    rows: int
    asked: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, request: Request, total: int, rows: int) -> Paging:
        """Take the page that is asked for, or the last one there is."""
        pages = max(1, -(-total // rows))
        page = min(max(1, request.args.get("page", 1, type=int)), pages)
        asked = tuple((k, v) for k, v in request.args.items() if k != "page" and v)
        return cls(page, pages, total, rows, asked)

    @property
    def first(self) -> int:
        """How many rows are on earlier pages."""
        return (self.page - 1) * self.rows

    @property
    def told(self) -> str:
        """Say which rows these are."""
        if not self.total:
            return "none"
        last = min(self.first + self.rows, self.total)
        return f"{self.first + 1:,} to {last:,} of {self.total:,}"

    def address(self, page: int) -> str:
        """Give the address of a page."""
        return f"?{urlencode([*self.asked, ('page', page)])}"

    def sorted_by(self, order: str, direction: str) -> str:
        """Give the address of the first page in another order."""
        kept = [(name, value) for name, value in self.asked if name not in {"order", "direction"}]
        return f"?{urlencode([*kept, ('order', order), ('direction', direction)])}"
