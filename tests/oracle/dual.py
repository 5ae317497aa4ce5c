"""Dual numbers: programs evaluated with derivatives carried along, with no help from s2sad.

A program runs as it is written, on `Dual` values and on object arrays of them, with `math` and `np`
replaced by the namespaces of `shim.py`. A tangent may be a vector (all partial derivatives at once), and
the parts of a Dual may be Duals again (second order).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np


class Kinks:
    """How close a run came to a point where the function is not smooth."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        self.nearest = math.inf
        self.nearest_rounding = math.inf  # of decisions between numbers that move together

    def see(self, distance: Any) -> None:
        """Note a value that a decision was made on: the derivative jumps where it is zero."""
        moves = isinstance(distance, Dual) and bool(np.any(flat_tangent(distance)))
        size = abs(plain(distance)) if isinstance(distance, Dual) else math.inf
        if moves:
            self.nearest = min(self.nearest, size)
        else:
            self.nearest_rounding = min(self.nearest_rounding, size)


kinks = Kinks()


def plain(x: Any) -> Any:
    """The value without any derivative."""
    while isinstance(x, Dual):
        x = x.value
    return x


def flat_tangent(x: Any) -> Any:
    """All derivative parts of a value, in one vector."""
    if not isinstance(x, Dual):
        return np.zeros(0)
    parts = [flat_tangent(x.value)]
    t = x.tangent
    parts.append(
        np.concatenate([np.ravel(plain(t)), flat_tangent(t)])
        if isinstance(t, Dual)
        else np.ravel(np.asarray(t, dtype=float))
    )
    return np.concatenate(parts)


