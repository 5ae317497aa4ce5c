"""Which arrays surely lie in one piece of memory, row after row: of these ravel and reshape are views.

Of others (the transpose of a matrix, say) they are copies, and of an argument only the run knows.
"""

from __future__ import annotations

import numpy as np

from s2sad.ir.core import Op, Value

# These make arrays in one piece, unless they are told another order. Others keep the order of what they are given,
# and a vector that they make is in one piece too; what ufuncs make of arrays in one piece is one as well.
MADE = (
    "numpy.zeros", "numpy.ones", "numpy.empty", "numpy.full", "numpy.eye", "numpy.identity", "intrinsic.array_of",
    "numpy.ndarray.copy", "numpy.ndarray.flatten",
)  # fmt: skip
VECTORS = (
    "numpy.array", "numpy.copy", "numpy.arange", "numpy.linspace", "numpy.zeros_like", "numpy.ones_like",
    "numpy.empty_like", "numpy.full_like", "numpy.concatenate", "numpy.where",
)  # fmt: skip
ARITHMETIC = tuple(f"operator.{name}" for name in ("add", "sub", "mul", "truediv", "pow", "neg"))
SAME_ITEMS = (
    "reshape", "ravel", "squeeze", "expand_dims", "atleast_1d", "atleast_2d", "atleast_3d",
)  # fmt: skip


class Pieces:
    """What is known of where the items of one function's arrays lie; `versions` leads back from writes to the array."""

    def __init__(self, versions: dict[Value, Value]) -> None:
        self.versions = versions
        self.scattered: set[Value] = set()  # made in an order that is not that of rows
        # Loops' variables that begin in one piece, and are taken to stay so; and those of them that were asked for.
        self.carried: set[Value] = set()
        self.asked: set[Value] = set()
        self.known: set[Value] = set()  # in one piece whatever loops do

    def is_one(self, value: Value) -> bool:
        todo, seen, asked = [value], set(), set()
        while todo:
            at = todo.pop()
            while at in self.versions:
                at = self.versions[at]
            if at in seen or at in self.known:
                continue
            seen.add(at)
            if at in self.carried:
                asked.add(at)
                continue
            given = self.rests_on(at)
            if given is None:
                return False
            todo.extend(given)
        self.asked |= asked
        if not asked:
            self.known |= seen
        return True

    def rests_on(self, value: Value) -> list[Value] | None:
        """An array is in one piece if these are; None where it need not be."""
        op = value.op
        if op is None or value in self.scattered:
            return None
        if op.name == "if":
            place = op.results.index(value)
            return [region.yields[place] for region in op.regions]
        if op.name != "prim":
            return None
        name = op.fn.rpartition(".")[2]
        each = op.fn in ARITHMETIC or op.fn == f"numpy.{name}" and _is_by_item(name)
        if op.fn in MADE or value.kind.ndim == 1 and (each or op.fn in VECTORS):
            return []
        if each:
            return [v for v in op.operands if not v.kind.is_scalar]
        if name in SAME_ITEMS or op.fn == "operator.getitem" and _leads(op):
            return op.operands[:1]
        return None


def _is_by_item(name: str) -> bool:
    function = getattr(np, name, None)
    return isinstance(function, np.ufunc) and function.signature is None


def _leads(op: Op) -> bool:
    """True for an item of an array, or for items in a row."""
    index = op.operands[1]
    if index.op is not None and index.op.name == "slice":
        step = index.op.operands[2].op
        return step is not None and step.name == "const" and step.value in (None, 1)
    if index.op is not None and index.op.name == "const":
        return type(index.op.value) is int
    return index.kind.is_scalar and not index.kind.is_truth
