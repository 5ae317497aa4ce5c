"""Masks from np.where: they are moved outwards, past what a branch that was not taken could spoil."""

from __future__ import annotations

from typing import TYPE_CHECKING

from s2sad.analysis.context import number, operand_of
from s2sad.ir.core import Op, Value

if TYPE_CHECKING:
    from s2sad.analysis.build import Builder


MOST_TERMS = (
    16  # of a sum over which a product is taken: sums of sums have as many as there are paths
)


def is_masked(value: Value) -> bool:
    mask = operand_of(value, "numpy.where")
    return mask is not None and 0 in (number(mask[1]), number(mask[2]))


def terms(value: Value) -> int:
    """How many terms a sum has, with those behind masks; more than MOST_TERMS for any longer one."""
    count, work = 0, [value]
    while work and count <= MOST_TERMS:
        value = work.pop()
        parts = operand_of(value, "operator.add") or operand_of(value, "operator.sub")
        parts = parts or (operand_of(value, "numpy.where") or [value])[1:]
        work.extend(parts)
        count += not parts
    return count


def join_masks(b: Builder, op: Op) -> Value | None:
    """where(c, a, 0) + where(c, b, 0) is where(c, a + b, 0)."""
    one, other = (operand_of(v, "numpy.where") for v in op.operands)
    if not one or not other or one[0] is not other[0]:
        return None
    if number(one[2]) == 0 and number(other[2]) == 0:
        return b.call("numpy.where", one[0], b.call(op.fn, one[1], other[1]), one[2])
    if number(one[1]) == 0 and number(other[1]) == 0:
        return b.call("numpy.where", one[0], one[1], b.call(op.fn, one[2], other[2]))
    return None


def sink_mask(b: Builder, op: Op) -> Value | None:
    """where(c, a, 0) * d is where(c, a * d, 0): what the branch not taken gives, even NaN, is left out."""
    x, y = op.operands
    for one in (x, y) if op.fn == "operator.mul" else (x,):
        for fn in ("operator.add", "operator.sub"):
            parts = operand_of(one, fn)
            if parts and any(is_masked(v) for v in parts) and terms(one) <= MOST_TERMS:
                done = [b.call(op.fn, v, y) if one is x else b.call(op.fn, x, v) for v in parts]
                return b.call(fn, *done)
        mask = operand_of(one, "numpy.where")
        if not mask:
            continue
        for kept, zero in ((1, 2), (2, 1)):
            if number(mask[zero]) == 0 and number(mask[kept]) != 0:
                product = b.call(op.fn, mask[kept], y) if one is x else b.call(op.fn, x, mask[kept])
                parts = (
                    [mask[0], product, mask[zero]] if kept == 1 else [mask[0], mask[zero], product]
                )
                return b.call("numpy.where", *parts)
    return None
