"""np.vectorize with types: what it gives all results, by NumPy and by central differences."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import s2sad


def some_are_zero(x: float, v: np.ndarray) -> Any:
    g = np.vectorize(lambda a: 9.0 * a * x if a < 0.8 else 0, otypes=[float])
    return np.sum(g(v)) * x


def cut_off(x: float, v: np.ndarray) -> Any:
    g = np.vectorize(lambda a: 9.0 * a * x, otypes=[int])
    return np.sum(g(v)) * x + v[0]


def whole(x: float, v: np.ndarray) -> Any:
    return np.sum(np.vectorize(lambda a: 3 if a > 0.5 else 4)(v)) * x


def some_are_floats(x: float, v: np.ndarray) -> Any:
    def g(a: Any) -> Any:
        if a > 0.8:
            return 1.0
        return x * a if a > 0.5 else a

    return np.sum(np.vectorize(g)(v))


@pytest.mark.parametrize("f", [some_are_zero, cut_off, whole, some_are_floats])
def test_types_of_results(f: Callable[..., Any]) -> None:
    args = (0.31, np.array([0.9, 0.42, 0.7, 0.55]))
    value, _ = s2sad.value_and_grad(f, wrt=(0, 1))(*args)
    assert value == f(*args)
    s2sad.check_grads(f, args, wrt=(0, 1), order=2)


def test_what_is_cut_off_has_no_derivative() -> None:
    args = (0.31, np.array([0.9, 0.42, 0.7, 0.55]))
    x_bar, v_bar = s2sad.grad(cut_off, wrt=(0, 1))(*args)
    assert x_bar == np.sum((9.0 * args[1] * args[0]).astype(int))
    np.testing.assert_array_equal(v_bar, [1.0, 0.0, 0.0, 0.0])
