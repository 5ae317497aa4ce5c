"""Functions of NumPy that are a few lines of simpler ones: a call of one is lowered as a call of the function here.

Each computes what NumPy's own function computes, with the same roundings.
"""

from __future__ import annotations

import math
import operator
from typing import Any

import numpy as np

from s2sad.frontend.base import Base
from s2sad.frontend.scope import Binding, Static
from s2sad.frontend.written import Refused
from s2sad.ir.core import Loop, Value

# mypy: ignore-errors

WHOLE = ("int", "i8", "i4", "bool", "b1")
ARITHMETIC = (
    *(f"operator.{n}" for n in ("add", "sub", "mul", "neg", "pos", "floordiv", "mod", "pow")),
    "builtins.abs", "builtins.max", "builtins.min",
)  # fmt: skip  # of integers these give integers


def polyval(p, x):
    """Horner's scheme."""
    y = np.zeros(np.shape(x)) if np.ndim(x) else 0.0
    for c in p:
        y = y * x + c
    return y


def select(condlist, choicelist, default=0):
    y = default
    for k in range(len(condlist)):
        y = np.where(condlist[-1 - k], choicelist[-1 - k], y)
    return y


def piecewise(x, condlist, funclist):
    y = np.zeros_like(x)
    rest = np.ones(np.shape(x), bool)
    for k in range(len(condlist)):
        rest = np.logical_and(rest, np.logical_not(condlist[k]))
    conditions = [*condlist, rest] if len(funclist) > len(condlist) else condlist
    for k in range(len(conditions)):
        if callable(funclist[k]):
            y[conditions[k]] = funclist[k](x[conditions[k]])
        else:
            y[conditions[k]] = funclist[k]
    return y


def ptp(a, axis=None):
    return np.max(a, axis=axis) - np.min(a, axis=axis)


def average(a, axis=None, weights=None):
    if weights is None:
        return np.mean(a, axis=axis)
    if np.shape(a) != np.shape(weights):
        raise Refused("weights of another shape than the array are not supported")
    return np.sum(np.multiply(a, weights), axis=axis) / np.sum(weights, axis=axis)


