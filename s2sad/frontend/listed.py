"""Lists that are held in arrays, as long as the run decides: their lengths, the type of their numbers, their rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import gast

from s2sad.frontend.columns import ItemTrees, form, leaves, mapped
from s2sad.frontend.scope import (
    CONTENTS,
    FROZEN,
    Binding,
    Cell,
    Collected,
    Columns,
    Grown,
    Items,
    Rest,
    Scope,
    Static,
    cells_in,
)
from s2sad.frontend.written import written
from s2sad.ir.core import Loop, Value
from s2sad.ir.kinds import passive

EMPTY = "?"  # the type of the numbers of an empty list


def joined_numbers(one: str, two: str) -> str:
    """The type of the numbers of a list that is one or the other: a whole float stands for an integer."""
    if EMPTY in (one, two):
        return two if one == EMPTY else one
    if one == two:
        return one
    return "float" if {one, two} == {"int", "float"} else ""


class Listed(ItemTrees):
    """The part of `Lowering` that handles lists in arrays."""

    if TYPE_CHECKING:

        def list_in(self, contents: Grown, node: Any) -> Cell: ...
        def not_negative(self, count: Value, node: Any) -> Value: ...
        def unpack(self, target: Any, value: Binding, node: Any) -> None: ...
        def item(self, binding: Items | Cell, index: Binding, node: Any) -> Binding: ...
        def may_change(self, cell: Cell, node: Any) -> None: ...
        def change(self, cell: Cell, contents: Binding, node: Any) -> None: ...
        def viewed(self, value: Value) -> tuple[Value, Value] | None: ...
        def is_view(self, op: Any, root: Value) -> bool: ...
        def joined(self, place: Value, index: Value, node: Any) -> Value | None: ...
        def is_loop_index(self, value: Value) -> bool: ...
        def refresh(self, old: Value, new: Value) -> bool: ...
        def copied_list(self, binding: Binding, node: Any) -> Cell | None: ...
        def joined_lists(self, left: Binding, right: Binding, node: Any) -> Cell | None: ...
        def sorted_numbers(
            self, binding: Binding, kwargs: dict[str, Binding], node: Any
        ) -> Binding: ...
        def append_grown(self, cell: Cell, item: Binding, node: Any) -> None: ...
        def delete_item(self, cell: Cell, index: Binding, node: Any) -> None: ...

    def range_list(self, domain: list[Value], node: Any) -> Cell:
        """range(...) as a value: it cannot be changed, a list of it can."""
        array = self.prim("numpy.arange", domain, {}, node)
        made = self.list_in(Grown(array, array, complete=True, number="int"), node)
        made.kind, made.frozen = tuple, "a range cannot be changed"
        self.sizes.stacked[array] = self.sizes.trips(domain)
        return made

    def with_number(self, grown: Grown, number: str, node: Any) -> Grown:
        """A list as one of numbers of another type, which its own are too."""
        if grown.number == number:
            return grown
        array = grown.array
        if grown.number in ("int", EMPTY) and number != EMPTY:
            dtype = self.to_value(Static(int if number == "int" else float), node)
            array = self.prim("numpy.asarray", [array], {"dtype": dtype}, node)
            self.sizes.stacked[array] = self.sizes.length(grown.array)
            array.hint = grown.array.hint
        return replace(grown, array=array, number=number)

    def full_of(self, sizes: list[Value], number: Value, node: Any) -> Value:
        """An array of one number."""
        shape = sizes[0] if len(sizes) == 1 else self.op("tuple", sizes, passive("tuple"), node)
        if self.literal(number) == 0 and number.kind.dtype == "float":
            return self.prim("numpy.zeros", [shape], {}, node)
        return self.prim("numpy.full", [shape, number], {}, node)

    def before_loop(self, value: Value, loop: Loop, node: Any) -> Value | None:
        """A number that a loop computes in each iteration, if it is always the same, computed before the loop."""
        op = value.op
        if self.sizes.lasts({value: 1}, loop.body):
            return value
        if op is None or op.name == "const":
            same = op is not None and type(op.value) in (int, float)
            return self.const(op.value, node) if op is not None and same else None
        if op.fn not in ("operator.add", "operator.sub", "operator.mul", "builtins.len"):
            return None
        operands = [self.before_loop(v, loop, node) for v in op.operands]
        known = [v for v in operands if v is not None]
        return self.prim(op.fn, known, {}, node) if len(known) == len(operands) else None

    def filled_rows(self, loop: Loop, end: Collected, node: Any) -> Grown | None:
        """The list to which a loop appends one number, or as many lists of it: an array that is filled with it."""
        tree = end.new[0][0]
        value = tree.array if isinstance(tree, Grown) else tree
        if len(end.new) > 1 or not isinstance(value, Value):
            return None
        start, stop, step = loop.domain
        if self.literal(start) == 0 and self.literal(step) == 1:
            trips = self.not_negative(stop, node)
        else:
            trips = self.prim("intrinsic.trips", loop.domain, {}, node)
        parts, row = [value], value.op
        if isinstance(tree, Grown):
            if row is None or row.fn not in ("numpy.full", "numpy.zeros"):
                return None
            parts = (
                [*row.operands]
                if row.fn == "numpy.full"
                else [*row.operands, self.const(0.0, node)]
            )
            if not parts[0].kind.is_scalar or len(parts) != 2:
                return None
        if not value.kind.is_scalar and not isinstance(tree, Grown):
            return None
        outer = []
        for part in parts:
            there = self.before_loop(part, loop, node)
            if there is None:
                return None
            outer.append(there)
        number = outer[-1]
        if not number.kind.is_scalar or number.kind.dtype not in ("float", "f8", "int"):
            return None
        array = self.full_of([trips, *outer[:-1]], number, node)
        python = str(number.kind.dtype) if number.kind.dtype in ("float", "int") else ""
        return Grown(array, trips, complete=True, number=python)

    def columns_in(self, items: Items, node: Any) -> Columns | None:
        """A list of tuples of numbers, in an array for each place of the tuples."""
        if not all(isinstance(b, (Items, Cell)) for b in items.items):
            return None
        trees = [self.tree(b, (), node) for b in items.items]
        if any(form(t) != form(trees[0]) or not isinstance(t, Items) for t in trees):
            return None
        rows = [leaves(t) for t in trees]
        held = [self.numbers_in(Items(list(column)), node) for column in zip(*rows, strict=True)]
        arrays = [h for h in held if h is not None]
        each = iter(arrays)
        whole = len(arrays) == len(held)
        return Columns(mapped(trees[0], lambda leaf: next(each))) if whole else None

    def compare_lists(self, name: str, left: Binding, right: Binding, node: Any) -> Value:
        """list == list, where the run decides how long one of them is."""
        arrays = []
        for side in (left, right):
            held = self.grown(side)
            if held is None and isinstance(side, Cell) and isinstance(side.contents, Items):
                held = self.numbers_in(side.contents, node)
            if held is not None and held.complete and isinstance(side, Cell) and side.kind is list:
                arrays.append(held.array)
        if name not in ("Eq", "NotEq") or len(arrays) < 2:
            raise self.unsupported(
                node,
                "a list whose length the run decides is compared with something",
                "compare its items",
            )
        equal = self.prim("numpy.array_equal", arrays, {}, node)
        return equal if name == "Eq" else self.prim("operator.not_", [equal], {}, node)

    def copied_array_list(self, cell: Cell, deep: bool, node: Any) -> Cell:
        """copy.copy and copy.deepcopy of a list in an array."""
        rows = isinstance(cell.contents, Grown) and cell.contents.rows is not None
        if rows and deep:
            array = self.prim("numpy.copy", [cell.contents.array], {}, node)
            made: Cell = self.state.add(Cell(list))
            made.vars[CONTENTS] = replace(cell.contents, array=array, own=True)
            return made
        copied = self.copied_list(cell, node)
        if copied is None:
            raise self.unsupported(node, "this list is copied in the loop that appends to it")
        return copied

    # --- lists of lists -----------------------------------------------------------------------------------

    def hold_in_array(self, cell: Cell, node: Any) -> None:
        """A list of numbers that becomes an item of a list which is an array: an array too."""
        numbers = self.numbers_in(cell.contents, node) if isinstance(cell.contents, Items) else None
        if numbers is not None:
            cell.vars[CONTENTS] = numbers

    def forget_rows(self, rows: list[Cell], lists: list[Cell], node: Any) -> None:
        """After a loop that made lists of lists: the names of its own for these lists are not followed further."""
        for holder, name in [
            p for p, b in self.state.places() if isinstance(b, Cell) and b in rows
        ]:
            row = holder.vars[name]
            assert isinstance(row, Cell)
            if not isinstance(row.contents, Grown):
                continue
            if not row.contents.row and (not lists or FROZEN not in row.vars):
                continue
            if isinstance(holder, Scope) and name.isidentifier():
                del holder.vars[name]
                self.forgotten[holder, name] = row
                continue
            if row.contents.row:
                raise self.aliasing(
                    node, "an item of a list of lists has a second name after this loop"
                )
            for cell in lists:
                cell.vars[CONTENTS] = replace(cell.contents, own=False)

    def item_in_row(self, row: Grown, index: Binding, node: Any) -> Value | None:
        """rows[i][index] as an item of the array of all rows; None where that is not known to hold the row."""
        source = self.viewed(row.array)
        place = self.to_value(index, node)
        if source is None or not (place.kind.is_scalar or self.is_loop_index(place)):
            return None
        both = self.joined(source[1], place, node)
        return None if both is None else self.prim("operator.getitem", [source[0], both], {}, node)

    def with_rows(self, grown: Grown, rows: str, node: Any) -> Grown:
        """A list of lists as one of lists of numbers of another type."""
        if grown.rows is None or grown.rows == rows:
            return grown
        whole = self.with_number(replace(grown, number=grown.rows), rows, node)
        if grown.array in self.sizes.row_lengths:
            self.sizes.row_lengths[whole.array] = self.sizes.row_lengths[grown.array]
        return replace(whole, number="", rows=rows)

    def lists_of_row(self, array: Value) -> list[Cell]:
        """The lists of lists whose array holds a row."""
        (base, _) = self.viewed(array) or (None, None)
        cells = dict.fromkeys(
            h for (h, _), b in self.state.places() if isinstance(b, Grown) and b.array is base
        )
        return [c for c in cells if isinstance(c, Cell) and c.contents.rows is not None]

    def set_in_row(self, cell: Cell, row: Grown, index: Value, value: Value, node: Any) -> None:
        """rows[i][index] = value: into the array of all rows."""
        self.may_change(cell, node)
        if value.kind.base not in ("number", "any") or value.kind.is_array:
            raise self.unsupported(
                node, "what is no number is written into a list of numbers", "use two lists"
            )
        lists = self.lists_of_row(row.array)
        if not lists:
            raise self.aliasing(
                node, "the list that is changed here may be an item of another list, or no more"
            )
        dtype = str(value.kind.dtype) if value.kind.dtype in ("int", "float") else ""
        number = joined_numbers(row.number, dtype)
        if number != row.number:
            (base, _) = self.viewed(row.array) or (row.array, None)
            whole = self.with_number(Grown(base, base, number=row.number), number, node)
            for holder in lists:
                self.may_change(holder, node)
            if whole.array is not base:
                self.versions[whole.array] = base
                self.replace(base, whole.array)
                self.refresh(base, whole.array)
            for holder in lists:
                holder.vars[CONTENTS] = replace(holder.contents, rows=number)
            row = replace(cell.contents, number=number)
            cell.vars[CONTENTS] = row
        source = self.viewed(row.array)
        more = None if source is None else self.added(value, source[0], node)
        fn = "intrinsic.store" if more is None else "intrinsic.index_add"
        self.write(fn, node, row.array, index, more or value, node)

    def added(self, new: Value, array: Value, node: Any) -> Value | None:
        """What `xs[i] += v` adds to an item of an array; None for another value, or where it has changed since."""
        op = new.op
        names = ("operator.add", "operator.sub")
        if op is None or not op.attrs.get("update") or op.fn not in names:
            return None
        old, more = op.operands
        if old.op is not None and old.op.fn in ("builtins.float", "builtins.int"):
            old = old.op.operands[0]
        if old.op is None or old.op.fn != "operator.getitem" or old.op.operands[0] is not array:
            return None
        return more if op.fn == names[0] else self.prim("operator.neg", [more], {}, node)

    def set_row(self, cell: Cell, index: Binding, value: Binding, node: Any) -> None:
        """rows[index] = list: the array holds what is in the list, which has no other name from here on."""
        self.may_change(cell, node)
        rows, place = cell.contents, self.to_value(index, node)
        if isinstance(value, Cell):
            self.hold_in_array(value, node)
        new = value.contents if isinstance(value, Cell) else None
        named = [p for p, b in self.state.places() if b is value and not p[1].startswith("$")]
        if (
            not isinstance(value, Cell)
            or not isinstance(new, Grown)
            or not new.complete
            or FROZEN in value.vars
            or not (rows.own or rows.doubled is not None)
            or place.kind.dtype not in ("int", "i8")
            or joined_numbers(rows.rows, new.number) != rows.rows
            or self.sizes.rows(rows.array) != self.sizes.of(new.length)
        ):
            raise self.unsupported(
                node,
                "an item of a list of lists is replaced by what is not known to be a new list as long as it",
                "write its items: rows[i][:] = ... of a NumPy array",
            )
        if any(not isinstance(h, Scope) for h, _ in named) or self.named_rows(rows.array):
            raise self.aliasing(
                node, "a list that is an item of another one has a second name here"
            )
        for holder, name in named:
            del holder.vars[name]
            self.forgotten[holder, name] = cell
        for row in self.named_rows(rows.array, hidden=True):
            if row is not value:
                now = self.prim("numpy.copy", [row.contents.array], {}, node)
                was = row.contents.array.op.operands[1]
                row.vars[CONTENTS] = replace(row.contents, array=now, row=False, was=was)
        source = self.viewed(new.array) if new.row else None
        array = self.prim("intrinsic.store", [rows.array, place, new.array], {}, node)
        array.hint = rows.array.hint
        value.vars[FROZEN] = Static("this list is an item of another list")
        cell.vars[CONTENTS] = replace(rows, array=array)
        moved = source[1] if source is not None and source[0] is rows.array else new.was
        if new.row or new.was is not None:
            # Two items that change places are each there once afterwards; any other is there twice, or elsewhere too.
            swapped = (
                rows.doubled is not None
                and moved is not None
                and self.sizes.equal(rows.doubled[0], place)
                and self.sizes.equal(rows.doubled[1], moved)
            )
            doubled = None if swapped or moved is None or rows.doubled else (moved, place)
            cell.vars[CONTENTS] = replace(rows, array=array, own=swapped, doubled=doubled)

    def named_rows(self, array: Value, hidden: bool = False) -> list[Cell]:
        """The rows of an array that have names, or are held in something else; or those that an assignment holds."""
        return [
            cell
            for (holder, name), b in self.state.places()
            if hidden or isinstance(holder, Cell) or name.isidentifier()
            for cell in cells_in(b)
            if isinstance(cell.contents, Grown)
            and cell.contents.row
            and self.is_view(cell.contents.array.op, array)
        ]

    def drop_rows(self) -> None:
        """After a statement: forget the rows that it read, where nothing holds them."""
        held = {cell for _, b in self.state.places() for cell in cells_in(b)}
        for cell in self.row_cells:
            if cell not in held:
                self.state.holders.pop(cell, None)
        self.row_cells = []

    # --- stars ------------------------------------------------------------------------------------------

    def is_long(self, binding: Binding) -> bool:
        """True for an array, or a list in an array: only the run knows how many items it has."""
        if isinstance(binding, Cell):
            return isinstance(binding.contents, (Grown, Columns))
        return isinstance(binding, Value) and binding.kind.is_array

    def few(self, called: Any, args: list[Binding], node: Any) -> list[Binding]:
        """The arguments of a function that is not the program's: max(*xs) is max(xs)."""
        if (called is max or called is min) and len(args) == 1 and isinstance(args[0], Rest):
            return [args[0].items]
        raise self.unknown_count(node)

    def spread(
        self, args: list[Binding], names: list[str], given: set[str], star: Any, node: Any
    ) -> tuple[list[Binding], Binding]:
        """The arguments for the parameters `names`, and what is left for *args: f(a, *xs, b)."""
        place = next(k for k, a in enumerate(args) if isinstance(a, Rest))
        before, rest, after = args[:place], args[place], args[place + 1 :]
        assert isinstance(rest, Rest)
        open_names = names[len(before) :]
        if any(isinstance(a, Rest) for a in after) or set(open_names) & given:
            raise self.unknown_count(node)
        count = len(open_names) if star else len(open_names) - len(after)
        if count < 0 or (star and after and count):
            raise self.unknown_count(node)
        whole: dict[str, Binding] = {"whole": rest.items}
        wrong, word = ("<", "at least ") if star else ("!=", "")
        if count or not star:
            message = f"this call takes {word}{count} arguments from the items behind the star"
            text = f"if len(whole) {wrong} {count}:\n    raise Refused({message!r})"
            with self.with_hidden(whole):
                self.statements(written(text, node))
        taken = [self.computed(f"whole[{k}]", whole, node) for k in range(count)]
        before = [*before, *taken]
        if not star:
            return [*before, *after], Items([])
        left = self.computed(f"list(whole[{count or ''}:])", whole, node)
        more = before[len(names) :]
        for part in (more, after):
            if part:
                other = self.call(Static(list), [Items(part)], {}, node)
                pair = (other, left) if part is more else (left, other)
                joined = self.joined_lists(*pair, node)
                if joined is None:
                    raise self.unknown_count(node)
                left = joined
        assert isinstance(left, Cell)
        left.kind, left.frozen = tuple, "a tuple cannot be changed"
        return before[: len(names)], left

    def unpack_slices(self, target: Any, star: int, value: Binding, node: Any) -> None:
        """first, *rest = array, or a list whose length the run decides."""
        least = len(target.elts) - 1
        after = least - star
        message = f"not enough values to unpack (expected at least {least})"
        whole: dict[str, Binding] = {"whole": value}
        text = f"if len(whole) < {least}:\n    raise ValueError({message!r})"
        with self.with_hidden(whole):
            self.statements(written(text, target))
        parts = [f"whole[{k}]" for k in range(star)]
        parts.append(f"list(whole[{star}:{-after or ''}])")
        parts += [f"whole[{k - after}]" for k in range(after)]
        values = [self.computed(part, whole, target) for part in parts]
        targets = [t.value if isinstance(t, gast.Starred) else t for t in target.elts]
        self.unpack(gast.Tuple(targets, gast.Store()), Items(values), node)


