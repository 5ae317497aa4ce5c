"""Goldens of emitted source for containers, objects, arguments that are written, and preludes."""

from __future__ import annotations

import importlib.util
import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import s2sad
from tests.published.test_functions import dot, moved
from tests.test_recursion import fraction, whole

FOLDER = Path(__file__).parent / "golden" / "emitted"
RNG = np.random.default_rng(1)


def network(layers, x):
    for w, b in layers:
        x = np.tanh(x @ w + b)
    return np.sum(x)


def decay(model, t):
    total = 0.0
    for k in t:
        total += model["amplitude"] * np.exp(-model["rate"] * k) + model["offset"]
    return total


class Oscillator:
    """A mass on a spring, with drag."""

    def __init__(self, stiffness, drag):
        self.stiffness = stiffness
        self.drag = drag

    def force(self, q, p):
        return -self.stiffness * q - self.drag * p

    def energy(self, q, p, n):
        for _ in range(n):
            p = p + 0.1 * self.force(q, p)
            q = q + 0.1 * p
        return 0.5 * p * p + 0.5 * self.stiffness * q * q


@dataclass
class Line:
    slope: float
    offset: float = 0.0


def misfit(line, x, y):
    r = line.slope * x + line.offset - y
    return np.mean(r * r)


def relaxed(u, k, steps):
    for _ in range(steps):
        u[1:-1] += k * (u[2:] - 2.0 * u[1:-1] + u[:-2])
    return np.sum(u * u)


def centred(a):
    for row in a:
        row -= np.mean(row)
    return np.sum(a**4)


def path(x, n):
    xs = [x]
    for _ in range(1, n):
        xs.append(np.sin(xs[-1]) + x)
    return np.sum(np.array(xs) ** 2)


def swing(angle, rate, length):
    t, times, angles = 0.0, [0.0], [angle]
    while t < 1.0:
        rate = rate - 0.1 * 9.81 / length * math.sin(angles[-1])
        angles.append(angles[-1] + 0.1 * rate)
        t += 0.1
        times.append(t)
    return np.dot(np.array(times), np.array(angles))


def orbit(u, n):
    states = [u]
    for _ in range(n):
        u = u + 0.1 * np.sin(u[::-1])
        states.append(u)
    return np.sum(np.array(states) ** 2)


def heated(u, k, steps):
    old, new = u.copy(), np.zeros_like(u)
    for _ in range(steps):
        new[1:-1] = old[1:-1] + k * (old[2:] - 2.0 * old[1:-1] + old[:-2])
        old, new = new, old
    return np.sum(old * old)


def distances(x, y):
    found = []
    for i in range(len(x)):
        for j in range(i):
            found.append((x[i] - x[j]) ** 2 + (y[i] - y[j]) ** 2)
    return np.sum(np.sqrt(np.array(found)))


def positive(x, v):
    logs = []
    for e in v:
        if e > 0.0:
            logs.append(np.log(e * x))
    return sum(logs)


def guarded(x, y):
    try:
        return math.exp(x * y)
    except OverflowError:
        return math.inf * y


def partial_sums(x, n):
    total = 0.0
    for term in terms(x):
        total += term
        if abs(term) < 1e-6:
            break
    return total * n


def terms(x):
    term, k = x, 1
    while True:
        yield term
        k += 2
        term = -term * x * x / (k * (k - 1))


def quadrature(rate, a, b):
    def g(t):
        return math.exp(-rate * t) * math.cos(t)

    def simpson(a, b, ga, gb, gm, whole, eps):
        m = 0.5 * (a + b)
        gl, gr = g(0.5 * (a + m)), g(0.5 * (m + b))
        left = (m - a) / 6.0 * (ga + 4.0 * gl + gm)
        right = (b - m) / 6.0 * (gm + 4.0 * gr + gb)
        if abs(left + right - whole) < 15.0 * eps:
            return left + right
        return simpson(a, m, ga, gm, gl, left, 0.5 * eps) + simpson(
            m, b, gm, gb, gr, right, 0.5 * eps
        )

    ga, gb, gm = g(a), g(b), g(0.5 * (a + b))
    return simpson(a, b, ga, gb, gm, (b - a) / 6.0 * (ga + 4.0 * gm + gb), 1e-3)


