"""The table of elementary functions: each function, its derivative by hand, and points on both sides."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

TABLE: dict[str, tuple[Callable[..., Any], Callable[..., Any], tuple[float, ...]]] = {}

BOTH = (-0.6, 0.35, 0.9)
WIDE = (-2.3, -0.4, 0.7, 1.9)


def derivative(by_hand: Callable[..., Any], points: tuple[float, ...]) -> Any:
    def enter(f: Callable[..., Any]) -> Callable[..., Any]:
        TABLE[f.__name__] = (f, by_hand, points)
        return f

    return enter


@derivative(np.cos, WIDE)
def sin(x):
    return np.sin(x)


@derivative(lambda x: -np.sin(x), WIDE)
def cos(x):
    return np.cos(x)


@derivative(lambda x: 1.0 / np.cos(x) ** 2, WIDE)
def tan(x):
    return np.tan(x)


@derivative(lambda x: 1.0 / np.sqrt(1.0 - x * x), BOTH)
def arcsin(x):
    return np.arcsin(x)


@derivative(lambda x: -1.0 / np.sqrt(1.0 - x * x), BOTH)
def arccos(x):
    return np.arccos(x)


@derivative(lambda x: 1.0 / (1.0 + x * x), WIDE)
def arctan(x):
    return np.arctan(x)


@derivative(np.cosh, WIDE)
def sinh(x):
    return np.sinh(x)


@derivative(np.sinh, WIDE)
def cosh(x):
    return np.cosh(x)


@derivative(lambda x: 1.0 / np.cosh(x) ** 2, WIDE)
def tanh(x):
    return np.tanh(x)


@derivative(lambda x: 1.0 / np.sqrt(1.0 + x * x), WIDE)
def arcsinh(x):
    return np.arcsinh(x)


@derivative(lambda x: 1.0 / np.sqrt(x * x - 1.0), (1.2, 3.4))
def arccosh(x):
    return np.arccosh(x)


@derivative(lambda x: 1.0 / (1.0 - x * x), BOTH)
def arctanh(x):
    return np.arctanh(x)


@derivative(np.exp, WIDE)
def exp(x):
    return np.exp(x)


@derivative(np.exp, WIDE)
def expm1(x):
    return np.expm1(x)


@derivative(lambda x: math.log(2.0) * 2.0**x, WIDE)
def exp2(x):
    return np.exp2(x)


@derivative(lambda x: 1.0 / x, (0.2, 1.0, 5.0))
def log(x):
    return np.log(x)


@derivative(lambda x: 1.0 / (x * math.log(2.0)), (0.2, 1.0, 5.0))
def log2(x):
    return np.log2(x)


@derivative(lambda x: 1.0 / (x * math.log(10.0)), (0.2, 1.0, 5.0))
def log10(x):
    return np.log10(x)


@derivative(lambda x: 1.0 / (1.0 + x), (-0.6, 0.2, 4.0))
def log1p(x):
    return np.log1p(x)


@derivative(lambda x: 1.0 / (x * math.log(3.0)), (0.2, 1.0, 5.0))
def log_base_3(x):
    return math.log(x, 3.0)


@derivative(lambda x: math.log(3.0) * 3.0**x, WIDE)
def three_to_the(x):
    return 3.0**x


@derivative(lambda x: 3.0 * x * x, WIDE)
def cube(x):
    return x**3


@derivative(lambda x: -2.0 * x**-3, WIDE)
def inverse_square(x):
    return x**-2


@derivative(lambda x: 1.5 * math.sqrt(x), (0.2, 1.0, 5.0))
def three_halves(x):
    return x**1.5


@derivative(lambda x: 0.5 / math.sqrt(x), (0.2, 1.0, 5.0))
def sqrt(x):
    return np.sqrt(x)


@derivative(lambda x: 2.0 * x, WIDE)
def square(x):
    return np.square(x)


@derivative(lambda x: -1.0 / (x * x), WIDE)
def reciprocal(x):
    return 1.0 / x


@derivative(np.sign, WIDE)
def absolute(x):
    return np.abs(x)
