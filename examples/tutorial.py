"""The functions of docs/tutorial.md."""

import math

import numpy as np


def product(x: float, y: float):
    a = x * y
    b = math.sin(x)
    return a + b


def choice(a: float, b: float):
    c = a * b
    if c > 0.0:
        y = math.log(c)
    else:
        y = math.sin(c)
    return y


def geometric(x: float, n: int):
    y = x
    for _ in range(n):
        y = 0.5 * y + x
    return y


def quadratic(x: float, n: int):
    y = x
    for _ in range(n):
        y = 0.5 * y * y + x
    return y


def energy(w, x):
    return np.sum(np.tanh(x @ w) ** 2)
