"""Helpers that are functions of their own in the emitted code, which is chosen where it is shorter."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import s2sad
from s2sad import pipeline
from s2sad.frontend import repeated
from tests.language.constructs import CONSTRUCTS, RIGHT, Construct
from tests.properties.check import Mismatch, Skipped, check
from tests.properties.programs import Program, Seeded, generate

HELPERS = [c for c in CONSTRUCTS if c.source.count("def ") > 1 and RIGHT in c.expected]


def test_literal_lists_in_ufuncs() -> None:
    s2sad.check_grads(lambda x: np.sum(np.heaviside([0.0, 1.0, -1.0], x) * 2.0), (0.3,))
    s2sad.check_grads(lambda x: np.sum(np.copysign([1, 2, 3], x) * x), (0.3,))


@pytest.fixture
def always(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every helper that can be called is called, however short."""
    monkeypatch.setattr(repeated, "COPIES", 1)
    monkeypatch.setattr(repeated, "SAVED", 0)
    monkeypatch.setattr(pipeline, "SHORTER", 1000.0)


@pytest.mark.parametrize("construct", HELPERS, ids=[c.id for c in HELPERS])
@pytest.mark.usefixtures("always")
def test_construct(construct: Construct) -> None:
    program = Program(construct.text, construct.args, construct.positions)
    try:
        check(program, construct.order)
    except Mismatch as error:
        pytest.fail(f"{error}\n\n{construct.text}")


@pytest.mark.parametrize("seed", range(60))
@pytest.mark.usefixtures("always")
def test_random_programs(seed: int) -> None:
    program = generate(Seeded(8_200_000 + seed), 6, True)
    try:
        check(program)
    except (Skipped, s2sad.S2SADError):
        pass
    except Mismatch as error:
        pytest.fail(f"{error}\n\n{program.text}")


def depth(t: float, p: float) -> float:
    a = 999.8 + 6.8e-2 * t - 9.1e-3 * t * t
    b = 1.0 + p * 4.5e-5
    c = math.sqrt(a * b) + math.log(1.0 + p * p)
    if c > 10.0:
        c = c + math.exp(-t / 20.0)
    else:
        c = c * c
    k = 1.96e4 + 148.0 * t - 2.3 * t * t
    return a * c / (1.0 - p / k) + math.sin(c)


def column(x: float, y: float, z: float) -> float:
    d = depth(x, y)
    e = depth(y, z)
    return d * e + depth(x + z, y * z) * depth(d * 1e-3, e * 1e-3)


def twice(x: float) -> float:
    return depth(x, 0.3) * depth(0.3, x)


def emitted(function: Any, *args: Any) -> str:
    gradient = s2sad.grad(function)
    gradient(*args)
    text: str = gradient.source
    return text


def test_a_long_helper_is_a_pair_of_functions() -> None:
    text = emitted(column, 1.3, 0.4, 0.7)
    assert text.count("def depth_forward(") == text.count("def depth_reverse(") == 1
    code = [line for line in text.splitlines() if "#" not in line]
    assert sum("math.log" in line for line in code) == 2  # the forward function, and the helper
    h = 1e-5
    for i, args in enumerate(np.eye(3)):
        point = np.array([1.3, 0.4, 0.7])
        expected = (column(*(point + h * args)) - column(*(point - h * args))) / (2.0 * h)
        assert s2sad.grad(column, wrt=i)(*point) == pytest.approx(expected, rel=1e-6)
    s2sad.check_grads(column, (1.3, 0.4, 0.7))


def test_a_helper_that_is_called_twice_is_written_out() -> None:
    assert "depth_forward" not in emitted(twice, 1.3)
