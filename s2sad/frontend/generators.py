"""Generator functions: a loop over one runs its body where the generator yields."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import gast

from s2sad.frontend.find import FunctionSource, own_nodes
from s2sad.frontend.merge import FLAGS
from s2sad.frontend.scope import Binding, Cell, Generator, Scope, Static
from s2sad.frontend.watch import Watch

Consumer = Callable[[Binding], None]
NO = Static(False)
RETURNED, RESULT = "$ended", "$result"  # whether, and with what, a loop over a generator returns
CONSUMED = "$consumed"  # set in the scope of a generator that has run


class Generators(Watch):
    """The part of `Lowering` that handles generators."""

    if TYPE_CHECKING:

        def unless_left(self, nodes: list[Any], node: Any) -> None: ...
        def clauses(self, clauses: list[Any], inner: Any, node: Any) -> Any: ...
        def body_of_function(self, node: Any) -> None: ...

    def start(self, generator: Generator, node: Any) -> None:
        """A generator runs once."""
        if CONSUMED in generator.scope.vars:
            raise self.unsupported(
                node,
                "this generator may have been run before, and gives nothing the second time",
                "make a list of its values, or call it again",
            )
        generator.scope.vars[CONSUMED] = Static(True)

    def run_generator(self, generator: Generator, consume: Consumer, node: Any) -> None:
        """The statements of a generator, with `consume` for each value that it yields."""
        self.start(generator, node)
        saved = self.scope, self.statement, self.here
        outer = self.scope

        def consumed(value: Binding) -> None:
            inner, self.scope = self.scope, outer
            waiting = self.consumers.pop()
            try:
                consume(value)
                left = self.left(outer, node)
            finally:
                self.consumers.append(waiting)
                self.scope = inner
            if left is not None:
                inner.vars["$returned"] = (
                    left  # who breaks a loop over a generator ends the generator
                )

        pool = self.watch(generator.scope, generator.pool)
        self.consumers.append(consumed)
        self.scope = generator.scope
        try:
            self.body_of_function(generator.source.node)
        finally:
            self.consumers.pop()
            self.scope, self.statement, self.here = saved
        self.unchanged(pool, "an iterator of itertools", node)

    def left(self, scope: Scope, node: Any) -> Binding | None:
        """Whether the body of a loop over a generator has just left the loop. A return is noted for its end."""
        broken, returned = (scope.vars.pop(flag, NO) for flag in ("$break", "$returned"))
        if returned != NO:
            scope.vars[RETURNED] = self.to_value(returned, node)
            ended = scope.vars.pop("$ret", None)  # None: a generator that was left where it yields
            scope.vars[RESULT] = self.const(None, node) if ended is None else ended
        flags = [flag for flag in (broken, returned) if flag != NO]
        certain = [flag for flag in flags if isinstance(flag, Static)]
        if len(flags) < 2 or certain:
            return next(iter([*certain, *flags]), None)
        one, other = (self.to_value(flag, node) for flag in flags)
        return self.either(one, other, node)

    def loop_over_generator(self, node: Any, generator: Generator) -> None:
        leaves = any(isinstance(n, gast.Break) for n in gast.walk(node))
        returns = any(isinstance(n, (gast.Return, gast.Yield)) for n in gast.walk(node))
        if node.orelse and leaves:
            raise self.unsupported(
                node,
                "break and else are not supported in one loop over a generator",
                "loop over range, or make a list of the values",
            )
        scope, variables = self.scope, self.scope.vars
        saved = {f: variables.pop(f) for f in FLAGS if f in variables}
        around = {f: variables.pop(f) for f in (RETURNED, RESULT) if f in variables}
        if returns:
            variables[RETURNED] = self.const(False, node)

        def body(value: Binding) -> None:
            self.assign(node.target, value, node)
            self.statements(node.body)
            self.scope.vars.pop(FLAGS[2], None)

        self.run_generator(generator, body, node)
        scope.vars.update(saved)
        if returns:
            returned, result = scope.vars.pop(RETURNED), scope.vars.pop(RESULT, None)
            if result is not None:
                scope.vars["$returned"], scope.vars["$ret"] = returned, result
        scope.vars.update(around)
        self.unless_left(node.orelse, node)

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

    # --- generators that are expressions ------------------------------------------------------------------

    def deferred(self, body: list[Any], variables: dict[str, Binding], node: Any) -> Generator:
        """A generator of statements that yield; they see the variables of now as those are when it runs."""
        scope: Scope = self.state.add(Scope(self.scope.source, self.scope))
        scope.vars.update(variables)
        outer: Scope | None = self.scope
        while outer is not None:
            outer.captured = True
            outer = outer.lexical
        for made in (inner for statement in body for inner in gast.walk(statement)):
            if isinstance(made, gast.NamedExpr):
                scope.elsewhere[made.target.id] = self.scope.owner(made.target.id)
            if not hasattr(made, "lineno"):
                gast.copy_location(made, node)
        source = self.scope.source
        return Generator(
            FunctionSource(source.name, gast.Module(body, []), source.file, source.function), scope
        )

    def expr_GeneratorExp(self, node: Any, first: Binding | None = None) -> Generator:
        """What is iterated `first` is computed now, all else when the generator runs."""
        if first is None:
            first = self.expression(node.generators[0].iter)
        now = gast.Name("$first", gast.Load(), None, None)
        clauses = [gast.comprehension(c.target, c.iter, c.ifs, 0) for c in node.generators]
        clauses[0].iter = now
        body = self.clauses(clauses, gast.Expr(gast.Yield(node.elt)), node)
        return self.deferred([body], {"$first": first}, node)

    def yielded(self, node: Any) -> None:
        """yield value, yield from values"""
        if not self.consumers:
            raise self.unsupported(
                node,
                "a generator is differentiated where a loop runs over it, not by itself",
                "return an array of the values",
            )
        if isinstance(node, gast.YieldFrom):
            item = gast.Name("$yielded", gast.Load(), None, None)
            each = gast.Expr(gast.Yield(item))
            self.statements([_for("$yielded", node.value, each, node)])
            return
        value = self.const(None, node) if node.value is None else self.expression(node.value)
        self.consumers[-1](value)


def is_generator(node: Any) -> bool:
    """True for a function whose own statements yield."""
    if isinstance(node, gast.Lambda):
        return False
    return any(isinstance(n, (gast.Yield, gast.YieldFrom)) for n in own_nodes(node))


def _for(target: str, over: Any, body: Any, node: Any) -> Any:
    """for target in over: body"""
    loop = gast.For(gast.Name(target, gast.Store(), None, None), over, [body], [], None)
    for made in gast.walk(loop):
        if not hasattr(made, "lineno"):
            gast.copy_location(made, node)
    return loop
