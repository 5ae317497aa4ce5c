"""Helpers that are written out so often that functions of their own may be shorter."""

from __future__ import annotations

from collections import Counter
from typing import Any

from s2sad.frontend.find import FunctionSource
from s2sad.ir.core import Function

COPIES = 3  # of one operation
SAVED = 40  # operations


def key_of(source: FunctionSource) -> tuple[str, int, int]:
    """What a function of the user is told from others by."""
    return source.file.path, source.node.lineno, source.node.col_offset


def repeated(function: Function) -> frozenset[Any]:
    """Functions of which the IR has many copies; it tells by the lines that operations come from."""
    copies: Counter[Any] = Counter()
    for op in function.body.walk():
        if op.span is not None and op.name not in ("const", "undef", "call"):
            span = op.span
            copies[span.file.path, span.line, span.column, op.name, op.fn] += 1
    found = set()
    outer, *helpers = function.info["sources"]
    for source in helpers:
        first, last = source.node.lineno, getattr(source.node, "end_lineno", source.node.lineno)
        counts = [
            n
            for (path, line, *_), n in copies.items()
            if path == source.file.path and first <= line <= last
        ]
        times = max(counts, default=0)
        if times >= COPIES and sum(counts) * (times - 1) >= SAVED * times:
            found.add(key_of(source))
    return frozenset(found - {key_of(outer)})
