"""Folding of shapes, lengths and ranks: where they come from, and what kinds say of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from s2sad.analysis.context import static
from s2sad.analysis.defined import is_defined
from s2sad.analysis.same_shape import same_dims, sources
from s2sad.ir.core import Loop, Op, Value

if TYPE_CHECKING:
    from s2sad.analysis.build import Builder


def shape_item(b: Builder, op: Op) -> Value | None:
    """x.shape[0], and items of a tuple that is known."""
    x, index = op.operands
    known, position = static(index)
    if x.op is None or not known or not isinstance(position, int):
        return None
    if x.op.fn == "intrinsic.shape":
        return b.call("intrinsic.dim", x.op.operands[0], position)
    if x.op.name in ("tuple", "list") and -len(x.op.operands) <= position < len(x.op.operands):
        return x.op.operands[position]
    known, items = static(x)
    if known and isinstance(items, tuple) and -len(items) <= position < len(items):
        return b.const(items[position])
    return None


def dim(b: Builder, op: Op) -> Value | None:
    x, axis = op.operands
    known, a = static(axis)
    dims = x.kind.dims
    if op.exact or not known or dims is None or not -len(dims) <= a < len(dims):
        return None
    size = b.context.dims.find(dims[a])
    if isinstance(size, int):
        return b.const(size)
    anchor = b.context.anchors.get(size)
    if anchor is not None and anchor[0] is not x and _defined_before(anchor[0], b):
        return b.call("intrinsic.dim", *anchor)
    return None


def ndim(b: Builder, op: Op) -> Value | None:
    rank = op.operands[0].kind.ndim
    return None if rank is None else b.const(rank)


def size(b: Builder, op: Op) -> Value | None:
    """The number of elements, as a product of lengths where there are at most two axes."""
    x = op.operands[0]
    if op.exact:
        return None
    earlier = same_shape_before(b, x)
    if earlier is not x:
        return b.call("intrinsic.size", earlier)
    if x.kind.dims is None or len(x.kind.dims) > 1:
        return None
    return b.const(1) if not x.kind.dims else b.call("intrinsic.dim", x, 0)


def shape(b: Builder, op: Op) -> Value | None:
    """The shape of the value from which this shape comes."""
    if op.exact:
        return None
    (x,) = op.operands
    wanted, model = shape_comes_from(b, x)
    if wanted is not None:
        return wanted
    if model is None:
        source = _only_source(b, x)
        known = source is not None and source is not x and _defined_before(source, b)
        model = source if known else same_shape_before(b, x)
    return b.call("intrinsic.shape", model) if model is not x else None


def zeros_like(b: Builder, op: Op) -> Value | None:
    """Zeros in a shape that is known without the value, so that it is not kept for them."""
    x = op.operands[0]
    if op.exact or len(op.operands) > 1 or x.kind.dtype != "f8":
        return None
    wanted, model = shape_comes_from(b, x)
    if wanted is not None:
        return b.call("numpy.zeros", wanted)
    return (
        b.call("numpy.zeros_like", model)
        if model is not None and model.kind.dtype == "f8"
        else None
    )


def shape_comes_from(b: Builder, x: Value) -> tuple[Value | None, Value | None]:
    """The tuple to which the program reshaped an array, or what has its shape and is there before the loop."""
    source = _only_source(b, x)
    if source is None:
        return None, None
    if source.op is not None and source.op.fn in ("numpy.reshape", "numpy.ndarray.reshape"):
        wanted = source.op.operands[1]
        if wanted.op is not None and wanted.op.name == "tuple":
            if all(_is_length(size) for size in wanted.op.operands):
                return wanted, None
    return None, before_loop(b, source)


def _only_source(b: Builder, x: Value) -> Value | None:
    found = sources(b.context, x)
    return next(iter(found)) if len(found) == 1 else None


def same_shape_before(b: Builder, x: Value) -> Value:
    """The first of the values from which `x` was computed element by element, together with numbers alone."""
    while x.op is not None and x.op.name == "prim":
        rule = b.context.registry.rules.get(x.op.fn)
        arrays = [v for v in x.op.operands if not v.kind.is_scalar]
        if rule is None or rule.shape != "elementwise" or len(arrays) != 1:
            break
        x = arrays[0]
    return x


def _is_length(size: Value) -> bool:
    """True for a number that is surely not negative: -1 stands for what is left."""
    known, number = static(size)
    if known:
        return type(number) is int and number >= 0
    op = size.op
    if op is not None and op.fn == "operator.getitem":
        return getattr(op.operands[0].op, "fn", "") == "intrinsic.shape"
    return op is not None and op.fn in ("intrinsic.dim", "builtins.len")


def before_loop(b: Builder, value: Value) -> Value | None:
    """What a loop's variable is before the loop, where that has a value, and the same shape in each iteration."""
    op = value.owner.op if value.op is None and value.owner is not None else None
    if op is None or op.name not in ("for", "while"):
        return None
    loop = Loop(op)
    if value not in loop.carried or value.kind.dims is None:
        return None
    init = loop.inits[loop.carried.index(value)]
    same = init.kind.dims is not None and same_dims(b.context, value.kind.dims, init.kind.dims)
    return init if same and is_defined(init, b.known) else None


def _defined_before(value: Value, b: Builder) -> bool:
    """True for parameters of the function, which are there everywhere."""
    return value.op is None and value.owner is not None and value.owner.op is None
