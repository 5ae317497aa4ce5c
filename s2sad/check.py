"""Checks derivatives against finite differences, complex step, and each other."""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np

from s2sad.api import Derivative, adjoint, tangent
from s2sad.errors import S2SADError, UsageError
from s2sad.frontend.arguments import parts_of

METHODS = ("central", "fd", "complex", "richardson")


class GradientCheckError(S2SADError, AssertionError):
    """A derivative that does not agree with its check."""

    code = "S601"


def check_grads(
    f: Callable[..., Any],
    args: tuple[Any, ...],
    order: int = 2,
    modes: tuple[str, ...] = ("forward", "reverse"),
    *,
    wrt: int | tuple[int, ...] | None = None,
    method: str = "central",
    step: float | None = None,
    rtol: float = 1e-5,
    atol: float = 1e-6,
    seed: int = 0,
) -> None:
    """Check the derivatives of `f` at `args`, up to `order`, along a random direction.

    Forward mode is compared with a difference quotient (`method`: "fd" ``(f(x + h v) - f(x)) / h``, "central",
    "richardson" (two central quotients), or "complex" (the imaginary part of f(x + i h v) / h; Squire and Trapp
    1998)). Reverse mode is compared by <y_bar, J v> = <J^T y_bar, v>. Order 2 checks the adjoint of `f` in the same
    way, and so on. `wrt` names positions of the arguments to differentiate: all that are floats by default.

    Raises `GradientCheckError` (an AssertionError) that says which comparison failed, `UsageError` for arguments
    that cannot be meant.
    """
    if method not in METHODS:
        raise UsageError(f"unknown method {method!r}", help=f"one of: {', '.join(METHODS)}")
    if order < 1 or not set(modes) <= {"forward", "reverse"}:
        raise UsageError("order is at least 1, and modes are 'forward' and 'reverse'")
    rng = np.random.default_rng(seed)
    every = tuple(i for i, a in enumerate(args) if _is_float(a))
    active = every if wrt is None else (wrt,) if isinstance(wrt, int) else wrt
    if not active:
        raise UsageError("no argument is a float or an array of floats", help="pass floats")
    _check(f, tuple(args), active, order, modes, method, step, (rtol, atol), rng)


def _check(
    f: Any,
    args: tuple[Any, ...],
    wrt: tuple[int, ...],
    order: int,
    modes: tuple[str, ...],
    method: str,
    step: float | None,
    tolerances: tuple[float, float],
    rng: np.random.Generator,
) -> None:
    direction = [_random_like(args[i], rng) for i in wrt]
    # A complex step through generated code would need it to be analytic: beyond first order, differences are used.
    use = "central" if method == "complex" and isinstance(f, Derivative) else method
    numeric = flat(difference(f, args, wrt, direction, use, step))
    name = getattr(f, "__name__", "f")
    if "forward" in modes:
        _, y_dot = tangent(f, wrt=wrt)(*args, *direction)
        _compare(
            flat(y_dot), numeric, f"the tangent of {name} and its {use} difference", tolerances
        )
    y = f(*_own(args))
    y_bars = [_random_like(v, rng) for v in leaves(y)]
    backward = adjoint(f, wrt=wrt)
    if "reverse" in modes:
        x_bars = backward(*args, *y_bars)
        left = float(np.dot(flat(y_bars), numeric))
        right = float(np.dot(flat(_floats(x_bars)), flat(_floats(direction))))
        _compare(
            np.array([right]),
            np.array([left]),
            f"<J^T y_bar, v> and <y_bar, J v> of {name}",
            tolerances,
        )
    if order > 1:
        rtol, atol = tolerances
        _check(
            backward,
            (*args, *y_bars),
            wrt,
            order - 1,
            modes,
            method,
            step,
            (rtol * 10, atol * 10),
            rng,
        )


