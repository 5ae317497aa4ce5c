"""Comprehensions of lists, dicts and sets, and sums of them."""

from __future__ import annotations

import contextlib
import copy
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import gast

from s2sad.errors import UnsupportedSyntaxError
from s2sad.frontend.iterables import Counted, Known
from s2sad.frontend.lazy import Lazy
from s2sad.frontend.scope import Binding, Cell, Scope
from s2sad.ir.core import Value
from s2sad.ir.kinds import FLOAT


class Comprehensions(Lazy):
    """The part of `Lowering` that handles comprehensions."""

    if TYPE_CHECKING:

        def set_item(self, cell: Cell, index: Binding, value: Binding, node: Any) -> None: ...

    def total(self, node: Any, start: Binding) -> Binding:
        """The built-in sum of a comprehension: a loop that adds up."""
        with self.own_scope(node) as own:
            return self.total_here(node, start, own)

    def total_here(self, node: Any, start: Binding, own: bool) -> Binding:
        name = f"$sum{id(node)}"
        saved = {n: self.scope.vars.get(n) for n in _targets(node)}
        self.scope.vars[name] = start
        variable = gast.Name(name, gast.Load(), None, None)
        addition = gast.BinOp(variable, gast.Add(), node.elt)
        added = gast.Assign([gast.Name(name, gast.Store(), None, None)], addition, None)
        self.statements([self.clauses(node.generators, added, node)])
        result = self.scope.vars.pop(name)
        if not own:
            self.restore(saved)
        return result

    def total_of(self, array: Binding, start: Binding, node: Any) -> Binding:
        """sum(array): its items added from the first to the last, as the built-in does."""
        grown = self.grown(array)
        items = self.so_far(grown, node) if grown is not None else array
        if isinstance(items, Value) and items.kind.ndim == 1 and self.literal(start) == 0:
            number = grown.number if grown is not None else ""
            if number == "float":
                # From Python 3.12 on, the sum of Python's floats is more exact than that of NumPy's.
                total = self.prim("builtins.sum", [items], {}, node, floats=True)
                total.kind = FLOAT
                return total
            total = self.prim("builtins.sum", [items], {}, node)
            python = number in ("int", "float")
            return self.prim(f"builtins.{number}", [total], {}, node) if python else total
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

    @contextlib.contextmanager
    def own_scope(self, node: Any) -> Iterator[bool]:
        """The scope of a comprehension that makes functions, which see its variables when they are called.

        It has one too where a variable of the function has the name of one of its own: functions see that one.
        """
        parts = list(gast.walk(node))
        makes = any(isinstance(n, gast.Lambda) for n in parts)
        named = [n.target.id for n in parts if isinstance(n, gast.NamedExpr)]
        outer = self.scope
        shadows = any(name in outer.vars for name in _targets(node))
        if not (makes and not named or shadows):
            yield False
            return
        if outer is self.outermost:
            self.read.update(n.id for n in parts if isinstance(n, gast.Name))
        self.scope = self.state.add(Scope(outer.source, outer))
        own, own.captured = self.scope, makes
        own.elsewhere.update({name: outer.owner(name) for name in named})
        try:
            yield True
        finally:
            self.scope = outer
        if not own.captured:
            self.state.holders.pop(own, None)

    def listed(self, node: Any) -> Binding:
        """A list comprehension."""
        with self.own_scope(node) as own:
            return self.listed_here(node, own)

    def listed_here(self, node: Any, own: bool) -> Binding:
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
            made = self.made_list(items, node)
        if not own:
            self.restore(saved)
        return made

    def appended(self, node: Any) -> Binding:
        """A list comprehension as loops that append."""
        name = f"$list{node.lineno},{node.col_offset}"
        made = self.new_list([])
        made.made = self.place_of(node)
        self.scope.vars[name] = made
        target = gast.Attribute(gast.Name(name, gast.Load(), None, None), "append", gast.Load())
        appending = gast.Expr(gast.Call(target, [node.elt], []))
        self.statements([self.clauses(node.generators, appending, node)])
        return self.scope.vars.pop(name)

    def clauses(self, clauses: list[Any], inner: Any, node: Any) -> Any:
        """A statement inside of the loops and tests of a comprehension."""
        body = [inner]
        for clause in reversed(clauses):
            for test in reversed(clause.ifs):
                body = [gast.If(test, body, [])]
            body = [gast.For(clause.target, clause.iter, body, [], None)]
        for made in gast.walk(body[0]):
            if not hasattr(made, "lineno"):
                gast.copy_location(made, node)
        return body[0]

    def dict_listed(self, node: Any) -> Binding:
        """A dict comprehension over what has a known length."""
        with self.own_scope(node) as own:
            return self.dict_listed_here(node, own)

    def dict_listed_here(self, node: Any, own: bool) -> Binding:
        saved = {n: self.scope.vars.get(n) for n in _targets(node)}
        made = self.new_dict({})

        def add() -> None:
            self.set_item(made, self.expression(node.key), self.expression(node.value), node)

        self.each_of(node, add)
        if not own:
            self.restore(saved)
        return made

    def each_of(self, node: Any, act: Callable[[], Any]) -> None:
        """Do something for each item of a comprehension's clauses, whose tests must be known."""

        def run(clauses: list[Any]) -> None:
            if not clauses:
                act()
                return
            over: Counted | Known | None = self.part(clauses[0].iter)
            if isinstance(over, Counted):
                over = self.counted_items(over, clauses[0].iter)
            if over is None:
                raise self.unsupported(
                    node,
                    "a comprehension whose length is not known here is not supported yet",
                    "fill an array in a loop, or write sum(... for ...)",
                )
            for k in range(over.length):
                self.assign(clauses[0].target, over.element(k), node)
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

    def restore(self, saved: dict[str, Binding | None]) -> None:
        """The variables of a comprehension are its own."""
        for name, binding in saved.items():
            if binding is None:
                self.scope.vars.pop(name, None)
            else:
                self.scope.vars[name] = binding


def _targets(node: Any) -> list[str]:
    """Names that a comprehension's clauses set."""
    clauses = [n for c in node.generators for n in gast.walk(c.target)]
    return [n.id for n in clauses if isinstance(n, gast.Name)]
