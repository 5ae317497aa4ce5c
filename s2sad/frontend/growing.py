"""Lists of numbers that a loop appends to.

A list to which each iteration of a `for` appends the same number of floats is an array that is as long as the list
gets: appending writes the next item. So its derivative is that of an array.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from s2sad.frontend.base import Base
from s2sad.frontend.containers import UNKNOWN
from s2sad.frontend.scope import CONTENTS, Binding, Cell, Grown, Items
from s2sad.ir.core import Value
from s2sad.ir.kinds import passive

FLOATS = ("float", "f8")


class Growing(Base):
    """The part of `Lowering` that handles lists which grow in a loop."""

    if TYPE_CHECKING:

        def change(self, cell: Cell, contents: Binding, node: Any) -> None: ...

    def grown(self, cell: Binding) -> Grown | None:
        contents = cell.contents if isinstance(cell, Cell) else None
        return contents if isinstance(contents, Grown) else None

    def start_growing(self, cell: Cell, count: int, domain: list[Value], node: Any) -> None:
        """Before a loop that appends `count` items in each iteration: an array for the items before and after."""
        items: Items = cell.contents
        trips = self.prim("intrinsic.trips", domain, {}, node)
        if self.literal(domain[0]) == 0 and self.literal(domain[2]) == 1:
            trips = domain[1]
        total = self.times(trips, count, node)
        before = len(items.items)
        if before:
            total = self.prim("operator.add", [self.const(before, node), total], {}, node)
        array = self.prim("numpy.empty", [total], {}, node)
        names = [n for _, n in self.state.holding(cell) if n.isidentifier()]
        array.hint = names[0] if names else ""
        for i, item in enumerate(items.items):
            array = self.put(array, self.const(i, node), item, node)
        values = [self.to_value(item, node) for item in items.items]
        python = all(v.kind.dtype == "float" for v in values) and cell not in self.of_numpy
        cell.vars[CONTENTS] = Grown(array, total, python=python)

    def times(self, value: Value, count: int, node: Any) -> Value:
        if count == 1:
            return value
        return self.prim("operator.mul", [self.const(count, node), value], {}, node)

    def position(
        self, index: Value, domain: list[Value], before: int, count: int, node: Any
    ) -> Value:
        """How many items there are at the start of the iteration `index`."""
        start, _, step = domain
        first = self.literal(start)
        if isinstance(first, int) and self.literal(step) == 1 and count == 1:
            return self.moved(index, before - first, node)
        place = index if first == 0 else self.prim("operator.sub", [index, start], {}, node)
        if self.literal(step) != 1:
            place = self.prim("operator.floordiv", [place, step], {}, node)
        return self.moved(self.times(place, count, node), before, node)

    def moved(self, index: Value, by: int, node: Any) -> Value:
        """index + by"""
        if by == 0:
            return index
        name = "add" if by > 0 else "sub"
        moved = self.prim(f"operator.{name}", [index, self.const(abs(by), node)], {}, node)
        self.loop_indices.add(moved)
        return moved

    def put(self, array: Value, index: Value, item: Binding, node: Any) -> Value:
        value = self.to_value(item, node)
        if not value.kind.is_scalar or value.kind.dtype not in FLOATS:
            raise self.unsupported(
                node,
                "a list grows in a loop by what is not known to be a float",
                "fill a NumPy array, whose length is known before the loop",
            )
        new = self.prim("intrinsic.store", [array, index, value], {}, node)
        new.hint = array.hint
        self.loop_indices.add(index)
        return new

    def append_grown(self, cell: Cell, item: Binding, node: Any) -> None:
        grown = self.grown(cell)
        assert grown is not None
        array = self.put(grown.array, grown.length, item, node)
        length = self.before_end(grown, 1, node)
        if self.to_value(item, node).kind.dtype != "float":
            self.of_numpy.add(cell)
        self.change(
            cell,
            dataclasses.replace(grown, array=array, length=length, appended=grown.appended + 1),
            node,
        )

    def is_natural(self, index: Value) -> bool:
        """True for an index that counts from 0 or above."""
        op = index.op
        if op is not None and op.fn == "operator.add":
            return all(self.is_natural(v) for v in op.operands)
        place = self.literal(index)
        return index in self.natural or isinstance(place, int) and place >= 0

    def before_end(self, grown: Grown, place: int, node: Any) -> Value:
        """len(list) + place, without the sums that cancel."""
        op = grown.length.op
        if op is not None and op.fn in ("operator.add", "operator.sub"):
            by = self.literal(op.operands[1])
            if isinstance(by, int):
                by = by if op.fn == "operator.add" else -by
                return self.moved(op.operands[0], by + place, node)
        return self.moved(grown.length, place, node)

    def grown_item(self, grown: Grown, index: Binding, node: Any) -> Binding:
        """list[index]; an item is the Python number that was appended, not one of NumPy's."""
        item = self.array_item(grown, index, node)
        return self.prim("builtins.float", [item], {}, node) if grown.python else item

    def array_item(self, grown: Grown, index: Binding, node: Any) -> Value:
        """The item of the array, which may have room for more items than the list has yet."""
        place = self.literal(index)
        if isinstance(place, slice) or (place is UNKNOWN and not isinstance(index, Value)):
            raise self.unsupported(
                node, "a slice of a list that grows in a loop", "make an array of it"
            )
        if isinstance(place, int) and place < 0:
            at = self.before_end(grown, place, node)
            return self.prim("operator.getitem", [grown.array, at], {}, node)
        value = self.to_value(index, node)
        if place is not UNKNOWN or self.is_natural(value) or grown.complete:
            return self.prim("operator.getitem", [grown.array, value], {}, node)
        none = [self.const(None, node), grown.length, self.const(None, node)]
        there = self.op("slice", none, passive("slice"), node)
        items = self.prim("operator.getitem", [grown.array, there], {}, node)
        return self.prim("operator.getitem", [items, value], {}, node)
