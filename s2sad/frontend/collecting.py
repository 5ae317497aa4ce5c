"""Lists of unknown length: what each iteration of a loop appends is put on a tape.

After the loop the list is an array that is stacked from the tape. In the loop's body the first items are known,
and as many of the last ones as the body reads are carried from one iteration to the next.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from s2sad.frontend.columns import (
    ItemTrees,
    columns_of,
    dims_below,
    form,
    leaves,
    mapped,
    of_one_shape,
)
from s2sad.frontend.listed import EMPTY
from s2sad.frontend.scope import Binding, Cell, Collected, Columns, Grown, Items, Run, Static
from s2sad.frontend.sizes import ONE, plus, times
from s2sad.ir.core import Block, Loop, Value
from s2sad.ir.kinds import ANY, PYTHON_DTYPES, passive

ALWAYS = Static(True)


@dataclass(frozen=True)
class Need:
    """What a loop's body reads of a list that grows: so many of its last items, and its length."""

    last: int = 0
    length: bool = False


class NeedsMore(Exception):
    """More of a list that grows is read than the loop carries."""

    def __init__(
        self, cell: Cell, last: int = 0, length: bool = False, outer: bool = False
    ) -> None:
        self.cell = cell
        self.more = Need(last, length)
        self.outer = outer  # it is the loop around that has to carry more

    def added(self, need: Need) -> Need:
        return Need(need.last + self.more.last, need.length or self.more.length)


