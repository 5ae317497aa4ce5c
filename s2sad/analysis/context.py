"""What the passes over one function share: the rules, and what is known of lengths."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from s2sad.ir.core import Value
from s2sad.ir.kinds import Dim, Dims, Size
from s2sad.rules.registry import Registry


@dataclass
class Context:
    """Rules, dimension symbols, and the symbols already given to run-time lengths.

    `like` says of an adjoint which primal value has its shape; `anchors` gives for a dimension symbol a parameter
    and an axis that has this length; `masked` gives for a mask the first array that was read by it; `sources` what
    shapes go back to (see `same_shape`), `ends` where the search for them ended; `floats` are the arguments that are
    differentiated, and tangents and seeds; `truths` whether a value may be a truth (see `numbers`); `signed` has the
    symbols of integers that may be negative.
    """

    registry: Registry
    dims: Dims = field(default_factory=Dims)
    memo: dict[Any, Dim] = field(default_factory=dict)
    like: dict[Value, Value] = field(default_factory=dict)
    anchors: dict[Dim, tuple[Value, int]] = field(default_factory=dict)
    masked: dict[Value, Value] = field(default_factory=dict)
    sources: dict[Value, frozenset[Value]] = field(default_factory=dict)
    ends: set[Value] = field(default_factory=set)
    floats: set[Value] = field(default_factory=set)
    truths: dict[Value, bool] = field(default_factory=dict)
    signed: set[str] = field(default_factory=set)

    def set_like(self, value: Value, primal: Value) -> None:
        """Note that `value` has the shape of `primal`, where nothing is noted yet."""
        if value not in self.like:
            self.like[value] = primal
            self.changed(value)

    def changed(self, value: Value) -> None:
        """More is known of a value's shape: forget what was found with less."""
        if value in self.ends:
            self.sources.clear()
            self.ends.clear()

    def symbol(self, key: Any) -> Dim:
        """The symbol of a length that is computed at run time: one symbol for one computation."""
        if key not in self.memo:
            self.memo[key] = self.dims.fresh()
        return self.memo[key]


def static(value: Value | None) -> tuple[bool, Any]:
    """(True, the Python value) where a value is known before the program runs, else (False, None)."""
    if value is None:
        return True, None
    op = value.op
    if op is None:
        return False, None
    if op.name == "const":
        return True, op.value
    if op.name in ("tuple", "list"):
        items = [static(v) for v in op.operands]
        if all(known for known, _ in items):
            return True, tuple(v for _, v in items)
    if op.name == "slice":
        items = [static(v) for v in op.operands]
        if all(known for known, _ in items):
            return True, slice(*(v for _, v in items))
    if op.fn == "operator.neg":
        known, inner = static(op.operands[0])
        if known and isinstance(inner, (int, float)):
            return True, -inner
    return False, None


def size_of(context: Context, value: Value) -> Size:
    """The length that an integer value stands for, symbolically."""
    known, number = static(value)
    if known and isinstance(number, int):
        return number
    op = value.op
    if op is not None:
        if op.fn in ("intrinsic.dim", "builtins.len"):
            dims = op.operands[0].kind.dims
            known, axis = static(op.operands[1]) if op.fn == "intrinsic.dim" else (True, 0)
            if dims and known and isinstance(axis, int) and -len(dims) <= axis < len(dims):
                return context.dims.find(dims[axis])
        if op.fn == "builtins.max" and static(op.operands[1]) == (True, 0):
            return size_of(context, op.operands[0])  # a length that is no less
        if op.fn in ("operator.add", "operator.sub"):
            known, number = static(op.operands[1])
            if known and isinstance(number, int):
                size = size_of(context, op.operands[0])
                sign = 1 if op.fn == "operator.add" else -1
                if isinstance(size, Dim):
                    return Dim(size.symbol, size.offset + sign * number)
    size = context.symbol(("value", value))
    if not _is_natural(value):
        context.signed.add(size.symbol)
    return size


def _is_natural(value: Value) -> bool:
    """True where an integer is surely not negative: what it is computed of is a length, or a number above 0."""
    seen: set[Value] = set()
    work = [value]
    while work:
        last = work.pop()
        known, number = static(last)
        if last in seen or known and isinstance(number, int) and number >= 0:
            continue
        seen.add(last)
        op = last.op
        if known or op is None:
            return False
        if op.fn in ("operator.add", "operator.mul", "operator.floordiv"):
            work.extend(op.operands)
        elif op.fn not in ("intrinsic.dim", "intrinsic.size", "builtins.len"):
            return False
    return True


def number(value: Value) -> float | int | None:
    """The number that a value is known to be, or None."""
    known, n = static(value)
    return n if known and isinstance(n, (int, float)) and not isinstance(n, bool) else None


def operand_of(value: Value, fn: str) -> list[Value] | None:
    """Operands of the operation that made `value`, if that is a (non-exact) call of `fn`."""
    op = value.op
    return op.operands if op is not None and op.fn == fn and not op.exact else None
