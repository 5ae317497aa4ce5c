"""Small random programs: branches, loops, stores, helpers and closures over floats and small arrays.

`generate(choices)` writes the program; `choices` is a seeded random generator (bulk runs) or hypothesis (which
then shrinks what it finds). Zero is the plainest choice everywhere.
"""

from __future__ import annotations

import ast
from typing import Any

import numpy as np

from tests.properties.expressions import (
    MATRIX,
    SCALAR,
    VECTOR,
    Choices,
    Helper,
    Index,
    Program,
    Scope,
    Seeded,
    Shape,
    Variable,
)
from tests.properties.lists import Lists
from tests.properties.memory import HEAD
from tests.properties.places import IMPORT, TABLE

__all__ = ["Program", "Seeded", "arguments", "generate"]


class Generator(Lists):
    """Writes one module; with `memory`, one in which arrays have second names and containers are changed."""

    memory = False

    # --- statements -----------------------------------------------------------------------------

    def block(self, scope: Scope, statements: int) -> None:
        start = len(self.lines)
        for _ in range(statements):
            if self.budget <= 0:
                break
            self.statement(scope)
            last = self.lines[-1].strip()
            if last.startswith(("return", "break", "continue")) and self.lines[-1].startswith(
                "    " * scope.nesting + last[:5]
            ):
                break
        if len(self.lines) == start:
            self.emit(scope, "pass")

    def statement(self, scope: Scope) -> None:
        self.budget -= 1
        makers = [self.new_value] * 3 + [self.update] * 4 + [self.augment] * 3 + [self.tuples] * 2
        if any(v.own for v in scope.variables.values()):
            makers += [self.store] * 5
        makers += [self.new_array] * 2 + [self.nested_function, self.pointlike]
        if self.memory:
            makers += [self.alias] * 4 + [self.changed_by_call] * 2
            if scope.nesting < 3:
                makers += [self.listed, self.mapped, self.boxed] * 2
                makers += [self.write_argument, self.bumped, self.swapped, self.attempted]
                makers += [self.recursed, self.paired, self.placed, self.chosen]
                makers += [
                    self.worker,
                    self.generator,
                    self.over_written,
                    self.searched,
                    self.carried,
                ]
                makers += [self.queue, self.table, self.table, self.starred]
                if scope.loops == 0:
                    makers += [self.growing] * 2
        if scope.nesting < 4:
            makers += [self.branch] * 3
            if scope.loops < 2:
                makers += [self.for_loop] * 3 + [self.while_loop] * 2 + [self.loop_over_array]
        if scope.nesting > 1:
            makers += [self.leave] * 2
        self.pick(makers)(scope)

    def define(self, scope: Scope, name: str, shape: Shape, text: str) -> None:
        self.emit(scope, f"{name} = {text}")
        scope.variables.pop(name, None)
        scope.variables[name] = Variable(name, shape, shape != SCALAR and is_fresh(text))
        if shape and not is_fresh(text):
            # What is mentioned may now have a second name.
            mentioned = {n.id for n in ast.walk(ast.parse(text)) if isinstance(n, ast.Name)}
            for other in [v for v in scope.variables.values() if v.name in mentioned and v.own]:
                if not self.one_in(6):
                    scope.variables[other.name] = Variable(other.name, other.shape)

    def new_value(self, scope: Scope) -> None:
        shape = self.pick((SCALAR, SCALAR, VECTOR, MATRIX))
        text = self.expression(scope, shape, 3)
        self.define(scope, self.fresh_name("abcd"[len(shape)]), shape, text)

    def damped(self, scope: Scope, shape: Shape, name: str) -> str:
        value = self.expression(scope, shape, 3)
        form = self.choices.integer(0, 3)
        if form == 0 and not scope.loops:
            return value
        if form == 1:
            return f"np.tanh({value})"
        if form == 2:
            return f"0.5 * {name} + np.sin({value})"
        return f"np.sin({name} + {value})"

    def update(self, scope: Scope) -> None:
        if not scope.variables:
            return self.new_value(scope)
        old = self.pick([v for v in scope.variables.values() if is_target(v)])
        self.define(scope, old.name, old.shape, self.damped(scope, old.shape, old.name))

    def augment(self, scope: Scope) -> None:
        names = [v for v in scope.variables.values() if v.shape == SCALAR or v.own]
        names = [v for v in names if is_target(v)]
        if not names:
            return self.new_value(scope)
        target = self.pick(names)
        op = self.pick(("+=", "-=", "*=", "/="))
        value = self.part(scope, target.shape, 2)
        if op in ("*=", "+=", "-=") and scope.loops:
            value = f"np.sin({value})"
        if op == "/=":
            value = f"(1.1 + np.square({value}))"
        self.emit(scope, f"{target.name} {op} {value}")

    def tuples(self, scope: Scope) -> None:
        scalars = [v for v in scope.of_shape(SCALAR) if is_target(v)]
        vectors = scope.of_shape(VECTOR)
        form = self.choices.integer(0, 3)
        if form == 0 and len(scalars) > 1:
            a, b = self.pick(scalars).name, self.pick(scalars).name
            if a != b:
                return self.emit(scope, f"{a}, {b} = {b}, {a}")
        if form == 1 and len(scalars) > 1:
            a, b = self.pick(scalars).name, self.pick(scalars).name
            if a != b:
                return self.emit(
                    scope, f"{a}, {b} = {b}, np.sin({a} + {self.expression(scope, SCALAR, 1)})"
                )
        if form == 2 and len(vectors) > 1:
            a, b = self.pick(vectors), self.pick(vectors)
            if a.name != b.name:
                scope.variables[a.name], scope.variables[b.name] = (
                    Variable(a.name, VECTOR, b.own),
                    Variable(b.name, VECTOR, a.own),
                )
                return self.emit(scope, f"{a.name}, {b.name} = {b.name}, {a.name}")
        p, q, t = self.fresh_name("p"), self.fresh_name("q"), self.fresh_name("t")
        self.emit(
            scope,
            f"{t} = ({self.expression(scope, SCALAR, 2)}, {self.expression(scope, SCALAR, 2)})",
        )
        self.emit(
            scope, f"{p}, {q} = {t}" if self.one_in(2) else f"{p}, {q} = {t}[1], {t}[0] * 0.5"
        )
        for name in (p, q):
            scope.variables[name] = Variable(name, SCALAR)

    def new_array(self, scope: Scope) -> None:
        name = self.fresh_name("u")
        shape = self.pick((VECTOR, VECTOR, MATRIX, (4,)))
        form = self.choices.integer(0, 3)
        same = scope.of_shape(shape)
        if form == 0 or not same:
            self.emit(scope, f"{name} = np.zeros({self.size(scope, shape)})")
        elif form == 1:
            self.emit(scope, f"{name} = {self.pick(same).name}.copy()")
        elif form == 2:
            self.emit(scope, f"{name} = np.zeros_like({self.pick(same).name})")
        else:
            self.emit(scope, f"{name} = np.empty({shape!r})")
            i = self.fresh_name("i")
            self.emit(scope, f"for {i} in range({shape[0]}):")
            inner = scope.inner(indices=[*scope.indices, Index(i, 0, shape[0] - 1)])
            self.emit(inner, f"{name}[{i}] = {self.expression(inner, shape[1:], 2)}")
        scope.variables[name] = Variable(name, shape, True)

    def size(self, scope: Scope, shape: Shape) -> str:
        """The shape of an array, as a literal, or put together from the shape of another one."""
        matrices = [v.name for v in scope.of_shape(MATRIX)]
        if not matrices or not self.one_in(2):
            return repr(shape)
        name = self.pick(matrices)
        if len(shape) == 1:
            return f"{name}.shape[:0] + {shape!r}"
        return self.pick((f"{name}.shape[:1] + (3,)", f"(2,) + {name}.shape[1:]", f"{name}.shape"))

    def pointlike(self, scope: Scope) -> None:
        """An array without dimensions."""
        name = self.fresh_name("o")
        makers = ("np.zeros(())", "np.zeros_like({0})", "np.array({0})", "np.asarray({0})")
        made = self.pick(makers).format(self.expression(scope, SCALAR, 2))
        self.emit(scope, f"{name} = {made}")
        scope.variables[name] = Variable(name, SCALAR)
        value = self.expression(scope, SCALAR, 2)
        change = self.pick((f"{name}[...] = {value}", f"{name} += {value}", ""))
        if self.one_in(3):
            second = self.fresh_name("o")
            self.emit(scope, f"{second} = {name}")
            scope.variables[second] = Variable(second, SCALAR)
        if change:
            self.emit(scope, change)

    def store(self, scope: Scope) -> None:
        target = self.pick([v for v in scope.variables.values() if v.own])
        n = target.shape[0]
        op = self.pick(("=", "+=", "=", "-=", "*=")) if self.one_in(2) else self.pick(("=", "+="))
        form = self.choices.integer(0, 4)
        if form <= 1:
            place, shape = f"[{self.index(scope, n)}]", target.shape[1:]
            if self.one_in(4):
                last = target.shape[-1]
                place, shape = f"[..., {self.index(scope, last)}]", target.shape[:-1]
        elif form == 2:
            low = self.choices.integer(0, n - 1)
            high = self.choices.integer(low + 1, n)
            place = f"[{low or ''}:{high if high < n else ''}]"
            shape = (high - low, *target.shape[1:])
            if shape == (n,) and op != "=" and self.one_in(2):
                place = "[:]"
        elif form == 3 and len(target.shape) == 1 and n > 2:
            # An update of a part by the part next to it.
            left, right = (f"{target.name}[1:]", f"{target.name}[:-1]")
            if self.one_in(2):
                left, right = right, left
            return self.emit(scope, f"{left} {op if op != '*=' else '+='} 0.5 * {right}")
        elif len(target.shape) == 2:
            if self.one_in(2):
                place, shape = f"[{self.index(scope, n)}, {self.index(scope, 3)}]", SCALAR
            else:
                place, shape = f"[:, {self.index(scope, 3)}]", (n,)
        else:
            place, shape = "[::2]", (len(range(0, n, 2)),)
        value = self.stored(scope, shape)
        self.emit(scope, f"{target.name}{place} {op} {value}")

    def stored(self, scope: Scope, shape: Shape) -> str:
        known = (SCALAR, VECTOR, MATRIX, (2,))
        value = self.expression(
            scope, shape if shape in known and not self.one_in(5) else SCALAR, 2
        )
        return f"np.sin({value})" if scope.loops and self.one_in(2) else value

    def nested_function(self, scope: Scope) -> None:
        name, parameter = self.fresh_name("g"), self.fresh_name("z")
        shape = self.pick((SCALAR, SCALAR, VECTOR))
        self.emit(scope, f"def {name}({parameter}, scale=0.5):")
        inner = scope.inner(helpers=[], loops=2, indices=list(scope.indices))
        inner.variables[parameter] = Variable(parameter, shape)
        inner.variables["scale"] = Variable("scale", SCALAR)
        inner.result = shape
        if self.one_in(2):
            test = self.condition(inner, 1)
            self.emit(inner, f"if {test}:")
            self.emit(inner.inner(), f"return {self.expression(inner, shape, 2)}")
        self.emit(inner, f"return {self.expression(inner, shape, 2)}")
        helper = Helper(name, (shape, SCALAR), 1, shape, (parameter, "scale"))
        scope.helpers.append(helper)

    def branch(self, scope: Scope) -> None:
        self.emit(scope, f"if {self.condition(scope, 2)}:")
        then = scope.inner()
        self.block(then, self.choices.integer(1, 3))
        both = None
        if self.one_in(4):
            self.emit(scope, f"elif {self.condition(scope, 1)}:")
            self.block(scope.inner(), self.choices.integer(1, 2))
        elif not self.one_in(3):
            name, shape = self.fresh_name("e"), self.pick((SCALAR, VECTOR))
            if not self.lines[-1].strip().startswith(("return", "break", "continue")):
                self.emit(then, f"{name} = {self.expression(then, shape, 2)}")
                both = Variable(name, shape)
            self.emit(scope, "else:")
            other = scope.inner()
            self.block(other, self.choices.integer(0, 2))
            if both and not self.lines[-1].strip().startswith(("return", "break", "continue")):
                self.emit(other, f"{name} = {self.expression(other, shape, 2)}")
            else:
                both = None
        self.forget_own(scope, then)
        if both:
            scope.variables[both.name] = both

    def forget_own(self, scope: Scope, *inner: Scope) -> None:
        """Arrays that a block gave a second name, or made anew by a view, are no longer the function's own."""
        for block in inner:
            for name, variable in list(scope.variables.items()):
                if variable.own and not block.variables.get(name, variable).own:
                    scope.variables[name] = Variable(name, variable.shape)

    def for_loop(self, scope: Scope) -> None:
        i = self.fresh_name("i")
        domain, low, high = self.pick(
            (
                ("range(3)", 0, 2),
                ("range(n)", 0, 3),
                ("range(1, n)", 1, 3),
                ("range(2)", 0, 1),
                ("range(3, 0, -1)", 1, 3),
                ("range(0, 4, 2)", 0, 2),
                ("range(n - 1, -1, -1)", 0, 3),
                ("range(0)", 0, 0),
                ("range(n, 2)", 0, 3),
            )
        )
        if i_outer := [x for x in scope.indices if x.name.startswith("i")]:
            if self.one_in(4):
                outer = self.pick(i_outer)
                domain, low, high = f"range({outer.name})", 0, max(outer.high - 1, 0)
        self.emit(scope, f"for {i} in {domain}:")
        inner = scope.inner(loops=scope.loops + 1, indices=[*scope.indices, Index(i, low, high)])
        self.block(inner, self.choices.integer(1, 4))
        self.forget_own(scope, inner)

    def loop_over_array(self, scope: Scope) -> None:
        arrays = [v for v in scope.variables.values() if v.shape and not v.own]
        if not arrays:
            return self.for_loop(scope)
        array = self.pick(arrays)
        name = self.fresh_name("r")
        self.emit(scope, f"for {name} in {array.name}:")
        inner = scope.inner(loops=scope.loops + 1)
        inner.variables[name] = Variable(name, array.shape[1:])
        self.block(inner, self.choices.integer(1, 3))
        self.forget_own(scope, inner)

    def while_loop(self, scope: Scope) -> None:
        k = self.fresh_name("k")
        trips = self.pick(("3", "n", "2", "4"))
        self.emit(scope, f"{k} = 0")
        inner = scope.inner(loops=scope.loops + 1, indices=[*scope.indices, Index(k, 1, 4)])
        form = self.choices.integer(0, 2)
        if form == 2:
            self.emit(scope, "while True:")
            self.emit(inner, f"{k} += 1")
            self.emit(inner, f"if {k} > {trips}:")
            self.emit(inner.inner(), "break")
        else:
            extra = f" and {self.condition(scope, 1)}" if form == 1 else ""
            self.emit(scope, f"while {k} < {trips}{extra}:")
            self.emit(inner, f"{k} += 1")
        self.block(inner, self.choices.integer(1, 3))
        self.forget_own(scope, inner)

    def leave(self, scope: Scope) -> None:
        forms = (
            ["return"] if not scope.loops or scope.nesting < 3 else ["break", "continue", "return"]
        )
        form = self.pick(forms)
        if scope.nesting < 2 or form == "return" and self.one_in(2):
            return self.update(scope)
        if form == "return":
            self.emit(scope, f"return {self.expression(scope, scope.result, 2)}")
        else:
            self.emit(scope, form)

    # --- functions ------------------------------------------------------------------------------

    def helper(self, helpers: list[Helper]) -> Helper:
        name = self.fresh_name("h")
        shapes = tuple(
            self.pick((SCALAR, SCALAR, VECTOR)) for _ in range(self.choices.integer(1, 2))
        )
        result = self.pick((SCALAR, SCALAR, VECTOR))
        names = tuple(f"{'sv'[len(s)]}{i}" for i, s in enumerate(shapes))
        self.emit(Scope(), f"def {name}({', '.join((*names, 'rate=0.4', 'n=2'))}):")
        scope = Scope(helpers=list(helpers), nesting=1, result=result)
        scope.variables = {n: Variable(n, s) for n, s in zip(names, shapes, strict=True)}
        scope.variables["rate"] = Variable("rate", SCALAR)
        scope.indices = [Index("n", 2, 2)]
        self.budget = 4
        self.block(scope, self.choices.integer(0, 3))
        self.emit(scope, f"return {self.expression(scope, result, 2)}")
        self.lines += ["", ""]
        return Helper(name, (*shapes, SCALAR), 1, result, (*names, "rate"))

    def function(self, helpers: list[Helper], size: int) -> None:
        self.emit(Scope(), "def f(x, y, v, m, n):")
        scope = Scope(helpers=list(helpers), nesting=1)
        for name, shape in (("x", SCALAR), ("y", SCALAR), ("v", VECTOR), ("m", MATRIX)):
            scope.variables[name] = Variable(name, shape)
        scope.indices = [Index("n", 0, 3)]
        self.budget = 3 * size
        self.block(scope, self.choices.integer(2, size))
        terms = []
        for variable in list(scope.variables.values())[::-1][: self.choices.integer(1, 5)]:
            total = variable.name if variable.shape == SCALAR else f"np.sum({variable.name})"
            terms.append(total if not self.one_in(3) else f"{total} * {self.constant()}")
        if not self.lines[-1].startswith("    return"):
            self.emit(scope, f"return {' + '.join(terms)}")


