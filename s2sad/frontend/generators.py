"""Generator functions: a loop over one runs its body where the generator yields."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gast

from s2sad.frontend.base import Base
from s2sad.frontend.merge import FLAGS
from s2sad.frontend.scope import Binding, Cell, Generator

Consumer = Callable[[Binding], None]


class Generators(Base):
    """The part of `Lowering` that handles generators."""

    def run_generator(self, generator: Generator, consume: Consumer, node: Any) -> None:
        """The statements of a generator, with `consume` for each value that it yields."""
        key = (generator.source.file.path, generator.source.node.lineno)
        if key in self.stack or generator.scope not in self.state.holders:
            raise self.unsupported(
                node, "this generator is run twice, or in itself", "call it in the loop"
            )
        saved = self.scope, self.statement, self.here
        outer = self.scope

        def consumed(value: Binding) -> None:
            inner, self.scope = self.scope, outer
            waiting = self.consumers.pop()
            consume(value)
            self.consumers.append(waiting)
            self.scope = inner

        self.consumers.append(consumed)
        self.scope = generator.scope
        self.stack.append(key)
        try:
            self.statements(generator.source.node.body)
        finally:
            self.stack.pop()
            self.consumers.pop()
            self.scope, self.statement, self.here = saved
            self.state.holders.pop(generator.scope, None)

    def loop_over_generator(self, node: Any, generator: Generator) -> None:
        if node.orelse or any(isinstance(n, (gast.Break, gast.Return)) for n in gast.walk(node)):
            raise self.unsupported(
                node,
                "break, return and else are not supported in a loop over a generator",
                "loop over range, or make a list of the values",
            )

        def body(value: Binding) -> None:
            self.assign(node.target, value, node)
            self.statements(node.body)
            self.scope.vars.pop(FLAGS[2], None)

        self.run_generator(generator, body, node)

    def collected(self, generator: Generator, node: Any) -> Cell:
        """list(generator)"""
        made = self.new_list([])
        self.run_generator(generator, lambda value: self.append_to(made, value, node), node)
        return made

    def summed(self, generator: Generator, start: Binding, node: Any) -> Binding:
        """sum(generator)"""
        self.scope.vars["$sum"] = start

        def add(value: Binding) -> None:
            total = self.to_value(self.scope.vars["$sum"], node)
            added = self.binary(gast.Add(), total, self.to_value(value, node), node)
            self.scope.vars["$sum"] = added

        self.run_generator(generator, add, node)
        return self.scope.vars.pop("$sum")

    def yielded(self, node: Any) -> None:
        """yield value, yield from values"""
        if not self.consumers:
            raise self.unsupported(
                node,
                "a generator is differentiated where a loop runs over it, not by itself",
                "return an array of the values",
            )
        consume = self.consumers[-1]
        if isinstance(node, gast.YieldFrom):
            inner = self.expression(node.value)
            if isinstance(inner, Generator):
                self.run_generator(inner, consume, node)
                return
            for item in self.given(inner, node):
                consume(item)
            return
        consume(self.const(None, node) if node.value is None else self.expression(node.value))


def is_generator(node: Any) -> bool:
    """True for a function whose own statements yield."""
    if isinstance(node, gast.Lambda):
        return False
    work = list(node.body)
    while work:
        inner = work.pop()
        if isinstance(inner, (gast.Yield, gast.YieldFrom)):
            return True
        if not isinstance(inner, (gast.FunctionDef, gast.Lambda, gast.ClassDef)):
            work.extend(gast.iter_child_nodes(inner))
    return False
