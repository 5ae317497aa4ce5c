"""Tapes whose items are all one value: a loop that reads them reads the value."""

from __future__ import annotations

from s2sad.analysis.context import static
from s2sad.analysis.fold_items import spread_number
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


def read_again(op: Op) -> bool:
    """Read items of arrays again in a reverse loop, where the loop before it does nothing but put them on tapes."""
    loop = Loop(op)
    found = False
    for j in reversed(range(len(loop.consumed))):
        made = loop.tapes_in[j].op
        if made is None or made.name != "for" or not loop.backwards[j] or not loop.is_for:
            continue
        maker = Loop(made)
        if maker.n_carried or maker.has_stop or not _mirrors(maker, loop):
            continue
        if not all(_reads_item(maker, value) for value in maker.collects):
            continue
        value = maker.collects[maker.tapes_out.index(loop.tapes_in[j])]
        old, index = value.op, loop.index
        assert old is not None and index is not None
        read = Op(
            "prim", [old.operands[0], index], [Value(value.kind, value.hint)], dict(old.attrs)
        )
        read.span, read.block = old.span, loop.body
        loop.body.ops.insert(0, read)
        replace_uses(loop.body, {loop.consumed[j]: read.result})
        loop.drop_consumed(j)
        found = True
    return found


def _reads_item(loop: Loop, value: Value) -> bool:
    """True for array[index] of an array from before the loop."""
    op = value.op
    if op is None or op.fn != "operator.getitem" or op.block is not loop.body:
        return False
    array, index = op.operands
    inside = array.op.block if array.op is not None else array.owner
    return index is loop.index and inside is not loop.body and array.kind.is_array


def _mirrors(loop: Loop, later: Loop) -> bool:
    """True for range(n - 1, -1, -1) after range(n)."""
    start, stop, step = (static(v) for v in loop.domain)
    first, last, back = later.domain
    if (start, step) != ((True, 0), (True, 1)):
        return False
    if (static(last), static(back)) != ((True, -1), (True, -1)):
        return False
    if stop[0]:
        return static(first) == (True, stop[1] - 1)
    made = first.op
    return (
        made is not None
        and made.fn == "operator.sub"
        and made.operands[0] is loop.domain[1]
        and static(made.operands[1]) == (True, 1)
    )