NODES = [-0.906179845938664, -0.538469310105683, 0.0, 0.538469310105683, 0.906179845938664]
WEIGHTS = [
    0.236926885056189,
    0.478628670499366,
    0.568888888888889,
    0.478628670499366,
    0.236926885056189,
]


def gauss(a, b, rate):
    """The integral of exp(-rate t^2) from a to b, by five points."""
    middle, half = 0.5 * (a + b), 0.5 * (b - a)
    total = 0.0
    for w, t in zip(WEIGHTS, NODES, strict=True):
        x = middle + half * t
        total += w * math.exp(-rate * x * x)
    return half * total


def hermite_sum(x, n):
    values = [1.0, 2.0 * x]
    for k in range(1, n):
        values.append(2.0 * x * values[-1] - 2.0 * k * values[-2])
    return sum(values)


def root(x, guess, tol):
    try:
        new = 0.5 * (guess + x / guess)
    except ZeroDivisionError:
        return root(x, 1.0, tol)
    if abs(new - guess) < tol:
        return new
    return root(x, new, tol)


def pressure(t, v):
    """Van der Waals, in two ranges."""
    a = 0.42 + 0.03 * t - 0.002 * t * t
    b = 0.08 * math.exp(-0.1 * t)
    if v > 2.0:
        a = a / math.sqrt(t)
        v = v + 0.5 * math.log(v)
    return t / (v - b) - a / (v * v)


def cycle(t, v, ratio):
    first = pressure(t, v)
    second = pressure(t, ratio * v)
    third = pressure(ratio * t, v)
    fourth = pressure(ratio * t, ratio * v)
    return first * second + third * fourth


def branch_length(size, ratio, least):
    if size < least:
        return 0.0
    return size + 2.0 * branch_length(size * ratio, ratio, least)


def similarity(x, y, kind="gauss", scale=None):
    x = np.asarray(x, dtype=float)
    if x.ndim != 1 or x.shape != np.shape(y):
        raise ValueError(f"expected two vectors of one length, got {x.shape}")
    if scale is None:
        scale = 1.0
    with np.errstate(divide="ignore"):
        r = np.sqrt(np.sum((x - y) ** 2)) / scale
        if kind == "gauss":
            return np.exp(-(r**2))
        return 1.0 / r


def lattice(right, up):
    """The weight of all paths over a grid, each step weighing as much as its column or row."""
    weight = [[1.0] * (len(right) + 1) for _ in range(len(up) + 1)]
    for i in range(1, len(up) + 1):
        for j in range(1, len(right) + 1):
            weight[i][j] = weight[i][j - 1] * right[j - 1] + weight[i - 1][j] * up[i - 1]
    return weight[-1][-1]


def smoothed(prices, weight):
    """The sum of the means of the last three prices, each weighed before it waits in a queue."""
    window, total = [], 0.0
    for price in prices:
        window.append(weight * price)
        if len(window) > 3:
            window.pop(0)
        total += sum(window) / len(window)
    return total


def packed(x, width):
    """The squares of a matrix of similarities, which is written as a matrix and summed as a vector."""
    n = len(x)
    entries = np.zeros(n * n)
    matrix = entries.reshape(n, n)
    for i in range(n):
        for j in range(i + 1):
            matrix[i, j] = np.exp(-(((x[i] - x[j]) / width) ** 2))
            matrix[j, i] += matrix[i, j]
    return entries @ entries


