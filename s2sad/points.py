"""Derivatives at a point: `jvp` and `vjp`."""

from __future__ import annotations

import copy
import types
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

import numpy as np

from s2sad.api import POSITIONAL, Derivative, adjoint, taken_apart, tangent
from s2sad.errors import UsageError
from s2sad.frontend.arguments import parts_of
from s2sad.pipeline import Wrt
from s2sad.seeds import flat_seeds

MOST_RECENT = 256
_RECENT: OrderedDict[Any, tuple[Any, Derivative]] = OrderedDict()


def jvp(f: Any, primals: Any, tangents: Any) -> tuple[Any, Any]:
    """The value at a point and its derivative along a direction: ``(y, y_dot)``; see `tangent`.

    ``tangents`` has one item for each of ``primals``: of its shape, or None for one that does not move (an integer,
    a string).
    """
    primals, tangents = tuple(primals), tuple(tangents)
    if len(primals) != len(tangents):
        raise UsageError(
            f"{len(primals)} primals and {len(tangents)} tangents",
            help="give one tangent for each primal",
        )
    if all(t is None for t in tangents):
        raise UsageError("all tangents are None", help="give a direction")
    star = star_of(f)
    if star is not None and any(t is not None for t in tangents[star:]):
        rest = zip(primals[star:], tangents[star:], strict=True)
        moves = (np.zeros(np.shape(x)) if t is None else t for x, t in rest)
        tangents = folded((*tangents[:star], *moves), star)
    moving = tuple(i for i, t in enumerate(tangents) if t is not None)
    y, y_dot = _derived(f, tangent, moving)(*primals, *(tangents[i] for i in moving))
    return y, y_dot


def star_of(f: Any) -> int | None:
    """The position at which the arguments that `f` takes as *args begin; None for a function that takes none."""
    _, callee = taken_apart(f)
    if "*" not in callee.stars.values():
        return None
    before = sum(p.kind in POSITIONAL for p in callee.parameters()) - len(callee.args)
    return max(before, 0)


def called(f: Any, args: tuple[Any, ...]) -> Any:
    """A function or a derivative at all arguments in the order of its parameters: *args as one tuple."""
    return called_whole(f, (*owned(taken_apart(f)[1].args), *args))


def called_whole(f: Any, whole: tuple[Any, ...]) -> Any:
    """The same, with the arguments in front that are bound already."""
    derivative, callee = taken_apart(f)
    if derivative is not None:
        return derivative.run(whole)
    by_position, by_name = callee.spread(whole, without_defaults=True)
    return callee.function(*by_position, **by_name)


def owned(args: tuple[Any, ...]) -> tuple[Any, ...]:
    """Copies of arguments, which the function may change.

    What cannot be copied stays as it is, and so do arrays that share memory, as their copies would not.
    """
    if all(type(a) in (float, int, bool, str) or a is None for a in args):
        return args
    arrays = [a for arg in args for a in _arrays(arg, 3)]
    if any(
        np.may_share_memory(a, b) for i, a in enumerate(arrays) for b in arrays[:i] if a is not b
    ):
        return args
    known: dict[int, Any] = {}
    return tuple(_copied(a, known) for a in args)


def _copied(value: Any, known: dict[int, Any]) -> Any:
    try:
        return copy.deepcopy(value, known)
    except (TypeError, AttributeError, copy.Error):
        return value


def _arrays(value: Any, depth: int) -> list[Any]:
    """The arrays in containers and objects, down to a depth."""
    if isinstance(value, np.ndarray):
        return [value]
    parts = parts_of(value) if depth else None
    return [a for part in (parts or {}).values() for a in _arrays(part, depth - 1)]


def folded(args: tuple[Any, ...], star: int | None) -> tuple[Any, ...]:
    """Arguments with a tuple for those that the function takes as *args."""
    return args if star is None else (*args[:star], tuple(args[star:]))


def unfolded(args: tuple[Any, ...], star: int | None) -> tuple[Any, ...]:
    """Arguments as a call gives them."""
    return args if star is None else (*args[:star], *args[star], *args[star + 1 :])


def _derived(f: Any, transform: Callable[..., Any], wrt: Wrt) -> Derivative:
    """The derivative that `jvp` and `vjp` use: derived once for a function, not at each point.

    Functions are told apart by identity: objects that are equal may have fields that their class does not compare.
    """
    # A bound method is another object each time that it is asked for.
    held = (f.__self__, f.__func__) if isinstance(f, types.MethodType) else (f,)
    key = (*map(id, held), transform, wrt)
    if key in _RECENT:
        _RECENT.move_to_end(key)
        return _RECENT[key][1]
    derivative: Derivative = transform(f, wrt)
    _RECENT[key] = (held, derivative)  # what is held keeps its identity
    if len(_RECENT) > MOST_RECENT:
        _RECENT.popitem(last=False)
    return derivative


def vjp(f: Any, *primals: Any, wrt: Wrt | None = None) -> tuple[Any, Callable[..., Any]]:
    """The value at a point and its pullback: ``(y, pullback)``, with ``pullback(y_bar) -> x_bars``; see `adjoint`.

    ``y_bar`` is nested as ``y`` is (the parts of a tuple may be given as arguments); ``wrt`` None stands for all
    primals; one position or name gives a bare ``x_bar``. The pullback runs the forward sweep again each time, and can
    be called any number of times. Value and pullback are of the arguments as they were, of which copies are kept.
    """
    star = star_of(f) if wrt is None else None
    which: Wrt = tuple(range(len(folded(primals, star)))) if wrt is None else wrt
    backward = _derived(f, adjoint, which)
    # The function may change its arguments, and so may others until the pullback is called.
    whole = owned(backward.whole((*primals, None))[:-1])
    y = called_whole(f, owned(whole))
    structures: list[Any] = []

    def pullback(*seeds: Any) -> Any:
        if not seeds:
            raise UsageError("the pullback takes the seed of the value", help="give y_bar")
        y_bar = seeds[0] if len(seeds) == 1 else seeds
        if isinstance(y, tuple) and len(y) == 1 and not isinstance(y_bar, (tuple, list)):
            y_bar = seeds
        if not structures:
            structures.append(backward.structure(whole))
        bars = backward.run((*whole, *flat_seeds(structures[0], y_bar, backward.__name__)))
        return unfolded(bars, star)

    return y, pullback
