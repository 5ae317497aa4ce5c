"""What a variable is after a branch, from what it is at the end of each side."""

from __future__ import annotations

from dataclasses import replace
from itertools import zip_longest
from typing import Any

from s2sad.errors import S2SADError, UnsupportedSyntaxError
from s2sad.frontend.base import Base
from s2sad.frontend.columns import leaves, mapped
from s2sad.frontend.listed import joined_numbers
from s2sad.frontend.scope import (
    CONTENTS,
    Binding,
    Cell,
    Choice,
    Collected,
    Columns,
    Grown,
    Items,
    Parted,
    Run,
    Scope,
    Snapshot,
    Static,
    Table,
    Vars,
    is_function,
)
from s2sad.ir.core import Op, Value
from s2sad.ir.kinds import ANY, BOOL, PASSIVE_DTYPES, Kind, join

NO = Static(False)
FLAGS = ("$returned", "$break", "$continue")


class NeedsStructure(Exception):
    """A variable that is first set in a loop turns out to hold a structure, or a function."""

    def __init__(self, name: str, binding: Binding) -> None:
        self.name = name
        self.binding = binding


class Merge:
    """Merges the two ends of one `if` operation."""

    def __init__(
        self, lowering: Base, op: Op, before: Snapshot, ends: list[Snapshot], node: Any
    ) -> None:
        self.low = lowering
        self.op = op
        self.before = before
        self.ends = ends
        self.node = node
        self.made: dict[tuple[Cell | None, Cell | None], Cell] = {}
        self.values: dict[Any, Value] = {}
        self.views: list[Op] = []  # of arrays written on a side: taken again after the branch
        self.merged: Snapshot = {}

    def state(self) -> Snapshot:
        """The state after the branch."""
        first, second = self.ends
        for holder in dict.fromkeys([*first, *second]):
            one, two = first.get(holder), second.get(holder)
            if one is None or two is None:
                # What one side made is merged where a variable holds it; a scope lives on for its functions.
                if isinstance(holder, Scope):
                    self.merged[holder] = one if two is None else two  # type: ignore[assignment]
            elif one == two and all(one[n] is two[n] for n in one):
                self.merged[holder] = one
            else:
                names = dict.fromkeys([*one, *two])
                self.holder = holder
                merge = self.variable if isinstance(holder, Scope) else self.binding
                self.merged[holder] = {n: merge(n, one.get(n), two.get(n)) for n in names}
        return self.merged

    def variable(self, name: str, a: Binding | None, b: Binding | None) -> Binding:
        """The binding of a variable; where there is none for both sides, reading it is refused."""
        for side in (a, b):
            if isinstance(side, Parted):
                return side
        if name.startswith("$"):
            return self.binding(name, a, b)
        made, values = dict(self.made), dict(self.values)
        blocks = self.op.regions
        ends = [(len(block.ops), len(block.yields)) for block in blocks]
        results, views = len(self.op.results), len(self.views)
        try:
            return self.binding(name, a, b)
        except UnsupportedSyntaxError as error:
            self.made, self.values = made, values
            for block, (ops, yields) in zip(blocks, ends, strict=True):
                del block.ops[ops:], block.yields[yields:]
            del self.op.results[results:], self.views[views:]
            return Parted(error)

    def binding(self, name: str, a: Binding | None, b: Binding | None) -> Binding:
        """The binding of a variable that is `a` on one side and `b` on the other."""
        if a is b and a is not None:
            return a
        if a is not None and b is not None:
            structured = self.structures(name, a, b)
        else:
            structured = self.one_sided(name, a, b)
        if structured is not None:
            return structured
        if isinstance(a, Static) and isinstance(b, Static) and a.value is b.value:
            return a
        if name in FLAGS:
            a, b = a or Static(False), b or Static(False)
            if isinstance(a, Static) and isinstance(b, Static) and a.value == b.value:
                return a
            if a is self.op.operands[0] and isinstance(b, Static) and b.value is False:
                return a  # the flag that was tested: true on the one side, false on the other
        functions = self.functions(name, a, b)
        if functions is not None:
            return functions
        for one, other in ((a, b), (b, a)):
            if isinstance(one, (Items, Table, Cell)):
                if isinstance(other, Value) and other in self.low.new_in_loop:
                    raise NeedsStructure(name, one)
                if other is not None:
                    raise self.differs(name)
        return self.value(name, a, b)

    def structures(self, name: str, a: Binding, b: Binding) -> Binding | None:
        if name == CONTENTS and isinstance(a, (Items, Grown)) and type(a) is not type(b):
            listed = self.in_arrays(name, a, b)
            if listed is not None:
                return listed
        if isinstance(a, Items) and isinstance(b, Items):
            if len(a.items) != len(b.items) or a.named is not b.named:
                if name == CONTENTS and isinstance(self.holder, Cell):
                    self.low.lengthened.add(self.holder)
                listed = self.in_arrays(name, a, b) if name == CONTENTS else None
                if listed is not None:
                    return listed
                raise self.differs(name)
            pairs = zip(a.items, b.items, strict=True)
            return Items([self.binding(name, p, q) for p, q in pairs], a.kind, a.named)
        if isinstance(a, Table) and isinstance(b, Table):
            if list(a.items) != list(
                b.items
            ):  # the order of a dict's items is that of their setting
                raise self.differs(name)
            return Table({k: self.binding(name, p, b.items[k]) for k, p in a.items.items()})
        if isinstance(a, Grown) and isinstance(b, Grown):
            if a.complete and b.complete and (a.rows is None) == (b.rows is None):
                return self.grown(a, b)
            if a.appended != b.appended:
                raise self.low.unsupported(
                    self.node,
                    "a list grows on one branch of a loop, and not on the other",
                    "fill a NumPy array, and count its items",
                )
            array = self.value("", a.array, b.array)
            number = a.number if a.number == b.number else ""
            return Grown(array, a.length, a.appended, number=number)
        if isinstance(a, Columns) and isinstance(b, Columns):
            return Columns(self.binding(name, a.form, b.form))
        if isinstance(a, Run) and isinstance(b, Run):
            return Run(self.value("", a.array, b.array), a.number if a.number == b.number else "")
        if isinstance(a, Collected) and isinstance(b, Collected):
            return self.collected(name, a, b)
        if isinstance(a, Cell) and isinstance(b, Cell):
            return self.cells(name, a, b)
        return None

    def in_arrays(self, name: str, a: Binding, b: Binding) -> Grown | None:
        """A list of numbers that has another length on each side, in an array; tried after all else failed."""
        place = self.low.place_of(self.node)
        if place not in self.low.by_place:
            error = self.differs(name)
            error.by_place = place
            raise error
        sides = [self.in_array(x, y, k) for k, (x, y) in enumerate([(a, b), (b, a)])]
        one, two = sides
        if one is None or two is None:
            return None
        names = [n for vars in self.ends[0].values() for n, v in vars.items() if v is self.holder]
        listed = self.grown(one, two)
        listed.array.hint = listed.array.hint or next(filter(str.isidentifier, names), "")
        return listed

    def in_array(self, binding: Binding, other: Binding, side: int) -> Grown | None:
        """The list of one side in an array, which is made at the end of that side."""
        if isinstance(binding, Grown):
            return binding if binding.complete and binding.array.kind.ndim == 1 else None
        if not isinstance(binding, Items) or binding.kind != "list":
            return None
        saved, self.low.block = self.low.block, self.op.regions[side]
        try:
            if binding.items:
                return self.low.numbers_in(binding, self.node)
            number = other.number if isinstance(other, Grown) else "float"
            if isinstance(other, Items):
                types = {v.kind.dtype if isinstance(v, Value) else None for v in other.items}
                number = next((t for t in ("int", "float") if types == {t}), "")
            none = self.low.const(0, self.node)
            more = {"dtype": self.low.const(int, self.node)} if number == "int" else {}
            array = self.low.prim("numpy.zeros", [none], more, self.node)
        finally:
            self.low.block = saved
        return Grown(array, none, complete=True, number=number)

    def grown(self, a: Grown | None, b: Grown | None) -> Grown:
        """A list of the one length or of the other."""
        there = a or b
        assert there is not None
        if there.row:
            raise self.low.aliasing(
                self.node,
                "a name stands for one item of a list of lists on one branch, and for something else on the other",
            )
        if a is not None and b is not None:
            a, b = self.alike(a, b, 0), self.alike(b, a, 1)
        length = there.length
        if a is None or b is None or a.length is not b.length:
            length = self.value("", a and a.length, b and b.length)
        array = self.value("", a and a.array, b and b.array)
        array.hint = array.hint or there.array.hint
        sizes = [self.low.sizes.rows(x.array) for x in (a, b) if x is not None]
        if sizes[0] is not None and sizes[0] == sizes[-1]:
            self.low.sizes.row_lengths[array] = sizes[0]
        pieces = there.pieces if array is there.array else None
        there = a or b or there
        own = (a is None or a.own) and (b is None or b.own)
        return replace(there, array=array, length=length, pieces=pieces, own=own)

    def alike(self, grown: Grown, other: Grown, side: int) -> Grown:
        """The list of one side, with the type of numbers that both have."""
        saved, self.low.block = self.low.block, self.op.regions[side]
        number = joined_numbers(grown.number, other.number)
        grown = self.low.with_number(grown, number, self.node)
        if grown.rows is not None and other.rows is not None:
            grown = self.low.with_rows(grown, joined_numbers(grown.rows, other.rows), self.node)
        self.low.block = saved
        return grown

    def collected(self, name: str, a: Collected, b: Collected) -> Collected:
        """A list that one side may have made longer: what it appended has a flag, and 0 stands for it if not."""
        both = min(len(a.last), len(b.last))
        pairs = zip(a.last[len(a.last) - both :], b.last[len(b.last) - both :], strict=True)
        last = [self.binding("", p, q) for p, q in pairs]
        first = [self.binding("", p, q) for p, q in zip(a.first, b.first, strict=True)]
        new: list[tuple[Binding, Binding]] = []
        for p, q in zip_longest(a.new, b.new):
            (one, one_flag), (two, two_flag) = p or (None, NO), q or (None, NO)
            there = one if one is not None else two
            assert there is not None
            one = one if one is not None else self.filled(there, 0)
            two = two if two is not None else self.filled(there, 1)
            flag = Static(True) if isinstance(there, Run) else self.binding("", one_flag, two_flag)
            item = self.binding("", one, two)
            for leaf, real in zip(leaves(item), leaves(there), strict=True):
                leaf.kind = real.kind  # what stands for a missing item is never read
            new.append((item, flag))
        length = a.length
        if a.length is not b.length:
            length = self.value("", a.length, b.length)
        return replace(a, first=first, last=last, length=length, new=new)

    def filled(self, item: Binding, side: int) -> Binding:
        """Numbers in the place of an item that a side of the branch does not append."""

        def number(leaf: Binding) -> Binding:
            if isinstance(leaf, Run):
                saved, self.low.block = self.low.block, self.op.regions[side]
                more = {"dtype": self.low.const(int, self.node)} if leaf.number == "int" else {}
                none = self.low.prim("numpy.zeros", [self.low.const(0, self.node)], more, self.node)
                self.low.block = saved
                return Run(none, leaf.number)
            if isinstance(leaf, Value) and leaf.kind.base == "any" and self.is_around(leaf):
                return leaf  # it is there on both sides, and never read where it is not appended
            if not isinstance(leaf, Value) or leaf.kind.is_array:
                raise self.low.unsupported(
                    self.node,
                    "an array is appended to a list on one branch of a loop, and not on the other",
                    "append on both, or fill a NumPy array and count its rows",
                )
            saved, self.low.block = self.low.block, self.op.regions[side]
            whole = leaf.kind.dtype in PASSIVE_DTYPES
            zero = self.low.const(0 if whole else 0.0, self.node)
            self.low.block = saved
            return zero

        return mapped(item, number)

    def is_around(self, value: Value) -> bool:
        """True for what was made before the branch."""
        block = None if value.op is None else value.op.block
        while block is not None and block not in self.op.regions:
            block = self.low.sizes.around.get(block)
        return value.op is not None and block is None

    def one_sided(self, name: str, a: Binding | None, b: Binding | None) -> Binding | None:
        """A structure that only one side has."""
        there = b if a is None else a
        sides = (lambda p: (p, None)) if b is None else (lambda p: (None, p))
        if isinstance(there, Items):
            items = [self.binding(name, *sides(p)) for p in there.items]
            return Items(items, there.kind, there.named)
        if isinstance(there, Grown) and there.complete:
            return self.grown(*sides(there))
        if isinstance(there, Columns):
            return Columns(self.binding(name, *sides(there.form)))
        if isinstance(there, Table):
            return Table({k: self.binding(name, *sides(p)) for k, p in there.items.items()})
        if isinstance(there, Cell):
            return there if there in self.before else self.cells(name, a, b)  # type: ignore[arg-type]
        return None

    def cells(self, name: str, a: Cell | None, b: Cell | None) -> Cell:
        """A cell for two: the contents of the one or of the other. It can be changed if nothing else holds them."""
        if (a, b) in self.made:
            return self.made[a, b]
        there = a or b
        assert there is not None
        if a is not None and b is not None and a.kind is not b.kind:
            raise self.differs(name)
        merged = Cell(there.kind)
        self.made[a, b] = merged
        for cell, end in ((a, self.ends[0]), (b, self.ends[1])):
            if cell is not None and (cell in self.before or _places(end, cell) > 1):
                what = repr(name) if name.isidentifier() else "this object"
                merged.frozen = cell.frozen = (
                    f"{what} is one object on one branch and another on the other"
                )
        one: Vars = self.ends[0][a] if a is not None else {}
        two: Vars = self.ends[1][b] if b is not None else {}
        names = dict.fromkeys([*one, *two])
        inner = {n: n if n.isidentifier() or n == CONTENTS else name for n in names}
        self.merged[merged] = {n: self.binding(inner[n], one.get(n), two.get(n)) for n in names}
        contents = self.merged[merged].get(CONTENTS)
        if isinstance(contents, Grown) and name.isidentifier():
            contents.array.hint = contents.array.hint or name
            contents.length.hint = contents.length.hint or f"{name}_length"
        return merged

    def functions(self, name: str, a: Binding | None, b: Binding | None) -> Binding | None:
        for one, other in ((a, b), (b, a)):
            if not is_function(one) or one is None:
                continue
            if other is None:
                return one
            if isinstance(other, Value) and other in self.low.new_in_loop:
                raise NeedsStructure(name, one)
            if is_function(other):
                return Choice(self.op.operands[0], a, b)  # type: ignore[arg-type]
            if isinstance(other, Value) and other.op is not None and other.op.name == "const":
                return Choice(self.op.operands[0], a, b)  # type: ignore[arg-type]
            raise self.low.unsupported(
                self.node,
                f"{name!r} is a function on one branch and a value on the other",
                "use two variables",
            )
        return None

    def differs(self, name: str) -> S2SADError:
        what = repr(name.strip("$"))
        if name in ("", "$value", "$ret"):
            what = "the result"
        elif name == CONTENTS:
            what = "a list or dict"
        return self.low.unsupported(
            self.node,
            f"{what} has another structure on each branch",
            "give it the same items on both",
        )

    def value(self, name: str, a: Binding | None, b: Binding | None) -> Value:
        # Two names that hold one array on both sides hold one array afterwards.
        pair = (a, b) if isinstance(a, Value) and isinstance(b, Value) else None
        if pair in self.values:
            return self.values[pair]
        result = self.view(a, b) if isinstance(a, Value) and isinstance(b, Value) else None
        result = result or self.new_value(name, a, b)
        if pair is not None:
            self.values[pair] = result
        return result

    def view(self, a: Value, b: Value) -> Value | None:
        """What is the same view of an array of each side is this view of the one that comes of these."""
        one, two = a.op, b.op
        if one is None or two is None or one.name != "prim" or a.kind != b.kind:
            return None
        if one.attrs != two.attrs or one.operands[1:] != two.operands[1:]:
            return None
        if not all(self.low.is_view(op, op.operands[0]) for op in (one, two)):
            return None
        first, *rest = one.operands
        array = self.value(first.hint, first, two.operands[0])
        again = Op(
            "prim", [array, *rest], [Value(a.kind, a.hint)], {**one.attrs}, [], one.span, True
        )
        self.views.append(again)
        return again.result

    def new_value(self, name: str, a: Binding | None, b: Binding | None) -> Value:
        values = []
        for binding, block in ((a, self.op.regions[0]), (b, self.op.regions[1])):
            saved, self.low.block = self.low.block, block
            if binding is None:
                value = self.low.undef(self.node)
            else:
                value = self.low.to_value(binding, self.node)
            self.low.block = saved
            block.yields.append(value)
            values.append(value)
        if values[0] is values[1]:
            for block in self.op.regions:
                block.yields.pop()
            return values[0]
        kind = BOOL if name in FLAGS else _either(values)
        result = Value(kind, "" if name.startswith("$") else name)
        result.op = self.op
        if values[0].kind.dtype != values[1].kind.dtype:
            self.low.mixed.add(result)
        self.op.results.append(result)
        first = self.low.object_of(values[0])
        if first is self.low.object_of(values[1]):
            self.low.versions[result] = first
        return result


def _either(values: list[Value]) -> Kind:
    """What is known of a value that is one or the other; a name that is not set on a side is not read after it."""
    kinds = [v.kind for v in values]
    given = [v.kind for v in values if v.op is None or v.op.name != "undef"]
    if len(given) == 1 and given[0].is_scalar:
        return given[0]
    arrays = all(k.is_array and k.dims is not None for k in kinds)
    return join(*kinds) if arrays or all(k.is_scalar for k in kinds) else ANY


def _places(end: Snapshot, cell: Cell) -> int:
    from_vars = (b for variables in end.values() for b in variables.values())
    return sum(_holds(b, cell) for b in from_vars)


def _holds(binding: Binding, cell: Cell) -> bool:
    if isinstance(binding, Items):
        return any(_holds(b, cell) for b in binding.items)
    if isinstance(binding, Table):
        return any(_holds(b, cell) for b in binding.items.values())
    return binding is cell
