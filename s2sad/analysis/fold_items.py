"""Folding of items that are read and written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from s2sad.analysis.aliases import once
from s2sad.analysis.context import number, operand_of, static
from s2sad.analysis.lengths import shape_item
from s2sad.ir.core import Op, Value
from s2sad.ir.indices import parts_of, without_dots

if TYPE_CHECKING:
    from s2sad.analysis.build import Builder

WHOLE = ("int", "i8", "i4")
COMPUTED = ("operator.", "numpy.where", "helper.unbroadcast", "numpy.sqrt")  # a number of numbers


def is_whole(index: Value) -> bool:
    """True for `...` and `:`, which name a whole array."""
    op = index.op
    if op is not None and op.name == "slice":
        return all(static(v) == (True, None) for v in op.operands)
    return static(index) == (True, Ellipsis) or static(index) == (True, slice(None))


def may_have_none(array: Value) -> bool:
    """True for what was computed of values that may be arrays without dimensions: so it may be a number."""
    return array.kind.dims is None and _is_computed(array)


def _is_computed(array: Value) -> bool:
    op = array.op
    if op is not None and op.name == "if":
        return any(_is_computed(region.yields[op.results.index(array)]) for region in op.regions)
    return op is not None and op.fn.startswith(COMPUTED)


def names_axis(index: Value) -> bool:
    """True where an index has a place or a slice along an axis, which the array has then."""
    parts = parts_of(index)
    return any(p.kind.base == "slice" or p.kind.is_scalar and p.kind.dtype in WHOLE for p in parts)


def spread_number(array: Value) -> Value | None:
    """The number that all items of a one-dimensional array are; None where that is not known."""
    if array.kind.ndim != 1:
        return None
    part = operand_of(array, "operator.getitem")
    if part is not None:
        return spread_number(part[0])
    spread = operand_of(array, "numpy.broadcast_to")
    return spread[0] if spread is not None and spread[0].kind.is_scalar else None


def first_of_slice(array: Value, index: Value) -> tuple[Value, int] | None:
    """(a, k) for a[k:n][0], which is a[k]."""
    part = operand_of(array, "operator.getitem")
    known, cut = static(part[1]) if part is not None else (False, None)
    if part is None or number(index) != 0 or not known or not isinstance(cut, slice):
        return None
    plain = isinstance(cut.start, int) and cut.start >= 0 and cut.step in (None, 1)
    return (part[0], cut.start) if plain else None


def item(b: Builder, op: Op) -> Value | None:
    """x[...] is x, and a length of a shape may be known."""
    array, index = op.operands
    if not op.exact and is_whole(index):
        return array
    short = None if op.exact else without_dots(array, index)
    if short is not None:
        return b.call("operator.getitem", array, b.tuple(short) if len(short) > 1 else short[0])
    first = None if op.exact else first_of_slice(array, index)
    if first is not None:
        return b.call("operator.getitem", *first)
    if not op.exact and number(index) is not None:
        value = spread_number(array)
        if value is not None:
            return value
    return shape_item(b, op)


def store(b: Builder, op: Op) -> Value | None:
    """What is overwritten as a whole is made anew."""
    array, index, value = op.operands
    if array.kind.dims == () and is_whole(index):
        # What takes an adjoint or a tangent has no memory.
        return value if value.kind.is_scalar else b.call("numpy.copy", value)
    if number(value) == 0 and is_whole(index):
        return b.zeros_like(array)
    if may_have_none(array) and not names_axis(index):
        return b.call("intrinsic.store", b.call("numpy.asarray", array), index, value)
    return None


def stays(b: Builder, op: Op) -> Value | None:
    """Where an index names each item once, all that is written stays."""
    return op.operands[0] if once(op.operands[2]) else None


def index_add(b: Builder, op: Op) -> Value | None:
    """Adding zero changes nothing, adding twice is adding the sum, adding to what was set to zero is setting."""
    array, index, value = op.operands
    if number(value) == 0:
        return array
    if array.kind.dims == () and is_whole(index):
        return b.call("operator.add", array, value)
    if may_have_none(array) and not names_axis(index):
        return b.call("intrinsic.index_add", b.call("numpy.array", array), index, value)
    spread = operand_of(value, "numpy.broadcast_to")
    if spread is not None and spread[0].kind.is_scalar and once(index):
        return b.call("intrinsic.index_add", array, index, spread[0])
    earlier = operand_of(array, "intrinsic.index_add")
    if earlier is not None and earlier[1] is index:
        total = b.call("operator.add", earlier[2], value)
        return b.call("intrinsic.index_add", earlier[0], index, total)
    base = operand_of(array, "intrinsic.store")
    if base is None or base[1] is not index or number(base[2]) != 0:
        return None
    read = operand_of(value, "operator.getitem")
    if read is not None and read[0] is base[0] and read[1] is index:
        return base[0]
    return b.call("intrinsic.store", base[0], index, value) if once(index) else None
