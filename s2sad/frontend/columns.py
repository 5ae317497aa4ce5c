"""Items of lists that grow in a loop: numbers, arrays, and tuples and lists of these.

What is appended is a tree whose leaves are values. Each leaf has a column of its own: the array of what stands at
this place in all items. An item of the list is put together again from the columns when it is read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import combinations
from types import FunctionType
from typing import TYPE_CHECKING, Any

from s2sad.frontend.base import Base
from s2sad.frontend.scope import (
    CONTENTS,
    FROZEN,
    SETS,
    Binding,
    Cell,
    Collected,
    Columns,
    Grown,
    Items,
    Run,
    Static,
    Table,
    attribute_of,
)
from s2sad.ir.core import Block, Loop, Value
from s2sad.ir.kinds import ANY, Dim, Size, passive
from s2sad.ir.truths import is_truth

WHOLE = tuple(f"operator.{name}" for name in ("add", "sub", "mul", "floordiv", "mod", "neg"))
INTEGERS = ("int", "i8", "i4")
EXTREMES = ("builtins.max", "builtins.min")
REAL = ("float", "f8", "f4", "int", "i8", "i4")
Lengths = tuple[Size, ...] | None  # of the axes of an item
HELD = "this list is an item of a list that grows in a loop"


def leaves(tree: Binding) -> list[Value]:
    if isinstance(tree, Items):
        return [leaf for part in tree.items for leaf in leaves(part)]
    value = tree.array if isinstance(tree, (Grown, Run)) else tree
    assert isinstance(value, Value)
    return [value]


def form(tree: Binding) -> Any:
    """What two items must have in common to be in one list."""
    if isinstance(tree, Items):
        return (tree.kind, tree.named, tuple(form(part) for part in tree.items))
    return ("list", tree.number) if isinstance(tree, Grown) else ""


def mapped(tree: Binding, make: Callable[[Binding], Binding]) -> Binding:
    """The tree with another leaf in place of each."""
    if isinstance(tree, Items):
        return Items([mapped(part, make) for part in tree.items], tree.kind, tree.named)
    return make(tree)


def columns_of(contents: Binding) -> Iterator[Grown]:
    """The columns of a list's contents."""
    if isinstance(contents, Grown):
        yield contents
    elif isinstance(contents, Columns):
        yield from columns_of(contents.form)
    elif isinstance(contents, Items):
        for part in contents.items:
            yield from columns_of(part)


def of_one_shape(items: list[list[Lengths]]) -> bool:
    """False where a number and an array, or arrays that are surely of different shapes, are items of one list."""
    return not any(
        _differ(a, b) for column in zip(*items, strict=False) for a, b in combinations(column, 2)
    )


def _differ(a: Lengths, b: Lengths) -> bool:
    if a is None or b is None:
        return False
    return len(a) != len(b) or any(_other(p, q) for p, q in zip(a, b, strict=True))


def _other(a: Size, b: Size) -> bool:
    if isinstance(a, Dim) and isinstance(b, Dim):
        return a.symbol == b.symbol and a.offset != b.offset
    return isinstance(a, int) and isinstance(b, int) and a != b


def dims_below(column: Grown) -> Lengths:
    dims = column.array.kind.dims
    return None if dims is None else dims[1:]


