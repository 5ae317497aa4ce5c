"""Derivatives by differences and by complex steps: what the emitted code is compared with."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

Function = Callable[..., Any]


def double(x: Any) -> Any:
    """A floating-point argument in double precision; anything else as it is."""
    if isinstance(x, np.ndarray):
        return x.astype(np.float64) if x.dtype.kind == "f" else x
    return x


def random_like(x: Any, rng: np.random.Generator) -> Any:
    """A random direction at x: a number for a number, an array of x's dtype for an array."""
    if np.ndim(x) == 0:
        return np.float32(rng.normal()) if isinstance(x, np.float32) else float(rng.normal())
    return rng.normal(size=np.shape(x)).astype(np.asarray(x).dtype)


def moved(
    arguments: Sequence[Any], where: Sequence[int], directions: Sequence[Any], step: Any
) -> list[Any]:
    """Arguments moved by a step along a direction."""
    out = [double(a) for a in arguments]
    for i, direction in zip(where, directions, strict=True):
        out[i] = out[i] + step * double(direction)
    return out


def complex_step(
    f: Function, arguments: Sequence[Any], where: Sequence[int], directions: Sequence[Any]
) -> Any:
    """Derivative of an analytic function along a direction, right to rounding."""
    tiny = 1e-30
    return np.imag(f(*moved(arguments, where, directions, 1j * tiny))) / tiny


def differences(
    f: Function,
    arguments: Sequence[Any],
    where: Sequence[int],
    directions: Sequence[Any],
    step: float = 1e-3,
) -> Any:
    """Derivative along a direction by central differences, twice extrapolated."""

    def central(h: float) -> Any:
        above = np.asarray(f(*moved(arguments, where, directions, h)), dtype=float)
        below = np.asarray(f(*moved(arguments, where, directions, -h)), dtype=float)
        return (above - below) / (2.0 * h)

    a, b, c = central(step), central(step / 2.0), central(step / 4.0)
    b, c = (4.0 * b - a) / 3.0, (4.0 * c - b) / 3.0
    return (16.0 * c - b) / 15.0


def inner(a: Sequence[Any], b: Sequence[Any]) -> float:
    """The sum of products of two lists of arrays."""
    return float(
        sum(np.sum(np.asarray(p, float) * np.asarray(q, float)) for p, q in zip(a, b, strict=True))
    )
