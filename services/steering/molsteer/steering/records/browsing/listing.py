"""The molecules of a campaign page by page, sought and sorted by its ledger."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from molsteer.shared.wire.properties import Objective, Output
from molsteer.steering.ledger import own_columns
from molsteer.steering.ledger.ledger import Ledger
from molsteer.steering.records.aims import limits, objectives, outputs
from molsteer.steering.records.browsing.query import ROWS, Query, select
from molsteer.steering.records.figures.bests import hit_molecules
from molsteer.steering.records.found import Found, read_found_of
from molsteer.steering.records.tables.task_columns import failed


@dataclass(frozen=True, slots=True)
class Failed:
    """A molecule whose simulation failed for good.

    Attributes:
        molecule: Its number in the search space.
        smiles: The molecule, None where its failure does not tell.
        level: The level at which it failed.
        own: What the molecules file says of it beside the SMILES, by heading.
        attempts: How often it was tried.
        code: Kind of its last failure.
        message: What that said.
    """

    molecule: int
    smiles: str | None
    level: str
    own: Mapping[str, str]
    attempts: int
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Listing:
    """A page of molecules.

    Attributes:
        query: What was asked for, with the page that is there.
        total: Molecules on all pages.
        pages: How many pages there are, 1 at least.
        objectives: What is wanted, the leading objective first.
        outputs: What is told of each molecule: that of each objective, then those that only a
            limit speaks of.
        own_headings: Headings of the users' own columns.
        rows: The results of each molecule, the first level first; empty where failures are asked
            for.
        failed: Molecules that failed, empty otherwise.
    """

    query: Query
    total: int
    pages: int
    objectives: Sequence[Objective]
    outputs: Sequence[Output]
    own_headings: Sequence[str]
    rows: Sequence[Sequence[Found]] = ()
    failed: Sequence[Failed] = ()


def read_listing(ledger: Ledger, query: Query) -> Listing:
    """Read the page that is asked for, or the last one there is."""
    wanted = objectives(ledger)
    limited = [each.output for each in limits(ledger)]
    told = list(dict.fromkeys([*(each.output for each in wanted), *limited]))
    headings = own_columns.headings(ledger)
    if query.group == "failed":
        found = [each for each in _failed(ledger) if _is_meant(each, query.text.lower())]
        page, pages = _page(query.page, len(found))
        shown = found[(page - 1) * ROWS : page * ROWS]
        return Listing(_at(query, page), len(found), pages, wanted, told, headings, failed=shown)
    learned, place = outputs(ledger), None
    if wanted and wanted[0].output in learned:
        place = learned.index(wanted[0].output)
    hits = hit_molecules(ledger, wanted[0]) if wanted and query.group == "hits" else ()
    chosen = select(query, told, next(iter(wanted), None), place, hits)
    (total,) = ledger.connection.execute(
        f"SELECT count(*) FROM result {chosen.joined} WHERE {chosen.conditions}",  # noqa: S608 - ours
        dict(chosen.parameters),
    ).fetchone()
    page, pages = _page(query.page, total)
    rows = ledger.connection.execute(
        f"SELECT result.molecule FROM result {chosen.joined}"  # noqa: S608 - all ours
        f" {chosen.joined_for_order} WHERE {chosen.conditions} ORDER BY {chosen.order}"
        " LIMIT :rows OFFSET :skipped",
        {**chosen.parameters, "rows": ROWS, "skipped": (page - 1) * ROWS},
    )
    found_of = read_found_of(ledger, [molecule for (molecule,) in rows])
    found_rows = list(found_of.values())
    return Listing(_at(query, page), total, pages, wanted, told, headings, found_rows)


def _page(page: int, total: int) -> tuple[int, int]:
    pages = max(1, -(-total // ROWS))
    return min(max(1, page), pages), pages


def _at(query: Query, page: int) -> Query:
    return Query(query.text, query.group, query.order, query.descending, page)


def _is_meant(failure: Failed, text: str) -> bool:
    told = (failure.smiles or "", failure.code, failure.message, *failure.own.values())
    return not text or text == str(failure.molecule) or any(text in each.lower() for each in told)


def _failed(ledger: Ledger) -> Sequence[Failed]:
    # With max(), SQLite takes the other columns from the row that has it.
    rows = ledger.connection.execute(
        "SELECT json_extract(command, '$.molecule') AS molecule,"  # noqa: S608 - all ours
        f" json_extract(command, '$.level') AS level, {failed('facts.smiles')} AS smiles,"
        f" {failed('code')} AS code, {failed('message')} AS message, count(*) AS attempts,"
        " max(settled_at) AS settled_at FROM task WHERE topic = 'simulate'"
        " AND status IN ('error', 'timeout', 'poison') AND state = 'settled'"
        " AND NOT EXISTS (SELECT 1 FROM result WHERE"
        " result.molecule = json_extract(command, '$.molecule')"
        " AND result.level = json_extract(command, '$.level'))"
        " GROUP BY 1, 2 ORDER BY max(settled_at) DESC"
    ).fetchall()
    own = own_columns.of_all(ledger) if rows else {}
    return [
        Failed(
            **{name: row[name] for name in ("molecule", "level", "attempts")},
            smiles=row["smiles"] if isinstance(row["smiles"], str) else None,
            own=own.get(row["molecule"], {}),
            code=str(row["code"]),
            message=str(row["message"]),
        )
        for row in rows
    ]
