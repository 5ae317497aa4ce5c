"""The cost of the adjoint of a recursion: the forward sweep runs once, and its tape is passed on."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import s2sad


def fraction(x, n):
    """A continued fraction, 1 + x / (1 + x / (1 + ...))."""
    if n == 0:
        return 1.0
    return 1.0 + x / fraction(x, n - 1)


def product(v, first, last):
    if last - first == 1:
        return v[first]
    middle = (first + last) // 2
    return product(v, first, middle) * product(v, middle, last)


def whole(v):
    return product(v, 0, len(v))


def length(size, least):
    if size < least:
        return 0.0
    return size + 2.0 * length(0.6 * size, least)


def calls(function: Callable[..., Any], *args: Any) -> Counter[str]:
    """How often each Python function is called meanwhile."""
    count: Counter[str] = Counter()

    def note(frame: Any, event: str, _: Any) -> None:
        if event == "call":
            count[frame.f_code.co_name] += 1

    sys.setprofile(note)
    try:
        function(*args)
    finally:
        sys.setprofile(None)
    return count


@pytest.mark.parametrize("n", [5, 20, 80])
def test_a_recursion_is_run_once_forward_and_once_in_reverse(n: int) -> None:
    gradient = s2sad.grad(fraction)
    gradient(0.7, 3)  # makes the code
    count = calls(gradient, 0.7, n)
    assert count["fraction_forward"] == count["fraction_reverse"] == n
    assert count["fraction"] == 0


def test_a_tree_of_calls_is_run_once() -> None:
    gradient = s2sad.grad(whole)
    v = np.linspace(0.5, 1.5, 32)
    np.testing.assert_allclose(gradient(v), whole(v) / v, rtol=1e-12)
    count = calls(gradient, v)
    assert count["product_forward"] == count["product_reverse"] == 2 * len(v) - 1


def test_there_is_no_tape_where_nothing_would_be_run_twice() -> None:
    gradient = s2sad.grad(length)
    gradient(2.0, 0.1)
    assert "forward" not in gradient.source.replace("forward sweep", "")
    assert "tape" not in gradient.source


def test_the_derivatives_of_deep_recursions() -> None:
    x, h = 0.7, 1e-20
    expected = fraction(x + 1j * h, 60).imag / h
    assert s2sad.grad(fraction)(x, 60) == pytest.approx(expected, rel=1e-13)
    value, pull = s2sad.vjp(fraction, x, 60, wrt=0)
    assert value == fraction(x, 60)
    for _ in range(2):  # a tape is not used up
        assert pull(2.0) == pytest.approx(2.0 * expected, rel=1e-13)