LAYERS = [(RNG.normal(size=(2, 3)), RNG.normal(size=3)), (RNG.normal(size=(3, 2)), np.ones(2))]
CASES: list[tuple[str, Callable[..., Any], Any, tuple[Any, ...]]] = [
    ("network", network, 0, (LAYERS, np.array([0.3, -0.4]))),
    ("decay", decay, 0, ({"amplitude": 2.0, "rate": 0.4, "offset": 0.1}, np.arange(4.0))),
    ("method", Oscillator(1.5, 0.2).energy, (0, 1), (0.4, 0.1, 5)),
    ("fields", Oscillator.energy, "self", (Oscillator(1.5, 0.2), 0.4, 0.1, 5)),
    ("misfit", misfit, 0, (Line(0.5, 0.1), np.arange(4.0), np.array([1.0, 0.5, 2.0, 2.5]))),
    ("relaxed", relaxed, 0, (RNG.normal(size=6), 0.2, 4)),
    ("centred", centred, 0, (RNG.normal(size=(3, 4)),)),
    ("path", path, 0, (0.6, 5)),
    ("swing", swing, 0, (0.6, 0.1, 1.5)),
    ("orbit", orbit, 0, (RNG.normal(size=3), 5)),
    ("heated", heated, 0, (RNG.normal(size=6), 0.2, 4)),
    ("distances", distances, (0, 1), (np.array([0.1, 0.9, 0.4]), np.array([0.4, 0.2, 0.8]))),
    ("positive", positive, 0, (1.5, np.array([0.3, -0.4, 0.8]))),
    ("guarded", guarded, 0, (0.7, 1.2)),
    ("partial_sums", partial_sums, 0, (0.7, 3)),
    ("quadrature", quadrature, 0, (0.7, 0.1, 2.0)),
    ("gauss", gauss, (0, 2), (0.2, 1.4, 0.7)),
    ("hermite_sum", hermite_sum, 0, (0.4, 6)),
    ("root", root, 0, (2.0, 1.0, 1e-9)),
    ("cycle", cycle, (0, 1), (1.3, 1.8, 1.4)),
    ("fraction", fraction, 0, (0.7, 5)),
    ("whole", whole, 0, (RNG.normal(size=7),)),
    ("branch_length", branch_length, (0, 1), (1.0, 0.4, 0.1)),
    ("lattice", lattice, (0, 1), (np.array([0.3, 0.9, 0.4]), np.array([0.4, 0.2]))),
    ("smoothed", smoothed, (0, 1), (np.array([0.3, 0.9, 0.4, 0.7, 0.2]), 0.8)),
    ("packed", packed, (0, 1), (np.array([0.3, 0.9, 0.4]), 0.8)),
    ("similarity", similarity, (0, 1), (np.array([0.1, 0.9]), np.array([0.4, 0.2]))),
]


def nudged(value: Any, bar: Any, by: float) -> Any:
    """An argument moved along its adjoint."""
    if isinstance(value, dict):
        return {k: nudged(v, bar[k], by) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(nudged(v, b, by) for v, b in zip(value, bar, strict=True))
    if isinstance(value, (Oscillator, Line)):
        bars = bar if isinstance(bar, dict) else vars(bar)
        return type(value)(**{k: nudged(v, bars[k], by) for k, v in vars(value).items()})
    return moved(value, bar, by)


def squared(bar: Any) -> float:
    if isinstance(bar, dict):
        return sum(squared(b) for b in bar.values())
    if isinstance(bar, (list, tuple)):
        return sum(squared(b) for b in bar)
    return squared(vars(bar)) if isinstance(bar, Line) else dot(bar, bar)


@pytest.mark.parametrize(("name", "function", "wrt", "args"), CASES, ids=[c[0] for c in CASES])
def test_emitted_source(
    name: str,
    function: Any,
    wrt: Any,
    args: tuple[Any, ...],
    request: pytest.FixtureRequest,
) -> None:
    derivative = s2sad.grad(function, wrt=wrt)
    before = [np.copy(a) if isinstance(a, np.ndarray) else a for a in args]
    bars = derivative(*args)
    for a, b in zip(args, before, strict=True):
        assert not isinstance(a, np.ndarray) or np.array_equal(a, b), "an argument was changed"
    golden = FOLDER / f"{name}_grad.py"
    if request.config.getoption("--update-golden"):
        golden.write_text(derivative.source)
    assert golden.read_text() == derivative.source, "after reading it, use --update-golden"
    spec = importlib.util.spec_from_file_location(f"golden_{name}", golden)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    bound = (function.__self__,) if hasattr(function, "__self__") else ()
    defaults = ("gauss", None) if name == "similarity" else ()
    again = getattr(module, derivative.__name__)(*bound, *args, *defaults)
    positions = wrt if isinstance(wrt, tuple) else (0,)
    bars, again = (b if isinstance(wrt, tuple) else (b,) for b in (bars, again))
    assert squared(bars) == squared(again)

    def at(by: float) -> float:
        point = [np.copy(a) if isinstance(a, np.ndarray) else a for a in args]
        for i, bar in zip(positions, bars, strict=True):
            point[i] = nudged(point[i], bar, by)
        return function(*point)

    h = 1e-5 / np.sqrt(squared(bars))
    slope = (8 * (at(h) - at(-h)) - (at(2 * h) - at(-2 * h))) / (12 * h)
    np.testing.assert_allclose(slope, squared(bars), rtol=1e-7)
