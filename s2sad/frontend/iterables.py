"""What a `for` runs over: range, arrays, tuples of known length, zip, enumerate and reversed of these, and sums."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import gast

from s2sad.errors import UnsupportedSyntaxError
from s2sad.frontend.base import Base
from s2sad.frontend.generators import Generators
from s2sad.frontend.merge import FLAGS
from s2sad.frontend.plan import itself
from s2sad.frontend.scope import Binding, Cell, Generator, Items, Static
from s2sad.ir.core import Value

LONGEST = 64  # a loop of at most so many iterations may be written out


@dataclass
class Counted:
    """A loop's range (start, stop, step), and what the loop's variable is at an index of it."""

    domain: list[Value]
    element: Callable[[Value], Binding]

    @property
    def start(self) -> Value:
        return self.domain[0]


class Iterables(Generators):
    """The part of `Lowering` that handles what loops run over."""

    if TYPE_CHECKING:

        def loop(
            self, node: Any, domain: list[Value] | None, element: Callable[[Value], Binding] | None
        ) -> None: ...
        def branch(self, test: Value, then: Any, other: Any, node: Any, form: str) -> None: ...
        def set_item(self, cell: Cell, index: Binding, value: Binding, node: Any) -> None: ...

    def for_statement(self, node: Any) -> None:
        if isinstance(node.iter, gast.Call) and not _is_builtin_call(self, node.iter):
            made = self.expression(node.iter)
            if isinstance(made, Generator):
                self.loop_over_generator(node, made)
                return
            over = self.over(made, node.iter, rows=True)
        else:
            over = self.iterated(node.iter, rows=True)
        if isinstance(over, Items):
            self.unrolled(node, over)
            return
        block, mark, before = self.block, len(self.block.ops), self.state.take()
        statement = self.statement
        try:
            self.loop(node, over.domain, over.element)
        except UnsupportedSyntaxError:
            # Items of lists and dicts are known one by one: so must be the iterations that name them.
            self.block, self.statement = block, statement
            del block.ops[mark:]
            self.state.restore(before)
            if (items := self.counted_items(over)) is None:
                raise
            self.unrolled(node, items)

    def iterated(self, node: Any, rows: bool = False) -> Counted | Items:
        """How to run over the value of an expression; with `rows`, a loop may be printed as one over its rows."""
        if isinstance(node, gast.Call) and isinstance(node.func, gast.Name):
            callee = self.lookup(node.func)
            kind = WRAPPERS.get(callee.value) if _is_builtin(callee) else None  # type: ignore[union-attr]
            if kind is not None:
                return kind(self, node)
        return self.over(self.expression(node), node, rows)

    def over(self, binding: Binding, node: Any, rows: bool = False) -> Counted | Items:
        """How to run over what a binding holds."""
        if isinstance(binding, Generator):
            binding = self.collected(binding, node)
        items = self.sequence(binding)
        if items is not None:
            return Items(list(items.items), items.kind)
        grown = self.grown(binding)
        if grown is not None:
            items_of = grown

            def item(index: Value) -> Binding:
                self.natural.add(index)
                return self.grown_item(items_of, index, node)

            return self.counted(grown.length, item, node)
        array = self.to_value(binding, node)
        # The body may write the array: rows are those of its version at the time.
        hidden = f"$over{node.lineno},{node.col_offset}"
        self.scope.vars[hidden] = array

        def row(index: Value) -> Value:
            array = self.to_value(self.scope.vars[hidden], node)
            attrs = {"row": True} if rows else {}
            return self.prim("operator.getitem", [array, index], {}, node, **attrs)

        return self.counted(self.prim("builtins.len", [array], {}, node), row, node)

    def counted(self, length: Value, element: Callable[[Value], Binding], node: Any) -> Counted:
        return Counted([self.const(0, node), length, self.const(1, node)], element)

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

    def zip_(self, node: Any) -> Counted | Items:
        if node.keywords or not node.args:
            raise self.unsupported(node, "zip with keywords is not supported yet", "leave them out")
        parts = [self.iterated(a) for a in self.plain_arguments(node)]
        tuples = [p for p in parts if isinstance(p, Items)]
        if len(tuples) == len(parts):
            return Items(
                [Items(list(row)) for row in zip(*(t.items for t in tuples), strict=False)]
            )
        if tuples:
            raise self.unsupported(
                node,
                "zip of a tuple and an array is not supported yet",
                "make an array of the tuple",
            )
        over = [p for p in parts if isinstance(p, Counted)]
        length = self.length(over[0], node)
        for other in over[1:]:
            length = self.prim("builtins.min", [length, self.length(other, node)], {}, node)
        return self.counted(length, lambda i: Items([self.at(o, i, node) for o in over]), node)

    def enumerate_(self, node: Any) -> Counted | Items:
        arguments = self.plain_arguments(node)
        starts = [k.value for k in node.keywords if k.arg == "start"] + arguments[1:]
        if not arguments or len(starts) > 1 or len(node.keywords) > 1:
            raise self.unsupported(node, "this form of enumerate is not supported yet")
        over = self.iterated(arguments[0])
        first = self.value_of(starts[0]) if starts else self.const(0, node)

        def count(index: Value) -> Value:
            if _is_constant(first, 0):
                return index
            return self.prim("operator.add", [first, index], {}, node)

        if isinstance(over, Items):
            pairs = enumerate(over.items)
            return Items([Items([count(self.const(i, node)), item]) for i, item in pairs])
        inner = over
        return self.counted(
            self.length(over, node), lambda i: Items([count(i), self.at(inner, i, node)]), node
        )

    def reversed_(self, node: Any) -> Counted | Items:
        if node.keywords or len(node.args) != 1:
            raise self.unsupported(node, "reversed takes one argument")
        over = self.iterated(node.args[0])
        if isinstance(over, Items):
            return Items(over.items[::-1], over.kind)
        inner = over
        length = self.length(over, node)
        one = self.const(1, node)
        last = self.prim("operator.sub", [length, one], {}, node)
        domain = [last, self.const(-1, node), self.const(-1, node)]
        return Counted(domain, lambda i: self.at(inner, i, node))

    def lazy_call(self, callee: Binding, node: Any) -> Binding | None:
        """zip, range and the like as a value: the items, where their number is known."""
        if not _is_builtin(callee):
            return None
        over = WRAPPERS[callee.value](self, node)  # type: ignore[union-attr]
        items = self.counted_items(over) if isinstance(over, Counted) else over
        if items is None:
            raise self.unsupported(
                node,
                f"{callee.value.__name__} is used as a value, and its length is not known here",  # type: ignore[union-attr]
                "loop over it",
            )
        return items

    def plain_arguments(self, node: Any) -> list[Any]:
        if any(isinstance(a, gast.Starred) for a in node.args):
            raise self.unsupported(node, "star arguments are not supported yet", "write them out")
        return list(node.args)

    def unrolled(self, node: Any, items: Items) -> None:
        """A loop over a tuple or list of known length: its body, once for each item."""
        variables = self.scope.vars
        outer = {f: variables.pop(f) for f in FLAGS[1:] if f in variables}

        def run(i: int) -> None:
            for k in range(i, len(items.items)):
                self.assign(node.target, items.items[k], node)
                self.statements(node.body)
                self.scope.vars.pop("$continue", None)
                leaving = self.leaving(node)
                if leaving is True:
                    return
                if leaving is not False:
                    self.branch(leaving, lambda: None, lambda k=k: run(k + 1), node, "guard")
                    return
            self.statements(node.orelse)

        run(0)
        self.scope.vars.pop("$break", None)
        self.scope.vars.update(outer)

    # --- comprehensions ---------------------------------------------------------------------------------

    def total(self, node: Any, start: Binding) -> Binding:
        """The built-in sum of a comprehension: a loop that adds up."""
        name = f"$sum{id(node)}"
        saved = {n: self.scope.vars.get(n) for n in _targets(node)}
        self.scope.vars[name] = start
        variable = gast.Name(name, gast.Load(), None, None)
        addition = gast.BinOp(variable, gast.Add(), node.elt)
        added = gast.Assign([gast.Name(name, gast.Store(), None, None)], addition, None)
        self.statements([self.clauses(node, added)])
        result = self.scope.vars.pop(name)
        self.restore(saved)
        return result

    def total_of(self, array: Binding, start: Binding, node: Any) -> Binding:
        """sum(array): its items added from the first to the last, as the built-in does."""
        self.scope.vars["$summed"] = array
        item = gast.Name("$item", gast.Load(), None, None)
        target = gast.Name("$item", gast.Store(), None, None)
        over = gast.Name("$summed", gast.Load(), None, None)
        made = gast.GeneratorExp(item, [gast.comprehension(target, over, [], 0)])
        for inner in gast.walk(made):
            gast.copy_location(inner, node)
        result = self.total(made, start)
        self.scope.vars.pop("$summed")
        return result

    def listed(self, node: Any) -> Binding:
        """A list comprehension over what has a known length."""
        saved = {n: self.scope.vars.get(n) for n in _targets(node)}
        items: list[Binding] = []
        block, mark, before = self.block, len(self.block.ops), self.state.take()
        try:
            self.each_of(node, lambda: items.append(self.expression(copy.copy(node.elt))))
        except UnsupportedSyntaxError:
            self.block = block
            del block.ops[mark:]
            self.state.restore(before)
            made = self.appended(node)
        else:
            made = self.new_list(items)
        self.restore(saved)
        return made

    def appended(self, node: Any) -> Binding:
        """A list comprehension as loops that append."""
        name = f"$list{node.lineno},{node.col_offset}"
        self.scope.vars[name] = self.new_list([])
        target = gast.Attribute(gast.Name(name, gast.Load(), None, None), "append", gast.Load())
        self.statements([self.clauses(node, gast.Expr(gast.Call(target, [node.elt], [])))])
        return self.scope.vars.pop(name)

    def clauses(self, node: Any, inner: Any) -> Any:
        """A statement inside of the loops and tests of a comprehension."""
        body = [inner]
        for clause in reversed(node.generators):
            for test in reversed(clause.ifs):
                body = [gast.If(test, body, [])]
            body = [gast.For(clause.target, clause.iter, body, [], None)]
        for made in gast.walk(body[0]):
            if not hasattr(made, "lineno"):
                gast.copy_location(made, node)
        return body[0]

    def dict_listed(self, node: Any) -> Binding:
        """A dict comprehension over what has a known length."""
        saved = {n: self.scope.vars.get(n) for n in _targets(node)}
        made = self.new_dict({})

        def add() -> None:
            self.set_item(made, self.expression(node.key), self.expression(node.value), node)

        self.each_of(node, add)
        self.restore(saved)
        return made

    def each_of(self, node: Any, act: Callable[[], Any]) -> None:
        """Do something for each item of a comprehension's clauses, whose tests must be known."""

        def run(clauses: list[Any]) -> None:
            if not clauses:
                act()
                return
            over = self.iterated(clauses[0].iter)
            if isinstance(over, Counted):
                over = self.counted_items(over) or over
            if not isinstance(over, Items):
                raise self.unsupported(
                    node,
                    "a comprehension whose length is not known here is not supported yet",
                    "fill an array in a loop, or write sum(... for ...)",
                )
            for item in over.items:
                self.assign(clauses[0].target, item, node)
                tests = [self.known_truth(self.expression(t)) for t in clauses[0].ifs]
                if None in tests:
                    raise self.unsupported(
                        node,
                        "a comprehension whose length depends on values is not supported yet",
                        "fill an array in a loop, or write sum(... for ...)",
                    )
                if all(tests):
                    run(clauses[1:])

        run(node.generators)

    def counted_items(self, over: Counted) -> Items | None:
        """The items of a range whose ends are literals."""
        ends = [self.literal(v) for v in over.domain]
        if not all(type(e) is int for e in ends) or ends[2] == 0:
            return None
        places = range(*ends)
        if len(places) > LONGEST:
            return None
        return Items([over.element(self.const(i, self.here)) for i in places], "list")

    def restore(self, saved: dict[str, Binding | None]) -> None:
        """The variables of a comprehension are its own."""
        for name, binding in saved.items():
            if binding is None:
                self.scope.vars.pop(name, None)
            else:
                self.scope.vars[name] = binding


WRAPPERS: dict[Any, Callable[[Any, Any], Counted | Items]] = {
    range: Iterables.range_,
    zip: Iterables.zip_,
    enumerate: Iterables.enumerate_,
    reversed: Iterables.reversed_,
}


def _is_builtin_call(low: Base, call: Any) -> bool:
    return isinstance(call.func, gast.Name) and _is_builtin(low.lookup(call.func))


def _is_builtin(binding: Binding) -> bool:
    return isinstance(binding, Static) and binding.value in (range, zip, enumerate, reversed)


def _is_constant(value: Value, wanted: int) -> bool:
    op = value.op
    return op is not None and op.name == "const" and op.value == wanted


def _targets(node: Any) -> list[str]:
    """Names that a comprehension's clauses set."""
    clauses = [n for c in node.generators for n in gast.walk(c.target)]
    return [n.id for n in clauses if isinstance(n, gast.Name)]
