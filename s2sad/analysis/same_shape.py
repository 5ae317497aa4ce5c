"""Which values have the same shape, also where the kinds do not say it.

The shape of an elementwise result is that of its operands broadcast together, so a value's shape goes back to a
set of *sources*. Two values with the same sources have the same shape.
"""

from __future__ import annotations

from s2sad.analysis.context import Context
from s2sad.ir.core import Op, Value
from s2sad.ir.kinds import Size

ELEMENTWISE = ("elementwise", "comparison", "select")
LIKE_FIRST = {
    "numpy.zeros_like", "numpy.ones_like", "numpy.empty_like", "numpy.full_like", "numpy.copy",
    "numpy.ndarray.copy", "intrinsic.store", "intrinsic.index_add",
}  # fmt: skip


def sources(context: Context, value: Value) -> frozenset[Value]:
    """Values whose shapes, broadcast together, are the shape of `value`."""
    if value.kind.is_scalar:
        return frozenset()
    if value not in context.sources:
        found: dict[Value, frozenset[Value]] = {}
        again: set[Value] = set()
        out = _sources(context, value, found, set(), again)
        # Where a value leads back to itself, only what the search began with is complete.
        context.sources.update({value: out} if again else found)
    return context.sources[value]


def _sources(
    context: Context,
    value: Value,
    found: dict[Value, frozenset[Value]],
    open_: set[Value],
    again: set[Value],
) -> frozenset[Value]:
    """The sources of a value; `open_` are those that are being searched, `again` those that were met again."""
    if value.kind.is_scalar:
        return frozenset()
    for known in (context.sources, found):
        if value in known:
            return known[value]
    if value in open_:
        again.add(value)
        return frozenset([value])
    open_.add(value)
    models = _models(context, value)
    if models is None:
        context.ends.add(value)
        out = frozenset([value])
    else:
        out = frozenset().union(*(_sources(context, m, found, open_, again) for m in models))
    open_.discard(value)
    found[value] = out
    return out


def _models(context: Context, value: Value) -> list[Value] | None:
    """Values whose shapes, broadcast together, are the shape of `value`, one step back."""
    op = value.op
    if op is not None and op.name == "prim":
        rule = context.registry.rules.get(op.fn)
        shape = rule.shape if rule is not None else ""
        if shape in ELEMENTWISE:
            return op.operands
        if op.fn in LIKE_FIRST:
            return op.operands[:1]
        if shape.startswith("like:"):
            model = op.arg(shape[5:])
            if model is not None:
                return [model]
        if op.fn == "operator.getitem" and _by_mask(op):
            # x[mask] and y[mask] are as long as the mask has true items.
            first = context.masked.setdefault(op.operands[1], value)
            return None if first is value else [first]
        if op.fn in ("numpy.broadcast_to", "numpy.reshape"):
            query = op.operands[1].op
            if query is not None and query.fn == "intrinsic.shape":
                return query.operands[:1]
    primal = context.like.get(value)
    return None if primal is None or primal is value else [primal]


def _by_mask(op: Op) -> bool:
    """True for an index that is one mask, of all axes of the array."""
    array, mask = (v.kind for v in op.operands)
    return mask.dtype == "b1" and bool(mask.dims) and array.ndim == mask.ndim


def same_shape(context: Context, a: Value, b: Value) -> bool:
    """True where two values certainly have the same shape."""
    if a.kind.dims is not None and b.kind.dims is not None:
        have = [context.dims.find(d) for d in a.kind.dims]
        if have == [context.dims.find(d) for d in b.kind.dims]:
            return True
    return sources(context, a) == sources(context, b)


def covers(context: Context, big: Value, small: Value) -> bool:
    """True where broadcasting `small` with `big` certainly gives the shape of `big`."""
    if small.kind.is_scalar:
        return True
    if (
        big.kind.dims is not None
        and small.kind.dims is not None
        and len(small.kind.dims) <= len(big.kind.dims)
    ):
        pairs = zip(reversed(big.kind.dims), reversed(small.kind.dims), strict=False)
        if all(s == 1 or context.dims.same(b, s) for b, s in pairs):
            return True
    return sources(context, small) <= sources(context, big)


def same_dims(context: Context, have: tuple[Size, ...], want: tuple[Size, ...]) -> bool:
    """True where two shapes are surely the same."""
    pairs = zip(have, want, strict=False)
    return len(have) == len(want) and all(context.dims.same(p, q) for p, q in pairs)
