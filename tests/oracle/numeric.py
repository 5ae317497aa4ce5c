"""Derivatives by numbers alone: complex steps and extrapolated differences, over nested arguments."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

TINY = 1e-30


def leaves(x: Any) -> list[Any]:
    """Numbers and arrays in nested tuples, lists and dicts."""
    if isinstance(x, (tuple, list)):
        return [leaf for item in x for leaf in leaves(item)]
    if isinstance(x, dict):
        return [leaf for key in x for leaf in leaves(x[key])]
    return [x]


def flat(x: Any) -> Any:
    """All numbers of nested arguments, as one vector."""
    parts = [np.ravel(np.asarray(leaf)) for leaf in leaves(x)]
    return np.concatenate(parts) if parts else np.zeros(0)


def unflat(vector: Any, like: Any) -> Any:
    """The numbers of a vector in the structure of `like`."""
    position = 0

    def walk(x: Any) -> Any:
        nonlocal position
        if isinstance(x, (tuple, list)):
            return type(x)(walk(item) for item in x)
        if isinstance(x, dict):
            return {key: walk(value) for key, value in x.items()}
        n = np.size(x)
        part = vector[position : position + n]
        position += n
        return part.reshape(np.shape(x)) if isinstance(x, np.ndarray) else part[0].item()

    return walk(like)


def _along(
    f: Callable[..., Any], args: Sequence[Any], where: Sequence[int]
) -> Callable[[Any], Any]:
    """f as a function of one vector: the numbers of the arguments at `where`."""
    part = [args[i] for i in where]

    def g(vector: Any) -> Any:
        moved = [a.copy() if isinstance(a, np.ndarray) else a for a in args]
        for i, value in zip(where, unflat(vector, part), strict=True):
            moved[i] = value
        return flat(f(*moved))

    return g


def complex_step(f: Callable[..., Any], args: Sequence[Any], where: Sequence[int], v: Any) -> Any:
    """Derivative of an analytic f along the vector v, right to rounding (Squire and Trapp 1998)."""
    x = flat([args[i] for i in where]).astype(complex)
    return np.imag(_along(f, args, where)(x + 1j * TINY * v)) / TINY


def richardson(
    f: Callable[..., Any], args: Sequence[Any], where: Sequence[int], v: Any, step: float = 2e-2
) -> Any:
    """Derivative of f along v: central differences at h, h/2, h/4 and h/8, extrapolated to order 8."""
    x = flat([args[i] for i in where]).astype(float)
    g = _along(f, args, where)
    table = []
    for k in range(4):
        h = step / 2**k
        table.append((g(x + h * v) - g(x - h * v)) / (2.0 * h))
    for order in range(1, 4):
        factor = 4.0**order
        table = [(factor * b - a) / (factor - 1.0) for a, b in zip(table, table[1:], strict=False)]
    return table[0]


def jacobian(
    f: Callable[..., Any],
    args: Sequence[Any],
    where: Sequence[int],
    method: Callable[..., Any] = richardson,
) -> Any:
    """Derivatives of all numbers of f by all numbers of the arguments at `where`, as a matrix."""
    size = flat([args[i] for i in where]).size
    columns = [method(f, args, where, unit) for unit in np.eye(size)]
    return np.stack(columns, axis=1) if columns else np.zeros((flat(f(*args)).size, 0))


def gradient(
    f: Callable[..., Any],
    args: Sequence[Any],
    where: Sequence[int],
    method: Callable[..., Any] = richardson,
) -> list[Any]:
    """Gradient of a scalar f, in the structure of the arguments at `where`."""
    row = jacobian(f, args, where, method)[0]
    return unflat(row, [args[i] for i in where])
