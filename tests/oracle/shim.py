"""Namespaces that stand for `np` and `math` when a program runs on dual numbers."""

from __future__ import annotations

import math as real_math
from collections.abc import Callable
from typing import Any

import numpy as real_np

from tests.oracle import dual
from tests.oracle.dual import kinks, plain


def elementwise(function: Callable[..., Any], arity: int) -> Callable[..., Any]:
    """A function of numbers on arrays too, as a NumPy ufunc is."""
    many = real_np.frompyfunc(function, arity, 1)

    def call(*args: Any, out: Any = None) -> Any:
        if any(isinstance(a, (real_np.ndarray, list, tuple)) for a in args):
            result = many(*args)
        else:
            result = function(*args)
        if out is None:
            return result
        out[...] = result
        return out

    return call


def objects(make: Callable[..., Any]) -> Callable[..., Any]:
    """A function that makes an array of floats, as an array that dual numbers can be stored in."""

    def call(*args: Any, **kwargs: Any) -> Any:
        return make(*args, **kwargs).astype(object)

    return call


def like(fill: float) -> Callable[..., Any]:
    def call(x: Any) -> Any:
        return real_np.full(real_np.shape(x), fill).astype(object)

    return call


def array(values: Any, dtype: Any = None, order: str = "K") -> Any:
    out = real_np.array(values, order=order)
    return out if out.dtype.kind in "biO" else out.astype(object)


def floor(x: Any) -> Any:
    whole = real_np.floor(plain(x))
    kinks.see(x - whole)
    kinks.see(x - (whole + 1.0))
    return whole


def where(condition: Any, a: Any, b: Any) -> Any:
    """Elementwise choice: only the value that is chosen counts."""
    if isinstance(condition, dual.Dual):
        condition = bool(condition)
    out = real_np.where(real_np.asarray(condition, dtype=bool), a, b)
    return out.item() if out.ndim == 0 else out


def extreme(choose: Callable[[Any, Any], Any]) -> Callable[..., Any]:
    def one(values: Any) -> Any:
        best = values[0]
        for value in values[1:]:
            best = choose(best, value)
        return best

    def call(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
        x = real_np.asarray(x, dtype=object)
        if axis is None:
            out = one(list(x.ravel()))
            return real_np.full((1,) * x.ndim, out, dtype=object) if keepdims else out
        axes = (axis,) if isinstance(axis, int) else tuple(axis)
        axes = tuple(a % x.ndim for a in axes)
        keep = [a for a in range(x.ndim) if a not in axes]
        moved = x.transpose([*keep, *axes]).reshape([*(x.shape[a] for a in keep), -1])
        out = real_np.empty(moved.shape[:-1], dtype=object)
        for index in real_np.ndindex(out.shape):
            out[index] = one(list(moved[index]))
        return real_np.expand_dims(out, axes) if keepdims else _scalar(out)

    return call


def _scalar(x: Any) -> Any:
    return x.item() if isinstance(x, real_np.ndarray) and x.ndim == 0 else x


def mean(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    total = real_np.sum(x, axis=axis, keepdims=keepdims)
    return total * (real_np.size(total) / real_np.size(x))


def var(x: Any, axis: Any = None, ddof: int = 0, keepdims: bool = False) -> Any:
    centred = x - mean(x, axis=axis, keepdims=True)
    m = mean(centred * centred, axis=axis, keepdims=keepdims)
    count = real_np.size(x) / real_np.size(m)
    return m * (count / (count - ddof))


def std(x: Any, axis: Any = None, ddof: int = 0, keepdims: bool = False) -> Any:
    return UNARY["sqrt"](var(x, axis=axis, ddof=ddof, keepdims=keepdims))


def clip(x: Any, low: Any, high: Any) -> Any:
    out = x
    if low is not None:
        out = BINARY["maximum"](out, low)
    return out if high is None else BINARY["minimum"](out, high)


def vdot(x: Any, y: Any) -> Any:
    return real_np.sum(real_np.ravel(x) * real_np.ravel(y))


def asarray(x: Any, dtype: Any = None, order: Any = None) -> Any:
    """Integers and truths stay what they are: what is written into them is cut off."""
    if dtype in (None, int, bool):
        out = real_np.asarray(x, dtype=dtype, order=order)
        if out.dtype.kind in "bi":
            return out
    return real_np.asarray(x, dtype=object, order=order)


NAMES = (
    "exp exp2 expm1 log log2 log10 log1p sqrt cbrt square reciprocal sin cos tan arcsin arccos "
    "arctan sinh cosh tanh arcsinh arccosh arctanh absolute"
).split()
UNARY = {name: elementwise(getattr(dual, name), 1) for name in NAMES}
BINARY = {
    name: elementwise(getattr(dual, name), 2)
    for name in "arctan2 hypot logaddexp maximum minimum power".split()
}


class Namespace:
    """`np` or `math` as a program sees it: what is not replaced is the module's own."""

    def __init__(self, module: Any, replaced: dict[str, Any]) -> None:
        self._module = module
        self.__dict__.update(replaced)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._module, name)


np = Namespace(
    real_np,
    {
        **UNARY,
        **BINARY,
        "abs": UNARY["absolute"],
        "fabs": UNARY["absolute"],
        "negative": elementwise(lambda x: -x, 1),
        "sign": elementwise(dual.sign, 1),
        "floor": elementwise(floor, 1),
        "zeros": objects(real_np.zeros),
        "ones": objects(real_np.ones),
        "full": objects(real_np.full),
        "empty": objects(real_np.zeros),
        "eye": objects(real_np.eye),
        "linspace": objects(real_np.linspace),
        "zeros_like": like(0.0),
        "empty_like": like(0.0),
        "ones_like": like(1.0),
        "array": array,
        "asarray": asarray,
        "where": where,
        "max": extreme(dual.maximum),
        "min": extreme(dual.minimum),
        "amax": extreme(dual.maximum),
        "amin": extreme(dual.minimum),
        "mean": mean,
        "var": var,
        "std": std,
        "clip": clip,
        "vdot": vdot,
        "float64": dual.number,
    },
)

SCALAR = {
    "sqrt exp expm1 log log2 log10 log1p sin cos tan sinh cosh tanh hypot": None,
    "arcsin": "asin",
    "arccos": "acos",
    "arctan": "atan",
    "arctan2": "atan2",
    "arcsinh": "asinh",
    "arccosh": "acosh",
    "arctanh": "atanh",
    "power": "pow",
    "absolute": "fabs",
}


def raising(name: str, function: Any) -> Any:
    """A function of `math`, which raises exceptions where NumPy gives nan or inf."""

    def call(*args: Any) -> Any:
        value = getattr(real_math, name)(*(dual.plain(a) for a in args))
        return function(*args) if any(isinstance(a, dual.Dual) for a in args) else value

    return call


def fsum(items: Any) -> Any:
    """The exact sum of the values, and the sum of the derivatives."""
    items = list(items)
    duals = [i for i in items if isinstance(i, dual.Dual)]
    if not duals:
        return real_math.fsum(items)
    value = fsum(i.value if isinstance(i, dual.Dual) else i for i in items)
    return dual.Dual(value, sum((i.tangent for i in duals[1:]), start=duals[0].tangent))


math = Namespace(
    real_math,
    {
        (to or name): raising(to or name, getattr(dual, name))
        for names, to in SCALAR.items()
        for name in names.split()
    }
    | {"floor": lambda x: int(floor(x)), "fsum": fsum},
)
