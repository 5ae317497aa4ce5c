"""A program run from its text: as it is, on dual numbers, and on hyper-duals."""

from __future__ import annotations

import builtins
import importlib
import sys
import types
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tests.oracle import shim
from tests.oracle.dual import Dual, kinks, number, plain

SHIMS = {"numpy": shim.np, "math": shim.math}


def _import(name: str, *rest: Any) -> Any:
    return SHIMS.get(name) or importlib.__import__(name, *rest)


def on_duals(text: str, name: str) -> Callable[..., Any]:
    """The function `name` of a module's text, with `np` and `math` that take dual numbers."""
    names = {
        **vars(builtins),
        "__import__": _import,
        "float": number,
        "print": lambda *_, **__: None,
    }
    module = types.ModuleType("program_on_duals")
    sys.modules[module.__name__] = module  # a dataclass looks for the module that it is in
    namespace: dict[str, Any] = module.__dict__
    namespace["__builtins__"] = names
    exec(compile(text, "<program on duals>", "exec"), namespace)
    return namespace[name]


@dataclass
class Derivatives:
    """What a program computes and its derivatives, and how near it came to a kink."""

    value: Any
    gradient: list[Any]  # for each argument in wrt: d value / d argument, shape value + argument
    nearest_kink: float
    nearest_rounding: float


def _size(args: Sequence[Any], wrt: Sequence[int]) -> int:
    return sum(np.size(args[i]) for i in wrt)


def _seeded(
    args: Sequence[Any], wrt: Sequence[int], make: Callable[[float, int, int, Any], Any]
) -> list[Any]:
    """Arguments with every number in wrt replaced by `make(value, flat position, argument, index)`."""
    out = [_own(a) for a in args]
    position = 0
    for i in wrt:
        if np.ndim(args[i]) == 0 and not isinstance(args[i], np.ndarray):
            out[i] = make(float(args[i]), position, i, ())
            position += 1
            continue
        array = np.empty(np.shape(args[i]), dtype=object)
        for index in np.ndindex(array.shape):
            array[index] = make(float(args[i][index]), position, i, index)
            position += 1
        out[i] = array
    return out


def _own(x: Any) -> Any:
    """A copy that dual numbers can be stored in."""
    if isinstance(x, np.ndarray):
        return x.astype(object) if x.dtype.kind == "f" else x.copy()
    return x


def _split(flat: Any, args: Sequence[Any], wrt: Sequence[int]) -> list[Any]:
    out, start = [], 0
    for i in wrt:
        n = np.size(args[i])
        part = flat[..., start : start + n]
        out.append(part.reshape(flat.shape[:-1] + np.shape(args[i])))
        start += n
    return out


def _leaves(y: Any) -> list[Any]:
    if isinstance(y, (tuple, list)):
        return [leaf for item in y for leaf in _leaves(item)]
    if isinstance(y, np.ndarray):
        return list(y.ravel())
    return [y]


def _tangent(y: Any, size: int) -> Any:
    return y.tangent if isinstance(y, Dual) else np.zeros(size)


def _restore(flat: list[Any], like: Any) -> Any:
    """Numbers put back into the structure of a result."""
    taken = iter(flat)

    def walk(y: Any) -> Any:
        if isinstance(y, (tuple, list)):
            return tuple(walk(v) for v in y)
        if isinstance(y, np.ndarray):
            return np.array([next(taken) for _ in range(y.size)], dtype=float).reshape(y.shape)
        return next(taken)

    return walk(like)


def gradient(f: Callable[..., Any], args: Sequence[Any], wrt: Sequence[int]) -> Derivatives:
    """Value of f (made by `on_duals`), and its derivative by each argument in wrt.

    A result with several numbers gives Jacobians: their first axis runs over the numbers.
    """
    size = _size(args, wrt)
    unit = np.eye(size)
    kinks.reset()
    y = _number(f(*_seeded(args, wrt, lambda v, k, i, index: Dual(v, unit[k]))))
    leaves = _leaves(y)
    rows = np.array([_tangent(leaf, size) for leaf in leaves], dtype=float).reshape(-1, size)
    flat = rows if isinstance(y, (tuple, list, np.ndarray)) else rows[0]
    value = _restore([plain(leaf) for leaf in leaves], y)
    return Derivatives(value, _split(flat, args, wrt), kinks.nearest, kinks.nearest_rounding)


def tangent(
    f: Callable[..., Any], args: Sequence[Any], wrt: Sequence[int], dots: Sequence[Any]
) -> tuple[Any, Any]:
    """Value and directional derivative of f (made by `on_duals`) along `dots`."""
    by_argument = dict(zip(wrt, dots, strict=True))

    def make(v: float, k: int, i: int, index: Any) -> Dual:
        return Dual(v, float(np.asarray(by_argument[i])[index]))

    y = f(*_seeded(args, wrt, make))
    leaves = _leaves(y)
    dot = [leaf.tangent if isinstance(leaf, Dual) else 0.0 for leaf in leaves]
    return _restore([plain(leaf) for leaf in leaves], y), _restore(dot, y)


def _number(y: Any) -> Any:
    """The number in an array without dimensions."""
    return y[()] if isinstance(y, np.ndarray) and y.ndim == 0 else y


def hessian_times(
    f: Callable[..., Any], args: Sequence[Any], wrt: Sequence[int], dots: Sequence[Any]
) -> list[Any]:
    """H v of a scalar function: the derivative of its gradient along `dots`."""
    size = _size(args, wrt)
    unit = np.eye(size)
    by_argument = dict(zip(wrt, dots, strict=True))

    def make(v: float, k: int, i: int, index: Any) -> Dual:
        along = float(np.asarray(by_argument[i])[index])
        return Dual(Dual(v, along), Dual(unit[k], np.zeros(size)))

    y = _number(f(*_seeded(args, wrt, make)))
    outer = y.tangent if isinstance(y, Dual) else 0.0
    flat = outer.tangent if isinstance(outer, Dual) else np.zeros(size)
    return _split(np.broadcast_to(np.asarray(flat, dtype=float), (size,)), args, wrt)


def derivative_of_order(
    f: Callable[..., Any], args: Sequence[Any], where: int, order: int
) -> float:
    """The n-th derivative of a scalar function by one scalar argument, by duals of duals."""

    def make(v: float, k: int, i: int, index: Any) -> Any:
        seed: Any = v
        for _ in range(order):
            seed = Dual(seed, 1.0)
        return seed

    y = f(*_seeded(args, [where], make))
    for _ in range(order):
        y = y.tangent if isinstance(y, Dual) else 0.0
    return float(y)
