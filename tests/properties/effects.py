"""Statements whose effects reach further than their place: closures and generators that write what is around them."""

from __future__ import annotations

import ast
import textwrap

from tests.properties.expressions import SCALAR, Helper, Index, Scope, Variable
from tests.properties.places import Places


class Effects(Places):
    """Writes functions with loops that change captured data, and loops over what their bodies change."""

    def body(self, outer: Scope, inner: Scope, statements: int, head: int) -> None:
        """Statements of a nested function whose `def` is line `head`; the captured names they assign are nonlocal."""
        start = len(self.lines)
        self.block(inner, statements)
        tree = ast.parse(textwrap.dedent("\n".join(self.lines[start:])))
        captured = {
            node.id
            for node in ast.walk(tree)
            if isinstance(node, ast.Name)
            and isinstance(node.ctx, ast.Store)
            and node.id in outer.variables
        }
        if captured:
            indent = "    " * (outer.nesting + 1)
            self.lines.insert(head + 1, f"{indent}nonlocal {', '.join(sorted(captured))}")
        self.forget_own(outer, inner)

    def nested(self, scope: Scope, *parameters: str) -> Scope:
        inner = scope.inner(helpers=[], loops=2, result=SCALAR)
        for name in parameters:
            inner.variables[name] = Variable(name, SCALAR)
        return inner

    def worker(self, scope: Scope) -> None:
        """A nested function with a loop that writes what it captures, called at several places."""
        if scope.nesting != 1:
            return self.store(scope) if self.own_array(scope) else self.argument_copy(scope)
        name, z, i = self.fresh_name("g"), self.fresh_name("z"), self.fresh_name("i")
        head = len(self.lines)
        self.emit(scope, f"def {name}({z}):")
        inner = self.nested(scope, z)
        trips = self.pick(("n", "2", "3"))
        self.emit(inner, f"for {i} in range({trips}):")
        loop = inner.inner(indices=[*inner.indices, Index(i, 0, 3)])
        self.writes(scope, loop)
        if self.one_in(2):
            self.body(scope, loop, self.choices.integer(1, 2), head)
        if self.one_in(3):
            self.emit(loop, f"if {self.condition(loop, 1)}:")
            left = self.pick(("break", f"return {self.expression(loop, SCALAR, 1)}", "continue"))
            self.emit(loop.inner(), left)
        if self.one_in(3):
            self.emit(inner, "else:")
            self.writes(scope, inner.inner())
        self.emit(inner, f"return {self.expression(inner, SCALAR, 2)}")
        scope.helpers.append(Helper(name, (SCALAR,), 0, SCALAR, (z,)))
        self.define(
            scope,
            self.fresh_name("a"),
            SCALAR,
            f"{name}({self.expression(scope, SCALAR, 1)}) + 0.1",
        )

    def writes(self, outer: Scope, inner: Scope) -> None:
        """A store to an array of the function, or an update of a number that is captured."""
        arrays = [v for v in inner.variables.values() if v.own]
        if arrays and not self.one_in(4):
            return self.store(inner)
        numbers = [v for v in outer.of_shape(SCALAR) if not v.name.isidentifier()]
        numbers = [v for v in numbers if v.name.endswith(("]", ".a"))]
        if not numbers:
            return self.emit(inner, "pass")
        target = self.pick(numbers).name
        self.emit(inner, f"{target} = np.tanh({target} + {self.expression(inner, SCALAR, 1)})")

    def generator(self, scope: Scope) -> None:
        """A generator that reads and writes what is around it, and a loop that does the same beside it."""
        if scope.nesting != 1:
            return self.over_written(scope)
        name, z, i, r = (self.fresh_name(letter) for letter in "gzir")
        head = len(self.lines)
        self.emit(scope, f"def {name}({z}):")
        inner = self.nested(scope, z)
        if self.one_in(3):
            self.emit(inner, f"yield {self.expression(inner, SCALAR, 1)}")
        self.emit(inner, f"for {i} in range({self.pick(('n', '2', '3'))}):")
        loop = inner.inner(indices=[*inner.indices, Index(i, 0, 3)])
        if self.one_in(2):
            self.writes(scope, loop)
        if self.one_in(2):
            self.body(scope, loop, 1, head)
        if self.one_in(3):
            self.emit(loop, f"if {self.condition(loop, 1)}:")
            self.emit(loop.inner(), self.pick(("continue", "break", "return")))
        self.emit(loop, f"yield {self.expression(loop, SCALAR, 2)}")
        call = f"{name}({self.expression(scope, SCALAR, 1)})"
        form = self.choices.integer(0, 4)
        if form == 0:
            text = self.pick(
                ("sum({})", "sum(list({}))", "len(list({})) * 0.1", "max({}, default=0.3)")
            )
            return self.define(scope, self.fresh_name("a"), SCALAR, f"np.sin({text.format(call)})")
        p, j = self.fresh_name("p"), self.fresh_name("j")
        header, numbers, indices = self.pick(
            (
                (f"for {r} in {call}", [r], []),
                (f"for {r} in {call}", [r], []),
                (f"for {j}, {r} in enumerate({call})", [r], [Index(j, 0, 3)]),
                (f"for {r}, {p} in zip({call}, {self.some_vector(scope)})", [r, p], []),
            )
        )
        self.emit(scope, f"{header}:")
        inside = scope.inner(loops=scope.loops + 1, indices=[*scope.indices, *indices])
        for number in numbers:
            inside.variables[number] = Variable(number, SCALAR)
        self.block(inside, self.choices.integer(1, 3))
        self.forget_own(scope, inside)
        if self.one_in(4):
            self.emit(scope, "else:")
            self.block(scope.inner(), 1)

    def over_written(self, scope: Scope) -> None:
        """A loop over an array that its body writes."""
        arrays = [v for v in scope.variables.values() if v.own]
        if not arrays or scope.loops > 1:
            return self.argument_copy(scope)
        array, name, i = self.pick(arrays), self.fresh_name("r"), self.fresh_name("i")
        header, indices = self.pick(
            (
                (f"for {name} in {array.name}", []),
                (f"for {i}, {name} in enumerate({array.name})", [Index(i, 0, array.shape[0] - 1)]),
                (f"for {name} in reversed({array.name})", []),
                (f"for {name} in {array.name}[1:]", []),
            )
        )
        self.emit(scope, f"{header}:")
        inner = scope.inner(loops=scope.loops + 1, indices=[*scope.indices, *indices])
        inner.variables[name] = Variable(name, array.shape[1:])
        for _ in range(self.choices.integer(1, 2)):
            place = self.index(inner, array.shape[0])
            value = self.stored(inner, array.shape[1:])
            self.emit(inner, f"{array.name}[{place}] {self.pick(('=', '+='))} np.sin({value})")
        if self.one_in(2):
            self.block(inner, 1)
        self.forget_own(scope, inner)

    def searched(self, scope: Scope) -> None:
        """A loop with an `else`, that is left or not."""
        if scope.loops > 1:
            return self.update(scope)
        i, found = self.fresh_name("i"), self.fresh_name("a")
        self.emit(scope, f"for {i} in {self.pick(('range(n)', 'range(3)', 'range(1, n)'))}:")
        inner = scope.inner(loops=scope.loops + 1, indices=[*scope.indices, Index(i, 0, 3)])
        if self.one_in(2):
            self.block(inner, self.choices.integer(1, 2))
        self.emit(inner, f"if {self.condition(inner, 1)}:")
        case = inner.inner()
        self.emit(case, f"{found} = {self.expression(case, SCALAR, 2)}")
        if self.one_in(4):
            self.emit(case, f"return {self.expression(case, scope.result, 1)}")
        else:
            self.emit(case, "break")
        self.emit(scope, "else:")
        other = scope.inner()
        if self.one_in(2):
            self.block(other, 1)
        if self.one_in(6):
            self.emit(other, f"return {self.expression(other, scope.result, 1)}")
        self.emit(other, f"{found} = {self.expression(other, SCALAR, 1)}")
        self.forget_own(scope, inner, other)
        scope.variables[found] = Variable(found, SCALAR)

    def carried(self, scope: Scope) -> None:
        """Recursion beside which a buffer, a field or a variable around it changes."""
        if scope.nesting != 1:
            return self.searched(scope)
        name, z, k = self.fresh_name("g"), self.fresh_name("z"), self.fresh_name("k")
        head = len(self.lines)
        self.emit(scope, f"def {name}({z}, {k}):")
        inner = self.nested(scope, z)
        self.emit(inner, f"if {k} < 1:")
        self.emit(inner.inner(), f"return {self.expression(inner, SCALAR, 1)}")
        self.writes(scope, inner)
        if self.one_in(2):
            self.body(scope, inner, 1, head)
        again = f"{name}(np.sin({z}) + {self.expression(inner, SCALAR, 1)}, {k} - 1)"
        self.emit(inner, f"{z} = 0.5 * {again} + {self.expression(inner, SCALAR, 1)}")
        if self.one_in(2):
            self.writes(scope, inner)
        self.emit(inner, f"return np.tanh({z}) * {self.expression(inner, SCALAR, 1)}")
        start_value = self.expression(scope, SCALAR, 1)
        self.define(
            scope,
            self.fresh_name("a"),
            SCALAR,
            f"{name}({start_value}, {self.pick(('n', '2'))}) * 0.5",
        )
