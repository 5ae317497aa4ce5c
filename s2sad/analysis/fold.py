"""Folding: the simpler value that an operation of a derivative is equal to.

`fold` looks at one operation whose operands are known. Arithmetic is only folded where the operation is not
`exact` (written by the user). Folding of shapes and of what kinds decide is safe everywhere.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from s2sad.analysis.context import number, operand_of, static
from s2sad.analysis.fold_items import index_add, item, stays, store
from s2sad.analysis.lengths import dim, ndim, shape, size, zeros_like
from s2sad.analysis.masks import join_masks, sink_mask
from s2sad.analysis.numbers import may_be_truth
from s2sad.analysis.same_shape import covers, same_dims, same_shape
from s2sad.ir.core import Op, Value
from s2sad.ir.kinds import INT

if TYPE_CHECKING:
    from s2sad.analysis.build import Builder

Folder = Callable[["Builder", Op], "Value | None"]


def fold(b: Builder, op: Op) -> Value | None:
    """A value equal to the result of `op`, or None where there is no simpler one."""
    folder = STRUCTURE.get(op.fn)
    if folder is not None:
        return folder(b, op)
    if op.exact:
        return None
    spread = unspread(b, op)
    if spread is not None:
        return spread
    folder = ARITHMETIC.get(op.fn)
    if folder is not None:
        return folder(b, op)
    return None


def unspread(b: Builder, op: Op) -> Value | None:
    """An elementwise operation broadcasts by itself: an operand need not be spread before it.

    Where the other operand is a number, the operation is done before the spreading.
    """
    if op.fn not in BROADCASTING:
        return None
    for i, operand in enumerate(op.operands):
        inner = operand_of(operand, "numpy.broadcast_to")
        if not inner:
            continue
        others = [v for k, v in enumerate(op.operands) if k != i]
        if any(covers(b.context, other, operand) and not other.kind.is_scalar for other in others):
            operands = list(op.operands)
            operands[i] = inner[0]
            return _again(b, op, operands)
        if op.fn in LINEAR and all(other.kind.is_scalar for other in others):
            operands = list(op.operands)
            operands[i] = inner[0]
            return b.call("numpy.broadcast_to", _again(b, op, operands), inner[1])
    return None


def _again(b: Builder, op: Op, operands: list[Value]) -> Value:
    value = b.prim(op.fn, list(op.attrs["params"]), operands)
    if (
        value.op is not None
        and "accumulate" in op.attrs
        and value.op.fn in ("operator.add", "operator.sub")
    ):
        value.op.attrs["accumulate"] = True
    return value


def _constant(compute: Callable[[Any, Any], Any]) -> Folder:
    def folder(b: Builder, op: Op) -> Value | None:
        x, y = (number(v) for v in op.operands)
        if x is None or y is None:
            return None
        try:
            return b.const(compute(x, y))
        except (ArithmeticError, ValueError):
            return None

    return folder


def add(b: Builder, op: Op) -> Value | None:
    x, y = op.operands
    constant = _constant(operator.add)(b, op)
    if constant is not None:
        return constant
    for one, other in ((x, y), (y, x)):
        if number(other) == 0 and _stays(b, one, other):
            return one
    # What is added need not have the shape of the sum: an operand of a sum is not spread before it.
    zeros = operand_of(x, "numpy.zeros_like") or operand_of(x, "numpy.zeros")
    if zeros and same_shape(b.context, x, y):
        return y
    joined = join_masks(b, op)
    if joined is not None:
        return joined
    negated = operand_of(y, "operator.neg")
    if negated:
        return b.call("operator.sub", x, negated[0])
    negated = operand_of(x, "operator.neg")
    if negated and not operand_of(y, "operator.neg"):
        return b.call("operator.sub", y, negated[0])
    scaled = operand_of(y, "operator.mul")
    factor = number(scaled[0]) if scaled else None
    if scaled and factor is not None and factor < 0:
        return b.call("operator.sub", x, b.call("operator.mul", -factor, scaled[1]))
    return _integers(b, op, 1)


def sub(b: Builder, op: Op) -> Value | None:
    x, y = op.operands
    constant = _constant(operator.sub)(b, op)
    if constant is not None:
        return constant
    if number(y) == 0 and _stays(b, x, y):
        return x
    if number(x) == 0 and _stays(b, y, x):
        return b.call("operator.neg", y)
    joined = join_masks(b, op)
    if joined is not None:
        return joined
    if x is y and x.kind.is_scalar and x.kind.dtype == "int":
        return b.const(0)
    negated = operand_of(y, "operator.neg")
    if negated:
        return b.call("operator.add", x, negated[0])
    if x.op is not None and x.op.fn == "operator.neg" and x.op.operands[0] is y and not op.exact:
        return None if y.kind.is_passive else b.call("operator.mul", -2.0, y)
    return _integers(b, op, -1)


def _integers(b: Builder, op: Op, sign: int) -> Value | None:
    """(n + 1) - 1 and the like, on Python integers."""
    x, y = op.operands
    outer = number(y)
    if x.kind != INT or not isinstance(outer, int) or x.op is None:
        return None
    if x.op.fn not in ("operator.add", "operator.sub"):
        return None
    inner = number(x.op.operands[1])
    if not isinstance(inner, int):
        return None
    total = sign * outer + (inner if x.op.fn == "operator.add" else -inner)
    base = x.op.operands[0]
    return (
        b.call("operator.add", base, total) if total >= 0 else b.call("operator.sub", base, -total)
    )


def mul(b: Builder, op: Op) -> Value | None:
    x, y = op.operands
    constant = _constant(operator.mul)(b, op)
    if constant is not None:
        return constant
    if number(y) is not None:
        return b.call("operator.mul", y, x)
    masked = sink_mask(b, op)
    if masked is not None:
        return masked
    factor = number(x)
    if factor == 1 and _stays(b, y, x):
        return y
    if factor == -1 and _is_float(b, y):
        return b.call("operator.neg", y)
    if factor == 0 and y.kind.is_scalar and (y.kind.is_passive or _is_float(b, y)):
        return b.const(0 if x.kind.is_passive and y.kind.is_passive else 0.0)
    if factor is not None:
        inner = operand_of(y, "operator.mul")
        if inner and number(inner[0]) is not None:
            return b.call("operator.mul", factor * number(inner[0]), inner[1])  # type: ignore[operator]
        negated = operand_of(y, "operator.neg")
        if negated:
            return b.call("operator.mul", -factor, negated[0])
        return None
    for one in (x, y):
        negated = operand_of(one, "operator.neg")
        if negated:
            pair = (negated[0], y) if one is x else (x, negated[0])
            return b.call("operator.neg", b.call("operator.mul", *pair))
        scaled = operand_of(one, "operator.mul")
        other = y if one is x else x
        if scaled and scaled[1].kind.is_scalar and not other.kind.is_scalar:
            continue  # (2 a) x is one pass over an array x, 2 (a x) is two
        if scaled and number(scaled[0]) is not None:
            rest = (scaled[1], y) if one is x else (x, scaled[1])
            return b.call("operator.mul", scaled[0], b.call("operator.mul", *rest))
    return None


def _stays(b: Builder, value: Value, neutral: Value) -> bool:
    """True where a value plus 0, or times 1, is the value: a truth, which is a mask as an index, becomes an integer."""
    kind = value.kind
    if kind.dtype in ("bool", "b1") or kind.dtype is None and may_be_truth(b.context, value):
        return False
    return neutral.kind.is_passive or not kind.is_passive  # 0.0 makes a float of an integer


def _is_float(b: Builder, value: Value) -> bool:
    return not value.kind.is_passive and not may_be_truth(b.context, value)


def div(b: Builder, op: Op) -> Value | None:
    x, y = op.operands
    if number(x) is not None and number(y) not in (None, 0):
        return b.const(number(x) / number(y))  # type: ignore[operator]
    if number(y) == 1 and _is_float(b, x):
        return x
    masked = sink_mask(b, op)
    if masked is not None:
        return masked
    negated = operand_of(x, "operator.neg")
    if negated:
        return b.call("operator.neg", b.call("operator.truediv", negated[0], y))
    return None


def neg(b: Builder, op: Op) -> Value | None:
    (x,) = op.operands
    spread = operand_of(x, "numpy.broadcast_to")
    if spread:
        return b.call("numpy.broadcast_to", b.call("operator.neg", spread[0]), spread[1])
    mask = operand_of(x, "numpy.where")
    if mask and 0 in (number(mask[1]), number(mask[2])):
        parts = [v if number(v) == 0 else b.call("operator.neg", v) for v in mask[1:]]
        return b.call("numpy.where", mask[0], *parts)
    n = number(x)
    if n is not None and x.op is not None and x.op.name == "const":
        return b.const(-n)
    inner = operand_of(x, "operator.neg")
    if inner and _stays(b, inner[0], x):
        return inner[0]
    inner = operand_of(x, "operator.sub")
    if inner:
        return b.call("operator.sub", inner[1], inner[0])
    inner = operand_of(x, "operator.mul")
    if inner and number(inner[0]) is not None:
        return b.call("operator.mul", -number(inner[0]), inner[1])  # type: ignore[operator]
    return None


def power(b: Builder, op: Op) -> Value | None:
    x, y = op.operands
    n = number(y)
    if n == 1 and _stays(b, x, y):
        return x
    if n == 0 and x.kind.is_scalar and _is_float(b, x):
        return b.const(1.0)
    return None


def where(b: Builder, op: Op) -> Value | None:
    condition, x, y = op.operands
    known, flag = static(condition)
    if known and condition.kind.is_scalar:
        taken, other = (x, y) if flag else (y, x)
        return taken if covers(b.context, taken, other) else None
    inner = operand_of(x, "numpy.where")
    if inner and inner[0] is condition:
        if any(covers(b.context, v, inner[2]) for v in (condition, inner[1], y)):
            return b.call("numpy.where", condition, inner[1], y)
    if x is not y:
        return None
    if x.kind.is_scalar and not op.result.kind.is_scalar:
        return b.call("numpy.broadcast_to", x, b.call("intrinsic.shape", condition))
    return x if covers(b.context, x, condition) else None


def unbroadcast(b: Builder, op: Op) -> Value | None:
    """The sum over the axes along which `x` was broadcast, where the kinds say which these are."""
    g, x = op.operands
    if same_shape(b.context, g, x) or number(g) == 0:
        return g
    if g.kind.dims is None or x.kind.dims is None:
        return None
    have = [b.context.dims.find(d) for d in g.kind.dims]
    want = [b.context.dims.find(d) for d in x.kind.dims]
    if not want:
        return g if not have else b.call("numpy.sum", g)
    if len(have) < len(want):
        return None
    lead = len(have) - len(want)
    axes: list[int] = []
    for axis, length in enumerate(want):
        other = have[lead + axis]
        if length == other or b.context.dims.is_not_one(length):
            continue
        if length != 1:
            return None
        axes.append(lead + axis)
    if axes:
        g = b.call("numpy.sum", g, axis=axes[0] if len(axes) == 1 else tuple(axes), keepdims=True)
    if lead:
        g = b.call("numpy.sum", g, axis=0 if lead == 1 else tuple(range(lead)))
    return g


def above(b: Builder, op: Op) -> Value | None:
    """np.maximum(x, 1.0) > 2.0 is x > 2.0."""
    made = operand_of(op.operands[0], "numpy.maximum")
    if made:
        (low_known, low), (known, bound) = static(made[1]), static(op.operands[1])
        numbers = isinstance(low, (int, float)) and isinstance(bound, (int, float))
        if low_known and known and numbers and low <= bound:
            return b.call("operator.gt", made[0], op.operands[1])
    return evaluated(operator.gt)(b, op)


def broadcast_to(b: Builder, op: Op) -> Value | None:
    x, shape = op.operands
    have, want = x.kind.dims, op.result.kind.dims
    inner = operand_of(x, "numpy.expand_dims")
    if want == () and inner and inner[0].kind.dims == ():
        return inner[0]  # the axis of a reduction of a number
    if have is not None and want is not None and same_dims(b.context, have, want):
        return x
    query = shape.op
    if (
        query is not None
        and query.fn == "intrinsic.shape"
        and same_shape(b.context, x, query.operands[0])
    ):
        return x
    inner = operand_of(x, "numpy.broadcast_to")
    if inner:
        return b.call("numpy.broadcast_to", inner[0], shape)
    made = operand_of(x, "numpy.full")
    if made and x.kind.dims and all(n == 1 for n in x.kind.dims):
        return b.call("numpy.broadcast_to", made[1], shape)
    inner = operand_of(x, "numpy.expand_dims") or operand_of(x, "numpy.reshape")
    if inner and inner[0].kind.is_scalar:  # axes of a number that is broadcast change nothing
        return b.call("numpy.broadcast_to", inner[0], shape)
    if inner:
        number_ = operand_of(inner[0], "numpy.broadcast_to")
        if number_ and number_[0].kind.is_scalar:
            return b.call("numpy.broadcast_to", number_[0], shape)
    return None


def sum_(b: Builder, op: Op) -> Value | None:
    """Numbers, signs and factors that are numbers are taken out of a sum."""
    x = op.operands[0]
    known, axis = static(op.arg("axis"))
    if x.kind.is_scalar and known and axis in (None, ()):
        return x

    def summed(value: Value) -> Value:
        return b.prim(op.fn, list(op.attrs["params"]), [value, *op.operands[1:]])

    inner = operand_of(x, "operator.neg")
    if inner:
        return b.call("operator.neg", summed(inner[0]))
    inner = operand_of(x, "operator.mul")
    if inner and inner[0].kind.is_scalar and not inner[1].kind.is_scalar:
        return b.call("operator.mul", inner[0], summed(inner[1]))
    inner = operand_of(x, "numpy.broadcast_to")
    if inner and inner[0].kind.is_scalar and known and axis is None and op.arg("keepdims") is None:
        query = inner[1].op
        if query is not None and query.fn == "intrinsic.shape":
            return b.call("operator.mul", inner[0], b.call("intrinsic.size", query.operands[0]))
    return None


def transpose(b: Builder, op: Op) -> Value | None:
    x = op.operands[0]
    if x.kind.ndim in (0, 1):
        return x
    inner = operand_of(x, "numpy.ndarray.T")
    return inner[0] if inner and op.fn == "numpy.ndarray.T" else None


def swapaxes(b: Builder, op: Op) -> Value | None:
    """x.T is what one writes for a matrix."""
    known_a, a = static(op.operands[1])
    known_b, c = static(op.operands[2])
    if op.operands[0].kind.ndim == 2 and known_a and known_b and {a % 2, c % 2} == {0, 1}:
        return b.call("numpy.ndarray.T", op.operands[0])
    return None


def reshape(b: Builder, op: Op) -> Value | None:
    x = op.operands[0]
    have, want = x.kind.dims, op.result.kind.dims
    if have is not None and want is not None and same_dims(b.context, have, want):
        return x
    if x.kind.ndim == 1 == op.result.kind.ndim:
        return x  # all its items are in it
    inner = operand_of(x, "numpy.reshape") or operand_of(x, "numpy.ravel")
    if inner and not op.exact:
        return b.call("numpy.reshape", inner[0], op.operands[1])
    if op.result.kind.ndim == 1 and not op.exact and (x.kind.ndim or 0) > 1:
        return b.call("numpy.ravel", x)
    if want == () and have:
        first = b.const(0)
        return b.call(
            "operator.getitem", x, first if len(have) == 1 else b.tuple([first] * len(have))
        )
    return given_axes(b, op)


def ravel(b: Builder, op: Op) -> Value | None:
    x = op.operands[0]
    inner = operand_of(x, "numpy.reshape")
    if inner and not op.exact:
        return b.call("numpy.ravel", inner[0])
    return x if x.kind.ndim == 1 else None


def given_axes(b: Builder, op: Op) -> Value | None:
    """An array of one item is made anew of a number: a seed may be an array without dimensions, and be shared."""
    dims = op.result.kind.dims
    if not op.operands[0].kind.is_scalar or not dims or any(n != 1 for n in dims):
        return None
    return b.call("numpy.full", len(dims) if len(dims) == 1 else dims, op.operands[0])


def as_array(b: Builder, op: Op) -> Value | None:
    """np.array makes a new array of a number in any case, and np.asarray of a seed that is an array need not."""
    plain = op.arg("dtype") is None and op.operands[0].kind.is_scalar
    return b.call("numpy.array", op.operands[0]) if plain else None


def copied(b: Builder, op: Op) -> Value | None:
    """A number has no method `copy`, and needs none."""
    return op.operands[0] if op.operands[0].kind.is_scalar else None


def evaluated(fn: Callable[..., Any]) -> Folder:
    """Computes a passive function whose operands are all known."""

    def folder(b: Builder, op: Op) -> Value | None:
        items = [static(v) for v in op.operands]
        if op.exact or not all(known for known, _ in items):
            return None
        try:
            value = fn(*(v for _, v in items))
            return b.const(value) if isinstance(value, (bool, int, float, str, tuple)) else None
        except (TypeError, ValueError, ArithmeticError):
            return None

    return folder


def moveaxis(b: Builder, op: Op) -> Value | None:
    x, source, destination = op.operands
    known, places = static(source)
    same = known and static(destination) == (True, places)
    return x if same or x.kind.ndim == 1 else None


def astype(b: Builder, op: Op) -> Value | None:
    x, dtype = op.operands
    known, name = static(dtype)
    return x if known and NAMES.get(str(name)) == x.kind.dtype else None


NAMES = {"float64": "f8", "float32": "f4"}


ARITHMETIC: dict[str, Folder] = {
    "operator.add": add, "operator.sub": sub, "operator.mul": mul, "operator.truediv": div,
    "operator.neg": neg, "operator.pow": power, "numpy.where": where, "helper.unbroadcast": unbroadcast,
    "numpy.broadcast_to": broadcast_to, "numpy.sum": sum_,
    "numpy.transpose": transpose, "numpy.ndarray.T": transpose, "numpy.swapaxes": swapaxes, "numpy.reshape": reshape,
    "numpy.ravel": ravel,
    "intrinsic.index_add": index_add, "intrinsic.store": store, "numpy.ndarray.astype": astype,
    "numpy.moveaxis": moveaxis, "numpy.expand_dims": given_axes, "numpy.atleast_1d": given_axes,
    "numpy.atleast_2d": given_axes, "numpy.atleast_3d": given_axes, "numpy.asarray": as_array,
    "numpy.asanyarray": as_array, "numpy.ndarray.copy": copied,
    "operator.is_": evaluated(lambda a, b: a is b), "operator.is_not": evaluated(lambda a, b: a is not b),
    "operator.eq": evaluated(operator.eq), "operator.ne": evaluated(operator.ne),
    "operator.lt": evaluated(operator.lt), "operator.le": evaluated(operator.le),
    "operator.gt": above, "operator.ge": evaluated(operator.ge),
    "operator.mod": evaluated(operator.mod), "operator.floordiv": evaluated(operator.floordiv),
    "operator.not_": evaluated(operator.not_), "builtins.len": evaluated(len),
    "builtins.isinstance": evaluated(isinstance), "builtins.abs": evaluated(abs),
    "builtins.sorted": evaluated(lambda x: tuple(sorted(x))), "builtins.range": evaluated(lambda *a: tuple(range(*a))),
    "builtins.tuple": evaluated(tuple), "builtins.max": evaluated(max), "builtins.min": evaluated(min),
}  # fmt: skip

BROADCASTING = {
    "operator.add", "operator.sub", "operator.mul", "operator.truediv", "operator.eq", "operator.ne",
    "operator.lt", "operator.le", "operator.gt", "operator.ge", "numpy.where",
}  # fmt: skip
LINEAR = {"operator.mul", "operator.truediv"}

STRUCTURE: dict[str, Folder] = {
    "intrinsic.shape": shape, "numpy.zeros_like": zeros_like, "helper.stays": stays,
    "operator.getitem": item, "intrinsic.dim": dim, "intrinsic.ndim": ndim, "intrinsic.size": size,
}  # fmt: skip
