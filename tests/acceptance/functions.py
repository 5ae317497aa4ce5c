"""Fifty scalar functions of a number, an array, or both, and the arguments they are taken at."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

X = 0.7
V = np.array([0.4, -0.9, 1.2])
M = np.array([[0.3, -0.7, 0.9], [1.1, 0.5, -0.2]])

FUNCTIONS: dict[str, tuple[Callable[..., Any], tuple[Any, ...]]] = {}


def at(*args: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Enter a function in the table, with its arguments."""

    def enter(f: Callable[..., Any]) -> Callable[..., Any]:
        FUNCTIONS[f.__name__] = (f, args)
        return f

    return enter


@at(X)
def square(x):
    return x * x


@at(X)
def cube(x):
    return x**3


@at(X)
def quotient(x):
    return (1.0 + x) / (2.0 - x)


@at(X)
def polynomial(x):
    return 3.0 * x**4 - 2.0 * x**2 + x - 7.0


@at(X)
def sine(x):
    return np.sin(x)


@at(X)
def sine_math(x):
    return math.sin(x)


@at(X)
def cosine_of_square(x):
    return np.cos(x**2)


@at(X)
def tangent_of(x):
    return math.tan(x)


@at(X)
def exponential(x):
    return math.exp(-x * x)


@at(X)
def logarithm(x):
    return math.log(1.0 + x * x)


@at(X)
def root(x):
    return math.sqrt(x + 1.0)


@at(X)
def hyperbolic(x):
    return np.tanh(x) + np.sinh(x) / np.cosh(x)


@at(X)
def inverse_sine(x):
    return np.arcsin(x) * np.arccos(x)


@at(X)
def inverse_tangent(x):
    return math.atan(x) + math.atan2(x, 2.0)


@at(X)
def power_of_itself(x):
    return x**x


@at(X)
def absolute(x):
    return abs(x - 1.0)


@at(X)
def branch(x):
    if x > 0.5:
        return x * math.sin(x)
    return -x


@at(X)
def chosen(x):
    return x * x if x < 1.0 else 2.0 * x


@at(X)
def repeated(x):
    y = x
    for _ in range(5):
        y = y * x + 1.0
    return y


@at(X)
def logistic_steps(x):
    for _ in range(6):
        x = 3.7 * x * (1.0 - x)
    return x


@at(X)
def newton_root(x):
    y = 1.0
    while abs(y * y - x) > 1e-13:
        y = 0.5 * (y + x / y)
    return y


@at(X)
def series(x):
    term = 1.0
    total = 1.0
    for k in range(1, 30):
        term = term * x / k
        if abs(term) < 1e-17:
            break
        total += term
    return total


@at(X)
def swapped(x):
    a, b = x, x * x
    for _ in range(3):
        a, b = b, a + b
    return a * b


@at(X)
def nested_calls(x):
    return square(sine(x)) + exponential(square(x))


@at(X)
def pairs(x):
    p = (x, 2.0 * x)
    q = (p[0] * p[1], p[0] - p[1])
    return q[0] * q[1]


@at(V)
def total(v):
    return np.sum(v)


@at(V)
def sum_of_squares(v):
    return np.sum(v * v)


@at(V)
def length(v):
    return np.sqrt(np.sum(v**2))


@at(V)
def mean_of_sine(v):
    return np.mean(np.sin(v))


@at(V)
def product(v):
    return np.prod(v)


@at(V)
def variance(v):
    return np.var(v)


@at(V)
def deviation(v):
    return np.std(v)


@at(V)
def largest(v):
    return np.max(v) - np.min(v)


@at(V)
def log_sum_exp(v):
    top = np.max(v)
    return top + np.log(np.sum(np.exp(v - top)))


@at(V)
def softmax_entropy(v):
    e = np.exp(v)
    p = e / np.sum(e)
    return -np.sum(p * np.log(p))


@at(V)
def rectified(v):
    return np.sum(np.maximum(0.0, v) * v)


@at(V)
def where_positive(v):
    return np.sum(np.where(v > 0.0, v * v, -3.0 * v))


@at(V)
def clipped(v):
    return np.sum(np.clip(v, -0.5, 0.5) * v)


@at(V)
def running(v):
    return np.sum(np.cumsum(v) ** 2)


@at(V)
def rosenbrock(v):
    return np.sum(100.0 * (v[1:] - v[:-1] ** 2) ** 2 + (1.0 - v[:-1]) ** 2)


@at(V)
def element_loop(v):
    s = 0.0
    for i in range(len(v)):
        s = s * 0.5 + v[i] * v[i]
    return s


@at(V)
def stored(v):
    a = np.zeros(3)
    for i in range(3):
        a[i] = v[i] * v[(i + 1) % 3]
    return np.sum(a * a)


@at(V)
def outer_sum(v):
    return np.sum(np.outer(v, np.sin(v)))


@at(V)
def reversed_dot(v):
    return np.dot(v, v[::-1])


@at(M)
def frobenius(m):
    return np.sum(m * m)


@at(M)
def gram(m):
    return np.sum(m @ m.T)


@at(M)
def row_maxima(m):
    return np.sum(np.max(m, axis=1) ** 2)


@at(M)
def normalised(m):
    return np.sum((m / np.sum(m * m, axis=1, keepdims=True)) ** 3)


@at(M, V)
def bilinear(m, v):
    return np.sum((m @ v) ** 2)


@at(M, V)
def broadcast_sum(m, v):
    return np.sum(np.sin(m + v) * v)


@at(X, V)
def scaled(x, v):
    return np.sum(np.exp(x * v))


@at(M, V, X)
def layer(m, v, x):
    return np.sum(np.tanh(m @ v + x))
