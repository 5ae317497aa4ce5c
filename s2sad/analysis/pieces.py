"""Kinds of arrays that are cut into pieces, of a vector that becomes longer, and of triangles of matrices."""

from __future__ import annotations

from dataclasses import replace

from s2sad.analysis.context import Context, static
from s2sad.analysis.dtypes import promote
from s2sad.errors import UnsupportedSyntaxError
from s2sad.ir.core import Op
from s2sad.ir.kinds import ANY, Dim, Kind, Size, array


def split(context: Context, op: Op) -> Kind:
    """np.split into a number of equal parts, as one array whose first axis counts the parts."""
    kind, sections = op.operands[0].kind, op.operands[1]
    if not sections.kind.is_scalar and sections.kind != ANY:
        raise UnsupportedSyntaxError(
            "np.split at given places has parts of different lengths, which is not supported yet",
            span=op.span,
            help="write the parts as slices: x[:3], x[3:]",
        )
    known, axis = static(op.arg("axis")) if op.arg("axis") is not None else (True, 0)
    if kind.dims is None or not known or not -len(kind.dims) <= axis < len(kind.dims):
        return array(kind.dtype, None)
    counted, n = static(sections)
    dims: list[Size] = list(kind.dims)
    whole = context.dims.find(dims[axis])
    exact = isinstance(whole, int) and counted and n > 0 and whole % n == 0
    dims[axis] = whole // n if exact and isinstance(whole, int) else context.dims.fresh()
    return replace(kind, dims=(n if counted else context.dims.fresh(), *dims))


def append(context: Context, op: Op) -> Kind:
    """A vector with one more number, or an array with one more row."""
    before, last = (v.kind for v in op.operands)
    size = before.dims[0] if before.dims else None
    if size is None or last.dims is None:
        return array(promote([before, last]), None)
    longer = size + 1 if isinstance(size, int) else Dim(size.symbol, size.offset + 1)
    return Kind("number", promote([before, last]), (longer, *last.dims))


def joined(context: Context, op: Op) -> Kind:
    """The rows of arrays one after the other, of which some may have none: what these would be says nothing."""
    parts = [v.kind for v in op.operands]
    dtype = promote(parts)
    if any(k.dims is None or len(k.dims) != len(parts[0].dims or ()) for k in parts):
        return array(dtype, None)
    shapes = [[context.dims.find(d) for d in k.dims or ()] for k in parts]
    dims: list[Size] = [context.symbol(("joined", *op.operands))]
    for axis, sizes in enumerate(zip(*(s[1:] for s in shapes), strict=True)):
        one = all(size == sizes[0] for size in sizes)
        dims.append(sizes[0] if one else context.symbol(("joined", *op.operands, axis)))
    return Kind("number", dtype, tuple(dims))


def triangle(context: Context, op: Op) -> Kind:
    """np.tril and np.triu: a vector stands for each row of a square matrix."""
    kind = op.operands[0].kind
    if kind.dims is None:
        return array(kind.dtype, None) if kind.is_array else ANY
    return replace(kind, dims=kind.dims * 2) if len(kind.dims) == 1 else kind
