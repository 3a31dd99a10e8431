"""The changes of one line that could be made to a source."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from difflib import unified_diff
from itertools import accumulate, pairwise
from typing import NamedTuple

UNSEEN = {"annotation", "returns", "decorator_list"}  # they describe, and seldom do anything
OTHERWISE: dict[type[ast.AST], tuple[str, ...]] = {
    ast.Lt: ("<", "<=", ">="),
    ast.LtE: ("<=", "<", ">"),
    ast.Gt: (">", ">=", "<="),
    ast.GtE: (">=", ">", "<"),
    ast.Eq: ("==", "!="),
    ast.NotEq: ("!=", "=="),
    ast.Is: ("is", "is not"),
    ast.IsNot: ("is not", "is"),
    ast.In: ("in", "not in"),
    ast.NotIn: ("not in", "in"),
    ast.And: ("and", "or"),
    ast.Or: ("or", "and"),
}


class Mutant(NamedTuple):
    """A change: which bytes of a file make way, and for what."""

    path: str
    line: int
    start: int
    end: int
    text: str

    def of(self, source: bytes) -> bytes:
        """Change the source."""
        return source[: self.start] + self.text.encode() + source[self.end :]

    def diff(self, source: bytes) -> str:
        """Show the lines that differ."""
        before, after = (text.decode().splitlines() for text in (source, self.of(source)))
        return "\n".join([*unified_diff(before, after, lineterm="", n=0)][3:])


def mutants_of(path: str, source: bytes) -> list[Mutant]:
    """Find every change that could be made to a source, in the order of its text."""
    starts = [0, *accumulate(map(len, source.splitlines(keepends=True)))]

    def span(node: ast.expr | ast.stmt) -> tuple[int, int]:
        last, column = node.end_lineno or node.lineno, node.end_col_offset or 0
        return starts[node.lineno - 1] + node.col_offset, starts[last - 1] + column

    def changes() -> Iterator[tuple[int, int, str]]:
        for node in _seen(ast.parse(source)):
            for left, operator, right in _operations(node):
                sound, *others = OTHERWISE[type(operator)]
                gap_start, gap_end = span(left)[1], span(right)[0]
                at = source[gap_start:gap_end].find(sound.encode())
                if at >= 0 and b"#" not in source[gap_start:gap_end]:
                    start = gap_start + at
                    yield from ((start, start + len(sound), other) for other in others)
            for part, wrong in _replacements(node):
                start, end = span(part)
                yield start, end, wrong.format(source[start:end].decode())

    return sorted({Mutant(path, source.count(b"\n", 0, at[0]) + 1, *at) for at in changes()})


def _seen(node: ast.AST) -> Iterator[ast.AST]:
    """Walk over what runs, but not into f-strings, which older Pythons place wrongly."""
    yield node
    for field, value in ast.iter_fields(node):
        if field not in UNSEEN:
            for child in value if isinstance(value, list) else [value]:
                if isinstance(child, ast.AST) and not isinstance(child, ast.JoinedStr):
                    yield from _seen(child)


def _operations(node: ast.AST) -> Iterator[tuple[ast.expr, ast.AST, ast.expr]]:
    match node:
        case ast.Compare(left, operators, right):
            pairs = pairwise([left, *right])
            yield from ((a, op, b) for (a, b), op in zip(pairs, operators, strict=True))
        case ast.BoolOp(operator, values):
            yield from ((a, operator, b) for a, b in pairwise(values))


def _replacements(node: ast.AST) -> Iterator[tuple[ast.expr | ast.stmt, str]]:
    match node:
        case ast.Constant(value=bool() | int() | float() as value):
            yield node, _other_constant(value)
        case ast.Call(func=ast.Name("min" | "max" as name)):
            yield node.func, "max" if name == "min" else "min"
        case ast.Expr(ast.Call() | ast.Await()):
            yield node, "pass"
        case ast.Return(ast.expr() as value) if not _is_none(value):
            yield value, "None"
        case ast.If() | ast.While() | ast.IfExp() | ast.comprehension():
            tests = node.ifs if isinstance(node, ast.comprehension) else [node.test]
            yield from ((test, "not ({})") for test in tests if not isinstance(test, ast.Compare))


def _other_constant(value: float) -> str:
    match value:
        case bool():
            return str(not value)
        case int():
            return str(value + 1)
        case _:
            return str(value * 2 or 1.0)


def _is_none(value: ast.expr) -> bool:
    return isinstance(value, ast.Constant) and value.value is None
