"""Kinds of arrays that are cut into pieces of one length."""

from __future__ import annotations

from dataclasses import replace

from s2sad.analysis.context import Context, static
from s2sad.errors import UnsupportedSyntaxError
from s2sad.ir.core import Op
from s2sad.ir.kinds import ANY, Kind, Size, array


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