def median(a):
    s = np.sort(np.ravel(a))
    n = len(s)
    if np.isnan(s[-1]):
        return s[-1]
    return 0.5 * (s[(n - 1) // 2] + s[n // 2])


def nanmean(a, axis=None):
    there = np.logical_not(np.isnan(a))
    return np.sum(np.where(there, a, 0.0), axis=axis) / np.sum(there, axis=axis)


def nanmax(a, axis=None):
    missing = np.isnan(a)
    found = np.max(np.where(missing, -np.inf, a), axis=axis)
    return np.where(np.all(missing, axis=axis), np.nan, found)


def nanmin(a, axis=None):
    missing = np.isnan(a)
    found = np.min(np.where(missing, np.inf, a), axis=axis)
    return np.where(np.all(missing, axis=axis), np.nan, found)


def modf(x):
    whole = np.trunc(x)
    return x - whole, whole


def modf_of_a_number(x):
    whole = float(math.trunc(x))
    return x - whole, whole


def trapezoid(y, x=None, dx=1.0, axis=-1):
    y = np.asarray(y)
    if np.ndim(y) == 1:
        step = dx if x is None else np.diff(x)
        return np.sum(step * (y[1:] + y[:-1]) / 2.0)
    if np.ndim(dx) > 0 and axis != -1:
        raise Refused("np.trapezoid with steps in an array is supported along the last axis")
    if axis != -1:
        y = np.moveaxis(y, axis, -1)
    step = dx
    if x is not None:
        step = np.diff(x) if np.ndim(x) == 1 else np.diff(np.moveaxis(x, axis, -1))
    return np.sum(step * (y[..., 1:] + y[..., :-1]) / 2.0, axis=-1)


def norm(x, ord=None, axis=None, keepdims=False):
    """Norms of vectors of any order; of matrices those that are no singular values."""
    x = np.asarray(x)
    if x.dtype.kind in "biu":
        x = x.astype(float)
    if axis is None and ord is not None and np.ndim(x) > 2:
        raise ValueError("Improper number of dimensions to norm.")
    if np.ndim(x) == 1 if axis is None else np.ndim(axis) == 0:
        if ord is None or ord == 2:
            return np.linalg.norm(x, axis=axis, keepdims=keepdims)
        if ord == np.inf:
            return np.max(np.abs(x), axis=axis, keepdims=keepdims)
        if ord == 1:
            return np.sum(np.abs(x), axis=axis, keepdims=keepdims)
        if isinstance(ord, str) or ord == 0:
            raise Refused("this order of a norm of vectors is not supported")
        if ord < 0 and ord == -np.inf:
            return np.min(np.abs(x), axis=axis, keepdims=keepdims)
        return np.sum(np.abs(x) ** ord, axis=axis, keepdims=keepdims) ** (1.0 / ord)
    if ord is None or ord == "fro" or ord == "f":
        return np.linalg.norm(x, axis=axis, keepdims=keepdims)
    if axis is None and not keepdims:
        if ord == 1:
            return np.max(np.sum(np.abs(x), axis=0))
        if ord == np.inf:
            return np.max(np.sum(np.abs(x), axis=1))
    raise Refused("this order of a norm of matrices is not supported")


def logspace(start, stop, num=50, endpoint=True, base=10.0):
    if np.ndim(base) > 0:
        raise Refused("np.logspace with an array of bases is not supported")
    return np.power(base, np.linspace(start, stop, num, endpoint=endpoint))


def putmask(a, mask, values):
    mask = np.asarray(mask, dtype=bool)
    if np.shape(values) == ():
        a[mask] = values
    elif np.shape(values) == np.shape(a):
        a[mask] = np.asarray(values)[mask]
    else:
        raise Refused("np.putmask with values of another shape than the array is not supported")


def fill_diagonal(a, val):
    if np.ndim(a) != 2:
        raise Refused("np.fill_diagonal of an array that is no matrix is not supported")
    places = np.arange(min(np.shape(a)))
    if np.ndim(val):  # too few come again, and too many are left out
        val = flat(val)[places % np.size(val)]
    a[places, places] = val


def extract(condition, arr):
    return np.ravel(arr)[np.flatnonzero(condition)]


def compress(condition, a):
    return np.ravel(a)[np.flatnonzero(condition)]


def itself(t):
    return t


def flat(a):
    return np.asarray(a) if np.ndim(a) == 1 else np.ravel(a)


def insert(arr, obj, values, axis=None):
    if np.ndim(obj) or np.ndim(values) > 1 or axis is not None and np.ndim(arr) != 1:
        raise Refused("np.insert is supported at one place of a vector")
    arr = flat(arr)
    n = len(arr)
    m = len(values) if np.ndim(values) else 1
    i = obj + n if obj < 0 else obj
    made = np.empty(n + m, dtype=arr.dtype)
    made[:i] = arr[:i]
    made[i : i + m] = values
    made[i + m :] = arr[i:]
    return made


def delete(arr, obj, axis=None):
    rows = flat(arr) if axis is None else np.moveaxis(arr, axis, 0)
    kept = np.ones(len(rows), dtype=bool)
    kept[obj] = False
    return rows[kept] if axis is None else np.moveaxis(rows[kept], 0, axis)


def part_of_convolution(a, v, mode):
    n, m = max(np.size(a), np.size(v)), min(np.size(a), np.size(v))
    z = np.convolve(a, v)
    if mode == "full":
        return z
    return z[(m - 1) // 2 : (m - 1) // 2 + n] if mode == "same" else z[m - 1 : n]


def contains(a, b):
    return b in a


def item(a, *place):
    if len(place) > 1:
        return a[place].item()
    if isinstance(place[0], tuple):
        return a[place[0]].item()
    return np.ravel(a)[place[0]].item()


def fromiter(iter, dtype, count=-1):
    made = list(iter)
    return np.array(made if count < 0 else made[:count], dtype=dtype)


def vectorized(function, arrays, dtype):
    arrays = np.broadcast_arrays(*arrays)
    columns = [np.ravel(a) for a in arrays]
    if dtype is None:
        dtype = dtype_of_all(function(*[column[0] for column in columns]))
    made = [function(*[column[k] for column in columns]) for k in range(len(columns[0]))]
    return np.reshape(np.array(made, dtype=dtype), np.shape(arrays[0]))


def dtype_of_all(first):
    """The dtype that np.vectorize gives all results, which is that of the first; None where theirs is the same."""


def ndenumerate(arr):
    if np.ndim(arr) == 1:
        for i in range(len(arr)):
            yield (i,), arr[i]
    elif np.ndim(arr) == 2:
        for i in range(arr.shape[0]):
            for j in range(arr.shape[1]):
                yield (i, j), arr[i, j]
    else:
        raise Refused("np.ndenumerate of more than two axes is not supported")


def called(function: Any) -> Any:
    """The lowering of a call that is one of a function here."""

    def form(
        low: Base, args: list[Binding], kwargs: dict[str, Binding], node: Any
    ) -> Binding | None:
        return low.call(Static(function), args, kwargs, node)

    return form


def norm_of_order(
    low: Base, args: list[Binding], kwargs: dict[str, Binding], node: Any
) -> Binding | None:
    """np.linalg.norm(x, ord), which has a rule for the Euclidean norm alone."""
    if len(args) < 2 and "ord" not in kwargs:
        return None
    order = low.literal(kwargs["ord"] if "ord" in kwargs else args[1])
    along = kwargs["axis"] if "axis" in kwargs else args[2] if len(args) > 2 else None
    axis = None if along is None else low.literal(along)
    x = low.to_value(args[0], node)
    of_matrices = x.kind.ndim == 2 if axis is None else isinstance(axis, tuple)
    known = ("fro", "f", 1, np.inf) if of_matrices else (1, 2, np.inf, -np.inf)
    any_power = not of_matrices and isinstance(order, (int, float)) and order != 0
    if (
        isinstance(order, (int, float, str))
        and order not in known
        and not any_power
        and x.kind.ndim is not None
    ):
        raise low.unsupported(
            node,
            f"np.linalg.norm of order {order!r} has no derivative here",
            f"one of {', '.join(map(repr, known))}",
        )
    return low.call(Static(norm), [x, *args[1:]], kwargs, node)


def convolve(
    low: Base, args: list[Binding], kwargs: dict[str, Binding], node: Any
) -> Binding | None:
    """np.convolve(a, v, mode), of which the rule is for all of the convolution."""
    if len(args) < 3 and "mode" not in kwargs:
        return None
    return low.call(Static(part_of_convolution), args, kwargs, node)


def vectorize(
    low: Base, args: list[Binding], kwargs: dict[str, Binding], node: Any
) -> Binding | None:
    """np.vectorize(function), as a function of arrays."""
    if len(args) != 1 or set(kwargs) - {"otypes", "doc"}:
        return None
    dtype = low.const(None, node)
    if "otypes" in kwargs:
        types = low.items_or_shape(kwargs["otypes"], node)
        if types is None or len(types.items) != 1:
            return None
        dtype = types.items[0]
    names = {"F": args[0], "V": Static(vectorized), "D": dtype}
    return low.function_of("lambda *A: V(F, A, D)", names, node)


def _dtype_of_all(
    low: Base, args: list[Binding], kwargs: dict[str, Binding], node: Any
) -> Binding | None:
    first = low.to_value(args[0], node)
    whole = first.kind.dtype in WHOLE
    if not whole and _may_be_whole(low, first):
        raise low.unsupported(
            node,
            "np.vectorize gives all results the type of the first one, and here only the run knows whether that is int",
            "return floats alone (0.0, not 0), or say otypes=[float]",
        )
    return Static(bool if first.kind.is_truth else int) if whole else low.const(None, node)


def _may_be_whole(low: Base, value: Value) -> bool:
    """True where a number may be an integer in the run, by a branch or a loop that computes one on one path."""
    op = value.op
    if value.kind.dtype in WHOLE or value in low.mixed and op is None:
        return True
    if op is not None and op.name == "if":
        j = op.results.index(value)
        return any(_may_be_whole(low, region.yields[j]) for region in op.regions)
    if op is not None and op.name in ("for", "while") and value in (loop := Loop(op)).finals:
        j = loop.finals.index(value)
        return any(_may_be_whole(low, v) for v in (loop.inits[j], loop.next[j]))
    if op is None or op.fn not in ARITHMETIC:
        return False
    return all(_may_be_whole(low, v) for v in op.operands)


IN_PYTHON = {
    **{
        id(getattr(np, f.__name__)): called(f)
        for f in (
            polyval, select, piecewise, ptp, average, median, nanmean, nanmax, nanmin, modf,
            putmask, fill_diagonal, compress, extract, ndenumerate, logspace, fromiter,
            insert, delete,
        )
    },
    **{id(getattr(np, n)): called(trapezoid) for n in ("trapezoid", "trapz") if hasattr(np, n)},
    id(math.modf): called(modf_of_a_number),
    id(operator.contains): called(contains),
    id(np.vectorize): vectorize,
    id(dtype_of_all): _dtype_of_all,
    id(np.convolve): convolve,
    id(np.linalg.norm): norm_of_order,
}  # fmt: skip
