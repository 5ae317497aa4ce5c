"""Lists of numbers that a loop appends to.

A list to which each iteration of a `for` appends the same number of floats is an array that is as long as the list
gets: appending writes the next item. So its derivative is that of an array.
"""

from __future__ import annotations

import dataclasses
import functools
from typing import TYPE_CHECKING, Any

from s2sad.frontend.columns import columns_of, dims_below, of_one_shape
from s2sad.frontend.containers import UNKNOWN
from s2sad.frontend.listed import EMPTY, Listed, joined_numbers
from s2sad.frontend.pointlike import is_point
from s2sad.frontend.scope import CONTENTS, Binding, Cell, Columns, Grown, Items, Static
from s2sad.ir.core import Value
from s2sad.ir.kinds import passive

LONGEST = 64  # so many items are known one by one, so many iterations may be written out
FLOATS = ("float", "f8")
PYTHON_NUMBERS = ("float", "int")


class Growing(Listed):
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
            trips = self.not_negative(domain[1], node)
        total = self.times(trips, count, node)
        before = len(items.items)
        if before:
            total = self.prim("operator.add", [self.const(before, node), total], {}, node)
        if not self.sizes.is_natural(trips):
            self.least[total] = before
        array = self.prim("numpy.empty", [total], {}, node)
        names = [n for _, n in self.state.holding(cell) if n.isidentifier()]
        array.hint = names[0] if names else ""
        for i, item in enumerate(items.items):
            array = self.put(array, self.const(i, node), item, node)
        values = [self.to_value(item, node) for item in items.items]
        python = all(v.kind.dtype in ("float", "int") for v in values) and cell not in self.of_numpy
        cell.vars[CONTENTS] = Grown(array, total, number="float" if python else "")

    def not_negative(self, count: Value, node: Any) -> Value:
        """max(count, 0), as range and lists take what is negative.

        A length from which a number is taken stays: that an array ends before it begins, NumPy says.
        """
        known = self.literal(count)
        if isinstance(known, int):
            return self.const(max(known, 0), node)
        if self.sizes.is_natural(count) or self.sizes.is_of_lengths(count):
            return count
        return self.prim("builtins.max", [count, self.const(0, node)], {}, node)

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
        whole = value.op is not None and value.op.name == "const" and value.kind.dtype == "int"
        if not value.kind.is_scalar or not (value.kind.dtype in FLOATS or whole):
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
        contents = cell.contents
        if isinstance(contents, Columns):
            tree = self.tree(item, (), node)
            self.change(cell, Columns(self.one_more(contents.form, tree, node)), node)
            return
        grown = self.grown(cell)
        assert grown is not None
        if grown.complete:
            self.change(cell, self.one_more(grown, item, node), node)
            return
        array = self.put(grown.array, grown.length, item, node)
        length = self.before_end(grown, 1, node)
        if self.to_value(item, node).kind.dtype != "float":
            self.of_numpy.add(cell)
        self.change(
            cell,
            dataclasses.replace(grown, array=array, length=length, appended=grown.appended + 1),
            node,
        )

    def one_more(self, grown: Binding, item: Binding, node: Any) -> Binding:
        """The columns of a list that has grown in a loop before, with one more item."""
        if isinstance(grown, Items):
            parts = self.sequence(item)
            if parts is not None and len(parts.items) == len(grown.items):
                longer = [
                    self.one_more(column, part, node)
                    for column, part in zip(grown.items, parts.items, strict=True)
                ]
                return Items(longer, grown.kind, grown.named)
        if (
            not isinstance(grown, Grown)
            or grown.rows is not None
            or not isinstance(item, Value)
            or not of_one_shape([[dims_below(grown)], [item.kind.dims]])
        ):
            raise self.unsupported(
                node,
                "the items of a list that has grown in a loop are not all of one structure",
                "append items of the same structure",
            )
        value, held = item, not item.kind.is_scalar
        if grown.number == EMPTY:
            self.ask_numbers([value], node)
        numbers = grown.array.kind.ndim == 1 and not held
        append = "intrinsic.append" if numbers else "intrinsic.append_row"
        array = self.prim(append, [grown.array, value], {}, node, holds=held)
        array.hint = grown.array.hint
        length = self.before_end(grown, 1, node)
        dtype = value.kind.dtype if value.kind.is_scalar else None
        number = joined_numbers(grown.number, str(dtype) if dtype in PYTHON_NUMBERS else "")
        return Grown(array, length, complete=True, number=number)

    def ask_numbers(self, values: list[Value], node: Any) -> None:
        """An empty list that is held in an array takes numbers alone."""
        if not all(v.kind.is_scalar and v.kind.dtype in (*FLOATS, "int") for v in values):
            raise self.unsupported(
                node,
                "a list grows by what is not known to be a number",
                "append floats, or fill a NumPy array",
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

    def end_to_end(self, array: Value, node: Any) -> Value:
        """The rows of an array joined along their first axis: without the first two axes, but for one."""
        rows = [self.const(-1, node)]
        for axis in range(2, array.kind.ndim or 0):
            rows.append(self.prim("intrinsic.dim", [array, self.const(axis, node)], {}, node))
        shape = self.op("tuple", rows, passive("tuple"), node)
        return self.prim("numpy.reshape", [array, rows[0] if len(rows) == 1 else shape], {}, node)

    def joined_list(
        self, name: str, args: list[Binding], kwargs: dict[str, Binding], node: Any
    ) -> Value | None:
        """np.stack, np.concatenate, np.vstack and np.hstack of a list that grew in a loop."""
        grown = self.grown(args[0]) if args else None
        if grown is None:
            return None
        axis = 0 if name in ("stack", "concatenate") else None
        if len(args) == 2 or "axis" in kwargs:
            axis = self.literal(args[1] if len(args) == 2 else kwargs["axis"])
        ndim = (grown.array.kind.ndim or 0) - 1  # of an item
        joins = {"concatenate": ndim >= 1, "vstack": ndim >= 2, "hstack": ndim == 1}
        if axis == 0 or axis is None and not set(kwargs) - {"axis"}:
            if name == "stack" or (name, ndim) in (("vstack", 1), ("hstack", 0)):
                return self.grown_array(grown, node)
            pieces = grown.pieces
            if pieces is not None and pieces[0] is not grown.array:
                pieces = None  # the list has changed since
            if joins.get(name) and pieces is None:
                return self.end_to_end(self.grown_array(grown, node), node)
            if pieces is not None and (joins.get(name) or name == "concatenate"):
                joined = pieces[1].op
                assert joined is not None
                if joined.block is not self.block:
                    joined.attrs["list"] = True  # joined before it is sure that this is reached
                return pieces[1]
        raise self.unsupported(
            node,
            f"np.{name} of a list that grows in a loop is not supported for these items and this axis",
            "make an array of it with np.array, and reshape that",
        )

    def part_of(self, grown: Grown, there: Value, node: Any) -> Cell:
        """list[a:b], which is a list of its own."""
        array = self.prim("operator.getitem", [self.so_far(grown, node), there], {}, node)
        if grown.row or not grown.complete:
            array = self.prim("numpy.copy", [array], {}, node, listed=True)
        part = dataclasses.replace(grown, array=array, row=False, own=False, complete=True)
        return self.list_in(part, node)

    def set_grown_item(self, cell: Cell, index: Binding, value: Binding, node: Any) -> None:
        """list[index] = value, for a number after the loop in which the list has grown."""
        grown, place = self.grown(cell), self.literal(index)
        if grown is not None and grown.rows is not None:
            self.set_row(cell, index, value, node)
            return
        new = self.to_value(value, node)
        fine = grown is not None and grown.complete and grown.array.kind.ndim == 1
        if fine and grown is not None and grown.row:
            self.set_in_row(cell, grown, self.to_value(index, node), new, node)
            return
        if fine and grown is not None and grown.number == "int" and new.kind.dtype in FLOATS:
            grown = self.with_number(grown, "float", node)
        fits = new.kind.is_scalar and new.kind.dtype in (*FLOATS, "int") and not is_point(new)
        if not fine or grown is None or not fits or isinstance(place, slice):
            if fine and (new.kind.is_array or is_point(new)):
                raise self.unsupported(
                    node, "an array becomes an item of a list of numbers", "fill a NumPy array"
                )
            raise self.unsupported(
                node, "an item of a list that grows in a loop is written", "fill a NumPy array"
            )
        array = grown.array
        if self.is_sliced(array):
            array = self.prim("numpy.copy", [array], {}, node)
        dtype = str(new.kind.dtype) if new.kind.dtype in PYTHON_NUMBERS else ""
        number = joined_numbers(grown.number, dtype)
        more = self.added(new, grown.array, node) if number == grown.number else None
        fn = "intrinsic.store" if more is None else "intrinsic.index_add"
        array = self.prim(fn, [array, self.to_value(index, node), more or new], {}, node)
        array.hint = grown.array.hint
        if grown.number == "float" and not number:
            self.of_numpy.add(cell)
        self.change(cell, dataclasses.replace(grown, array=array, number=number), node)

    def is_sliced(self, array: Value) -> bool:
        """True for the array of a list that is a part of another list, or of which another list is a part."""
        if array.op is not None and array.op.fn == "operator.getitem":
            return True
        held = (b for _, b in self.state.places() if isinstance(b, Grown) and not b.row)
        return any(b.array is not array and self.is_view(b.array.op, array) for b in held)

    def filled_list(self, item: Value, times: Binding, node: Any) -> Cell | None:
        """[number] * n, where n is only known at run time, or large: an array of numbers."""
        known = self.literal(times)
        count = known if isinstance(known, int) else None
        fits = item.kind.is_scalar and item.kind.dtype in (*FLOATS, "int")
        if not fits or not isinstance(times, Value) or (count is not None and count <= LONGEST):
            return None
        if count is None and times.kind.dtype not in ("int", "i8"):
            return None
        times = self.not_negative(times, node)
        array = self.full_of([times], item, node)
        number = item.kind.dtype if item.kind.dtype in ("float", "int") else ""
        cell: Cell = self.state.add(Cell(list))
        cell.vars[CONTENTS] = Grown(array, times, complete=True, number=number)
        return cell

    def list_in(self, contents: Grown, node: Any) -> Cell:
        """A list that is held in an array."""
        cell: Cell = self.state.add(Cell(list))
        length = self.prim("builtins.len", [contents.array], {}, node)
        cell.vars[CONTENTS] = dataclasses.replace(contents, length=length)
        return cell

    def copied_list(self, binding: Binding, node: Any) -> Cell | None:
        """list(...) of a list whose length the run decides; None for anything else."""
        if not isinstance(binding, Cell) or not isinstance(binding.contents, Columns):
            return self.list_of(binding, node)
        copy: Cell = self.state.add(Cell(list))
        copy.vars[CONTENTS] = binding.contents  # columns are never written
        return copy

    def list_of(self, binding: Binding, node: Any) -> Cell | None:
        """list(array), or a copy of a list that grew in a loop; None for anything else."""
        grown = self.grown(binding)
        if grown is None or not grown.complete:
            array = binding if isinstance(binding, Value) else None
            if array is None or not array.kind.is_array or array.kind.ndim is None:
                return None
            grown = Grown(array, array, complete=True, number="")
        array = grown.array
        if array.kind.ndim == 1:
            array = self.prim("numpy.copy", [array], {}, node, listed=True)
        return self.list_in(dataclasses.replace(grown, array=array, row=False, own=False), node)

    def tolist(self, array: Value, node: Any) -> Cell | None:
        """array.tolist() of a vector: a list of Python's numbers."""
        number = {"f8": "float", "i8": "int"}.get(array.kind.dtype or "")
        cell = self.list_of(array, node) if number and array.kind.ndim == 1 else None
        if cell is not None:
            cell.vars[CONTENTS] = dataclasses.replace(cell.contents, number=number)
        return cell

    def numbers_in(self, items: Items, node: Any) -> Grown | None:
        """The numbers of a list or tuple, all of one type, in an array; None where they are not known to be that."""
        if not items.items:
            none = self.const(0, node)
            array = self.prim("numpy.zeros", [none], {}, node)
            return Grown(array, none, complete=True, number=EMPTY)
        values = [v for v in items.items if isinstance(v, Value) and v not in self.mixed]
        types = {v.kind.dtype for v in values if v.kind.is_scalar}
        if len(values) < len(items.items) or not types or not types <= {*FLOATS, "int"}:
            return None
        if not all(v.kind.is_scalar for v in values):
            return None
        names = [str(t) if t in PYTHON_NUMBERS else "" for t in types]
        number = functools.reduce(joined_numbers, names)
        length = self.const(len(values), node)
        table = self.table_of(items, node)
        if table is not None:
            return Grown(table, length, complete=True, number="")
        listed = self.op("list", values, passive("list"), node)
        array = self.array_of(listed, node)
        return Grown(array, length, complete=True, number=number)

    def are_numbers(self, items: Items) -> bool:
        """True for items that are numbers of which only the run knows the order."""
        values = [b for b in items.items if isinstance(b, Value)]
        known = all(self.literal(b) is not UNKNOWN for b in items.items)
        return (
            not known
            and len(values) == len(items.items)
            and all(v.kind.is_scalar and v.kind.dtype in FLOATS for v in values)
        )

    def sorted_numbers(self, binding: Binding, kwargs: dict[str, Binding], node: Any) -> Binding:
        """sorted(...) of numbers, in the order that the run finds."""
        items = self.sequence(binding)
        array: Value | None = None
        if items is not None:
            array = self.array_of(self.to_value(binding, node), node)
        elif (listed := self.list_of(binding, node)) is not None:
            array = listed.contents.array
        backwards = self.literal(kwargs.get("reverse", Static(False)))
        if (
            array is None
            or array.kind.ndim != 1
            or set(kwargs) - {"reverse"}
            or backwards is UNKNOWN
        ):
            raise self.unsupported(
                node,
                "the order of these items is only known at run time",
                "use np.sort on an array",
            )
        array = self.prim("numpy.sort", [array], {}, node)
        if backwards:
            none = self.const(None, node)
            turned = self.op("slice", [none, none, self.const(-1, node)], passive("slice"), node)
            array = self.prim("operator.getitem", [array, turned], {}, node)
        grown = self.grown(binding)
        number = grown.number if grown is not None else ""
        if items is not None:
            python = all(isinstance(b, Value) and b.kind.dtype == "float" for b in items.items)
            number = "float" if python else ""
        contents = Grown(array, array, complete=True, number=number)
        if items is None:
            return self.list_in(contents, node)
        places = [self.const(k, node) for k in range(len(items.items))]
        return self.new_list([self.grown_item(contents, k, node) for k in places])

    def joined_lists(self, left: Binding, right: Binding, node: Any) -> Cell | None:
        """list + list, where one has grown in a loop."""
        first, more = self.grown(left), self.sequence(right)
        if first is not None and first.complete and first.array.kind.ndim == 1 and more is not None:
            few = more.kind == "list" and 0 < len(more.items) <= 2
            if few and self.numbers_in(more, node) is not None:
                longer: Binding = first
                for item in more.items:
                    longer = self.one_more(longer, item, node)
                assert isinstance(longer, Grown)
                return self.list_in(longer, node)
        arrays: list[Value] = []
        numbers: list[str] = []
        for binding in (left, right):
            grown, items = self.grown(binding), self.sequence(binding)
            if grown is not None and grown.complete and grown.array.kind.ndim == 1:
                arrays.append(grown.array)
                numbers.append(grown.number)
            elif items is not None and items.items and self.are_numbers(items):
                arrays.append(self.array_of(self.to_value(binding, node), node))
                python = all(isinstance(b, Value) and b.kind.dtype == "float" for b in items.items)
                numbers.append("float" if python else "")
            elif items is not None and (known := self.numbers_in(items, node)) is not None:
                arrays.append(known.array)
                numbers.append(known.number)
            else:
                return None
        if "int" in numbers and len(set(numbers)) > 1:
            return None
        both = self.op("tuple", arrays, passive("tuple"), node)
        array = self.prim("numpy.concatenate", [both], {}, node)
        number = numbers[0] if numbers[0] == numbers[1] else ""
        return self.list_in(Grown(array, array, complete=True, number=number), node)

    def shortened(self, cell: Cell, place: Any, node: Any) -> None:
        """del list[0], del list[-1] of a list that grew in a loop."""
        grown = self.grown(cell)
        if isinstance(cell.contents, Columns) and place in (0, -1):
            whole_list = self.const(None, node)
            ends = (
                [self.const(1, node), whole_list]
                if place == 0
                else [whole_list, self.const(-1, node)]
            )
            there = self.op("slice", [*ends, whole_list], passive("slice"), node)
            part = self.grown_item(cell.contents, there, node)
            assert isinstance(part, Cell)
            for old, new in zip(columns_of(cell.contents), columns_of(part.contents), strict=True):
                new.array.hint = old.array.hint
            self.change(cell, part.contents, node)
            return
        whole = grown is not None and grown.complete and grown.array.kind.ndim == 1
        if whole and type(place) is int and place not in (0, -1):
            shorter = self.computed(f"xs[:{place}] + xs[{place + 1}:]", {"xs": cell}, node)
            assert isinstance(shorter, Cell)
            self.change(cell, shorter.contents, node)
            return
        if grown is None or not grown.complete or place not in (0, -1):
            raise self.unsupported(
                node, "an item of a list that grows in a loop is taken out", "use a slice of it"
            )
        none = self.const(None, node)
        ends = (
            [self.const(1, node), none, none] if place == 0 else [none, self.const(-1, node), none]
        )
        rest = self.part_of(grown, self.op("slice", ends, passive("slice"), node), node)
        rest.contents.array.hint = grown.array.hint
        self.change(cell, rest.contents, node)

    def extreme_of(self, name: str, grown: Grown, node: Any) -> Binding:
        """max(list): the first of the largest items."""
        place = self.prim(f"numpy.arg{name}", [self.so_far(grown, node)], {}, node)
        return self.grown_item(grown, place, node)

    def so_far(self, grown: Grown, node: Any) -> Value:
        """The items that a list has, in an array that may have room for more."""
        if grown.complete:
            return grown.array
        none = self.const(None, node)
        there = self.op("slice", [none, grown.length, none], passive("slice"), node)
        return self.prim("operator.getitem", [grown.array, there], {}, node)

    def array_item(self, grown: Grown, index: Binding, node: Any) -> Value:
        """The item of the array, which may have room for more items than the list has yet."""
        place = self.literal(index)
        if isinstance(place, slice) or (place is UNKNOWN and not isinstance(index, Value)):
            raise self.unsupported(
                node, "a slice of a list that grows in a loop", "make an array of it"
            )
        if isinstance(place, int) and place < 0 and not grown.complete:
            at = self.before_end(grown, place, node)
            return self.prim("operator.getitem", [grown.array, at], {}, node)
        value = self.to_value(index, node)
        if place is not UNKNOWN or self.is_natural(value) or grown.complete:
            return self.prim("operator.getitem", [grown.array, value], {}, node)
        return self.prim("operator.getitem", [self.so_far(grown, node), value], {}, node)
