"""Derivatives of published functions, against differences and against each other."""

from __future__ import annotations

import dataclasses
import importlib
import inspect
import sys
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import s2sad
from tests.published.functions import FUNCTIONS, Published

STEP = 1e-5


def resolve(path: str) -> Any:
    module, _, name = path.rpartition(".")
    pytest.importorskip(path.split(".")[0])
    if module == "psychrolib":
        import psychrolib

        psychrolib.SetUnitSystem(psychrolib.SI)
    return getattr(importlib.import_module(module), name)


def numbers(value: Any) -> Iterator[Any]:
    """Numbers and arrays of a result, in order."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, (tuple, list)):
        for item in value:
            yield from numbers(item)
    elif isinstance(value, (float, int, np.ndarray, np.generic)):
        yield value
    elif dataclasses.is_dataclass(value):
        raise AssertionError("a result of another kind")


def flat(value: Any) -> np.ndarray:
    parts = [np.ravel(np.asarray(v, dtype=float)) for v in numbers(value)]
    return np.concatenate(parts) if parts else np.zeros(0)


def moves(value: Any) -> bool:
    if isinstance(value, (tuple, list)):
        return all(moves(v) for v in value)
    return isinstance(value, float) or isinstance(value, np.ndarray) and value.dtype.kind == "f"


def direction(value: Any, rng: np.random.Generator) -> Any:
    """A tangent of about the size of the value."""
    if isinstance(value, (tuple, list)):
        return type(value)(direction(v, rng) for v in value)
    drawn = rng.uniform(-1.0, 1.0, size=np.shape(value)) * np.where(value == 0, 1.0, np.abs(value))
    return float(drawn) if isinstance(value, float) else drawn


def moved(value: Any, along: Any, by: float) -> Any:
    if isinstance(value, (tuple, list)):
        return type(value)(moved(v, a, by) for v, a in zip(value, along, strict=True))
    return value + by * along


def dot(a: Any, b: Any) -> float:
    if isinstance(a, (tuple, list)):
        return sum(dot(p, q) for p, q in zip(a, b, strict=True))
    return float(np.sum(np.asarray(a) * np.asarray(b)))


def filled(f: Any, args: tuple[Any, ...]) -> tuple[Any, ...]:
    """The arguments, with the defaults of those that are left out."""
    rest = list(inspect.signature(f).parameters.values())[len(args) :]
    plain = [p for p in rest if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    return (*args, *(p.default for p in plain))


@pytest.mark.parametrize("case", FUNCTIONS, ids=[c.path for c in FUNCTIONS])
def test_published_function(case: Published) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        check(case)


def check(case: Published) -> None:
    f = resolve(case.path)
    args = filled(f, case.args)
    wrt = tuple(i for i, a in enumerate(case.args) if moves(a))
    rng = np.random.default_rng(0)
    dots = [direction(args[i], rng) for i in wrt]

    def at(by: float) -> list[Any]:
        point = list(args)
        for i, d in zip(wrt, dots, strict=True):
            point[i] = moved(args[i], d, by)
        return point

    def slope(function: Any) -> np.ndarray:
        """Central differences of fourth order along the direction."""
        near = function(*at(STEP)) - function(*at(-STEP))
        far = function(*at(2 * STEP)) - function(*at(-2 * STEP))
        return (8 * near - far) / (12 * STEP)

    tangent = s2sad.tangent(f, wrt=wrt)
    y, y_dot = tangent(*args, *dots)
    # From Python 3.12 on, the built-in sum of floats has other last digits than one that is written out.
    near = 1e-13 if sys.version_info >= (3, 12) else 0.0
    np.testing.assert_allclose(flat(y), flat(f(*args)), rtol=near, atol=0.0, err_msg="the value")
    got, expected = flat(y_dot), slope(lambda *a: flat(f(*a)))
    scale = np.max(np.abs(expected)) + 1e-6 * np.max(np.abs(flat(y)))
    np.testing.assert_allclose(got, expected, rtol=1e-6, atol=1e-6 * scale, err_msg="the tangent")
    seeds = [np.ones_like(v) if isinstance(v, np.ndarray) else 1.0 for v in numbers(y)]
    bars = s2sad.adjoint(f, wrt=wrt)(*args, *seeds)
    total = sum(dot(bar, d) for bar, d in zip(bars, dots, strict=True))
    assert np.isclose(total, np.sum(got), rtol=1e-9, atol=1e-9 * scale), "the adjoint"
    if any(isinstance(args[i], (tuple, list)) for i in wrt):
        return
    twice = s2sad.tangent(tangent, wrt=wrt)(*args, *dots, *dots)
    second = slope(lambda *a: flat(tangent(*a, *dots)[1]))
    size = np.max(np.abs(second)) + 1e-4 * scale
    np.testing.assert_allclose(
        flat(twice[1][1]), second, rtol=1e-5, atol=1e-6 * size, err_msg="the second order"
    )


def test_there_are_enough_functions() -> None:
    assert len(FUNCTIONS) >= 60
    assert len({c.package for c in FUNCTIONS}) >= 15
