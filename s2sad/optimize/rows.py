"""The items of an array that is one number, spread: a loop that reads them reads the number."""

from __future__ import annotations

from s2sad.analysis.fold import spread_number
from s2sad.ir.core import Loop, Op, replace_uses


def read_numbers(op: Op) -> bool:
    """Let a loop read the number itself in place of each of the items."""
    loop = Loop(op)
    found = False
    for j in reversed(range(len(loop.consumed))):
        rows = loop.tapes_in[j].op
        if rows is None or rows.name != "unstack" or len(rows.operands) > 1:
            continue
        value = spread_number(rows.operands[0])
        if value is not None:
            replace_uses(loop.body, {loop.consumed[j]: value})
            loop.drop_consumed(j)
            found = True
    return found
