"""Loops over the items of arrays, which are printed as such: `for x, y in zip(a, b)`."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass

from s2sad.analysis.context import static
from s2sad.analysis.sharing import rewritten
from s2sad.ir.core import Loop, Op, Value


@dataclass
class Rows:
    """What reads the items at the start of a loop's body; `counted` where the body also reads the index."""

    reads: list[Op]
    backwards: bool
    counted: bool


def rows_of(loop: Loop, nested: Container[Op], count: dict[Value, int]) -> Rows | None:
    """The items that a loop reads, where these, in their order, are all that it runs over."""
    index = loop.index
    reads: list[Op] = []
    for op in loop.body.ops:
        if op in nested:
            continue
        if not op.attrs.get("row") or op.operands[1] is not index:
            break
        reads.append(op)
    if not reads or index is None:
        return None
    if not all(_stays(loop, op.operands[0]) for op in reads):
        return None  # what runs over the array would not see the array that takes its place
    arrays = [_before(loop, op.operands[0]) for op in reads]
    backwards = static(loop.domain[2]) == (True, -1)
    if not (_is_whole_backwards(loop, arrays) if backwards else _is_whole(loop, arrays)):
        return None
    counted = count.get(index, 0) > len(reads) or index in loop.body.yields
    if counted and (backwards or loop.tapes_in):
        return None
    return Rows(reads, backwards, counted)


def _stays(loop: Loop, array: Value) -> bool:
    """True for an array that the loop only writes in place, if at all."""
    if array not in loop.carried:
        return True
    return rewritten(loop.next[loop.carried.index(array)], array)


def _before(loop: Loop, array: Value) -> Value:
    """The array before the loop that carries it."""
    return loop.inits[loop.carried.index(array)] if array in loop.carried else array


def _is_whole(loop: Loop, arrays: list[Value]) -> bool:
    """True for a range that ends where the shortest of the arrays ends."""
    start, stop, step = loop.domain
    if static(start) != (True, 0) or static(step) != (True, 1):
        return False
    known, n = static(stop)
    if known:
        return all(_length(array) == n for array in arrays)
    return set(_measured(stop)) == set(arrays)


def _is_whole_backwards(loop: Loop, arrays: list[Value]) -> bool:
    """True for a range from the last item to the first, of arrays that are equally long."""
    start, stop, _ = loop.domain
    if static(stop) != (True, -1):
        return False
    known, n = static(start)
    if known:
        return all(_length(array) == n + 1 for array in arrays)
    op = start.op
    if op is None or op.fn != "operator.sub" or static(op.operands[1]) != (True, 1):
        return False
    return set(arrays) == set(_measured(op.operands[0])) and len(set(arrays)) == 1


def _length(array: Value) -> int | None:
    sizes = array.kind.dims
    return sizes[0] if sizes and isinstance(sizes[0], int) else None


def _measured(length: Value) -> list[Value]:
    """The arrays of which a value is the length, or the smallest of the lengths."""
    op = length.op
    if op is None:
        return []
    if op.fn == "builtins.len":
        return [op.operands[0]]
    if op.fn == "builtins.min":
        return [array for part in op.operands for array in _measured(part) or [length]]
    return []
