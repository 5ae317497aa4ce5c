"""Kinds of what linear algebra makes of matrices."""

from __future__ import annotations

from s2sad.analysis.context import Context
from s2sad.analysis.dtypes import inexact, promote
from s2sad.ir.core import Op
from s2sad.ir.kinds import ANY, Kind


def inverse(context: Context, op: Op) -> Kind:
    kind = op.operands[0].kind
    return ANY if kind.dims is None else Kind("number", inexact(kind.dtype), kind.dims)


def solution(context: Context, op: Op) -> Kind:
    """The solution of a linear system has the shape of its right-hand side, where there is one matrix."""
    a, b = (v.kind for v in op.operands)
    return ANY if a.ndim != 2 or not b.dims else Kind("number", inexact(promote([a, b])), b.dims)


def determinant(context: Context, op: Op) -> Kind:
    kind = op.operands[0].kind
    return ANY if not kind.dims else Kind("number", inexact(kind.dtype), kind.dims[:-2])
