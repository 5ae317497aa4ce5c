"""The parts of an index."""

from __future__ import annotations

from s2sad.ir.core import Value


def parts_of(index: Value) -> list[Value]:
    """What stands between the commas of an index."""
    op = index.op
    return list(op.operands) if op is not None and op.name == "tuple" else [index]


def is_dots(part: Value) -> bool:
    """True for `...`"""
    return part.op is not None and part.op.name == "const" and part.op.value is Ellipsis


def without_dots(array: Value, index: Value) -> list[Value] | None:
    """The places along all axes where `...` in an index names none; None where it does, or there is none.

    x[..., 0] of a vector is an array without dimensions, which is a view, and x[0] is a number.
    """
    parts = [p for p in parts_of(index) if not is_dots(p)]
    plain = all(p.kind.is_scalar and p.kind.dtype in ("int", "i8", "i4") for p in parts)
    fewer = 0 < len(parts) < len(parts_of(index))
    return parts if fewer and plain and len(parts) == array.kind.ndim else None
