"""What a `for` runs over: range, arrays, tuples, lists and dicts, zip, enumerate, reversed and map of these; sums."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from s2sad.errors import AliasingError, UnsupportedSyntaxError
from s2sad.frontend.columns import columns_of
from s2sad.frontend.containers import UNKNOWN
from s2sad.frontend.generators import Generators
from s2sad.frontend.growing import LONGEST
from s2sad.frontend.merge import FLAGS
from s2sad.frontend.plan import itself
from s2sad.frontend.scope import (
    Binding,
    Cell,
    Collected,
    Columns,
    Generator,
    Grown,
    Items,
    values_in,
)
from s2sad.ir.core import Value
from s2sad.ir.kinds import NONE

FEW_ROWS = 8


@dataclass
class Counted:
    """A loop's range (start, stop, step), and what the loop's variable is at an index of it."""

    domain: list[Value]
    element: Callable[[Value], Binding]
    known: Known | None = None  # the same loop over items that are known one by one

    @property
    def start(self) -> Value:
        return self.domain[0]


@dataclass
class Known:
    """A loop over so many items as are known; each is read when it is its turn, as the body may change them."""

    length: int
    element: Callable[[int], Binding]
    ended: Callable[[], None] = lambda: None
    last: bool = False  # written out only where the whole function cannot be followed otherwise


class Iterables(Generators):
    """The part of `Lowering` that handles what loops run over."""

    if TYPE_CHECKING:

        def loop(
            self, node: Any, domain: list[Value] | None, element: Callable[[Value], Binding] | None
        ) -> bool: ...
        def branch(self, test: Value, then: Any, other: Any, node: Any, form: str) -> None: ...
        def iterated(self, node: Any) -> Counted | Known | Generator: ...
        def is_none(self, binding: Binding) -> bool: ...

    def for_statement(self, node: Any) -> None:
        outer, self.watched = self.watched, []
        around, self.run_over_lists = self.run_over_lists, []
        over = self.iterated(node.iter)
        mine, self.watched = self.watched, outer
        lists, self.run_over_lists = self.run_over_lists, around
        self.loop_over(node, over)
        for cell, length in lists:
            if cell in self.state.holders:
                self.as_long_as(cell, cell.contents, length, node)
        self.unchanged(mine, "a generator beside others", node)

    def loop_over(self, node: Any, over: Counted | Known | Generator) -> None:
        if isinstance(over, Generator):
            self.loop_over_generator(node, over)
            return
        if isinstance(over, Known):
            self.unrolled(node, over)
            return
        place = (self.scope.source.file.path, node.lineno, node.col_offset)
        items = self.counted_items(over, node)
        tried = ("unrolled", node.iter, *self.stack)
        if items is not None and (place in self.written_out or tried in self.hints):
            self.unrolled(node, items)
            return
        block, mark, before = self.block, len(self.block.ops), self.state.take()
        statement = self.statement
        try:
            if self.loop(node, over.domain, over.element) and items is not None:
                self.short.add(place)
        except (UnsupportedSyntaxError, AliasingError):
            # Items of lists and dicts are known one by one: so must be the iterations that name them.
            self.block, self.statement = block, statement
            del block.ops[mark:]
            self.state.restore(before)
            if items is None:
                raise
            self.hints[tried] = None
            self.unrolled(node, items)

    def known_over(self, binding: Binding, items: Items, hidden: str, node: Any) -> Known:
        """A loop over a tuple, a list, a dict or a view of one; `hidden` is a variable for what it holds."""
        count = len(items.items)
        if isinstance(binding, Items):
            if all(v.kind.is_scalar for v in values_in(binding)):
                return Known(count, lambda k: items.items[k])
            holder = self.scope
            holder.vars[hidden] = binding

            def held(k: int) -> Binding:
                now = holder.vars[hidden]
                assert isinstance(now, Items)
                return now.items[k]

            return Known(count, held)

        def there() -> list[Binding]:
            now = self.sequence(binding)
            if now is None or len(now.items) != count:
                raise self.unsupported(
                    node,
                    "a list or dict becomes longer or shorter while a loop runs over it",
                    "loop over a copy: list(...)",
                )
            return self.in_order(now, node).items

        def ended() -> None:
            there()

        return Known(count, lambda k: there()[k], ended)

    def over(self, binding: Binding, node: Any, number: int = 0) -> Counted | Known:
        """How to run over what a binding holds: the value of an expression, or one of the items of it."""
        hidden = f"$over{node.lineno},{node.col_offset},{getattr(node, 'id', '')},{number}"
        items, text = self.items_or_shape(binding, node), self.literal(binding)
        if isinstance(binding, Value) and items is not None:
            binding = items
        if isinstance(text, str):
            letters = [self.const(letter, node) for letter in text]
            return Known(len(letters), lambda k: letters[k])
        if items is not None:
            known = self.known_over(binding, self.in_order(items, node), hidden, node)
            table = self.table_of(items, node)
            if table is None:
                return known
            return self.rows_of(lambda: table, self.const(known.length, node), node, known)
        contents = binding.contents if isinstance(binding, Cell) else None
        if isinstance(contents, (Grown, Columns)):
            assert isinstance(binding, Cell)
            return self.over_list(binding, node)
        array = self.to_value(binding, node)
        # The body may write the array: rows are those of its version at the time.
        self.scope.vars[hidden] = array

        def now() -> Value:
            return self.to_value(self.scope.vars[hidden], node)

        return self.rows_of(
            now, self.prim("builtins.len", [array], {}, node), node, self.known_rows(now, node)
        )

    def known_rows(self, array: Callable[[], Value], node: Any) -> Known | None:
        """The rows of an array with a few of them: a loop over them may be written out."""
        dims = array().kind.dims
        count = dims[0] if dims else None
        if not isinstance(count, int) or count > FEW_ROWS:
            return None
        return Known(
            count,
            lambda k: self.prim("operator.getitem", [array(), self.const(k, node)], {}, node),
            last=True,
        )

    def over_list(self, cell: Cell, node: Any) -> Counted:
        """A loop over a list in an array, whose items the body may write."""
        length, first = self.grown_length(cell), cell.contents
        assert length is not None
        self.run_over_lists.append((cell, length))

        def item(index: Value) -> Binding:
            contents = cell.contents
            if isinstance(contents, Collected) and not contents.new:
                contents = first  # its items are on a tape, and stay what they are
            self.as_long_as(cell, contents, length, node)
            self.natural.add(index)
            return self.grown_item(contents, index, node)

        return self.counted(length, item, node)

    def as_long_as(self, cell: Cell, contents: Any, length: Value, node: Any) -> None:
        """Refuse a list that the body of a loop over it makes longer or shorter."""
        now = (
            None if isinstance(contents, (Items, Collected)) else next(columns_of(contents)).length
        )
        if now is None or not self.sizes.equal(now, length):
            raise self.unsupported(
                node,
                "a list becomes longer or shorter while a loop runs over it",
                "loop over a copy: list(...)",
            )

    def rows_of(
        self, array: Callable[[], Value], length: Value, node: Any, known: Known | None = None
    ) -> Counted:
        """A loop over the items of what `array` gives, which may be printed as such."""

        def row(index: Value) -> Value:
            attrs = {"row": True} if index.op is None else {}
            return self.prim("operator.getitem", [array(), index], {}, node, **attrs)

        return self.counted(length, row, node, known)

    def counted(
        self,
        length: Value,
        element: Callable[[Value], Binding],
        node: Any,
        known: Known | None = None,
    ) -> Counted:
        return Counted([self.const(0, node), length, self.const(1, node)], element, known)

    def range_(self, node: Any) -> Counted:
        args = [self.to_value(b, node) for b in self.each(node.args)]
        if self.keywords(node) or not 1 <= len(args) <= 3:
            raise self.unsupported(node, "range takes one to three arguments")
        if any(a.kind == NONE for a in args):
            raise self.raises(TypeError, node, "range of None", "give it an integer")
        start = args[0] if len(args) > 1 else self.const(0, node)
        stop = args[1] if len(args) > 1 else args[0]
        return Counted([start, stop, args[2] if len(args) > 2 else self.const(1, node)], itself)

    def length(self, over: Counted, node: Any) -> Value:
        start, stop, step = over.domain
        if is_constant(start, 0) and is_constant(step, 1):
            return stop
        return self.prim("intrinsic.trips", over.domain, {}, node)

    def at(self, over: Counted, index: Value, node: Any) -> Binding:
        """The element of place `index`, counted from 0."""
        start, _, step = over.domain
        if not is_constant(step, 1):
            index = self.prim("operator.mul", [index, step], {}, node)
        if not is_constant(start, 0):
            index = self.prim("operator.add", [start, index], {}, node)
        return over.element(index)

    def unrolled(self, node: Any, known: Known) -> None:
        """A loop over a tuple or list of known length: its body, once for each item."""
        variables = self.scope.vars
        outer = {f: variables.pop(f) for f in FLAGS[1:] if f in variables}

        def run(i: int) -> None:
            for k in range(i, known.length):
                item = known.element(k)
                literals = [
                    v for v in values_in(item) if self.literal(v) is not UNKNOWN and not v.hint
                ]
                self.assign(node.target, item, node)
                for value in literals:
                    value.hint = ""  # written where it is used, as there is no loop that sets it
                self.statements(node.body)
                self.scope.vars.pop("$continue", None)
                leaving = self.leaving(node)
                if leaving is True:
                    return
                if leaving is not False:
                    self.branch(leaving, lambda: None, lambda k=k: run(k + 1), node, "guard")
                    return
            known.ended()
            self.statements(node.orelse)

        run(0)
        self.scope.vars.pop("$break", None)
        self.scope.vars.update(outer)

    def counted_items(self, over: Counted, node: Any) -> Known | None:
        """The items of a range whose ends are literals, of a table, or of an array with few rows; `node`: the loop.

        Rows are known one by one only where the function cannot be followed otherwise.
        """
        if over.known is not None:
            place = (self.scope.source.file.path, node.lineno, node.col_offset)
            if over.known.last and place not in self.written_out:
                self.short.add(place)
                return None
            return over.known
        ends = [self.literal(v) for v in over.domain]
        if not all(type(e) is int for e in ends) or ends[2] == 0:
            return None
        places = range(*ends)
        if len(places) > LONGEST:
            return None
        return Known(len(places), lambda k: over.element(self.const(places[k], self.here)))


def is_constant(value: Value, wanted: int) -> bool:
    op = value.op
    return op is not None and op.name == "const" and op.value == wanted
