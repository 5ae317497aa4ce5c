"""Items of numbers and of arrays without dimensions.

To NumPy an array without dimensions is an array: it may be written (y[...] = v, y[mask] = v), and a mask or a new axis
makes one of a dimension of it. Here it is read and written through an array of one item, as np.atleast_1d gives it.
"""

from __future__ import annotations

from typing import Any

from s2sad.frontend.memory import Memory, is_flat
from s2sad.ir.core import Loop, Op, Value
from s2sad.ir.indices import is_dots, parts_of, without_dots
from s2sad.ir.kinds import PYTHON_DTYPES, TRUTH_DTYPES, passive

# Of the array of a list these make that of the list with other items, or of a part of it.
SAME_LIST = (
    "operator.getitem", "intrinsic.store", "intrinsic.index_add", "numpy.copy", "numpy.reshape", "intrinsic.append",
)  # fmt: skip


def is_point(value: Value) -> bool:
    """True for an array without dimensions, also where it is read from the array of a list that holds it."""
    if value.kind.is_array:
        return value.kind.dims == ()
    op = value.op
    read = op is not None and op.fn == "operator.getitem" and value.kind.dtype not in PYTHON_DTYPES
    return read and op is not None and _holds_points(op.operands[0], set())


def _holds_points(array: Value, seen: set[Value]) -> bool:
    """True for the array of a list in which there are arrays without dimensions."""
    op = array.op
    if op is None or array in seen:
        return False
    seen.add(array)
    return any(is_point(v) or _holds_points(v, seen) for v in _put_in(op, array))


def _put_in(op: Op, array: Value) -> list[Value]:
    """Of what a list is made: its items, and the arrays of other lists."""
    if op.name in ("for", "while"):
        loop = Loop(op)
        sources = dict(zip(loop.tapes_out, loop.collects, strict=True))
        if array in sources:
            return [sources[array]]
        place = loop.finals.index(array)
        return [loop.inits[place], loop.next[place]]
    if op.name == "if":
        return [region.yields[op.results.index(array)] for region in op.regions]
    if op.name == "stack" or op.attrs.get("holds"):
        return list(op.operands)
    return list(op.operands[:1]) if op.fn in SAME_LIST else []


class Pointlike(Memory):
    """The part of `Lowering` that handles items of what has no dimensions."""

    def no_items(self, value: Value, node: Any, what: str = "") -> Exception:
        cls = TypeError if what or value.kind.dtype in PYTHON_DTYPES else IndexError
        return self.raises(cls, node, f"a number has no items{what}", "pass an array")

    def number_item(self, value: Value, index: Value, node: Any) -> Value:
        """value[index], where the value has no dimensions."""
        if value.kind.is_scalar and value.kind.dtype in PYTHON_DTYPES:
            raise self.no_items(value, node)
        parts = [p for p in parts_of(index) if not is_dots(p)]
        masks = [p for p in parts if self.is_mask(p)]
        axes = [p for p in parts if self.literal(p) is None]
        if len(masks) > 1 or len(masks) + len(axes) < len(parts):
            raise self.no_items(value, node)
        if masks:
            return self.prim("operator.getitem", [*self.with_an_axis(value, parts, node)], {}, node)
        if axes:
            shape = self.const((1,) * len(axes), node)
            return self.prim("numpy.reshape", [value, shape], {}, node)
        if value.kind.is_array and index.op is not None and index.op.name == "tuple":
            return self.prim("operator.pos", [value], {}, node)  # x[()] is a number
        return value

    def write_number(
        self, target: Any, array: Value, index: Value, value: Value, node: Any, op: Any = None
    ) -> None:
        """array[index] = value, where the array has no dimensions; array[index] += value and so on with `op`."""
        if array.kind.is_scalar:
            raise self.no_items(array, target, " to write")
        parts = [p for p in parts_of(index) if not is_dots(p)]
        whole = self.const(Ellipsis, node)
        if op is not None:
            value = self.binary(op, self.number_item(array, index, target), value, node)
        if not parts:
            self.write("intrinsic.store", target, array, whole, value, node)
            return
        if not all(self.is_mask(p) or self.literal(p) is None for p in parts):
            raise self.no_items(array, target, " to write")
        base, places = self.with_an_axis(array, parts, node)
        base = self.prim("numpy.copy", [base], {}, node)
        base = self.prim("intrinsic.store", [base, places, value], {}, node)
        item = self.prim("operator.getitem", [base, self.const(0, node)], {}, node)
        self.write("intrinsic.store", target, array, whole, item, node)

    def with_an_axis(self, value: Value, parts: list[Value], node: Any) -> tuple[Value, Value]:
        """An array of one item and the index into it that stand for a number and an index."""
        along = [
            self.prim("numpy.atleast_1d", [p], {}, node) if self.is_mask(p) else p for p in parts
        ]
        index = along[0] if len(along) == 1 else self.op("tuple", along, passive("tuple"), node)
        return self.prim("numpy.atleast_1d", [value], {}, node), index

    def place(self, array: Value, index: Value, node: Any) -> Value:
        """The index of a write: `...` that names no axis is left out."""
        index = self.of_all(array, index, node)
        short = without_dots(array, index)
        if short is None:
            return index
        return short[0] if len(short) == 1 else self.op("tuple", short, passive("tuple"), node)

    def array_read(self, array: Value, index: Value, node: Any) -> Value:
        """array[index]"""
        if array.kind.dims == ():
            return self.number_item(array, index, node)
        index = self.of_all(array, self.in_array(array, index, node), node)
        read = self.prim("operator.getitem", [array, index], {}, node)
        if is_flat(array) and not read.kind.is_scalar:
            return self.prim("numpy.copy", [read], {}, node)  # no view, as array.ravel()[1:] is one
        return read

    def of_all(self, array: Value, index: Value, node: Any) -> Value:
        """The index, where it is that of all of an array: x[()] is x[...], but a number where x has no dimensions."""
        return self.const(Ellipsis, node) if array.kind.ndim and not parts_of(index) else index

    def in_array(self, array: Value, index: Value, node: Any) -> Value:
        """The index, in which no True or False stands: of an array that has axes NumPy adds one for it."""
        whole = index.op is not None and index.op.name == "tuple"
        parts = index.op.operands if whole and index.op is not None else [index]
        if array.kind.ndim and any(isinstance(self.literal(p), bool) for p in parts):
            raise self.unsupported(
                node, "an array is indexed by True or False", "use an integer or a slice"
            )
        return index

    def is_mask(self, part: Value) -> bool:
        return part.kind.dims == () and part.kind.dtype in TRUTH_DTYPES
