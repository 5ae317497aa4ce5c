"""Kinds of positions: the order of items, where the largest is, where a value belongs."""

from __future__ import annotations

from s2sad.analysis.context import Context, static
from s2sad.ir.core import Op
from s2sad.ir.kinds import ANY, Kind


def positions(context: Context, op: Op) -> Kind:
    """The order of the items along an axis."""
    kind, axis = op.operands[0].kind, op.arg("axis")
    whole = axis is None or isinstance(static(axis)[1], int)  # None is for all axes, end to end
    if not kind.dims or not whole:
        return Kind("array", "i8", None) if kind.is_array else ANY
    return Kind("number", "i8", kind.dims)


def lexsorted(context: Context, op: Op) -> Kind:
    """np.lexsort of a tuple of vectors: the order of their places."""
    keys = op.operands[0].op
    vectors = keys is not None and keys.name == "tuple" and keys.operands
    if not vectors or any(v.kind.ndim != 1 for v in keys.operands):  # type: ignore[union-attr]
        return ANY
    return Kind("number", "i8", keys.operands[0].kind.dims)  # type: ignore[union-attr]


def place(context: Context, op: Op) -> Kind:
    """The position of an extreme item: one along an axis, or one of all."""
    kind, axis = op.operands[0].kind, op.arg("axis")
    known, number = static(axis)
    if known and number is None:
        return Kind("number", "i8", ())
    if not kind.dims or not isinstance(number, int):
        return ANY
    dims = list(kind.dims)
    del dims[number % len(dims)]
    return Kind("number", "i8", tuple(dims))


def found(context: Context, op: Op) -> Kind:
    """Where values belong in a sorted array: positions as many as values."""
    kind = op.operands[1].kind
    return Kind("number", "i8", kind.dims) if kind.is_scalar or kind.dims else ANY