class Dual:
    """A value and its derivative."""

    __slots__ = ("value", "tangent")

    def __init__(self, value: Any, tangent: Any) -> None:
        self.value = value
        self.tangent = tangent

    def __repr__(self) -> str:
        return f"Dual({self.value!r}, {self.tangent!r})"

    def __format__(self, spec: str) -> str:
        return format(plain(self), spec)

    __iter__ = None  # a number is no sequence, although NumPy's have items

    def __getitem__(self, index: Any) -> Any:
        """x[None], x[...], x[mask]: as of a number of NumPy."""
        held = np.empty((), object)
        held[()] = self
        return held[index]

    # --- arithmetic -------------------------------------------------------------------------------

    def __add__(self, other: Any) -> Any:
        if isinstance(other, np.ndarray):
            return NotImplemented
        if isinstance(other, Dual):
            return Dual(self.value + other.value, self.tangent + other.tangent)
        return Dual(self.value + other, self.tangent)

    __radd__ = __add__

    def __neg__(self) -> Dual:
        return Dual(-self.value, -self.tangent)

    def __pos__(self) -> Dual:
        return self

    def __sub__(self, other: Any) -> Any:
        if isinstance(other, np.ndarray):
            return NotImplemented
        if isinstance(other, Dual):
            return Dual(self.value - other.value, self.tangent - other.tangent)
        return Dual(self.value - other, self.tangent)

    def __rsub__(self, other: Any) -> Any:
        return Dual(other - self.value, -self.tangent)

    def __mul__(self, other: Any) -> Any:
        if isinstance(other, np.ndarray):
            return NotImplemented
        if isinstance(other, Dual):
            tangent = self.tangent * other.value + self.value * other.tangent
            return Dual(self.value * other.value, tangent)
        return Dual(self.value * other, self.tangent * other)

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> Any:
        if isinstance(other, np.ndarray):
            return NotImplemented
        if isinstance(other, Dual):
            y = self.value / other.value
            return Dual(y, (self.tangent - y * other.tangent) / other.value)
        return Dual(self.value / other, self.tangent / other)

    def __rtruediv__(self, other: Any) -> Any:
        y = other / self.value
        return Dual(y, -(y * self.tangent) / self.value)

    def __divmod__(self, other: Any) -> Any:
        return self // other, self % other

    def __floordiv__(self, other: Any) -> Any:
        quotient = math.floor(plain(self) / plain(other))
        kinks.see(self - other * quotient)
        kinks.see(self - other * (quotient + 1))
        return float(quotient)

    def __rfloordiv__(self, other: Any) -> Any:
        return Dual(other, self.tangent * 0.0) // self

    def __mod__(self, other: Any) -> Any:
        return self - other * (self // other)

    def __rmod__(self, other: Any) -> Any:
        return other - self * (other // self)

    def __pow__(self, other: Any) -> Any:
        return power(self, other)

    def __rpow__(self, other: Any) -> Any:
        return power(other, self)

    def __abs__(self) -> Any:
        kinks.see(self)
        return self * sign(self)

    # --- decisions --------------------------------------------------------------------------------

    def __lt__(self, other: Any) -> Any:
        kinks.see(self - other)
        return plain(self) < plain(other)

    def __le__(self, other: Any) -> Any:
        kinks.see(self - other)
        return plain(self) <= plain(other)

    def __gt__(self, other: Any) -> Any:
        kinks.see(self - other)
        return plain(self) > plain(other)

    def __ge__(self, other: Any) -> Any:
        kinks.see(self - other)
        return plain(self) >= plain(other)

    def __eq__(self, other: Any) -> Any:
        if isinstance(other, np.ndarray):
            return NotImplemented
        kinks.see(self - other)
        return plain(self) == plain(other)

    def __ne__(self, other: Any) -> Any:
        if isinstance(other, np.ndarray):
            return NotImplemented
        return not self == other

    def __bool__(self) -> bool:
        kinks.see(self)
        return bool(plain(self))

    def __int__(self) -> int:
        whole = int(plain(self))
        kinks.see(self - whole)
        return whole

    def __round__(self, digits: int | None = None) -> Any:
        kinks.see(self - math.floor(plain(self)) - 0.5)
        return round(plain(self), digits)

    __hash__ = None  # type: ignore[assignment]

    # --- what programs call on the number of a NumPy scalar -----------------------------------------

    ndim = 0
    size = 1
    shape = ()

    @property
    def T(self) -> Dual:
        return self

    def copy(self) -> Dual:
        return self

    def sum(self, *_: Any, **__: Any) -> Dual:
        return self

    mean = max = min = sum

    def conjugate(self) -> Dual:
        return self

    def item(self) -> Dual:
        return self


# --- functions of one or two numbers ----------------------------------------------------------------


def lift(value: Callable[[float], Any], slope: Callable[[Any, Any], Any]) -> Callable[[Any], Any]:
    """A function of one number on Duals; `slope(x, y)` is its derivative, itself on Duals."""

    def function(x: Any) -> Any:
        if isinstance(x, Dual):
            y = function(x.value)
            return Dual(y, slope(x.value, y) * x.tangent)
        return value(x)

    return function


def sign(x: Any) -> float:
    return float(np.sign(plain(x)))


def power(x: Any, n: Any) -> Any:
    if isinstance(n, np.ndarray):
        return NotImplemented
    if not isinstance(n, Dual):
        if not isinstance(x, Dual):
            return x**n
        if n == 0:
            return Dual(power(x.value, n), 0.0 * x.tangent)
        return Dual(power(x.value, n), n * power(x.value, n - 1) * x.tangent)
    base = x if isinstance(x, Dual) else Dual(x, 0.0 * n.tangent)
    y = power(base.value, n.value)
    # d(x ** n) = n x ** (n - 1) dx + y log(x) dn
    by_base = n.value * power(base.value, n.value - 1) * base.tangent
    if not np.any(flat_tangent(n)):
        return Dual(y, by_base)
    return Dual(y, by_base + y * log(base.value) * n.tangent)


def one(x: Any) -> Any:
    return 0.0 * x + 1.0


exp = lift(np.exp, lambda x, y: y)
exp2 = lift(np.exp2, lambda x, y: math.log(2.0) * y)
expm1 = lift(np.expm1, lambda x, y: y + 1.0)
log = lift(np.log, lambda x, y: 1.0 / x)
log2 = lift(np.log2, lambda x, y: 1.0 / (x * math.log(2.0)))
log10 = lift(np.log10, lambda x, y: 1.0 / (x * math.log(10.0)))
log1p = lift(np.log1p, lambda x, y: 1.0 / (1.0 + x))
sqrt = lift(np.sqrt, lambda x, y: 0.5 / y)
cbrt = lift(np.cbrt, lambda x, y: 1.0 / (3.0 * y * y))
square = lift(np.square, lambda x, y: 2.0 * x)
reciprocal = lift(np.reciprocal, lambda x, y: -(y * y))
sin = lift(np.sin, lambda x, y: cos(x))
cos = lift(np.cos, lambda x, y: -sin(x))
tan = lift(np.tan, lambda x, y: 1.0 + y * y)
arcsin = lift(np.arcsin, lambda x, y: 1.0 / sqrt(1.0 - x * x))
arccos = lift(np.arccos, lambda x, y: -1.0 / sqrt(1.0 - x * x))
arctan = lift(np.arctan, lambda x, y: 1.0 / (1.0 + x * x))
sinh = lift(np.sinh, lambda x, y: cosh(x))
cosh = lift(np.cosh, lambda x, y: sinh(x))
tanh = lift(np.tanh, lambda x, y: 1.0 - y * y)
arcsinh = lift(np.arcsinh, lambda x, y: 1.0 / sqrt(x * x + 1.0))
arccosh = lift(np.arccosh, lambda x, y: 1.0 / sqrt(x * x - 1.0))
arctanh = lift(np.arctanh, lambda x, y: 1.0 / (1.0 - x * x))


def arctan2(y: Any, x: Any) -> Any:
    y_dual, x_dual = isinstance(y, Dual), isinstance(x, Dual)
    if not (y_dual or x_dual):
        return np.arctan2(y, x)
    inner_y, inner_x = (y.value if y_dual else y), (x.value if x_dual else x)
    square_radius = inner_x * inner_x + inner_y * inner_y
    tangent = 0.0
    if y_dual:
        tangent = tangent + inner_x / square_radius * y.tangent
    if x_dual:
        tangent = tangent - inner_y / square_radius * x.tangent
    return Dual(arctan2(inner_y, inner_x), tangent)


def hypot(x: Any, y: Any) -> Any:
    return sqrt(x * x + y * y)


def logaddexp(x: Any, y: Any) -> Any:
    peak = max(plain(x), plain(y))
    return peak + log(exp(x - peak) + exp(y - peak))


def maximum(x: Any, y: Any) -> Any:
    """The larger one; a tie is a kink, and shares equally."""
    kinks.see(x - y)
    a, b = plain(x), plain(y)
    if a == b:
        return 0.5 * (x + y)
    return x if a > b else y


def minimum(x: Any, y: Any) -> Any:
    return -maximum(-x, -y)


def absolute(x: Any) -> Any:
    return abs(x)


def number(x: Any) -> Any:
    """`float(x)`, which must keep the derivative."""
    if isinstance(x, np.ndarray):
        x = x.item()
    return x if isinstance(x, Dual) else float(x)
