"""What the derivatives are where a function has a kink, a zero or an infinity."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import s2sad


def absolute(x):
    return np.sum(np.abs(x)) + np.sum(np.fabs(x)) + np.sum(abs(x))


def larger(x, y):
    return np.sum(np.maximum(x, y) * np.array([1.0, 10.0, 100.0]))


def smaller(x, y):
    return np.sum(np.minimum(x, y) * np.array([1.0, 10.0, 100.0]))


def larger_not_nan(x, y):
    return np.sum(np.fmax(x, y)) + np.sum(np.fmin(x, y))


def largest(x):
    return np.max(x)


def largest_of_rows(x):
    return np.sum(np.max(x, axis=1) * np.array([1.0, 2.0]))


def smallest(x):
    return np.min(x)


def relu(x):
    return np.sum(np.maximum(x, 0.0))


def clipped(x):
    return np.sum(np.clip(x, -1.0, 1.0))


def length(x, y):
    return np.hypot(x, y)


def float_length(x: float, y: float):
    return math.hypot(x, y)


def norm(x):
    return np.linalg.norm(x)


def deviation(x):
    return np.std(x)


def product(x):
    return np.prod(x)


def running_product(x):
    return np.sum(np.cumprod(x) * np.array([1.0, 10.0, 100.0]))


def log_sum(x, y):
    return np.sum(np.logaddexp(x, y) * np.array([0.0, 1.0, 1.0])[: len(x)])


def powers(x):
    return np.sum(np.power(x, np.array([0.0, 1.0, 2.0, 3.0])))


def power_of_float(x: float, n: float):
    return math.pow(x, n)


def exponents(y):
    return np.sum(np.power(np.array([0.0, 0.0, 2.0]), y))


def infinite_slope(x):
    return np.sum(np.sqrt(x))


def guarded_root(x):
    return np.sum(np.where(x > 0.0, np.sqrt(np.where(x > 0.0, x, 1.0)), 0.0))


def cardinal_sine(x):
    return np.sum(np.sinc(x))


def sorted_ties(x):
    return np.sum(np.sort(x) * np.array([1.0, 2.0, 4.0]))


def repeated(x):
    return np.sum(x[np.array([0, 0, 1])] * np.array([1.0, 2.0, 4.0]))


def repeated_take(x):
    return np.sum(np.take(x, [0, 0, 1]) * np.array([1.0, 2.0, 4.0]))


def without_nan(x):
    return np.nansum(x) + np.sum(np.nan_to_num(x))


ZERO = np.zeros(3)
CORNERS: list[tuple[Any, tuple[Any, ...], tuple[Any, ...]]] = [
    (absolute, (np.array([0.0, -0.0, 2.0]),), ([0.0, 0.0, 3.0],)),
    (larger, (np.array([1.0, 2.0, 3.0]), np.array([1.0, 3.0, 2.0])), ([0.5, 0.0, 100.0], [0.5, 10.0, 0.0])),
    (larger, (np.array([-np.inf, 0.0, 0.0]), np.array([-np.inf, 0.0, 1.0])), ([0.5, 5.0, 0.0], [0.5, 5.0, 100.0])),
    (smaller, (np.array([1.0, 2.0, 3.0]), np.array([1.0, 3.0, 2.0])), ([0.5, 10.0, 0.0], [0.5, 0.0, 100.0])),
    (larger_not_nan, (np.array([np.nan, 1.0, 2.0]), np.array([1.0, np.nan, 2.0])), ([0.0, 2.0, 1.0], [2.0, 0.0, 1.0])),
    (largest, (np.array([1.0, 3.0, 3.0, 2.0]),), ([0.0, 0.5, 0.5, 0.0],)),
    (largest, (ZERO,), ([1 / 3, 1 / 3, 1 / 3],)),
    (largest_of_rows, (np.array([[1.0, 1.0, 0.0], [0.0, 1.0, 0.0]]),), ([[0.5, 0.5, 0.0], [0.0, 2.0, 0.0]],)),
    (smallest, (np.array([1.0, 3.0, 1.0]),), ([0.5, 0.0, 0.5],)),
    (relu, (np.array([-1.0, 0.0, 2.0]),), ([0.0, 0.5, 1.0],)),
    (clipped, (np.array([-2.0, -1.0, 0.0, 1.0, 2.0]),), ([0.0, 1.0, 1.0, 1.0, 0.0],)),
    (length, (0.0, 0.0), (0.0, 0.0)),
    (length, (3.0, 4.0), (0.6, 0.8)),
    (float_length, (0.0, 0.0), (0.0, 0.0)),
    (norm, (ZERO,), (ZERO,)),
    (norm, (np.zeros((2, 2)),), (np.zeros((2, 2)),)),
    (deviation, (np.ones(3),), (ZERO,)),
    (product, (np.array([0.0, 2.0, 3.0]),), ([6.0, 0.0, 0.0],)),
    (product, (np.array([0.0, 2.0, 0.0]),), ([0.0, 0.0, 0.0],)),
    (running_product, (np.array([2.0, 0.0, 3.0]),), ([1.0, 620.0, 0.0],)),
    (log_sum, (np.array([-np.inf, -np.inf, 1.0]), np.array([-np.inf, 0.0, 1.0])), ([0.0, 0.0, 0.5], [0.0, 1.0, 0.5])),
    (powers, (np.zeros(4),), ([0.0, 1.0, 0.0, 0.0],)),
    (powers, (np.full(4, -2.0),), ([0.0, 1.0, -4.0, 12.0],)),
    (exponents, (np.array([0.0, 2.0, 3.0]),), ([0.0, 0.0, 8.0 * np.log(2.0)],)),
    (guarded_root, (np.array([-1.0, 0.0, 4.0]),), ([0.0, 0.0, 0.25],)),
    (cardinal_sine, (np.array([0.0, 1.0, 2.0]),), ([0.0, -1.0, 0.5],)),
    (sorted_ties, (np.array([1.0, 0.0, 1.0]),), ([2.0, 1.0, 4.0],)),
    (repeated, (np.array([1.0, 2.0, 3.0]),), ([3.0, 4.0, 0.0],)),
    (repeated_take, (np.array([1.0, 2.0, 3.0]),), ([3.0, 4.0, 0.0],)),
    (without_nan, (np.array([1.0, np.nan, 3.0]),), ([2.0, 0.0, 2.0],)),
]  # fmt: skip


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize(("f", "arguments", "expected"), CORNERS)
def test_corner(f: Any, arguments: tuple[Any, ...], expected: tuple[Any, ...]) -> None:
    wrt = tuple(range(len(arguments)))
    bars = s2sad.grad(f, wrt=wrt)(*arguments)
    for x_bar, value in zip(bars, expected, strict=True):
        np.testing.assert_allclose(x_bar, value, rtol=1e-14, atol=1e-15)
    _, y_dot = s2sad.tangent(f, wrt=wrt)(*arguments, *(np.ones_like(a)[()] for a in arguments))
    np.testing.assert_allclose(y_dot, sum(np.sum(e) for e in expected), rtol=1e-13, atol=1e-14)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_root_at_zero_has_an_infinite_slope() -> None:
    assert np.array_equal(s2sad.grad(infinite_slope)(np.array([0.0, 4.0])), [np.inf, 0.25])


def test_power_of_zero() -> None:
    gradient = s2sad.grad(power_of_float, wrt=(0, 1))
    assert gradient(0.0, 2.0) == (0.0, 0.0)
    assert gradient(0.0, 1.0) == (1.0, 0.0)
    assert gradient(0.0, 0.0) == (0.0, 0.0)
    assert s2sad.grad(power_of_float)(-2.0, 3.0) == 12.0


def test_higher_derivatives_of_sinc_at_zero() -> None:
    second = s2sad.tangent(s2sad.grad(cardinal_sine))
    x = np.array([0.0, 1e-9, 1e-3])
    _, curvature = second(x, np.ones(3))
    np.testing.assert_allclose(curvature, np.pi**2 * (-1 / 3 + (np.pi * x) ** 2 / 10), rtol=1e-9)
    third = s2sad.tangent(second, wrt=0)
    _, (_, slope) = third(x, np.ones(3), np.ones(3))
    u = np.pi * x
    np.testing.assert_allclose(slope, np.pi**3 * (u / 5 - u**3 / 42), rtol=1e-9, atol=1e-14)


def test_higher_derivatives_of_a_product_with_zeros() -> None:
    second = s2sad.tangent(s2sad.grad(product))
    _, row = second(np.array([0.0, 0.0, 3.0]), np.array([1.0, 0.0, 0.0]))
    np.testing.assert_allclose(row, [0.0, 3.0, 0.0])


def other_mode(x):
    return np.sum(np.pad(x, 1, mode="mean"))


def with_initial(x):
    return np.max(x, initial=0.0)


def other_order(x):
    return np.sum(np.ravel(x, order="K"))


def random_location(x):
    return np.sum(np.random.normal(x, 1.0))


def norm_of_no_power(x):
    return np.linalg.norm(x, 0)


def spectral_norm(x):
    return np.linalg.norm(np.reshape(x, (3, 1)), 2)


def singly_and_doubly(x):
    return np.sum(np.r_[x.astype(np.float32), 1.0])


@pytest.mark.parametrize("f", [norm_of_no_power, spectral_norm, singly_and_doubly])
def test_what_numpy_computes_in_another_way_is_refused(f: Any) -> None:
    with pytest.raises(s2sad.UnsupportedSyntaxError):
        s2sad.grad(f)(np.ones(3))


@pytest.mark.parametrize("f", [with_initial, other_order, random_location])
def test_what_has_no_rule_is_refused(f: Any) -> None:
    with pytest.raises(s2sad.MissingRuleError):
        s2sad.grad(f)(np.ones(3))


def test_padding_that_is_no_copy_is_refused() -> None:
    with pytest.raises(ValueError, match="mean"):
        s2sad.grad(other_mode)(np.ones(3))