class ItemTrees(Base):
    """The part of `Lowering` that handles the items of lists that grow."""

    if TYPE_CHECKING:

        def item_in_row(self, row: Grown, index: Binding, node: Any) -> Value | None: ...
        def moved(self, index: Value, by: int, node: Any) -> Value: ...

    def tree(self, item: Binding, older: Any, node: Any, loop: Block | None = None) -> Binding:
        """What an append of `item` in a loop puts on the list. A list in it may not be changed afterwards."""
        if isinstance(item, Items) and item.kind not in SETS:
            parts = [self.tree(part, older, node, loop) for part in item.items]
            return Items(parts, item.kind, item.named)
        if isinstance(item, Cell) and item.kind is list and item not in older:
            contents, new = item.contents, FROZEN not in item.vars and not item.frozen
            item.vars[FROZEN] = Static(HELD)
            if isinstance(contents, Items):
                return self.tree(contents, older, node, loop)
            if isinstance(contents, Grown) and contents.complete and contents.rows is None:
                size = self.sizes.of(contents.length)
                if loop is not None and not self.sizes.lasts(size, loop):
                    raise self.unsupported(
                        node,
                        "a list grows in a loop by lists of different lengths",
                        "append arrays, or lists of one length",
                    )
                if contents.row:
                    raise self.aliasing(
                        node, "a list becomes an item of two lists", "append a copy: rows[i][:]"
                    )
                return replace(contents, own=new)
        value = item if isinstance(item, Value) else None
        if value is not None and loop is not None and self.sizes.differs_each_time(value, loop):
            raise self.unsupported(
                node,
                "a list grows in a loop by arrays of different lengths",
                "use them in the loop, or fill an array with them",
            )
        kind = value.kind if value is not None else None
        if value is not None and kind is not None:
            real = (kind.is_scalar or kind.is_array) and kind.dtype in REAL
            if real or kind == ANY:
                return value
        raise self.unsupported(
            node,
            "a list grows in a loop by what is not known to be a real number, an array, or a tuple or list of these",
            "append floats, arrays or tuples, or fill a NumPy array",
        )

    def item_of(self, tree: Binding) -> Binding:
        """An item as the program sees it."""
        if isinstance(tree, Items):
            parts = [self.item_of(part) for part in tree.items]
            if tree.kind != "list":
                return Items(parts, tree.kind, tree.named)
            return self.held_list(Items(parts, "list"))
        return self.held_list(tree) if isinstance(tree, Grown) else tree

    def held_list(self, contents: Binding) -> Cell:
        cell: Cell = self.state.add(Cell(list, HELD))
        cell.vars[CONTENTS] = contents
        return cell

    def column_item(self, column: Grown, index: Binding, node: Any) -> Binding:
        """An item of a column: a Python number, where it was one that was appended."""
        item = self.item_in_row(column, index, node) if column.row else None
        item = item or self.array_item(column, index, node)
        if column.rows is not None:
            length = self.prim("builtins.len", [item], {}, node)
            row = Grown(item, length, complete=True, number=column.rows)
            if not column.own or not column.complete:
                return self.held_list(row)
            cell: Cell = self.state.add(Cell(list))
            cell.vars[CONTENTS] = replace(row, row=True)
            self.row_cells.append(cell)
            return cell
        number = (
            "float" if column.number == "?" else column.number
        )  # of an empty list: a first guess
        return self.prim(f"builtins.{number}", [item], {}, node) if number else item

    def grown_item(self, contents: Grown | Columns, index: Binding, node: Any) -> Binding:
        """list[index]"""
        by_run = isinstance(index, Value) and index.op is not None and index.op.name == "slice"
        if by_run or isinstance(self.literal(index), slice):
            if isinstance(contents, Grown) and contents.complete:
                return self.part_of(contents, self.to_value(index, node), node)
            columns = list(columns_of(contents))
            if isinstance(contents, Columns) and all(c.complete for c in columns):
                there = self.to_value(index, node)
                cell: Cell = self.state.add(Cell(list))

                def part(column: Binding) -> Binding:
                    assert isinstance(column, Grown)
                    rest: Binding = self.part_of(column, there, node).contents
                    return rest

                form = mapped(contents.form, part)
                cell.vars[CONTENTS] = Columns(form)
                return cell
            raise self.unsupported(
                node, "a slice of a list that grows in a loop", "make an array of it"
            )
        if isinstance(contents, Grown):
            return self.column_item(contents, index, node)

        def read(column: Binding) -> Binding:
            assert isinstance(column, Grown)
            return self.column_item(column, index, node)

        return self.item_of(mapped(contents.form, read))

    def grown_length(self, binding: Binding) -> Value | None:
        """The length of a list that has grown, or grows, in a loop; None for anything else."""
        contents = binding.contents if isinstance(binding, Cell) else None
        if isinstance(contents, Collected):
            assert isinstance(binding, Cell)
            return self.collected_length(binding)
        column = next(columns_of(contents), None) if contents is not None else None
        return None if column is None or isinstance(contents, Items) else column.length

    def tested(self, binding: Binding, node: Any) -> Value:
        """What a test asks of a binding: of a list whether it has items."""
        kind = binding.kind if isinstance(binding, Cell) else None
        for name in ("__bool__", "__len__"):
            if isinstance(attribute_of(kind, name), FunctionType):
                bound = self.class_attribute(binding, kind, name, node)
                return self.to_value(self.call(bound, [], {}, node), node)
        length = self.grown_length(binding)
        if length is None:
            return self.to_value(binding, node)
        return self.prim("operator.gt", [length, self.const(0, node)], {}, node)

    def truth(self, value: Value, node: Any) -> Value:
        """True or False, which are counted as 1 and 0: not NumPy's, of which the sum is their `or`."""
        return value if is_truth(value) else self.prim("builtins.bool", [value], {}, node)

    def as_place(self, items: Items | Cell, index: Binding, node: Any) -> Binding:
        """An index of a list: True is 1, where an array takes it for a mask."""
        if isinstance(items, Cell) and isinstance(items.contents, Table):
            return index
        known = self.literal(index)
        if isinstance(known, bool):
            return self.const(int(known), node)
        if not isinstance(index, Value):
            return index
        whole = self.is_whole(index)
        return index if whole else self.prim("builtins.int", [index], {}, node)

    def chosen_by_truth(self, items: Items, index: Binding, node: Any) -> Binding | None:
        """[a, b][truth] is b if truth else a; None for another index."""
        op = index.op if isinstance(index, Value) else None
        if op is None or op.fn != "builtins.int" or len(items.items) < 2 or len(op.operands) != 1:
            return None
        truth = op.operands[0]
        if truth.kind.dtype != "bool" or not truth.kind.is_scalar:
            return None
        no, yes = items.items[:2]
        return self.choose(truth, lambda: yes, lambda: no, node, "ifexp")

    def is_whole(self, index: Value) -> bool:
        """True for what is an integer on every path, or a slice: no truth."""
        op = index.op
        if op is None or op.name == "slice":
            return op is not None or index.kind.dtype == "int" or self.is_loop_index(index)
        if op.name == "const":
            return type(op.value) is int
        if op.name == "if":
            j = op.results.index(index)
            return all(self.is_whole(region.yields[j]) for region in op.regions)
        if op.name in ("for", "while"):
            loop = Loop(op)
            if index not in loop.finals:
                return index is loop.trips
            j = loop.finals.index(index)
            return self.is_whole(loop.inits[j]) and self.is_whole(loop.next[j])
        if op.fn in WHOLE or op.fn in EXTREMES:
            found = map(self.is_whole, op.operands)
            return any(found) if op.fn in WHOLE else all(found)
        return index.kind.is_scalar and index.kind.dtype in INTEGERS

    def asked(self, binding: Binding, node: Any) -> Value:
        """What a branch asks: of bool(x), x."""
        test = self.tested(binding, node)
        op = test.op
        made = op is not None and op.fn == "builtins.bool" and self.block.ops[-1] is op
        return op.operands[0] if made and op is not None else test

    def grown_array(self, contents: Grown | Columns | Items, node: Any) -> Value:
        """np.array(list)"""
        if isinstance(contents, Grown):
            empty = {} if self.sizes.is_positive(contents.length) else {"may_have_no_rows": True}
            array = self.so_far(contents, node)
            return self.prim("numpy.copy", [array], {}, node, listed=True, **empty)
        parts = contents.form if isinstance(contents, Columns) else contents
        assert isinstance(parts, Items)
        arrays = [self.grown_array(part, node) for part in parts.items]  # type: ignore[arg-type]
        listed = self.op("tuple", arrays, passive("tuple"), node)
        empty = {
            "may_have_no_rows": any(a.op and a.op.attrs.get("may_have_no_rows") for a in arrays)
        }
        return self.prim("numpy.stack", [listed], {"axis": self.const(1, node)}, node, **empty)
