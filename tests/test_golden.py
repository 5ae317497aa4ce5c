"""Goldens of emitted source: compared, imported, run, and checked against central differences."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import s2sad
from examples import heat, logistic, mlp, newton, scalar
from examples.digits_loss import loss as digits_loss
from s2sad.check import difference, flat, leaves

FOLDER = Path(__file__).parent / "golden" / "emitted"
RNG = np.random.default_rng(0)
MLP = (*(RNG.normal(size=s) for s in [(5, 7), (7,), (7, 3), (3,), (4, 5)]), np.eye(3)[[0, 2, 1, 1]])


def early_return(x: float, n: int):
    for _ in range(n):
        x = x * 1.5
        if x > 10.0:
            return x * x
    return x


def branches(x: float, y: float):
    if x > y:
        z = x * y
    elif x < 0.0:
        z = x - y
    else:
        z = y
    return z * z


def rows(x):
    s = 0.0
    for row in x:
        s = s + np.sum(row**2) * row[0]
    return s


def stores(x):
    y = np.zeros(4)
    y[0] = x[0]
    for i in range(1, 4):
        y[i] = np.sin(y[i - 1]) * x[i % 3]
    return y.sum()


def fibonacci(x: float, y: float):
    a, b = x, y
    for _ in range(4):
        a, b = b, a + b
    return a * b


def masked(x):
    return np.sum(np.where(x > 0.0, np.sqrt(x), 0.0))


CASES: list[tuple[str, Callable[..., Any], Any, tuple[Any, ...], int]] = [
    ("scalar", scalar.f, (0, 1), (2.0, 5.0), 1),
    ("logistic", logistic.logistic, 0, (0.2, 6), 1),
    ("logistic_second", logistic.logistic, 0, (0.2, 6), 2),
    ("newton", newton.root, 0, (2.0, 1e-12), 1),
    ("heat", heat.energy, 0, (RNG.normal(size=9), 0.1, 5), 1),
    ("mlp", mlp.loss, (0, 1, 2, 3), MLP, 1),
    ("digits", digits_loss, (0, 1, 2, 3), (*MLP, 0.1), 1),
    ("early_return", early_return, 0, (1.2, 9), 1),
    ("branches", branches, (0, 1), (2.0, 1.0), 1),
    ("rows", rows, 0, (RNG.normal(size=(3, 2)),), 1),
    ("stores", stores, 0, (RNG.normal(size=3),), 1),
    ("fibonacci", fibonacci, (0, 1), (1.2, 0.7), 1),
    ("masked", masked, 0, (np.array([1.0, 2.0, -1.0]),), 1),
]


@pytest.mark.parametrize(
    ("name", "function", "wrt", "args", "order"), CASES, ids=[c[0] for c in CASES]
)
def test_emitted_source(
    name: str,
    function: Any,
    wrt: Any,
    args: tuple[Any, ...],
    order: int,
    request: pytest.FixtureRequest,
) -> None:
    primal = function
    derivative = s2sad.grad(primal, wrt=wrt)
    for _ in range(order - 1):
        primal, derivative = derivative, s2sad.grad(derivative, wrt=wrt)
    derivative(*args)
    path = FOLDER / f"{name}_grad.py"
    if request.config.getoption("--update-golden"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(derivative.source)
    assert path.read_text() == derivative.source, (
        f"{path} differs; after reading it, use --update-golden"
    )
    spec = importlib.util.spec_from_file_location(f"golden_{name}", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    got = getattr(module, derivative.__name__)(*args)
    positions = wrt if isinstance(wrt, tuple) else (wrt,)
    direction = [
        np.ones_like(args[i]) if isinstance(args[i], np.ndarray) else 1.0 for i in positions
    ]
    want = difference(primal, args, positions, direction, "richardson")
    total = sum(float(np.sum(leaf)) for leaf in leaves(got))
    np.testing.assert_allclose(total, flat(want)[0], rtol=1e-6, atol=1e-6)