def difference(
    f: Callable[..., Any],
    args: tuple[Any, ...],
    wrt: tuple[int, ...],
    direction: list[Any],
    method: str = "central",
    step: float | None = None,
) -> Any:
    """The derivative of `f` at `args` along `direction`, numerically: a flat array."""

    def at(h: Any) -> Any:
        moved = list(_own(args))
        for i, v in zip(wrt, direction, strict=True):
            moved[i] = _mapped(lambda a, d: a + h * d, args[i], v)
        return flat(f(*moved))

    if method == "complex":
        h = step or 1e-30
        return np.imag(at(1j * h)) / h
    if method == "fd":
        h = step or 1e-8
        return (at(h) - at(0.0)) / h
    h = step or 6e-6
    central = (at(h) - at(-h)) / (2 * h)
    if method == "central":
        return central
    wide = (at(2 * h) - at(-2 * h)) / (4 * h)
    return (4 * central - wide) / 3


def _own(args: tuple[Any, ...]) -> tuple[Any, ...]:
    """Copies of arguments, which the function may change; what cannot be copied stays as it is."""
    try:
        return copy.deepcopy(args)
    except (TypeError, AttributeError, copy.Error):
        return args


def leaves(value: Any) -> list[Any]:
    """Numbers and arrays in nested tuples, lists, dicts and dataclasses."""
    parts = parts_of(value) if not isinstance(value, (np.ndarray, np.generic)) else None
    if parts is not None:
        inner = [leaf for item in parts.values() for leaf in leaves(item)]
        # Of an object's fields only numbers are differentiated; the others stay as they are.
        return [v for v in inner if _is_number(v)] if dataclasses.is_dataclass(value) else inner
    return [] if value is None or isinstance(value, str) else [value]


def _mapped(function: Callable[..., Any], value: Any, *others: Any) -> Any:
    """A container with `function` of each float and array of floats; what is none stays."""
    if _is_number(value):
        return function(value, *others)
    parts = None if isinstance(value, np.ndarray) else parts_of(value)
    if parts is None:
        return value
    rows = [parts_of(o) or {} for o in others]
    new = {k: _mapped(function, v, *(r.get(k) for r in rows)) for k, v in parts.items()}
    if dataclasses.is_dataclass(value):
        return dataclasses.replace(value, **new)  # type: ignore[type-var]
    if hasattr(value, "_replace"):
        return value._replace(**new)
    return new if isinstance(value, dict) else type(value)(new.values())


def _floats(value: Any) -> list[Any]:
    return [leaf for leaf in leaves(value) if _is_number(leaf)]


def flat(value: Any) -> Any:
    """All numbers of nested tuples of numbers and arrays, as one vector."""
    return np.concatenate([np.ravel(np.asarray(leaf)) for leaf in leaves(value)])


def _is_float(value: Any) -> bool:
    """True for a float, an array of floats, or a container of the first."""
    if isinstance(value, (tuple, list, dict)) or dataclasses.is_dataclass(value):
        return any(_is_float(leaf) for leaf in leaves(value))
    return _is_number(value)


def _is_number(value: Any) -> bool:
    return isinstance(value, float) or (
        isinstance(value, (np.ndarray, np.generic)) and value.dtype.kind == "f"
    )


def _random_like(value: Any, rng: np.random.Generator) -> Any:
    def drawn(leaf: Any) -> Any:
        if isinstance(leaf, np.ndarray):
            return np.asarray(rng.normal(size=leaf.shape), dtype=leaf.dtype)
        return float(rng.normal())

    return _mapped(drawn, value) if _is_float(value) else drawn(value)


def _compare(got: Any, want: Any, what: str, tolerances: tuple[float, float]) -> None:
    rtol, atol = tolerances
    scale = atol + rtol * max(1.0, float(np.max(np.abs(want), initial=0.0)))
    error = float(np.max(np.abs(got - want), initial=0.0))
    if not error <= scale:
        raise GradientCheckError(
            f"{what} differ by {error:.3g} (allowed: {scale:.3g})",
            help="the function may have a kink here; else a rule is wrong",
        )
