"""Loops over several things together, and over what is made of the items of one: zip, enumerate, reversed and map."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import gast

from s2sad.errors import UnsupportedSyntaxError
from s2sad.frontend.containers import UNKNOWN
from s2sad.frontend.iterables import Counted, Iterables, Known, is_constant
from s2sad.frontend.scope import (
    Binding,
    Cell,
    Generator,
    Items,
    Scope,
    Static,
)
from s2sad.frontend.written import hidden, written
from s2sad.ir.core import Value


@dataclass
class Endless:
    """What never ends, as itertools.count does: others say how long the loop is."""

    element: Callable[[Value], Binding]


Part = Counted | Known | Endless


class MayNotEnd(UnsupportedSyntaxError):
    """All items of what may have no end are asked for."""


class Joined(Iterables):
    """The part of `Lowering` that handles loops over several things."""

    if TYPE_CHECKING:

        def generator(self, text: str, variables: dict[str, Binding], node: Any) -> Generator: ...
        def stepped(
            self, nodes: list[Any], variables: dict[str, Binding], made: str, node: Any
        ) -> Generator: ...

    def iterated(self, node: Any, backwards: bool = False) -> Counted | Known | Generator:
        """How to run over the value of an expression; `backwards`: for reversed(...), which asks other methods."""
        if isinstance(node, gast.Call) and isinstance(node.func, gast.Name):
            callee = self.lookup(node.func)
            kind = WRAPPERS.get(callee.value) if _is_builtin(callee) else None  # type: ignore[union-attr]
            if kind is not None:
                return kind(self, node)
        if isinstance(node, gast.GeneratorExp) and len(node.generators) == 1:
            if not node.generators[0].ifs:
                return self.mapped_generator(node)
        binding = self.expression(node)
        forwards = self.iterator_of(binding, node)
        if backwards and forwards is not binding:
            raise self.unsupported(
                node, "an object is run over backwards", "make a list of its items"
            )
        binding = forwards
        return binding if isinstance(binding, Generator) else self.over(binding, node)

    def part(self, node: Any, backwards: bool = False) -> Counted | Known:
        """What a loop runs over that takes all the items of a generator first."""
        over = self.iterated(node, backwards)
        if not isinstance(over, Generator):
            return over
        try:
            return self.over(self.all_of(over, node), node)
        except MayNotEnd as error:
            raise self.refused(error, node) from None

    def refused(self, error: MayNotEnd, node: Any) -> UnsupportedSyntaxError:
        return self.unsupported(node, error.message, error.help)

    def all_of(self, generator: Generator, node: Any) -> Cell:
        """The items of a generator that Python runs step by step with something else."""
        before, outside, made = self.state.take(), self.open_whiles, self.new_list([])

        def append(value: Binding) -> None:
            if self.open_whiles > outside:
                raise MayNotEnd(
                    "a generator with a while loop, which may never end, is run beside another",
                    span=self.span(node),
                    help="loop over it alone, and count or index in the loop's body",
                )
            self.append_to(made, value, node)

        self.run_generator(generator, append, node)
        self.without_effects(before, node)
        self.watched += self.read_by(generator)
        return made

    def parts(self, nodes: list[Any]) -> list[Part]:
        """What several arguments run over; *rows gives as many as there are rows."""
        found: list[Part] = []
        for node in nodes:
            if isinstance(node, gast.Starred):
                rows = self.given(self.expression(node.value), node)
                found += [self.over(row, node, k) for k, row in enumerate(rows)]
                continue
            over = self.iterated(node)
            if isinstance(over, Generator) and over.item is not None:
                self.start(over, node)
                self.watched += self.watch(over.scope, over.pool)
                found.append(Endless(partial(self.at_place, over.item, node)))
            else:
                if isinstance(over, Generator):
                    over = self.over(self.all_of(over, node), node)
                found.append(over)
        return found

    def at_place(self, item: Binding, node: Any, place: Value) -> Binding:
        return self.call(item, [place], {}, node)

    def each_at(self, every: list[Part], node: Any, what: str) -> tuple[Any, Any]:
        """(length, elements) of things that are run over together: all of known length, or none."""
        parts = [p for p in every if not isinstance(p, Endless)]
        if not parts:
            raise self.unsupported(
                node, f"{what} of iterators that never end", "write a while loop"
            )
        if len(parts) < len(every):
            length, some = self.each_at([*parts], node, what)

            def elements(i: Any) -> list[Binding]:
                place = i if isinstance(i, Value) else self.const(i, node)
                ended = iter(some(i))
                return [p.element(place) if isinstance(p, Endless) else next(ended) for p in every]

            return length, elements
        if any(isinstance(p, Known) for p in parts):
            parts = [(isinstance(p, Counted) and p.known) or p for p in parts]
        if not all(isinstance(p, Known) for p in parts):
            parts = [(isinstance(p, Known) and self.numbered(p, node)) or p for p in parts]
        known = [p for p in parts if isinstance(p, Known)]
        counted = [p for p in parts if isinstance(p, Counted)]
        if not counted:
            return min(p.length for p in known), lambda k: [p.element(k) for p in known]
        if known:
            count = min(p.length for p in known)
            for other in counted:
                self.as_long(count, other, node, what)
            return count, lambda k: [
                p.element(k) if isinstance(p, Known) else self.at(p, self.const(k, node), node)
                for p in parts
                if not isinstance(p, Endless)
            ]
        length = self.length(counted[0], node)
        for other in counted[1:]:
            length = self.prim("builtins.min", [length, self.length(other, node)], {}, node)
        return length, lambda i: [self.at(o, i, node) for o in counted]

    def as_long(self, count: int, other: Counted, node: Any, what: str) -> None:
        """An error where an array ends before the tuple or list beside it, for all items of which code is made."""
        length = self.length(other, node)
        known = self.literal(length)
        if known is not UNKNOWN and known >= count:
            return
        self.scope.vars |= hidden({"length": length})
        message = f"{what} of {count} items and an array that has fewer is not supported"
        text = f"if length < {count}:\n    raise Refused({message!r})"
        self.statements(written(text, node))

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
        parts: list[Part],
        make: Callable[[list[Binding]], Binding],
        node: Any,
        what: str,
    ) -> Counted | Known:
        """A loop over what `make` makes of the elements of several things."""
        length, elements = self.each_at(parts, node, what)
        finite = [p for p in parts if not isinstance(p, Endless)]
        known = [p for p in (p.known if isinstance(p, Counted) else p for p in finite) if p]
        one_by_one: Known | None = None
        if len(known) == len(finite):

            def ended() -> None:
                for p in known:
                    p.ended()

            singly = [p.known if isinstance(p, Counted) and p.known else p for p in parts]
            count, one = self.each_at(singly, node, what)
            last = any(p.last for p in known)
            one_by_one = Known(count, lambda k: make(one(k)), ended, last)
        if isinstance(length, int):
            return one_by_one or Known(length, lambda k: make(elements(k)))
        return self.counted(length, lambda i: make(elements(i)), node, one_by_one)

    def zip_(self, node: Any) -> Counted | Known | Generator:
        given = self.keywords(node)
        strict = [self.literal(b) for b in given.values()]
        if set(given) - {"strict"} or not node.args or not set(strict) <= {True, False}:
            raise self.unsupported(node, "zip takes what it joins, and strict=True or strict=False")
        block, mark, before = self.block, len(self.block.ops), self.state.take()
        try:
            parts = self.parts(node.args)
        except MayNotEnd as error:
            if True in strict:
                raise self.refused(error, node) from None
            self.block = block
            del block.ops[mark:]
            self.state.restore(before)
            return self.stepped(node.args, {}, "(ITEMS,)", node)
        if True in strict:
            for number, part in enumerate(parts[1:], 2):
                self.equally_long(parts[0], part, number, node)
        return self.joined_over(parts, Items, node, "zip")

    def equally_long(self, first: Part, part: Part, number: int, node: Any) -> None:
        """zip(strict=True): an error where one argument is shorter or longer than the first one."""
        if isinstance(first, Endless) or isinstance(part, Endless):
            raise self.unsupported(
                node, "zip(strict=True) of an iterator that never ends", "zip without strict"
            )
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

    def map_(self, node: Any) -> Counted | Known | Generator:
        if node.keywords or len(node.args) < 2 or isinstance(node.args[0], gast.Starred):
            raise self.unsupported(node, "map takes a function and what it is applied to")
        function = self.expression(node.args[0])
        block, mark, before = self.block, len(self.block.ops), self.state.take()
        try:
            parts = self.parts(node.args[1:])
        except MayNotEnd:
            self.block = block
            del block.ops[mark:]
            self.state.restore(before)
            return self.stepped(node.args[1:], {"F": function}, "F(ITEMS)", node)
        return self.joined_over(
            parts, lambda args: self.call(function, args, {}, node), node, "map"
        )

    def mapped_generator(self, node: Any) -> Counted | Known | Generator:
        """A loop over a generator expression with one clause: each value is computed when it is its turn."""
        clause, outer = node.generators[0], self.scope
        over = self.iterated(clause.iter)
        if isinstance(over, Generator):
            return self.expr_GeneratorExp(node, over)

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

        return self.joined_over([over], value, node, "this")

    def enumerate_(self, node: Any) -> Counted | Known | Generator:
        arguments = self.plain_arguments(node)
        given = self.keywords(node)
        starts = [*given.values(), *map(self.expression, arguments[1:])]
        if not arguments or len(starts) > 1 or set(given) - {"start"}:
            raise self.unsupported(node, "this form of enumerate is not supported yet")
        over = self.iterated(arguments[0])
        first = self.to_value(starts[0], node) if starts else self.const(0, node)
        if isinstance(over, Generator):
            text = "for T in S0:\n    yield (K, T)\n    K = K + 1"
            return self.generator(text, {"S0": over, "K": first}, node)

        def count(index: Value) -> Value:
            if is_constant(first, 0):
                return index
            return self.prim("operator.add", [first, index], {}, node)

        known = over if isinstance(over, Known) else over.known
        singly = known and Known(
            known.length,
            lambda k: Items([count(self.const(k, node)), known.element(k)]),
            known.ended,
            known.last,
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
        over = self.part(node.args[0], backwards=True)
        known = over if isinstance(over, Known) else over.known
        singly = known and Known(
            known.length,
            lambda k: known.element(known.length - 1 - k),
            known.ended,
            known.last,
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


WRAPPERS: dict[Any, Callable[[Any, Any], Counted | Known | Generator]] = {
    range: Joined.range_,
    zip: Joined.zip_,
    enumerate: Joined.enumerate_,
    reversed: Joined.reversed_,
    map: Joined.map_,
}


def _is_builtin(binding: Binding) -> bool:
    return isinstance(binding, Static) and any(binding.value is b for b in WRAPPERS)
