"""The kinds of arrays that are made: of a shape, of another array, of a number."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from s2sad.analysis.context import Context, size_of, static
from s2sad.analysis.dtypes import given_dtype, inexact, promote
from s2sad.ir.core import Op, Value
from s2sad.ir.kinds import ANY, INT, PASSIVE_DTYPES, Kind, Size, array

PYTHON_TYPES = {
    "builtins.float": "float", "builtins.int": "int", "builtins.len": "int", "builtins.bool": "bool",
}  # fmt: skip


def broadcast(context: Context, shapes: list[tuple[Size, ...]]) -> tuple[Size, ...]:
    """Dims of operands that are broadcast together; records which lengths must be equal."""
    rank = max((len(s) for s in shapes), default=0)
    out: list[Size] = []
    for axis in range(-rank, 0):
        sizes = [context.dims.find(s[axis]) for s in shapes if len(s) >= -axis]
        sizes = [s for s in sizes if s != 1]
        if not sizes:
            out.append(1)
            continue
        sure = [s for s in sizes if context.dims.is_not_one(s)]
        for other in sure[1:]:
            context.dims.unify(sure[0], other)
        if sure:
            ints = [s for s in sure if isinstance(s, int)]
            out.append(ints[0] if ints else context.dims.find(sure[0]))
        elif all(context.dims.same(sizes[0], s) for s in sizes):
            out.append(sizes[0])
        else:
            out.append(context.symbol(("broadcast", frozenset(str(s) for s in sizes))))
    return tuple(out)


def shape_value(context: Context, value: Value | None) -> tuple[Size, ...] | None:
    """Dims that a shape argument stands for: `n`, `(n, m)`, `x.shape`; None where that is not known."""
    if value is None or value.op is None:
        if value is not None and value.kind == INT:
            return (size_of(context, value),)
        return None
    if value.op.name in ("tuple", "list"):
        if all(v.kind.is_scalar for v in value.op.operands):
            return tuple(size_of(context, v) for v in value.op.operands)
        return None
    if value.op.fn == "intrinsic.shape":
        return value.op.operands[0].kind.dims
    if value.op.fn == "numpy.broadcast_shapes":
        shapes = [shape_value(context, v) for v in value.op.operands]
        return (
            broadcast(context, [s for s in shapes if s is not None]) if None not in shapes else None
        )
    known, number = static(value)
    if known and isinstance(number, tuple) and all(isinstance(n, int) for n in number):
        return number
    return (size_of(context, value),) if value.kind.is_scalar else None


# Of numbers these make arrays without dimensions, where the program calls them: a rule means the number itself.
MAKE_ARRAYS = (
    "numpy.array", "numpy.asarray", "numpy.asanyarray", "numpy.copy", "numpy.zeros_like", "numpy.ones_like",
    "numpy.empty_like", "numpy.full_like",
)  # fmt: skip


def conversion(context: Context, op: Op) -> Kind:
    """np.asarray, np.array, x.astype: an array like the argument; of a list of numbers, a vector of that length."""
    value = op.operands[0]
    if value.op is not None and value.op.name in ("tuple", "list"):
        items = [v.kind for v in value.op.operands]
        if items and all(k.is_scalar for k in items):
            return array(given_dtype(op, promote(items)), (len(items),))
        return array(given_dtype(op, None), None)
    if op.fn == "numpy.ascontiguousarray" and value.kind.dims == ():
        return array(given_dtype(op, promote([value.kind])), (1,))
    if value.kind.is_array:
        return replace(value.kind, dtype=given_dtype(op, value.kind.dtype))
    if value.kind.is_scalar and op.fn in MAKE_ARRAYS:
        return array(given_dtype(op, promote([value.kind])), ())
    # Of what may be a number or an array, the integers of it are all that is known.
    dtype = given_dtype(op, None)
    return array(dtype, None) if dtype in PASSIVE_DTYPES else ANY


def new_array(context: Context, op: Op) -> Kind:
    """np.zeros(shape) and its kin."""
    dims = shape_value(context, op.operands[0])
    filled = op.arg("value")  # of np.full, whose dtype it decides
    return array(given_dtype(op, "f8" if filled is None else promote([filled.kind])), dims)


def spaced(context: Context, op: Op) -> Kind:
    """np.linspace(start, stop, num): numbers, or rows between two arrays."""
    ends = [v.kind for v in op.operands if v in (op.arg("start"), op.arg("stop"))]
    dtype, num = inexact(promote(ends)), op.arg("num")
    if any(k.dims is None for k in ends):
        return array(dtype, None)
    rest = broadcast(context, [k.dims for k in ends if k.dims is not None])
    return array(dtype, (50 if num is None else size_of(context, num), *rest))


def square(context: Context, op: Op) -> Kind:
    """np.eye(N, M) and np.identity(n)."""
    rows, columns = op.operands[0], op.arg("M")
    other = rows if columns is None or static(columns) == (True, None) else columns
    return array(given_dtype(op, "f8"), (size_of(context, rows), size_of(context, other)))


def atleast(context: Context, op: Op) -> Kind:
    """np.atleast_1d(x) and its kin: axes of length 1 before those of x, and for 3 one behind them."""
    kind, least = op.operands[0].kind, int(op.fn[-2])
    if kind.dims is None:
        return array(kind.dtype, None)
    dims = kind.dims if len(kind.dims) else (1,)
    if least > 1 and len(dims) == 1:
        dims = (1, *dims)
    if least > 2 and len(dims) == 2:
        dims = (*dims, 1)
    return array(promote([kind]), dims)


def like(name: str) -> Callable[[Context, Op], Kind]:
    """np.zeros_like(x) and its kin."""

    def family(context: Context, op: Op) -> Kind:
        value = op.arg(name) if name else op.operands[0]
        if value is None:
            return ANY
        if op.exact and value.kind.is_scalar and op.fn in MAKE_ARRAYS:
            return array(given_dtype(op, promote([value.kind])), ())
        if op.arg("dtype") is None:
            return value.kind
        dtype = given_dtype(op, value.kind.dtype)
        if value.kind.is_array:
            return replace(value.kind, dtype=dtype)
        return array(dtype, None) if dtype in PASSIVE_DTYPES else ANY

    return family


def interpolated(context: Context, op: Op) -> Kind:
    """np.interp(x, ...): floats in the shape of x, whatever x holds."""
    kind = op.operands[0].kind
    return replace(kind, dtype="f8") if kind.base in ("number", "array") else ANY


def copy(context: Context, op: Op) -> Kind:
    kind = op.operands[0].kind
    if op.exact and kind.is_scalar and op.fn in MAKE_ARRAYS:
        return array(promote([kind]), ())
    return kind


def scalar(context: Context, op: Op) -> Kind:
    kind = op.operands[0].kind
    if op.fn == "numpy.float64":
        return ANY if kind.base == "any" else Kind(kind.base, "f8", kind.dims)
    if op.fn.startswith("math."):
        return Kind("number", "float", ())
    known = PYTHON_TYPES.get(op.fn)
    if op.fn == "numpy.ndarray.item":
        known = {"b": "bool", "i": "int", "u": "int", "f": "float"}.get((kind.dtype or "?")[0])
    return Kind("number", known or promote([v.kind for v in op.operands]), ())
