"""dtypes of results: of arithmetic, of transcendental functions, and those that a program names."""

from __future__ import annotations

from functools import reduce

import numpy as np

from s2sad.analysis.context import static
from s2sad.ir.core import Op, Value
from s2sad.ir.kinds import FAMILY, PASSIVE_DTYPES, PYTHON_DTYPES, Kind

FAMILIES = "bifc"
WEAK = {"bool": 0, "int": 1, "float": 2, "complex": 3}


def promote(kinds: list[Kind], numpy: bool = True) -> str | None:
    """dtype of an arithmetic result. Python numbers are weak: they do not widen an array's dtype."""
    dtypes = [k.dtype for k in kinds]
    if any(d is None for d in dtypes):
        return None
    strong = [d for d in dtypes if d not in WEAK]
    weak = [d for d in dtypes if d in WEAK]
    top = max(weak, key=lambda d: WEAK[d or ""]) if weak else None
    if not strong:
        return FAMILY[top or "float"] if numpy else top
    best = reduce(np.promote_types, (d or "" for d in strong), np.dtype(bool))
    if top is not None and WEAK[top] > FAMILIES.index(best.kind.replace("u", "i")):
        weakest = np.int64 if top == "int" else np.complex64 if best.kind == "f" else np.float64
        best = np.promote_types(best, weakest)
        if top == "complex":
            best = np.promote_types(best, np.complex64)
    return f"{best.kind}{best.itemsize}"


def inexact(dtype: str | None) -> str | None:
    """dtype of a transcendental function's result."""
    if dtype in ("b1", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8"):
        return "f8"
    if dtype in PYTHON_DTYPES:
        return "c16" if dtype == "complex" else "f8"
    return dtype


# Of integers these give integers, or do in some versions of NumPy.
OF_EITHER_DTYPE = (
    "numpy.floor", "numpy.ceil", "numpy.trunc", "numpy.fix", "numpy.rint", "numpy.round", "numpy.around",
    "numpy.ndarray.round", "numpy.nan_to_num", "numpy.mod", "numpy.remainder", "numpy.fmod", "numpy.real",
)  # fmt: skip
EXACT_ON_INTEGERS = (
    "numpy.add", "numpy.subtract", "numpy.multiply", "numpy.negative", "numpy.abs", "numpy.square",
    "numpy.reciprocal", "numpy.maximum", "numpy.minimum", "numpy.where", "numpy.clip", "numpy.sign",
    "numpy.positive", "numpy.power", "numpy.fmax", "numpy.fmin", "numpy.cross", "numpy.ndarray.clip",
)  # fmt: skip
COUNTING = (
    "numpy.square", "numpy.reciprocal", "operator.pow", "operator.mod", "operator.floordiv",
    "operator.lshift", "operator.rshift",
)  # fmt: skip
OF_TRUTHS = ("operator.and_", "operator.or_", "operator.xor", "builtins.max", "builtins.min")


def of_items(fn: str, kinds: list[Kind]) -> str | None:
    """dtype of what a function computes item by item."""
    python = fn.startswith(("operator.", "builtins."))
    if fn == "numpy.nan_to_num":
        kinds = kinds[:1]  # what is put in is cast
    dtype = promote(kinds, numpy=not python)
    if dtype in PASSIVE_DTYPES and fn.startswith(OF_EITHER_DTYPE):
        return None
    if fn == "operator.truediv":
        number = "float" if dtype in ("int", "bool") else dtype
        return number if number in PYTHON_DTYPES else inexact(dtype)
    if dtype == "bool" and fn not in OF_TRUTHS:
        return "int"  # -True is -1
    if dtype == "b1" and fn in COUNTING:
        return "i1"
    return dtype if python or fn.startswith(EXACT_ON_INTEGERS) else inexact(dtype)


def given_dtype(op: Op, otherwise: str | None) -> str | None:
    """The dtype of an array that an operation makes: the one that it names, or else `otherwise`."""
    named = op.arg("dtype")
    if named is None:
        return otherwise
    if named.op is not None and named.op.fn == "intrinsic.dtype":
        return _of_array(named.op.operands[0])
    known, value = static(named)
    if not known:
        return None
    if value is None:
        return otherwise
    try:
        dtype = np.dtype(value)
    except TypeError:
        return None
    return f"{dtype.kind}{dtype.itemsize}" if dtype.kind in "biufc" else None


def _of_array(value: Value) -> str | None:
    dtype = value.kind.dtype
    return FAMILY.get(dtype, dtype) if dtype is not None else None
