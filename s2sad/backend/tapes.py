"""How tapes are printed: which values share a list, and where they are put on it."""

from __future__ import annotations

from typing import Any

from s2sad.ir.core import Block, Function, Loop, Op, Value


def tape_groups(function: Function) -> dict[Op, list[list[int]]]:
    """For each loop that collects: its tapes, in groups that are one list of tuples.

    Tapes are one list where the same loops read them, in the same order, and nothing else does.
    """
    readers: dict[Value, list[Any]] = {}
    ops = list(function.body.walk())
    for op in ops:
        if op.name in ("for", "while"):
            loop = Loop(op)
            for tape, backwards in zip(loop.tapes_in, loop.backwards, strict=True):
                readers.setdefault(tape, []).append((id(op), backwards))
        if op.name in ("stack", "unstack"):
            for tape in (v for v in op.operands if v.kind.base == "tape"):
                readers.setdefault(tape, []).append((id(op), False))
        for region in op.regions:
            for value in region.yields:
                if value.kind.base == "tape":
                    readers.setdefault(value, []).append((id(value), True))
    for value in function.results:
        readers.setdefault(value, []).append((id(value), True))
    groups: dict[Op, list[list[int]]] = {}
    for op in ops:
        if op.name in ("for", "while") and op.attrs["collected"]:
            by_reader: dict[Any, list[int]] = {}
            for k, tape in enumerate(Loop(op).tapes_out):
                by_reader.setdefault(tuple(readers.get(tape, [])), []).append(k)
            groups[op] = list(by_reader.values())
    return groups


def append_point(
    loop: Loop, values: list[Value], nested: set[Op], rows: list[Op], unpacked: list[list[Op]]
) -> Op | Block:
    """Behind what a group of values is made by: behind all items of rows, which the loop's header sets, and behind all
    items that one statement unpacks.
    """
    places = {op: i for i, op in enumerate(loop.body.ops)}
    made = [v.op for v in values if v.op is not None and v.op in places and v.op not in nested]
    point = max(made, key=lambda op: places[op]) if made else loop.body
    if rows and (point is loop.body or point in rows):
        return rows[-1]
    return next((group[-1] for group in unpacked if point in group), point)


def kept_anyway(function: Function) -> set[Value]:
    """Values that are collected, yielded, carried or asked for, whether they exist on every path or not."""
    kept: set[Value] = set(function.results)
    loops = [Loop(op) for op in function.body.walk() if op.name in ("for", "while")]
    for op in function.body.walk():
        if op.name in ("for", "while"):
            loop = Loop(op)
            kept.update(loop.collects)
            kept.update(v for v, p in zip(loop.next, loop.carried, strict=True) if v is not p)
            kept.update(loop.inits)
        elif op.name == "if":
            for region in op.regions:
                kept.update(region.yields)
        elif op.fn == "intrinsic.defined":
            kept.update(op.operands)
    before = -1
    while len(kept) != before:
        before = len(kept)
        for loop in loops:
            kept.update(p for p, f in zip(loop.carried, loop.finals, strict=True) if f in kept)
    return kept