def is_target(variable: Variable) -> bool:
    """False for what can only be read: a call, a property."""
    return not variable.name.endswith((")", ".size"))


def is_fresh(text: str) -> bool:
    """Whether an expression makes a new array."""
    node = ast.parse(text, mode="eval").body
    if isinstance(node, ast.BinOp):
        return True
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        return True
    return False


# Named as arguments of `f` are, too.
NAMED = """\
HALF, TWO, MINUS = 0.5, 2.0, -1.0


class Fixed:
    x, y = 0.75, -1.25"""


def generate(choices: Choices, size: int = 8, memory: bool = False) -> Program:
    """A random program with arguments."""
    generator = Generator(choices)
    generator.memory = memory
    generator.lines = ["import math", "", "import numpy as np", "", *NAMED.splitlines(), "", ""]
    if memory:
        generator.lines[:1] = [IMPORT, "import math"]
        generator.lines += [TABLE, "", "", *HEAD.splitlines(), "", ""]
    helpers: list[Helper] = []
    for _ in range(choices.integer(0, 2)):
        helpers.append(generator.helper(helpers))
    generator.function(helpers, size)
    return Program("\n".join(generator.lines) + "\n", arguments(choices), (0, 1, 2, 3))


def arguments(choices: Choices) -> tuple[Any, ...]:
    rng = np.random.default_rng(choices.integer(0, 1000))

    def numbers(*shape: int) -> Any:
        return np.round(rng.uniform(-1.5, 1.5, size=shape), 3) + 1e-4

    n = choices.integer(0, 3)
    return float(numbers()), float(numbers()), numbers(3), numbers(2, 3), n
