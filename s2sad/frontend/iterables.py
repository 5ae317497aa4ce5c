"""What a `for` runs over: range, arrays, tuples, lists and dicts, zip, enumerate, reversed and map of these; sums."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import gast

from s2sad.errors import AliasingError, UnsupportedSyntaxError
from s2sad.frontend.columns import columns_of
from s2sad.frontend.containers import UNKNOWN
from s2sad.frontend.generators import Generators
from s2sad.frontend.growing import LONGEST
from s2sad.frontend.merge import FLAGS
from s2sad.frontend.plan import itself
from s2sad.frontend.scope import (
    CONTAINERS,
    Binding,
    Cell,
    Collected,
    Columns,
    Generator,
    Grown,
    Items,
    Scope,
    Static,
    values_in,
)
from s2sad.frontend.written import hidden, written
from s2sad.ir.core import Value


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


class Iterables(Generators):
    """The part of `Lowering` that handles what loops run over."""

    if TYPE_CHECKING:

        def loop(
            self, node: Any, domain: list[Value] | None, element: Callable[[Value], Binding] | None
        ) -> bool: ...
        def branch(self, test: Value, then: Any, other: Any, node: Any, form: str) -> None: ...
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
        items = self.counted_items(over)
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

    def iterated(self, node: Any) -> Counted | Known | Generator:
        """How to run over the value of an expression."""
        if isinstance(node, gast.Call) and isinstance(node.func, gast.Name):
            callee = self.lookup(node.func)
            kind = WRAPPERS.get(callee.value) if _is_builtin(callee) else None  # type: ignore[union-attr]
            if kind is not None:
                return kind(self, node)
        if isinstance(node, gast.GeneratorExp) and len(node.generators) == 1:
            if not node.generators[0].ifs:
                return self.mapped_generator(node)
        binding = self.expression(node)
        if (
            isinstance(binding, Cell)
            and isinstance(binding.kind, type)
            and binding.kind not in CONTAINERS
        ):
            if hasattr(binding.kind, "__iter__"):
                binding = self.call(self.attribute(binding, "__iter__", node), [], {}, node)
        return binding if isinstance(binding, Generator) else self.over(binding, node)

    def part(self, node: Any) -> Counted | Known:
        """What zip, enumerate and the like run over, which is no generator."""
        over = self.iterated(node)
        if isinstance(over, Generator):
            before = self.state.take()
            made = self.collected(over, node)
            self.without_effects(before, node)
            self.watched += self.read_by(over)
            return self.over(made, node)
        return over

    def parts(self, nodes: list[Any]) -> list[Counted | Known]:
        """What several arguments run over; *rows gives as many as there are rows."""
        found: list[Counted | Known] = []
        for node in nodes:
            if isinstance(node, gast.Starred):
                rows = self.given(self.expression(node.value), node)
                found += [self.over(row, node, k) for k, row in enumerate(rows)]
            else:
                found.append(self.part(node))
        return found

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
            return now.items

        def ended() -> None:
            there()

        return Known(count, lambda k: there()[k], ended)

    def over(self, binding: Binding, node: Any, number: int = 0) -> Counted | Known:
        """How to run over what a binding holds: the value of an expression, or one of the items of it."""
        hidden = f"$over{node.lineno},{node.col_offset},{getattr(node, 'id', '')},{number}"
        items, text = self.sequence(binding), self.literal(binding)
        if isinstance(text, str):
            letters = [self.const(letter, node) for letter in text]
            return Known(len(letters), lambda k: letters[k])
        if items is not None:
            known = self.known_over(binding, items, hidden, node)
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

        return self.rows_of(now, self.prim("builtins.len", [array], {}, node), node)

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
        args = [self.value_of(a) for a in node.args]
        if node.keywords or not 1 <= len(args) <= 3:
            raise self.unsupported(node, "range takes one to three arguments")
        start = args[0] if len(args) > 1 else self.const(0, node)
        stop = args[1] if len(args) > 1 else args[0]
        return Counted([start, stop, args[2] if len(args) > 2 else self.const(1, node)], itself)

    def length(self, over: Counted, node: Any) -> Value:
        start, stop, step = over.domain
        if _is_constant(start, 0) and _is_constant(step, 1):
            return stop
        return self.prim("intrinsic.trips", over.domain, {}, node)

    def at(self, over: Counted, index: Value, node: Any) -> Binding:
        """The element of place `index`, counted from 0."""
        start, _, step = over.domain
        if not _is_constant(step, 1):
            index = self.prim("operator.mul", [index, step], {}, node)
        if not _is_constant(start, 0):
            index = self.prim("operator.add", [start, index], {}, node)
        return over.element(index)

    def each_at(self, parts: list[Counted | Known], node: Any, what: str) -> tuple[Any, Any]:
        """(length, element) of things that are run over together: all of known length, or none."""
        if any(isinstance(p, Known) for p in parts):
            parts = [(isinstance(p, Counted) and p.known) or p for p in parts]
        if not all(isinstance(p, Known) for p in parts):
            parts = [(isinstance(p, Known) and self.numbered(p, node)) or p for p in parts]
        known = [p for p in parts if isinstance(p, Known)]
        counted = [p for p in parts if isinstance(p, Counted)]
        if not counted:
            return min(p.length for p in known), lambda k: [p.element(k) for p in known]
        if known:
            raise self.unsupported(
                node,
                f"{what} of a tuple or list and an array is not supported yet",
                "make an array of the tuple",
            )
        length = self.length(counted[0], node)
        for other in counted[1:]:
            length = self.prim("builtins.min", [length, self.length(other, node)], {}, node)
        return length, lambda i: [self.at(o, i, node) for o in counted]

    def numbered(self, known: Known, node: Any) -> Counted | None:
        """A loop over numbers that are known one by one, as one over an array of them."""
        items = Items([known.element(k) for k in range(known.length)])
        numbers = self.numbers_in(items, node)
        if numbers is None:
            return None
        return self.counted(
            numbers.length, lambda i: self.grown_item(numbers, i, node), node, known
        )

    def joined_over(
        self,
        parts: list[Counted | Known],
        make: Callable[[list[Binding]], Binding],
        node: Any,
        what: str,
    ) -> Counted | Known:
        """A loop over what `make` makes of the elements of several things."""
        length, elements = self.each_at(parts, node, what)
        singly = [p.known if isinstance(p, Counted) else p for p in parts]
        known = [p for p in singly if p is not None]
        one_by_one: Known | None = None
        if len(known) == len(parts):
            count = min(p.length for p in known)

            def ended() -> None:
                for p in known:
                    p.ended()

            one_by_one = Known(count, lambda k: make([p.element(k) for p in known]), ended)
        if isinstance(length, int) and one_by_one is not None:
            return one_by_one
        return self.counted(length, lambda i: make(elements(i)), node, one_by_one)

    def zip_(self, node: Any) -> Counted | Known:
        strict = [self.literal(self.expression(k.value)) for k in node.keywords]
        if not node.args or not set(strict) <= {True, False}:
            raise self.unsupported(node, "zip takes what it joins, and strict=True or strict=False")
        parts = self.parts(node.args)
        if True in strict:
            for number, part in enumerate(parts[1:], 2):
                self.equally_long(parts[0], part, number, node)
        return self.joined_over(parts, Items, node, "zip")

    def equally_long(
        self, first: Counted | Known, part: Counted | Known, number: int, node: Any
    ) -> None:
        """zip(strict=True): an error where one argument is shorter or longer than the first one."""
        lengths = [
            self.const(p.length, node) if isinstance(p, Known) else self.length(p, node)
            for p in (first, part)
        ]
        known = [self.literal(v) for v in lengths]
        if UNKNOWN not in known and known[0] == known[1]:
            return
        others = "argument 1" if number == 2 else f"arguments 1-{number - 1}"
        for name, word in (("lt", "longer"), ("gt", "shorter")):
            unequal = self.prim(f"operator.{name}", lengths, {}, node)
            self.scope.vars |= hidden({"unequal": unequal})
            message = f"zip() argument {number} is {word} than {others}"
            self.statements(written(f"if unequal:\n    raise ValueError({message!r})", node))

    def map_(self, node: Any) -> Counted | Known:
        if node.keywords or len(node.args) < 2 or isinstance(node.args[0], gast.Starred):
            raise self.unsupported(node, "map takes a function and what it is applied to")
        function = self.expression(node.args[0])
        parts = self.parts(node.args[1:])
        return self.joined_over(
            parts, lambda args: self.call(function, args, {}, node), node, "map"
        )

    def mapped_generator(self, node: Any) -> Counted | Known:
        """A loop over a generator expression with one clause: each value is computed when it is its turn."""
        clause, outer = node.generators[0], self.scope

        def value(items: list[Binding]) -> Binding:
            scope: Scope = self.state.add(Scope(outer.source, outer))
            inner, self.scope = self.scope, scope
            for made in gast.walk(node.elt):
                if isinstance(made, gast.NamedExpr):
                    scope.elsewhere[made.target.id] = outer.owner(made.target.id)
            self.assign(clause.target, items[0], node)
            result = self.expression(copy.copy(node.elt))
            self.scope = inner
            if not scope.captured:
                self.state.holders.pop(scope, None)
            return result

        return self.joined_over([self.part(clause.iter)], value, node, "this")

    def enumerate_(self, node: Any) -> Counted | Known | Generator:
        arguments = self.plain_arguments(node)
        starts = [k.value for k in node.keywords if k.arg == "start"] + arguments[1:]
        if not arguments or len(starts) > 1 or len(node.keywords) > 1:
            raise self.unsupported(node, "this form of enumerate is not supported yet")
        over = self.iterated(arguments[0])
        first = self.value_of(starts[0]) if starts else self.const(0, node)
        if isinstance(over, Generator):
            text = "for T in S0:\n    yield (K, T)\n    K = K + 1"
            return self.generator(text, {"S0": over, "K": first}, node)

        def count(index: Value) -> Value:
            if _is_constant(first, 0):
                return index
            return self.prim("operator.add", [first, index], {}, node)

        known = over if isinstance(over, Known) else over.known
        singly = known and Known(
            known.length,
            lambda k: Items([count(self.const(k, node)), known.element(k)]),
            known.ended,
        )
        if isinstance(over, Known):
            assert singly is not None
            return singly
        inner, length = over, self.length(over, node)
        return self.counted(
            length, lambda i: Items([count(i), self.at(inner, i, node)]), node, singly
        )

    def reversed_(self, node: Any) -> Counted | Known:
        if node.keywords or len(node.args) != 1:
            raise self.unsupported(node, "reversed takes one argument")
        over = self.part(node.args[0])
        known = over if isinstance(over, Known) else over.known
        singly = known and Known(
            known.length, lambda k: known.element(known.length - 1 - k), known.ended
        )
        if isinstance(over, Known):
            assert singly is not None
            return singly
        inner = over
        length = self.length(over, node)
        one = self.const(1, node)
        last = self.prim("operator.sub", [length, one], {}, node)
        domain = [last, self.const(-1, node), self.const(-1, node)]
        return Counted(domain, lambda i: self.at(inner, i, node), singly)

    def plain_arguments(self, node: Any) -> list[Any]:
        if any(isinstance(a, gast.Starred) for a in node.args):
            raise self.unsupported(node, "star arguments are not supported yet", "write them out")
        return list(node.args)

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

    def counted_items(self, over: Counted) -> Known | None:
        """The items of a range whose ends are literals, or of a table."""
        if over.known is not None:
            return over.known
        ends = [self.literal(v) for v in over.domain]
        if not all(type(e) is int for e in ends) or ends[2] == 0:
            return None
        places = range(*ends)
        if len(places) > LONGEST:
            return None
        return Known(len(places), lambda k: over.element(self.const(places[k], self.here)))


WRAPPERS: dict[Any, Callable[[Any, Any], Counted | Known | Generator]] = {
    range: Iterables.range_,
    zip: Iterables.zip_,
    enumerate: Iterables.enumerate_,
    reversed: Iterables.reversed_,
    map: Iterables.map_,
}


def _is_builtin(binding: Binding) -> bool:
    return isinstance(binding, Static) and any(binding.value is b for b in WRAPPERS)


def _is_constant(value: Value, wanted: int) -> bool:
    op = value.op
    return op is not None and op.name == "const" and op.value == wanted
