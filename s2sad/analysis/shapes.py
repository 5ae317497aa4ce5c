"""The kind of a primitive's result, by the family that its rule names.

Each function here answers for one family of rules (`@rule(..., shape="reduction")`). Where operands'
kinds say too little the answer is an unknown kind, never a guess.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

from s2sad.analysis.context import Context, static
from s2sad.analysis.dtypes import given_dtype, inexact, of_items, promote
from s2sad.analysis.linear import determinant, inverse, solution
from s2sad.analysis.making import (
    atleast,
    broadcast,
    conversion,
    copy,
    interpolated,
    like,
    new_array,
    scalar,
    shape_value,
    spaced,
    square,
)
from s2sad.analysis.pieces import append, joined, split, triangle
from s2sad.analysis.positions import found, lexsorted, place, positions
from s2sad.ir.core import Op, Value
from s2sad.ir.kinds import (
    ANY,
    BOOL,
    FAMILY,
    FLOAT,
    INT,
    PASSIVE_DTYPES,
    PYTHON_DTYPES,
    Dim,
    Kind,
    Size,
    array,
    passive,
)

FANCY = ("i8", "i4", "b1")


def elementwise(context: Context, op: Op) -> Kind:
    if any(v.kind.base == "str" for v in op.operands):
        return passive("str")
    kinds = [v.kind for v in op.operands if v.kind.base in ("number", "array", "any")]
    python = op.fn.startswith(("operator.", "builtins."))
    if op.fn in ("operator.add", "operator.mul") and any(_is_shape(v) for v in op.operands):
        if not any(v.kind.is_array for v in op.operands):
            return passive("tuple")
    if not python and any(v.kind.base in ("list", "tuple") for v in op.operands):
        return array(None, None)
    if op.fn.startswith("math."):
        return Kind("number", "float", ())
    dtype = of_items(op.fn, kinds)
    if dtype == "int" and op.fn in ("operator.pow", "builtins.pow"):
        known, power = static(op.operands[1])
        dtype = None if not known else "int" if power >= 0 else "float"
    if any(k.base == "any" for k in kinds):
        return array(None, None) if any(k.is_array for k in kinds) else ANY
    if any(k.dims is None for k in kinds):
        return array(dtype, None)
    return Kind("number", dtype, broadcast(context, [k.dims for k in kinds if k.dims is not None]))


def cross(context: Context, op: Op) -> Kind:
    """np.cross(x, y, axis): the other axes are broadcast together."""
    kinds = [v.kind for v in op.operands[:2]]
    known, axis = static(op.arg("axis"))
    axis = -1 if axis is None else axis
    if not known or any(not k.dims for k in kinds):
        return array(promote(kinds), None)
    places = [axis % len(k.dims) for k in kinds if k.dims]
    pairs = [(k.dims, place) for k, place in zip(kinds, places, strict=True) if k.dims]
    dims = list(broadcast(context, [d[:place] + d[place + 1 :] for d, place in pairs]))
    (length,) = broadcast(context, [(d[place],) for d, place in pairs])
    dims.insert(axis % (len(dims) + 1), length)
    return array(promote(kinds), tuple(dims))


def padded(context: Context, op: Op) -> Kind:
    """np.pad(x, ...): as many axes as x, of the dtype of x."""
    kind = op.operands[0].kind
    if not kind.dims:
        return array(kind.dtype, None)
    return array(kind.dtype, tuple(context.symbol((op.result, k)) for k in range(len(kind.dims))))


def _is_shape(value: Value) -> bool:
    return value.kind.base == "tuple" and (value.op is None or value.op.name != "tuple")


def comparison(context: Context, op: Op) -> Kind:
    bases = {v.kind.base for v in op.operands}
    if bases & {"tuple", "list", "str"} and op.fn.startswith("operator."):
        if "any" not in bases and not any(v.kind.is_array for v in op.operands):
            return BOOL  # of Python, for all items
    kind = elementwise(context, op)
    if kind.is_scalar:
        python = all(v.kind.dtype in PYTHON_DTYPES for v in op.operands)
        return BOOL if python and op.fn.startswith("operator.") else Kind("number", "b1", ())
    return Kind(kind.base, "b1", kind.dims)


def select(context: Context, op: Op) -> Kind:
    """np.where(condition, x, y): the condition takes part in broadcasting, not in the dtype."""
    kinds = [v.kind for v in op.operands]
    if any(k.base == "any" for k in kinds):
        return array(None, None) if any(k.is_array for k in kinds) else ANY
    dtype = promote(kinds[1:])
    if any(k.dims is None for k in kinds):
        return array(dtype, None)
    make = array if op.exact else partial(Kind, "number")  # NumPy gives an array also of numbers
    return make(dtype, broadcast(context, [k.dims or () for k in kinds]))


def axes_of(value: Value | None, rank: int) -> tuple[int, ...] | None:
    """Axes that an `axis` argument names, or None where that is not known."""
    known, axis = static(value)
    if not known:
        return None
    if axis is None:
        return tuple(range(rank))
    axes = axis if isinstance(axis, tuple) else (axis,)
    if not all(isinstance(a, int) and -rank <= a < rank for a in axes):
        return None
    return tuple(a % rank for a in axes)


def reduction(context: Context, op: Op) -> Kind:
    kind = op.operands[0].kind
    dtype = "i8" if kind.dtype in ("b1", "i4", "bool", "int") else kind.dtype
    name = op.fn.rsplit(".", 1)[-1]
    if name in ("any", "all"):
        dtype = "b1"
    elif name in ("max", "amax", "min", "amin"):
        dtype = promote([kind])
    elif name in ("mean", "var", "std", "norm") or dtype in PYTHON_DTYPES:
        dtype = inexact(dtype)
    known, keepdims = static(op.arg("keepdims"))
    known_axis, axis = static(op.arg("axis"))
    if known_axis and axis is None and known and not keepdims:
        return Kind("number", dtype, ())
    if kind.dims == ():  # an axis of what has none is 0 or -1, or NumPy raises
        return Kind("number", dtype, ())
    if kind.dims is None:
        return ANY if kind.base == "any" else array(dtype, None) if known and keepdims else ANY
    axes = axes_of(op.arg("axis"), len(kind.dims))
    if axes is None or not known:
        return ANY
    if keepdims:
        dims = tuple(1 if i in axes else d for i, d in enumerate(kind.dims))
    else:
        dims = tuple(d for i, d in enumerate(kind.dims) if i not in axes)
    return Kind("number", dtype, dims)


def over_items(context: Context, op: Op) -> Kind:
    """The items of an array, taken together by Python: a result of the shape of an item."""
    kind = op.operands[0].kind
    dtype = "i8" if kind.dtype == "b1" else kind.dtype
    return ANY if not kind.dims else Kind("number", dtype, kind.dims[1:])


def cumulative(context: Context, op: Op) -> Kind:
    kind = op.operands[0].kind
    if op.fn != "numpy.sort" and kind.dtype == "b1":
        kind = replace(kind, dtype="i8")  # how many
    known, axis = static(op.arg("axis"))
    if known and axis is not None or op.fn == "numpy.sort" and op.arg("axis") is None:
        return kind  # np.sort is along the last axis where none is given
    if known and kind.dims is not None and len(kind.dims) == 1:
        return kind
    return array(kind.dtype, (_items(context, op.operands[0]),))


def matmul(context: Context, op: Op) -> Kind:
    a, b = op.operands[0].kind, op.operands[1].kind
    dtype = promote([a, b])
    if a.dims is None or b.dims is None or not a.dims or not b.dims:
        return ANY
    context.dims.unify(a.dims[-1], b.dims[-2] if len(b.dims) > 1 else b.dims[0])
    if len(a.dims) == 1 and len(b.dims) == 1:
        return Kind("number", dtype, ())
    if len(b.dims) == 1:
        return Kind("number", dtype, a.dims[:-1])
    if len(a.dims) == 1:
        return Kind("number", dtype, (*b.dims[:-2], b.dims[-1]))
    lead = broadcast(context, [a.dims[:-2], b.dims[:-2]])
    return Kind("number", dtype, (*lead, a.dims[-2], b.dims[-1]))


def dot(context: Context, op: Op) -> Kind:
    a, b = op.operands[0].kind, op.operands[1].kind
    if a.dims is None or b.dims is None:
        return ANY
    if not a.dims or not b.dims:
        return Kind("number", promote([a, b]), a.dims or b.dims)
    if len(a.dims) <= 2 and len(b.dims) <= 2:
        return matmul(context, op)
    context.dims.unify(a.dims[-1], b.dims[-2] if len(b.dims) > 1 else b.dims[0])
    tail = b.dims[:-2] + b.dims[-1:] if len(b.dims) > 1 else ()
    return Kind("number", promote([a, b]), a.dims[:-1] + tail)


def outer(context: Context, op: Op) -> Kind:
    a, b = op.operands[0].kind, op.operands[1].kind
    if a.ndim == 1 and b.ndim == 1:
        assert a.dims and b.dims
        return Kind("number", promote([a, b]), (a.dims[0], b.dims[0]))
    return array(promote([a, b]), tuple(_items(context, v) for v in op.operands[:2]))


def _items(context: Context, value: Value) -> Size:
    """How many items an array has."""
    return context.symbol(("items", value if value.kind.dims is None else value.kind.dims))


def transpose(context: Context, op: Op) -> Kind:
    kind = op.operands[0].kind
    if kind.dims is None:
        return kind
    known, axes = static(op.arg("axes"))
    if not known:
        return array(kind.dtype, None)
    if axes is None:
        return Kind("number", kind.dtype, kind.dims[::-1])
    axes = axes if isinstance(axes, tuple) else (axes,)
    if len(axes) != len(kind.dims) or not all(-len(axes) <= a < len(axes) for a in axes):
        return array(kind.dtype, None)  # raises an exception
    return Kind("number", kind.dtype, tuple(kind.dims[a] for a in axes))


def moveaxis(context: Context, op: Op) -> Kind:
    kind = op.operands[0].kind
    source, destination = (axes_of(v, kind.ndim or 0) for v in op.operands[1:])
    if not kind.dims or source is None or destination is None:
        return array(kind.dtype, None)
    order = [k for k in range(len(kind.dims)) if k not in source]
    for at, axis in sorted(zip(destination, source, strict=True)):
        order.insert(at, axis)
    return Kind("number", kind.dtype, tuple(kind.dims[k] for k in order))


def swapaxes(context: Context, op: Op) -> Kind:
    kind = op.operands[0].kind
    (known_a, a), (known_b, b) = static(op.operands[1]), static(op.operands[2])
    if kind.dims is None or not (known_a and known_b):
        return array(kind.dtype, None)
    dims = list(kind.dims)
    if all(-len(dims) <= axis < len(dims) for axis in (a, b)):
        dims[a], dims[b] = dims[b], dims[a]
    return Kind("number", kind.dtype, tuple(dims))


def reshape(context: Context, op: Op) -> Kind:
    dtype = op.operands[0].kind.dtype
    dims = shape_value(
        context, op.arg("shape") or (op.operands[1] if len(op.operands) > 1 else None)
    )
    if dims is None:
        return array(dtype, None)
    old = op.operands[0].kind.dims
    out: list[Size] = []
    for axis, size in enumerate(dims):
        if size == -1:
            alone = all(other in (-1, 1) for other in dims)
            single = alone and old is not None and len(old) == 1
            out.append(
                old[0] if single and old else context.symbol(("reshape", op.operands[0], dims))
            )
        elif isinstance(size, Dim) and size.symbol in context.signed:  # -1 in some run
            out.append(context.symbol(("reshape", op.operands[0], dims, axis)))
        else:
            out.append(size)
    return array(dtype, tuple(out)) if op.exact else Kind("number", dtype, tuple(out))


def broadcast_to(context: Context, op: Op) -> Kind:
    dims = shape_value(context, op.operands[1])
    dtype = op.operands[0].kind.dtype
    if dtype in PYTHON_DTYPES:
        dtype = inexact(dtype) if dtype not in PASSIVE_DTYPES else None
    bare = dims == () and op.exact  # an array also of a number
    return array(dtype, dims) if dims is None or bare else Kind("number", dtype, dims)


def expand_dims(context: Context, op: Op) -> Kind:
    kind = op.operands[0].kind
    known, axis = static(op.operands[1])
    if kind.dims is None or not known:
        return array(kind.dtype, None)
    axes = axis if isinstance(axis, tuple) else (axis,)
    rank = len(kind.dims) + len(axes)
    places = {a % rank for a in axes}
    rest = iter(kind.dims)
    return Kind("number", kind.dtype, tuple(1 if i in places else next(rest) for i in range(rank)))


def squeeze(context: Context, op: Op) -> Kind:
    kind = op.operands[0].kind
    known, axis = static(op.arg("axis"))
    if kind.dims is None or not known:
        return ANY
    if axis is None:
        if any(d != 1 and not context.dims.is_not_one(d) for d in kind.dims):
            return ANY
        left = tuple(d for d in kind.dims if d != 1)
    else:
        axes = axes_of(op.arg("axis"), len(kind.dims)) or ()
        left = tuple(d for i, d in enumerate(kind.dims) if i not in axes)
    # Without dimensions, an array's is a view that may be written; a number stays one.
    return (
        array(kind.dtype, left) if op.exact and kind.is_array else Kind("number", kind.dtype, left)
    )


def ravel(context: Context, op: Op) -> Kind:
    kind = op.operands[0].kind
    if kind.dims is not None and len(kind.dims) == 1:
        return kind
    dtype = FAMILY.get(kind.dtype or "", kind.dtype)
    return array(dtype, (_items(context, op.operands[0]),))


def concatenate(context: Context, op: Op) -> Kind:
    parts = [
        v.kind
        for v, p in zip(op.operands, op.attrs["params"], strict=True)
        if p == op.attrs["star"]
    ]
    dtype = given_dtype(op, promote(parts))
    known, axis = static(op.arg("axis")) if op.arg("axis") is not None else (True, 0)
    if any(k.dims is None for k in parts) or not known or not isinstance(axis, int):
        return array(dtype, None)
    dims = list(parts[0].dims or ())
    if not dims:
        return array(dtype, None)
    sizes = [(k.dims or (1,))[axis] for k in parts]
    ints = [s for s in sizes if isinstance(s, int)]
    total: Size = (
        sum(ints) if len(ints) == len(sizes) else context.symbol(("concatenate", tuple(sizes)))
    )
    dims[axis] = total
    return Kind("number", dtype, tuple(dims))


def stack(context: Context, op: Op) -> Kind:
    parts = [
        v.kind
        for v, p in zip(op.operands, op.attrs["params"], strict=True)
        if p == op.attrs["star"]
    ]
    dtype = given_dtype(op, promote(parts))
    known, axis = static(op.arg("axis")) if op.arg("axis") is not None else (True, 0)
    if any(k.dims is None for k in parts) or not known:
        return array(dtype, None)
    dims = list(broadcast(context, [k.dims or () for k in parts]))
    dims.insert(axis % (len(dims) + 1), len(parts))
    return Kind("number", inexact(dtype) if dtype in PYTHON_DTYPES else dtype, tuple(dims))


def getitem(context: Context, op: Op) -> Kind:
    kind = op.operands[0].kind
    index = op.operands[1]
    if getattr(op.operands[0].op, "fn", "") == "intrinsic.shape" and index.kind.is_scalar:
        return INT
    if kind.base not in ("number", "array"):
        sliced_shape = kind.base == "tuple" and index.kind.base == "slice"  # of a shape
        return kind if kind.base == "str" or sliced_shape else ANY
    parts = index.op.operands if index.op is not None and index.op.name == "tuple" else [index]
    if kind.dims is None:
        return ANY
    consumed = sum(1 for p in parts if not _adds_axis(p))
    covers = any(static(p) == (True, Ellipsis) for p in parts)
    dims: list[Size] = []
    rest = list(kind.dims)
    places = parts[0].kind if parts else index.kind  # x[()]
    if len(parts) > 1 and places.dims and all(p.kind == places for p in parts):
        # a[i, j], of two vectors of places, say, that are as long
        if places.dtype not in ("i8", "i4") or len(parts) > len(rest):
            return array(kind.dtype, None)
        return Kind("number", kind.dtype, (*places.dims, *rest[len(parts) :]))
    for part in parts:
        known, value = static(part)
        if known and value is None:
            dims.append(1)
        elif known and value is Ellipsis:
            for _ in range(len(kind.dims) - (consumed - 1)):
                dims.append(rest.pop(0))
        elif not rest:
            return ANY
        elif (part.kind.is_scalar and part.kind.dtype in ("int", "i8", "i4")) or isinstance(
            value, int
        ):
            rest.pop(0)
        elif part.kind.base == "slice" or isinstance(value, slice):
            dims.append(sliced(context, rest.pop(0), part))
        elif (
            len(parts) == 1 and part.op is not None and part.op.name == "list" and _counts(part.op)
        ):
            rest.pop(0)
            dims.append(len(part.op.operands))
        elif len(parts) == 1 and part.kind.dtype in FANCY and part.kind.dims is not None:
            masks = part.kind.dtype == "b1"
            del rest[: len(part.kind.dims) if masks else 1]
            dims.extend([context.symbol(("mask", part))] if masks else part.kind.dims)
        else:
            return array(kind.dtype, None) if part.kind.is_array else ANY
    # x[..., 0] of a vector is an array without dimensions, which shares its memory; x[0] is a number.
    make = array if covers and op.exact else partial(Kind, "number")
    return make(kind.dtype, (*dims, *rest))


def _counts(listed: Op) -> bool:
    """True for a list of integers, which are places; of truths it is a mask."""
    return all(v.kind.is_scalar and v.kind.dtype in ("int", "i8", "i4") for v in listed.operands)


def _adds_axis(part: Value) -> bool:
    known, value = static(part)
    return known and value is None


def sliced(context: Context, size: Size, part: Value) -> Size:
    """Length of a slice of an axis: n - 2 for x[1:-1]; a fresh symbol where it depends on more."""
    op = part.op
    if op is not None and op.name == "slice":
        pieces = [static(v) for v in op.operands]
        key: Any = ("slice", str(size), tuple(id(v) for v in op.operands))
        keep = tuple(op.operands)
    else:
        value = static(part)[1]
        if not isinstance(value, slice):
            return context.symbol(("slice", str(size), part))
        pieces = [(True, value.start), (True, value.stop), (True, value.step)]
        key, keep = ("slice", str(size), str(value)), ()
    if all(known for known, _ in pieces):
        start, stop, step = (v for _, v in pieces)
        key, keep = ("slice", str(context.dims.find(size)), str((start, stop, step))), ()
        if step == -1 and start is None and stop is None:
            return size
        if step in (None, 1):
            low = start or 0
            high = 0 if stop is None else stop
            if isinstance(size, int):
                return len(range(*slice(start, stop).indices(size)))
            if low >= 0 and high <= 0 and (stop is None or stop < 0):
                return Dim(size.symbol, size.offset - low + high)
        elif isinstance(size, int):
            return len(range(*slice(start, stop, step).indices(size)))
    return context.symbol((key, keep))


def vector(context: Context, op: Op) -> Kind:
    """A vector of a length that no other value has."""
    return array(promote([v.kind for v in op.operands]), (context.symbol((op.result, 0)),))


def always(kind: Kind) -> Callable[[Context, Op], Kind]:
    return lambda *_: kind


FAMILIES: dict[str, Callable[[Context, Op], Kind]] = {
    "elementwise": elementwise, "cross": cross, "comparison": comparison, "select": select,
    "reduction": reduction, "cumulative": cumulative, "matmul": matmul, "dot": dot, "outer": outer,
    "transpose": transpose, "moveaxis": moveaxis, "padded": padded,
    "swapaxes": swapaxes, "reshape": reshape, "broadcast_to": broadcast_to, "expand_dims": expand_dims,
    "squeeze": squeeze, "ravel": ravel, "split": split, "concatenate": concatenate, "stack": stack, "getitem": getitem,
    "conversion": conversion, "new": new_array, "square": square, "spaced": spaced, "copy": copy, "scalar": scalar,
    "over_items": over_items,
    "inverse": inverse, "solution": solution, "determinant": determinant,
    "integer": always(INT), "float": always(FLOAT), "test": always(BOOL),
    "tuple": always(passive("tuple")), "unknown": always(ANY),
    "positions": positions, "places": lambda context, op: Kind("number", "i8", (context.symbol((op.result, 0)),)),
    "like": like(""), "append": append, "joined": joined, "atleast": atleast,
    "vector": vector, "triangle": triangle, "place": place, "found": found, "lexsorted": lexsorted,
    "interpolated": interpolated,
}  # fmt: skip


def infer(context: Context, op: Op, family: str) -> Kind:
    """Kind of the result of a primitive whose rule names `family`."""
    if family.startswith("like:"):
        return like(family[5:])(context, op)
    return FAMILIES[family](context, op)
