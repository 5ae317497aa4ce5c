"""Operations that the kinds of their operands decide: `x.ndim == 2`, `isinstance(x, np.ndarray)`, conversions.

Numerical functions begin with questions about their arguments. Where the answer is the same in each run for which
the code is made, it is given here, and costs nothing in the derivative.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from s2sad.ir.core import Op, Value
from s2sad.ir.kinds import PYTHON_DTYPES, Kind

NOT_KNOWN = object()
PYTHON = {"float": float, "int": int, "bool": bool, "complex": complex}


def type_of(kind: Kind) -> Any:
    """The class of a value of a kind; None where the kind does not say."""
    if kind.is_array:
        return np.ndarray
    if not kind.is_scalar or kind.dtype is None:
        return {"str": str, "none": type(None)}.get(kind.base)
    return PYTHON.get(kind.dtype) or np.dtype(kind.dtype).type


def is_instance(kind: Kind, classes: Any) -> Any:
    """isinstance(x, classes) for an x of a kind."""
    cls = type_of(kind)
    wanted = classes if isinstance(classes, tuple) else (classes,)
    if cls is None or not all(isinstance(w, type) for w in wanted):
        return NOT_KNOWN
    return issubclass(cls, wanted)


def _ndim(op: Op) -> Any:
    kind = op.operands[0].kind
    return NOT_KNOWN if kind.ndim is None else kind.ndim


def _isscalar(op: Op) -> Any:
    kind = op.operands[0].kind
    if kind.is_array:
        return False
    return True if kind.is_scalar else NOT_KNOWN


def _length(op: Op) -> Any:
    """len(x.shape)"""
    query = op.operands[0].op
    if query is not None and query.fn == "intrinsic.shape":
        return _ndim(query)
    if query is not None and query.name == "const" and isinstance(query.value, (str, tuple)):
        return len(query.value)
    return NOT_KNOWN


COMPUTED: dict[str, Callable[..., Any]] = {
    "operator.add": operator.add, "operator.sub": operator.sub, "operator.mul": operator.mul,
    "operator.floordiv": operator.floordiv, "operator.mod": operator.mod, "builtins.int": int,
    "builtins.str": str, "builtins.min": min, "builtins.max": max,
}  # fmt: skip
AT_LEAST = ("numpy.atleast_1d", "numpy.atleast_2d", "numpy.atleast_3d")
ANSWERS: dict[str, Callable[[Op], Any]] = {
    "intrinsic.ndim": _ndim, "numpy.ndim": _ndim, "numpy.isscalar": _isscalar, "builtins.len": _length,
}  # fmt: skip


def answer(op: Op) -> Any:
    """The result of an operation, where kinds or literals decide it, or NOT_KNOWN."""
    find = ANSWERS.get(op.fn)
    if find is not None:
        return find(op)
    compute = COMPUTED.get(op.fn)
    if compute is None or not all(_is_whole(v) for v in op.operands):
        return NOT_KNOWN
    try:
        return compute(*(v.op.value for v in op.operands if v.op is not None))
    except (ArithmeticError, ValueError):
        return NOT_KNOWN


def _is_whole(value: Value) -> bool:
    """True for an integer, a flag or a string that is written in the program."""
    op = value.op
    return (
        op is not None
        and op.name == "const"
        and "name" not in op.attrs
        and isinstance(op.value, (bool, int, str))
    )


def rank_asked(op: Op) -> list[Value]:
    """The array whose number of axes decided the result of an operation."""
    query = op.operands[0].op if op.fn == "builtins.len" else op
    if query is None or query.fn not in (
        "intrinsic.ndim",
        "numpy.ndim",
        "intrinsic.shape",
        *AT_LEAST,
    ):
        return []
    return [query.operands[0]]


def same_value(op: Op) -> Value | None:
    """The operand that a conversion gives back as it is."""
    if not op.operands:
        return None
    x = op.operands[0]
    kind = x.kind
    if op.fn in ("numpy.asarray", "numpy.asanyarray", "numpy.ascontiguousarray", "numpy.asfarray"):
        if not kind.is_array or (op.fn == "numpy.ascontiguousarray"):
            return None
        dtype = op.arg("dtype") if "dtype" in op.attrs["params"] else None
        if dtype is None or _names(dtype, kind.dtype):
            others = [p for p in op.attrs["params"] if p not in ("x", "a", "dtype")]
            return None if others else x
    if op.fn in AT_LEAST:
        least = int(op.fn[-2])
        if len(op.operands) == 1 and kind.ndim is not None and kind.ndim >= least:
            return x
    if op.fn == "intrinsic.shape" and x.op is not None and x.op.fn == "numpy.broadcast_to":
        return x.op.operands[1] if x.op.operands[1].kind.base == "tuple" else None
    if op.fn == "builtins.float" and kind.is_scalar and kind.dtype == "float":
        return x
    # What is an integer on one path may be a truth on the other.
    of_paths = x.op is not None and x.op.regions
    if op.fn == "builtins.int" and kind.is_scalar and kind.dtype == "int" and not of_paths:
        return x
    return None


def _names(dtype: Value, wanted: str | None) -> bool:
    """True where a dtype that is known is `wanted`."""
    op = dtype.op
    if op is None or op.name != "const" or wanted is None or wanted in PYTHON_DTYPES:
        return False
    if op.value is None:
        return True
    try:
        return np.dtype(op.value) == np.dtype(wanted)
    except TypeError:
        return False


def attribute_exists(kind: Kind, name: str) -> Any:
    """hasattr(x, name) for an x of a kind."""
    cls = type_of(kind)
    return NOT_KNOWN if cls is None else hasattr(cls, name)


def dtype_question(kind: Kind, name: str) -> Any:
    """x.dtype.kind and the like."""
    if kind.dtype is None or (kind.is_scalar and kind.dtype in PYTHON_DTYPES):
        return NOT_KNOWN
    value = getattr(np.dtype(kind.dtype), name, NOT_KNOWN)
    return value if isinstance(value, (str, int, bool)) else NOT_KNOWN
