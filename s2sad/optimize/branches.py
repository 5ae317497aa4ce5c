"""Joins branches on one condition: the forward and the reverse sweep of an `if` become one `if`."""

from __future__ import annotations

from s2sad.ir.core import Block, Op, Value, replace_uses


def fuse_branches(block: Block, root: Block, mapping: dict[Value, Value]) -> bool:
    """Move an `if` down to a later one on the same condition, where nothing between them reads its results.

    `mapping` holds replacements that are still to be made in `root`; it gains nothing, since the fused operation
    keeps the results of both.
    """
    changed = False
    j = 0
    while j < len(block.ops):
        later = block.ops[j]
        if later.name == "if":
            i = _partner(block, j, mapping)
            if i is not None:
                _fuse(block.ops[i], later)
                del block.ops[i]
                changed = True
                j -= 1
        j += 1
    return changed


def _partner(block: Block, j: int, mapping: dict[Value, Value]) -> int | None:
    """The nearest earlier `if` that can be moved down to the one at `j`."""
    later = block.ops[j]
    for i in range(j - 1, -1, -1):
        earlier = block.ops[i]
        if earlier.name != "if" or _final(earlier.operands[0], mapping) is not _final(
            later.operands[0], mapping
        ):
            continue
        between = block.ops[i + 1 : j]
        results = set(earlier.results)
        if any(_reads(op, results, mapping) for op in between):
            return None
        if any(_has_effect(op) for op in between) and _has_effect(earlier):
            return None
        return i
    return None


def _final(value: Value, mapping: dict[Value, Value]) -> Value:
    while value in mapping:
        value = mapping[value]
    return value


def _reads(op: Op, values: set[Value], mapping: dict[Value, Value]) -> bool:
    if any(_final(v, mapping) in values for v in op.operands):
        return True
    for region in op.regions:
        if any(_final(v, mapping) in values for v in region.yields):
            return True
        if any(_reads(inner, values, mapping) for inner in region.ops):
            return True
    return False


def _has_effect(op: Op) -> bool:
    return op.name == "effect" or any(
        _has_effect(inner) for region in op.regions for inner in region.ops
    )


def _fuse(earlier: Op, later: Op) -> None:
    """Put the regions of `earlier` before those of `later`, which may then read what they made."""
    for first, second in zip(earlier.regions, later.regions, strict=True):
        replace_uses(second, dict(zip(earlier.results, first.yields, strict=True)))
        second.ops = first.ops + second.ops
        for op in second.ops:
            op.block = second
        second.yields = first.yields + second.yields
    later.results = earlier.results + later.results
    for result in earlier.results:
        result.op = later
    later.exact = later.exact and earlier.exact
    later.attrs.setdefault("form", "if")
    if not later.exact:
        later.attrs["form"] = "if"
