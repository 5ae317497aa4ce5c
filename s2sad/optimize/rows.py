"""Tapes whose items are all one value: a loop that reads them reads the value."""

from __future__ import annotations

from s2sad.analysis.fold import spread_number
from s2sad.ir.core import Loop, Op, Value, replace_uses


def read_numbers(op: Op) -> bool:
    """Let a loop read a value itself, where each of the items that it takes from a tape is that value."""
    loop = Loop(op)
    found = False
    for j in reversed(range(len(loop.consumed))):
        value = _always(loop.tapes_in[j])
        if value is not None:
            replace_uses(loop.body, {loop.consumed[j]: value})
            loop.drop_consumed(j)
            found = True
    return found


def _always(tape: Value) -> Value | None:
    """The value that all items of a tape are; None where that is not known."""
    made = tape.op
    if made is None:
        return None
    if made.name == "unstack":
        return spread_number(made.operands[0]) if len(made.operands) == 1 else None
    if made.name not in ("for", "while"):
        return None
    loop = Loop(made)
    if tape not in loop.tapes_out:
        return None
    value = loop.collects[loop.tapes_out.index(tape)]
    block = value.op.block if value.op is not None else value.owner
    while block is not None:
        if block.op is made:
            return None
        block = block.op.block if block.op is not None else None
    return value  # it is made before the loop