class Collecting(ItemTrees):
    """The part of `Lowering` that handles lists of unknown length."""

    if TYPE_CHECKING:

        def change(self, cell: Cell, contents: Binding, node: Any) -> None: ...
        def ask_numbers(self, values: list[Value], node: Any) -> None: ...
        def end_to_end(self, array: Value, node: Any) -> Value: ...

    # --- before the loop, and in its body ---------------------------------------------------------------

    def named(self, cell: Cell, what: str) -> str:
        """A name for something of a list: "xs_last"."""
        name = self.name_of_list(cell)
        return f"{name}_{what}" if name else ""

    def last_items(
        self, cell: Cell, contents: Items | Grown | Columns | Collected, count: int, node: Any
    ) -> list[Binding]:
        """The last items of a list before the loop."""
        if isinstance(contents, Collected):
            missing = max(count, contents.carried) - len(contents.last)
            if missing > 0:
                raise NeedsMore(cell, last=missing, outer=True)
            return contents.last[len(contents.last) - max(count, contents.carried) :]
        empty = isinstance(contents, Grown) and contents.number == EMPTY
        if not isinstance(contents, Items) and not empty:
            places = [self.const(k, node) for k in range(-count, 0)]
            return [self.tree(self.grown_item(contents, k, node), (), node) for k in places]
        if empty and not count:
            return []
        if not isinstance(contents, Items) or count > len(contents.items):
            raise self.unsupported(
                node,
                "an item is read of a list that may still be empty in the first iteration of this loop",
                "give the list its first items before the loop, or use a variable for the last one",
            )
        last = contents.items[len(contents.items) - count :]
        return [self.tree(item, (), node) for item in last]

    def append_collected(self, cell: Cell, item: Binding, node: Any) -> None:
        contents: Collected = cell.contents
        if cell.made in self.by_place and isinstance(item, Cell):
            self.hold_in_array(item, node)
        tree = self.tree(item, contents.older, node, contents.body)
        length = contents.length
        if length is not None:
            length = self.moved(length, 1, node)
        last, new = [*contents.last, tree], [*contents.new, (tree, ALWAYS)]
        self.change(cell, replace(contents, last=last, length=length, new=new), node)

    def collected_item(self, cell: Cell, index: Binding, node: Any) -> Binding:
        contents: Collected = cell.contents
        place = self.literal(index)
        if isinstance(place, int) and 0 <= place < len(contents.first):
            return contents.first[place]
        if not isinstance(place, int) or place >= 0:
            raise self.unsupported(
                node,
                "a list that grows in this loop is read at an index that does not count from its end",
                "read its last items, as in xs[-1], or fill a NumPy array",
            )
        if -place > len(contents.last):
            raise NeedsMore(cell, last=-place - len(contents.last))
        return self.item_of(contents.last[place])

    def set_new_item(self, cell: Cell, place: Any, value: Binding, node: Any) -> bool:
        """list[-1] = value, for an item that this iteration has appended; False where it is another one."""
        contents: Collected = cell.contents
        if type(place) is not int or not -len(contents.new) <= place < 0:
            return False
        if contents.new[place][1] is not ALWAYS:
            return False
        tree = self.tree(value, contents.older, node, contents.body)
        last, new = list(contents.last), list(contents.new)
        last[place], new[place] = tree, (tree, ALWAYS)
        self.change(cell, replace(contents, last=last, new=new), node)
        return True

    def collected_length(self, cell: Cell) -> Value:
        contents: Collected = cell.contents
        if contents.length is None:
            raise NeedsMore(cell, length=True)
        return contents.length

    # --- after the loop ---------------------------------------------------------------------------------

    def put_on_tapes(self, body: Block, ends: dict[Cell, Collected], node: Any) -> list[Value]:
        """What an iteration puts on tapes, one after the other: for each list its columns [and flags]."""
        saved, self.block = self.block, body
        out: list[Value] = []
        for cell, end in ends.items():
            if not end.new:
                continue
            carried = len(end.last) > len(end.new)
            for values in zip(*(leaves(tree) for tree, _ in end.new), strict=True):
                trees = [tree for tree, _ in end.new]
                out.append(self.one_array(list(values), trees, node))
                out[-1].hint = out[-1].hint or self.named(cell, "last" if carried else "item")
            if not _is_certain(end):
                flags = [self.to_value(flag, node) for _, flag in end.new]
                out.append(self.one_array(flags, [], node))
                out[-1].hint = out[-1].hint or self.named(cell, "flag")
        self.block = saved
        return out

    def one_array(self, values: list[Value], trees: list[Binding], node: Any) -> Value:
        """A value, or an array of several."""
        if len(values) == 1:
            return values[0]
        if not any(isinstance(tree, Run) for tree in trees):
            return self.listed_array(values, node)
        arrays = [
            value if isinstance(tree, Run) else self.listed_array([value], node)
            for value, tree in zip(values, trees, strict=True)
        ]
        both = self.op("tuple", arrays, passive("tuple"), node)
        return self.prim("numpy.concatenate", [both], {}, node)

    def listed_array(self, values: list[Value], node: Any) -> Value:
        """The user's list holds arrays themselves, which a later write would change in it."""
        holds = not values[0].kind.is_scalar
        return self.prim("intrinsic.array_of", values, {}, node, holds=holds)

    def stacked_lists(
        self, loop: Loop, before: dict[Cell, Any], ends: dict[Cell, Collected], node: Any
    ) -> dict[Cell, Binding]:
        """The lists after the loop, from the tapes that it filled."""
        tapes = iter(loop.tapes_out)
        out: dict[Cell, Binding] = {}
        for cell, end in ends.items():
            start = before[cell]
            if not end.new:
                out[cell] = start
                continue
            tree = end.new[0][0]
            if isinstance(start, Collected):
                out[cell] = self.run_of(cell, start, end, tapes, node)
                continue
            starts = self.columns_before(start, tree, end, node)
            mine = [next(tapes) for _ in leaves(tree)]
            flags = None if _is_certain(end) else next(tapes)
            kept = None
            if flags is not None:
                flags.hint = self.named(cell, "kept")
                kept = self.stacked(flags, [], node)
                kept.hint = flags.hint
            done = []
            fixed = None
            if loop.is_for and not loop.has_stop and flags is None and starts == [[]]:
                fixed = self.filled_rows(loop, end, node)
            if fixed is not None:
                fixed.array.hint = self.name_of_list(cell)
                done.append(fixed)
            for k, (tape, before_it) in enumerate(zip(mine, starts, strict=True)):
                if fixed is not None:
                    break
                values = [leaves(t)[k] for t, _ in end.new]
                runs = [t for t, _ in end.new if isinstance(t, Run)]
                lists = [t for t, _ in end.new if isinstance(t, Grown)]
                done.append(
                    self.column(cell, len(mine), tape, before_it, values, kept, node, runs, lists)
                )
            if loop.is_for and not loop.has_stop and flags is None:
                self.note_length(done[0], loop.domain, start, end)
            columns = iter(done)
            own = self.are_own([t for t, _ in end.new], start)

            def finished(leaf: Binding, columns: Any = columns, own: bool = own) -> Binding:
                column: Grown = next(columns)
                if not isinstance(leaf, Grown):
                    return column
                self.sizes.row_lengths[column.array] = self.sizes.of(leaf.length)
                return replace(column, rows=leaf.number, number="", own=own)

            made = mapped(tree, finished)
            out[cell] = Columns(made) if isinstance(made, Items) else made
        return out

    def are_own(self, trees: list[Binding], start: Any) -> bool:
        """True for lists that were made for a list of lists, and that nothing else holds."""
        if isinstance(start, Items) and start.items or isinstance(start, Columns):
            return False
        before = [start] if isinstance(start, Grown) else []
        return all(isinstance(t, Grown) and t.own for t in [*trees, *before])

    def note_length(self, column: Grown, domain: list[Value], start: Any, end: Collected) -> None:
        """How long a list is to which each iteration of a loop appends as much."""
        if any(isinstance(t, Run) for t, _ in end.new):
            return
        more = times(self.sizes.trips(domain), len(end.new))
        if isinstance(start, Items):
            before = {ONE: len(start.items)} if start.items else {}
        else:
            before = self.sizes.of(next(columns_of(start)).length)
        self.sizes.stacked[column.array] = plus(before, more)

    def run_of(
        self, cell: Cell, start: Collected, end: Collected, tapes: Any, node: Any
    ) -> Collected:
        """The list of a loop around, longer by what an inner loop has appended."""
        if any(isinstance(t, (Items, Grown)) or not is_number(t) for t, _ in end.new):
            raise self.unsupported(
                node,
                "an inner loop appends to a list what is not known to be a number",
                "append numbers, or make a list in each iteration of the outer loop",
            )
        tape = next(tapes)
        kept = None if _is_certain(end) else self.stacked(next(tapes), [], node)
        values = [leaves(t)[0] for t, _ in end.new]
        runs = [t for t, _ in end.new if isinstance(t, Run)]
        items = self.column(cell, 1, tape, [], values, kept, node, runs)
        length = start.length
        if length is not None:
            length = self.prim("operator.add", [length, items.length], {}, node)
        new = [*start.new, (Run(items.array, items.number), ALWAYS)]
        return replace(start, length=length, new=new)

    def columns_before(
        self, start: Any, tree: Binding, end: Collected, node: Any
    ) -> list[Grown | list[Value]]:
        """What each column begins with."""
        empty = isinstance(start, Grown) and start.number == EMPTY
        if isinstance(start, Items):
            first = [self.tree(item, (), node) for item in start.items]
            shapes = [_shapes(item) for item in first]
        else:
            first = [mapped(start.form if isinstance(start, Columns) else start, _an_item)]
            shapes = [] if empty else [[dims_below(c) for c in columns_of(start)]]
        new = [t for t, _ in end.new]
        alike = all(form(t) == form(tree) for t in [*new, *first])
        if not alike or not of_one_shape([*(_shapes(t) for t in new), *shapes]):
            raise self.unsupported(
                node,
                "the items of a list that grows in a loop are not all of one structure",
                "append items of one structure to it",
            )
        rows = [self.row_sizes(t) for t in [*new, *first]]
        if any(sizes != rows[0] or None in sizes for sizes in rows):
            raise self.unsupported(
                node,
                "a list grows in a loop by lists of different lengths",
                "append arrays, or lists of one length",
            )
        if not isinstance(start, Items):
            if empty:
                self.ask_numbers([v for t in new for v in leaves(t)], node)
            return list(columns_of(start))
        return [[leaves(t)[k] for t in first] for k in range(len(leaves(tree)))]

    def row_sizes(self, tree: Binding) -> list[Any]:
        """How long the lists in an item are, or in the items of a list that has grown."""
        if isinstance(tree, Items):
            return [size for part in tree.items for size in self.row_sizes(part)]
        if not isinstance(tree, Grown):
            return []
        return [
            self.sizes.rows(tree.array) if tree.rows is not None else self.sizes.of(tree.length)
        ]

    def column(
        self,
        cell: Cell,
        count: int,
        tape: Value,
        start: Grown | list[Value],
        values: list[Value],
        kept: Value | None,
        node: Any,
        runs: list[Run] | None = None,
        lists: list[Grown] | None = None,
    ) -> Grown:
        """The array of what stands at one place of the items."""
        name = self.name_of_list(cell)
        if count > 1:
            name = f"{name}_{values[0].hint}" if values[0].hint and name else ""
        tape.hint = name if kept is None or not name else f"{name}_items"
        runs = runs or []
        rows = not runs and not values[0].kind.is_scalar
        flat = bool(runs) or (rows and len(values) > 1)
        if flat and kept is not None:
            what = "an inner loop appends numbers" if runs else "several items are appended"
            raise self.unsupported(
                node,
                f"{what} to a list to which an iteration appends on one branch only",
                "fill a NumPy array, and count its items",
            )
        plain = isinstance(start, list) and kept is None and (len(values) == 1 or flat)
        beginning = start if plain and isinstance(start, list) else []
        array = self.stacked(tape, beginning, node, flat=flat)
        # Numbers, and the numbers of lists, are copied into the array; arrays are held by the list.
        fresh = bool(runs or lists) or not rows
        if array.op is not None:
            array.op.attrs["fresh"] = fresh
        array.hint = tape.hint
        if kept is not None:
            array = self.prim("operator.getitem", [array, kept], {}, node, holds=not fresh)
        elif len(values) > 1 and not flat:
            array = self.end_to_end(array, node)
        if not plain and start != []:
            first = start.array if isinstance(start, Grown) else self.listed_array(start, node)
            if rows:
                # An array of no rows does not know how long they would be, and np.concatenate asks.
                array = self.prim("intrinsic.joined", [first, array], {}, node, holds=not fresh)
            else:
                both = self.op("tuple", [first, array], passive("tuple"), node)
                array = self.prim("numpy.concatenate", [both], {}, node)
        array.hint = name
        dtypes = [v.kind.dtype if v.kind.is_scalar else "array" for v in values]
        if runs:
            dtypes = [d for d in dtypes if d != "array"] + [run.number or "f8" for run in runs]
        dtypes += (
            [start.number or "f8"] if isinstance(start, Grown) else [v.kind.dtype for v in start]
        )
        number = "float" if "float" in dtypes else "int"
        length = self.prim("builtins.len", [array], {}, node)
        python = all(d in PYTHON_DTYPES for d in dtypes)
        pieces = None
        if plain and rows and not flat:
            # np.concatenate of the list, which is dropped where nothing reads it.
            joined = self.stacked(tape, beginning, node, flat=True, empty=False, whole=True)
            pieces = (array, joined)
        return Grown(array, length, complete=True, number=number if python else "", pieces=pieces)

    def stacked(
        self,
        tape: Value,
        values: list[Value],
        node: Any,
        flat: bool = False,
        empty: bool = True,
        whole: bool = False,
    ) -> Value:
        """The array of what is on a tape; `empty`: also where there is nothing on it.

        `flat`: what is on the tape is joined end to end, after `values`, which are items of that array; or, where
        `whole`, arrays like those on the tape.
        """
        array = self.op("stack", [tape, *values], ANY, node, flat=flat, list=empty, whole=whole)
        assert array.op is not None
        array.kind = self.primitives.kind_of(array.op)
        return array

    def name_of_list(self, cell: Cell) -> str:
        names = [n for _, n in self.state.holding(cell) if n.isidentifier()]
        return names[0] if names else ""


def is_number(tree: Binding) -> bool:
    """True for a number, or a run of numbers."""
    return isinstance(tree, Run) or isinstance(tree, Value) and tree.kind.is_scalar


def _is_certain(end: Collected) -> bool:
    return all(isinstance(flag, Static) and flag.value is True for _, flag in end.new)


def _an_item(column: Binding) -> Binding:
    """What stands for an item of a list in an array."""
    if not isinstance(column, Grown):
        return column
    return column.array if column.rows is None else replace(column, number=column.rows)


def _shapes(tree: Binding) -> list[Any]:
    if isinstance(tree, Items):
        return [shape for part in tree.items for shape in _shapes(part)]
    if isinstance(tree, Run):
        return [()]
    return [v.kind.dims for v in leaves(tree)]
