"""Checks derivatives against finite differences, complex step, and each other."""

from __future__ import annotations

import copy
import dataclasses
import functools
import inspect
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from s2sad.api import Derivative, adjoint, taken_apart, tangent
from s2sad.errors import S2SADError, UsageError
from s2sad.frontend.arguments import parts_of
from s2sad.pipeline import Transform
from s2sad.points import called, owned, star_of
from s2sad.seeds import flat_seeds

# The steps that are tried, relative to the size of each argument: the first is the best where a function is smooth
# over the size of its arguments, the others are for those that change faster (the sine of a large number).
STEPS = {
    "central": (6e-6, 1e-7, 2e-9), "fd": (1e-8, 1e-10), "complex": (1e-30,), "richardson": (6e-6, 1e-7, 2e-9),
}  # fmt: skip


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

    v is as large as the arguments, each of which may have units of its own; of a few steps h, the one that agrees
    best counts, or `step` alone. `atol` is for values near one, and is smaller for smaller ones.

    Raises `GradientCheckError` (an AssertionError) that says which comparison failed, `UsageError` for arguments
    that cannot be meant.
    """
    if method not in STEPS:
        raise UsageError(f"unknown method {method!r}", help=f"one of: {', '.join(STEPS)}")
    if order < 1 or not set(modes) <= {"forward", "reverse"}:
        raise UsageError("order is at least 1, and modes are 'forward' and 'reverse'")
    rng = np.random.default_rng(seed)
    # All arguments in the order of the parameters: an adjoint takes its seeds behind them.
    binder = Derivative(f, Transform("tangent", ()))
    bound = len(binder.callee.args)
    star = star_of(f)
    args = binder.whole(args)[bound:]
    kinds = [p.kind for p in binder.callee.parameters()[bound:]]
    every = tuple(i for i, a in enumerate(args) if _is_float(a) and _by_position(kinds[i:]))
    active = every if wrt is None else (wrt,) if isinstance(wrt, int) else wrt
    if star is not None:
        active = tuple(dict.fromkeys(min(i, star) for i in active))
    if not active:
        raise UsageError("no argument is a float or an array of floats", help="pass floats")
    _check(f, args, active, order, modes, method, step, (rtol, atol), rng)


def _by_position(kinds: list[Any]) -> bool:
    """True for an argument whose parameter comes by position, and for the seeds behind all parameters."""
    return not kinds or kinds[0] not in (
        inspect.Parameter.KEYWORD_ONLY,
        inspect.Parameter.VAR_KEYWORD,
    )


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
    """One order of `check_grads`, at all arguments in the order of the parameters: *args are one tuple."""
    direction = [_random_like(args[i], rng, sized=True) for i in wrt]
    # A complex step through generated code would need it to be analytic: beyond first order, differences are used.
    use = "central" if method == "complex" and taken_apart(f)[0] is not None else method

    @functools.cache
    def numeric(h: float) -> Any:
        return flat(difference(lambda *a: called(f, a), args, wrt, direction, use, h))

    steps = STEPS[use] if step is None else (step,)
    name = getattr(f, "__name__", "f")
    y = called(f, owned(args))
    size = float(np.max(np.abs(flat(y)), initial=0.0))
    if "forward" in modes:
        _, y_dot = called(tangent(f, wrt=wrt), (*args, *direction))
        what = f"the tangent of {name} and its {use} difference"
        _compare(flat(y_dot, y), map(numeric, steps), what, size, tolerances)
    y_bar = _random_like(y, rng)
    backward = adjoint(f, wrt=wrt)
    structure = backward.structure((*backward.callee.args, *args))
    y_bars = flat_seeds(structure, y_bar, name)
    if "reverse" in modes:
        x_bars = called(backward, (*args, *y_bars))
        left = (np.vdot(flat(y_bar), numeric(h)) for h in steps)
        right = np.vdot(flat(_floats(x_bars)), flat(_floats(direction)))
        what = f"<J^T y_bar, v> and <y_bar, J v> of {name}"
        _compare(right, left, what, size, tolerances)
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
        moved = list(owned(args))
        for i, v in zip(wrt, direction, strict=True):
            moved[i] = _mapped(lambda a, d: a + h * d, args[i], v)
        return flat(f(*moved))

    h = step or STEPS[method][0]
    if method == "complex":
        return np.imag(at(1j * h)) / h
    if method == "fd":
        return (at(h) - at(0.0)) / h
    central = (at(h) - at(-h)) / (2 * h)
    if method == "central":
        return central
    wide = (at(2 * h) - at(-2 * h)) / (4 * h)
    return (4 * central - wide) / 3


def leaves(value: Any, of: Any = None) -> list[Any]:
    """Numbers and arrays in nested tuples, lists, dicts and dataclasses; `of`: the value that this is a tangent of."""
    model = value if of is None else of
    parts = parts_of(model) if not isinstance(model, (np.ndarray, np.generic)) else None
    if parts is None:
        return [] if model is None or isinstance(model, str) else [value]
    own = parts if of is None else parts_of(value) or {}
    # Of an object's fields only numbers are differentiated; the others stay as they are.
    fields = dataclasses.is_dataclass(model)
    inner = [
        (leaf, m)
        for k, p in parts.items()
        for leaf, m in zip(leaves(own.get(k), p), leaves(p), strict=True)
    ]
    return [leaf for leaf, m in inner if not fields or _is_number(m)]


def _mapped(function: Callable[..., Any], value: Any, *others: Any) -> Any:
    """A container with `function` of each float and array of floats; what is none stays."""
    if _is_number(value):
        return function(value, *others)
    parts = None if isinstance(value, np.ndarray) else parts_of(value)
    if parts is None:
        return value
    rows = [parts_of(o) or {} for o in others]
    new = {k: _mapped(function, v, *(r.get(k) for r in rows)) for k, v in parts.items()}
    if hasattr(value, "_replace"):
        return value._replace(**new)
    if isinstance(value, dict):
        return new
    if isinstance(value, (tuple, list)):
        return type(value)(new.values())
    made = copy.copy(value)
    for key, item in new.items():
        object.__setattr__(made, key, item)
    return made


def _floats(value: Any) -> list[Any]:
    return [leaf for leaf in leaves(value) if _is_number(leaf)]


def flat(value: Any, of: Any = None) -> Any:
    """All numbers of nested tuples of numbers and arrays, as one vector; `of` as for `leaves`."""
    return np.concatenate([np.ravel(np.asarray(leaf)) for leaf in leaves(value, of)])


def _is_float(value: Any) -> bool:
    """True for a float, an array of floats, or a container of the first."""
    if isinstance(value, (tuple, list, dict)) or dataclasses.is_dataclass(value):
        return any(_is_number(leaf) for leaf in leaves(value))
    return _is_number(value)


def _is_number(value: Any) -> bool:
    return isinstance(value, float) or (
        isinstance(value, (np.ndarray, np.generic)) and value.dtype.kind == "f"
    )


def _random_like(value: Any, rng: np.random.Generator, sized: bool = False) -> Any:
    """Normal numbers in the shape of `value`; `sized`: times the largest number in each array of it."""

    def drawn(leaf: Any) -> Any:
        if not isinstance(leaf, (int, float, np.ndarray, np.generic)):
            return leaf  # it is no number
        size = float(np.max(np.abs(leaf), initial=0.0)) if sized else 0.0
        size = size if 0.0 < size < np.inf else 1.0
        if isinstance(leaf, np.ndarray):
            return np.asarray(size * rng.normal(size=leaf.shape), dtype=leaf.dtype)
        return size * float(rng.normal())

    whole = _is_number(value) or parts_of(value) is None
    return drawn(value) if whole else _mapped(drawn, value)


def _compare(
    got: Any, wants: Iterable[Any], what: str, size: float, tolerances: tuple[float, float]
) -> None:
    """Raises where `got` is near none of `wants`, for values as large as `size`."""
    rtol, atol = tolerances
    one = min(1.0, size or 1.0)
    errors = []
    for want in wants:
        allowed = atol * one + rtol * max(one, float(np.max(np.abs(want), initial=0.0)))
        error = float(np.max(np.abs(got - want), initial=0.0))
        if error <= allowed:
            return
        errors.append((error, allowed))
    error, allowed = min(errors)
    raise GradientCheckError(
        f"{what} differ by {error:.3g} (allowed: {allowed:.3g})",
        help="the function may have a kink here; else a rule is wrong",
    )