# --- methods --------------------------------------------------------------------------------------------


def _append(low: Listed, cell: Cell, args: list[Binding], kwargs: Any, node: Any) -> None:
    low.append_grown(cell, args[0], node)


def _extend(low: Listed, cell: Cell, args: list[Binding], kwargs: Any, node: Any) -> None:
    if low.is_long(args[0]):
        longer = low.joined_lists(cell, low.call(Static(list), [args[0]], {}, node), node)
        if longer is None:
            raise low.unsupported(node, "a list is extended by numbers of another type")
        low.change(cell, longer.contents, node)
        return
    for item in low.given(args[0], node):
        low.append_grown(cell, item, node)


def _copy(low: Listed, cell: Cell, args: list[Binding], kwargs: Any, node: Any) -> Binding:
    copied = low.copied_list(cell, node)
    if copied is None:
        raise low.unsupported(
            node, "a list that grows in this loop is copied", "copy it afterwards"
        )
    return copied


def _pop(low: Listed, cell: Cell, args: list[Binding], kwargs: Any, node: Any) -> Binding:
    index = args[0] if args else low.const(-1, node)
    value = low.item(cell, index, node)
    low.delete_item(cell, index, node)
    return value


def _rewritten(text: str) -> Any:
    """A method whose list is afterwards what an expression gives."""

    def method(low: Listed, cell: Cell, args: list[Binding], kwargs: Any, node: Any) -> None:
        variables: dict[str, Binding] = {
            "xs": cell,
            "sorted": Static(sorted),
            "reversed": Static(reversed),
        }
        variables |= {f"A{k}": a for k, a in enumerate(args)} | {
            f"K{k}": v for k, v in kwargs.items()
        }
        words = "".join(f", {k}=K{k}" for k in kwargs)
        changed = low.computed(text.format(words=words), variables, node)
        if not isinstance(changed, Cell) or not isinstance(changed.contents, Grown):
            raise low.unsupported(node, "this method of a list whose length the run decides")
        low.change(cell, changed.contents, node)

    return method


IN_ARRAY_METHODS: dict[str, Callable[..., Binding | None]] = {
    "append": _append, "extend": _extend, "pop": _pop, "copy": _copy,
    "insert": _rewritten("xs[:A0] + [A1] + xs[A0:]"), "reverse": _rewritten("xs[::-1]"),
    "sort": _rewritten("sorted(xs{words})"),
}  # fmt: skip
