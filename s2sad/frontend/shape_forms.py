"""Functions that give arrays other shapes, or make them, and that are lowered to simpler ones."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from s2sad.frontend.base import Base
from s2sad.frontend.scope import Binding, Items, Static
from s2sad.frontend.written import written
from s2sad.ir.core import Value
from s2sad.ir.kinds import FAMILY

LAYOUT = ("order", "subok", "like", "device")  # where items lie in memory, and in which class


def made_array(
    fn: Any, low: Base, args: list[Binding], kwargs: dict[str, Binding], node: Any
) -> Binding | None:
    """np.array and np.asarray with what says how they are made (copy, order, ndmin); None without."""
    if not set(kwargs) & {"copy", "ndmin", *LAYOUT}:
        return None
    rest = {k: b for k, b in kwargs.items() if k not in ("copy", "ndmin", *LAYOUT)}
    copy = low.literal(kwargs["copy"]) if "copy" in kwargs else True if fn is np.array else None
    least = low.literal(kwargs["ndmin"]) if "ndmin" in kwargs else 0
    if copy not in (True, False, None) or least not in (0, 1, 2):
        return None
    made = low.call(Static(np.array if copy else np.asarray), args, rest, node)
    not_in_rows(low, made, args, kwargs)
    if copy is False and made not in args:
        # NumPy raises where a copy is needed, as it is of a number, of a list, for another dtype.
        raise low.unsupported(node, "np.array with copy=False that may need a copy", "np.asarray")
    if not copy:
        made = laid_out(low, made, args, kwargs, node)
    wider = {1: np.atleast_1d, 2: np.atleast_2d}.get(least)
    return made if wider is None else low.call(Static(wider), [made], {}, node)


def without_layout(fn: Any) -> Any:
    """np.zeros(shape, order="F") and its kin: the items are the same in any order of memory."""

    def form(
        low: Base, args: list[Binding], kwargs: dict[str, Binding], node: Any
    ) -> Binding | None:
        rest = {k: b for k, b in kwargs.items() if k not in LAYOUT}
        behind = {np.zeros: 2, np.ones: 2, np.empty: 2, np.full: 3}.get(fn, len(args))
        if len(rest) == len(kwargs) and len(args) <= behind:
            return None
        made = low.call(Static(fn), args[:behind], rest, node)
        not_in_rows(low, made, args, kwargs if len(args) <= behind else {"order": args[behind]})
        return laid_out(low, made, args, kwargs, node) if fn is np.asanyarray else made

    return form


def laid_out(
    low: Base, made: Binding, given: list[Binding], kwargs: dict[str, Binding], node: Any
) -> Binding:
    """What is said to be the given array: it is a copy where its items lie in memory in another order than is asked."""
    order = low.literal(kwargs["order"]) if "order" in kwargs else None
    if made not in given or not isinstance(made, Value) or order in (None, "K", "A"):
        return made
    if low.pieces.is_one(made) and (order == "C" or made.kind.ndim == 1):
        return made
    rows = order == "C" or made.kind.ndim == 1
    text = "np.ascontiguousarray(A)" if rows else "np.ascontiguousarray(A.T).T"
    names: dict[str, Binding] = {"np": Static(np), "A": made}
    return low.call(low.function_of(f"lambda: {text}", names, node), [], {}, node)


def not_in_rows(low: Base, made: Binding, given: list[Binding], kwargs: dict[str, Binding]) -> None:
    """Note that the items of a new array may lie in memory in another order than that of its rows."""
    order = low.literal(kwargs["order"]) if "order" in kwargs else "C"
    if isinstance(made, Value) and made not in given and order != "C" and made.kind.ndim != 1:
        low.pieces.scattered.add(made)


def in_order(
    name: str, array: Binding, args: list[Binding], kwargs: dict[str, Binding], low: Base, node: Any
) -> Binding | None:
    """ravel, flatten and reshape with `order`: that of Fortran goes through the transposed array."""
    if "order" not in kwargs:
        return None
    order, rest = low.literal(kwargs["order"]), {k: b for k, b in kwargs.items() if k != "order"}
    if order not in ("C", "F") or rest:
        return None
    names: dict[str, Binding] = {"np": Static(np), "A": array}
    text = "lambda: np.ravel(A)" if order == "C" else "lambda: np.ravel(np.transpose(A))"
    if name == "flatten":
        text = f"{text}.copy()"
    if name == "reshape":
        sizes = low.items_or_shape(args[0], node) if len(args) == 1 else Items(list(args))
        if sizes is None and isinstance(args[0], Value) and args[0].kind.is_scalar:
            sizes = Items([args[0]])
        if sizes is None:
            return None
        axes = [f"N{k}" for k in range(len(sizes.items))]
        names |= dict(zip(axes, sizes.items, strict=True))
        text = f"lambda: np.reshape(A, ({', '.join(axes)},))"
        if order == "F":
            text = f"lambda: np.reshape(np.transpose(A), ({', '.join(axes[::-1])},)).T"
    return low.call(low.function_of(text, names, node), [], {}, node)


def ordered(fn: Any) -> Any:
    """np.ravel and np.reshape with `order`."""

    def form(
        low: Base, args: list[Binding], kwargs: dict[str, Binding], node: Any
    ) -> Binding | None:
        return in_order(fn.__name__, args[0], args[1:], kwargs, low, node) if args else None

    return form


def at_least(fn: Any) -> Any:
    """np.atleast_1d(x, y): each of them."""

    def form(
        low: Base, args: list[Binding], kwargs: dict[str, Binding], node: Any
    ) -> Binding | None:
        if kwargs or len(args) == 1 and low.sequence(args[0]) is None:
            return None
        arrays = [low.call(Static(np.asanyarray), [a], {}, node) for a in args]
        made = [low.call(Static(fn), [a], {}, node) for a in arrays]
        return made[0] if len(made) == 1 else Items(made)

    return form


def broadcast_arrays(
    low: Base, args: list[Binding], kwargs: dict[str, Binding], node: Any
) -> Binding | None:
    """np.broadcast_arrays(x, y): each of them, spread."""
    if set(kwargs) - {"subok"}:
        return None
    arrays = [_array(low, a, node) for a in args]
    dims = [a.kind.dims for a in arrays]
    if all(d is not None and d == dims[0] and all(isinstance(n, int) for n in d) for d in dims):
        return Items(list(arrays))
    shape = _common_shape(low, arrays, node)
    return Items([low.prim("numpy.broadcast_to", [a, shape], {}, node) for a in arrays])


def broadcast(
    low: Base, args: list[Binding], kwargs: dict[str, Binding], node: Any
) -> Binding | None:
    """np.broadcast(x, y), which is asked for its shape: an array of that shape."""
    if kwargs or not args:
        return None
    arrays = [_array(low, a, node) for a in args]
    shape = _common_shape(low, arrays, node)
    return low.prim("numpy.broadcast_to", [low.const(0.0, node), shape], {}, node)


def cross(low: Base, args: list[Binding], kwargs: dict[str, Binding], node: Any) -> Binding | None:
    """np.cross of vectors of three items: of two, NumPy gives numbers, and its derivative is another one."""
    axis = low.literal(kwargs["axis"]) if "axis" in kwargs else -1
    if len(args) != 2 or set(kwargs) - {"axis"} or not isinstance(axis, int):
        return None
    arrays = [_array(low, a, node) for a in args]
    for x in arrays:
        dims = x.kind.dims
        length = dims[axis] if dims and -len(dims) <= axis < len(dims) else None
        if length == 3:
            continue
        if isinstance(length, int):
            raise low.unsupported(
                node,
                f"np.cross of vectors of {length} items has no derivative here",
                "write it out: x[0] * y[1] - x[1] * y[0]",
            )
        place = axis % len(dims) if dims else axis
        text = f"if np.shape(x)[{place}] != 3:\n    raise Refused('np.cross takes vectors of three items')"
        with low.with_hidden({"x": x, "np": Static(np)}):
            low.statements(written(text, node))
    more = {k: low.to_value(b, node) for k, b in kwargs.items()}
    return low.prim("numpy.cross", arrays, more, node)


def solve(low: Base, args: list[Binding], kwargs: dict[str, Binding], node: Any) -> Binding | None:
    """np.linalg.solve of one matrix, or of a stack of them and one of right-hand sides: NumPy 1 and 2 agree on it."""
    if len(args) != 2 or kwargs:
        return None
    a, b = (_array(low, x, node) for x in args)
    if a.kind.ndim != 2 and (a.kind.ndim is None or a.kind.ndim != b.kind.ndim):
        if a.kind.ndim is not None and b.kind.ndim is not None:
            what = f"np.linalg.solve of {a.kind.ndim} axes and {b.kind.ndim}"
            raise low.unsupported(node, what, "give the right-hand sides as matrices: b[..., None]")
        text = (
            "if np.ndim(a) != 2 and np.ndim(a) != np.ndim(b):\n"
            "    raise Refused('np.linalg.solve takes a stack of matrices for a stack of matrices')"
        )
        with low.with_hidden({"a": a, "b": b, "np": Static(np)}):
            low.statements(written(text, node))
    return low.prim("numpy.linalg.solve", [a, b], {}, node)


def in_doubles(fn: Any) -> Any:
    """np.sum(x, dtype=float) of what is double already."""

    def form(
        low: Base, args: list[Binding], kwargs: dict[str, Binding], node: Any
    ) -> Binding | None:
        dtype = low.literal(kwargs["dtype"]) if "dtype" in kwargs else None
        x = args[0] if args else None
        double = isinstance(x, Value) and x.kind.dtype in ("f8", "float")
        if not double or dtype not in (float, np.float64, "float64", "f8", "float"):
            return None
        return low.call(Static(fn), args, {k: b for k, b in kwargs.items() if k != "dtype"}, node)

    return form


def index(low: Base, args: list[Binding], kwargs: dict[str, Binding], node: Any) -> Binding | None:
    """operator.index(n), of what is known to be an integer."""
    n = args[0] if len(args) == 1 else None
    whole = isinstance(n, Value) and n.kind.is_scalar and n.kind.dtype in ("int", "i8", "i4")
    return n if whole else None


def iterable(
    low: Base, args: list[Binding], kwargs: dict[str, Binding], node: Any
) -> Binding | None:
    """np.iterable(x), where the kind of x says it."""
    x = args[0] if len(args) == 1 else None
    if isinstance(x, Value) and x.kind.base in ("number", "array") and x.kind.dims is not None:
        return low.const(bool(x.kind.dims), node)
    return low.const(True, node) if x is not None and low.sequence(x) is not None else None


def common_type(
    low: Base, args: list[Binding], kwargs: dict[str, Binding], node: Any
) -> Binding | None:
    """np.common_type of arrays whose dtypes are known."""
    dtypes = [a.kind.dtype if isinstance(a, Value) else None for a in args]
    if not args or None in dtypes:
        return None
    arrays = [np.empty(0, FAMILY.get(str(d), d)) for d in dtypes]
    return Static(np.common_type(*arrays))


def normalized_axis(
    low: Base, args: list[Binding], kwargs: dict[str, Binding], node: Any
) -> Binding | None:
    """normalize_axis_index(axis, ndim) of integers that are known."""
    axis, ndim = (low.literal(a) for a in args) if len(args) == 2 else (None, None)
    if not isinstance(axis, int) or not isinstance(ndim, int) or not -ndim <= axis < ndim:
        raise low.unsupported(node, "an axis that only the run knows", "pass a literal")
    return low.const(axis % ndim, node)


def _array(low: Base, binding: Binding, node: Any) -> Value:
    listed = low.sequence(binding) is not None
    made = low.call(Static(np.array if listed else np.asanyarray), [binding], {}, node)
    return low.to_value(made, node)


def _common_shape(low: Base, arrays: list[Value], node: Any) -> Value:
    shapes: list[Binding] = [low.call(Static(np.shape), [a], {}, node) for a in arrays]
    return low.to_value(low.call(Static(np.broadcast_shapes), shapes, {}, node), node)


SHAPE_FORMS: dict[int, Any] = {
    id(operator.index): index,
    id(np.common_type): common_type,
    id(np.iterable): iterable,
    id(np.broadcast_arrays): broadcast_arrays,
    id(np.broadcast): broadcast,
    **{id(fn): cross for fn in (np.cross, getattr(np.linalg, "cross", np.cross))},
    **{id(fn): ordered(fn) for fn in (np.ravel, np.reshape)},
    **{id(fn): in_doubles(fn) for fn in (np.sum, np.mean, np.prod, np.std, np.var, np.cumsum)},
    id(np.linalg.solve): solve,
    **{id(fn): at_least(fn) for fn in (np.atleast_1d, np.atleast_2d, np.atleast_3d)},
    **{id(fn): without_layout(fn) for fn in (np.zeros, np.ones, np.empty, np.full)},
    **{id(fn): without_layout(fn) for fn in (np.zeros_like, np.ones_like, np.empty_like)},
    **{id(fn): without_layout(fn) for fn in (np.full_like, np.copy, np.asanyarray)},
}
if hasattr(np.lib, "array_utils"):  # since NumPy 2
    SHAPE_FORMS[id(np.lib.array_utils.normalize_axis_index)] = normalized_axis
