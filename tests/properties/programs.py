"""Small random programs: branches, loops, stores, helpers and closures over floats and small arrays.

`generate(choices)` writes the program; `choices` is a seeded random generator (bulk runs) or hypothesis (which
then shrinks what it finds). Zero is the plainest choice everywhere.
"""

from __future__ import annotations

import ast
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

import numpy as np

Item = TypeVar("Item")
Shape = tuple[int, ...]
SCALAR: Shape = ()
VECTOR: Shape = (3,)
MATRIX: Shape = (2, 3)


class Choices(Protocol):
    def integer(self, low: int, high: int) -> int: ...


class Seeded:
    """Choices from a seed."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def integer(self, low: int, high: int) -> int:
        return self.random.randint(low, high)


@dataclass
class Program:
    """The text of a module with a function `f`, and arguments for it."""

    text: str
    args: tuple[Any, ...]
    wrt: tuple[int, ...]


@dataclass(frozen=True)
class Variable:
    name: str
    shape: Shape
    own: bool = False  # an array that the function made, and that has no other name


@dataclass(frozen=True)
class Helper:
    name: str
    shapes: tuple[Shape, ...]
    defaults: int  # how many of the last parameters have a default
    result: Shape
    names: tuple[str, ...]


@dataclass(frozen=True)
class Index:
    """An integer variable with known bounds."""

    name: str
    low: int
    high: int


@dataclass
class Scope:
    variables: dict[str, Variable] = field(default_factory=dict)
    indices: list[Index] = field(default_factory=list)
    helpers: list[Helper] = field(default_factory=list)
    loops: int = 0
    nesting: int = 0
    result: Shape = SCALAR

    def inner(self, **changes: Any) -> Scope:
        values = {
            "variables": dict(self.variables),
            "indices": list(self.indices),
            "helpers": list(self.helpers),
            "loops": self.loops,
            "nesting": self.nesting + 1,
            "result": self.result,
        }
        return Scope(**(values | changes))

    def of_shape(self, shape: Shape) -> list[Variable]:
        return [v for v in self.variables.values() if v.shape == shape]


FRESH_CALLS = {"sum", "dot", "cumsum", "where", "zeros", "ones", "concatenate", "stack", "copy"}
SMOOTH = (
    "np.sin({})",
    "np.tanh({})",
    "np.cos({})",
    "np.arctan({})",
    "np.exp(np.tanh({}))",
    "np.log(1.5 + np.square({}))",
    "np.sqrt(1.0 + np.square({}))",
    "1.0 / (1.0 + np.square({}))",
    "np.square(np.sin({}))",
    "np.log1p(np.square({}))",
    "np.sinh(np.sin({}))",
    "np.arcsin(0.9 * np.tanh({}))",
    "np.power(1.0 + np.square({}), 0.7)",
)
MATH = (
    "math.sin({})",
    "math.tanh({})",
    "math.exp(math.sin({}))",
    "math.sqrt(1.0 + ({}) ** 2)",
    "math.log(2.0 + math.cos({}))",
    "math.atan({})",
    "math.hypot({}, 0.7)",
)
KINKED = ("abs({})", "np.abs({})", "np.maximum({}, 0.2)", "np.minimum({}, 0.3)", "np.clip({}, -0.6, 0.7)")


class Generator:
    """Writes one module."""

    def __init__(self, choices: Choices) -> None:
        self.choices = choices
        self.lines: list[str] = []
        self.names = 0
        self.budget = 0

    # --- choices --------------------------------------------------------------------------------

    def one_in(self, n: int) -> bool:
        return self.choices.integer(0, n - 1) == n - 1

    def pick(self, items: Sequence[Item]) -> Item:
        return items[self.choices.integer(0, len(items) - 1)]

    def constant(self) -> str:
        return self.pick(("0.5", "1.0", "2.0", "-0.7", "0.3", "1.5", "-1.2", "3", "0.25"))

    def fresh_name(self, prefix: str) -> str:
        self.names += 1
        return f"{prefix}{self.names}"

    def emit(self, scope: Scope, text: str) -> None:
        self.lines.append("    " * scope.nesting + text)

    # --- expressions ----------------------------------------------------------------------------

    def expression(self, scope: Scope, shape: Shape, depth: int) -> str:
        """Text of an expression of the given shape."""
        if depth <= 0 or self.one_in(8):
            return self.leaf(scope, shape)
        makers: list[Callable[[Scope, Shape, int], str]] = [self.arithmetic, self.arithmetic, self.smooth]
        makers += [self.kinked, self.conditional, self.call]
        if shape == SCALAR:
            makers += [self.reduction, self.item, self.python_math, self.power]
        elif len(shape) == 1:
            makers += [self.vector, self.vector, self.where]
        else:
            makers += [self.matrix, self.where]
        return self.pick(makers)(scope, shape, depth - 1)

    def leaf(self, scope: Scope, shape: Shape) -> str:
        found = scope.of_shape(shape)
        if found and not self.one_in(6):
            # The newest names first: they are what the program has just computed.
            return found[-1 - min(self.choices.integer(0, len(found) - 1), len(found) - 1)].name
        if shape == SCALAR:
            if scope.indices and self.one_in(4):
                return f"(0.3 * {self.pick(scope.indices).name})"
            return self.constant()
        if found:
            return self.pick(found).name
        return self.made(shape)

    def made(self, shape: Shape) -> str:
        value = self.pick(("0.5", "-0.7", "1.5"))
        return f"np.full({shape!r}, {value})"

    def part(self, scope: Scope, shape: Shape, depth: int) -> str:
        """An operand that broadcasts to a shape."""
        if shape != SCALAR and self.one_in(3):
            return self.expression(scope, SCALAR if len(shape) == 1 or self.one_in(2) else shape[1:], depth)
        return self.expression(scope, shape, depth)

    def arithmetic(self, scope: Scope, shape: Shape, depth: int) -> str:
        a, b = self.expression(scope, shape, depth), self.part(scope, shape, depth)
        if self.one_in(4) and shape != SCALAR:
            a, b = b, a
        op = self.pick(("+", "*", "-", "/"))
        if op == "/":
            return f"({a} / (1.2 + np.square({b})))"
        return f"({a} {op} {b})"

    def smooth(self, scope: Scope, shape: Shape, depth: int) -> str:
        return self.pick(SMOOTH).format(self.expression(scope, shape, depth))

    def python_math(self, scope: Scope, shape: Shape, depth: int) -> str:
        return self.pick(MATH).format(self.expression(scope, shape, depth))

    def kinked(self, scope: Scope, shape: Shape, depth: int) -> str:
        if shape == SCALAR and self.one_in(3):
            a, b = self.expression(scope, shape, depth), self.expression(scope, shape, depth)
            return f"{self.pick(('max', 'min'))}({a}, {b})"
        return self.pick(KINKED).format(self.expression(scope, shape, depth))

    def power(self, scope: Scope, shape: Shape, depth: int) -> str:
        base = self.expression(scope, shape, depth)
        if self.one_in(4):
            return f"(1.0 + np.square({base})) ** np.tanh({self.expression(scope, shape, depth)})"
        return f"np.tanh({base}) ** {self.pick(('2', '3', '2.0', '1'))}"

    def conditional(self, scope: Scope, shape: Shape, depth: int) -> str:
        if not self.one_in(2):
            return self.arithmetic(scope, shape, depth)
        a, b = self.expression(scope, shape, depth), self.expression(scope, shape, depth)
        return f"({a} if {self.condition(scope, depth)} else {b})"

    def call(self, scope: Scope, shape: Shape, depth: int) -> str:
        fitting = [h for h in scope.helpers if h.result == shape]
        if not fitting:
            return self.smooth(scope, shape, depth)
        helper = self.pick(fitting)
        count = len(helper.shapes) - (self.choices.integer(0, helper.defaults) if helper.defaults else 0)
        args = [self.expression(scope, s, depth) for s in helper.shapes[:count]]
        if args and self.one_in(3):
            k = self.choices.integer(0, len(args) - 1)
            named = [f"{n}={a}" for n, a in zip(helper.names[k:], args[k:], strict=False)]
            args = args[:k] + named[::-1]
        return f"{helper.name}({', '.join(args)})"

    def reduction(self, scope: Scope, shape: Shape, depth: int) -> str:
        inner = self.expression(scope, self.pick((VECTOR, VECTOR, MATRIX)), depth)
        form = self.pick(("np.sum({})", "np.mean({})", "np.max({})", "np.min({})", "({}).sum()", "({}).mean()"))
        if self.one_in(4):
            other = self.expression(scope, VECTOR, depth)
            mine = self.expression(scope, VECTOR, depth)
            return self.pick(("({} @ {})", "np.dot({}, {})", "np.sum({} * {})")).format(mine, other)
        return form.format(inner)

    def index(self, scope: Scope, length: int) -> str:
        """Text of an index that is within an axis of the given length."""
        if scope.indices and not self.one_in(3):
            i = self.pick(scope.indices)
            if -length <= i.low and i.high < length and not self.one_in(3):
                return i.name
            return f"{i.name} % {length}"
        return str(self.choices.integer(0, length - 1) - (length if self.one_in(4) else 0))

    def item(self, scope: Scope, shape: Shape, depth: int) -> str:
        arrays = [v for v in scope.variables.values() if v.shape]
        if not arrays:
            return self.smooth(scope, shape, depth)
        array = self.pick(arrays)
        return f"{array.name}[{', '.join(self.index(scope, n) for n in array.shape)}]"

    def where(self, scope: Scope, shape: Shape, depth: int) -> str:
        test = f"{self.expression(scope, shape, depth)} {self.pick(('<', '>'))} {self.part(scope, shape, depth)}"
        return f"np.where({test}, {self.expression(scope, shape, depth)}, {self.part(scope, shape, depth)})"

    def vector(self, scope: Scope, shape: Shape, depth: int) -> str:
        n = shape[0]
        rows = [v for v in scope.variables.values() if len(v.shape) == 2 and v.shape[1] == n]
        columns = [v for v in scope.variables.values() if len(v.shape) == 2 and v.shape[0] == n]
        longer = [v for v in scope.variables.values() if len(v.shape) == 1 and v.shape[0] > n]
        forms: list[Callable[[], str]] = [
            lambda: f"np.cumsum({self.expression(scope, shape, depth)})",
            lambda: f"({self.expression(scope, shape, depth)})[::-1]",
        ]
        if rows:
            forms.append(lambda: f"{self.pick(rows).name}[{self.index(scope, self.pick(rows).shape[0])}]")
            forms.append(lambda: f"np.sum({self.pick(rows).name}, axis=0)")
        if columns:
            forms.append(lambda: f"{self.pick(columns).name}[:, {self.index(scope, 3)}]")
            forms.append(lambda: f"({self.pick(columns).name} @ {self.expression(scope, VECTOR, depth)})")
        if longer:
            array = self.pick(longer)
            k = array.shape[0]
            forms += [lambda: f"{array.name}[{k - n}:]", lambda: f"{array.name}[:{n}]"]
        if n == 2:
            forms.append(lambda: f"({self.expression(scope, VECTOR, depth)})[1:]")
            forms.append(lambda: f"({self.expression(scope, VECTOR, depth)})[:-1]")
        if n == 3:
            two, one = self.expression(scope, (2,), depth - 1), self.expression(scope, SCALAR, depth - 1)
            forms.append(lambda: f"np.concatenate([{two}, np.full(1, {one})])")
        return self.pick(forms)()

    def matrix(self, scope: Scope, shape: Shape, depth: int) -> str:
        form = self.choices.integer(0, 3)
        if form == 0:
            inner = self.expression(scope, VECTOR, depth)
            return f"np.stack([{inner}, {self.expression(scope, VECTOR, depth)}])"
        if form == 1:
            return f"np.outer({self.expression(scope, (2,), depth)}, {self.expression(scope, VECTOR, depth)})"
        if form == 2:
            return f"({self.expression(scope, MATRIX, depth)} + {self.expression(scope, (2,), depth)}[:, None])"
        return f"({self.expression(scope, MATRIX, depth)} * {self.expression(scope, VECTOR, depth)})"

    def condition(self, scope: Scope, depth: int) -> str:
        form = self.choices.integer(0, 7)
        depth = min(depth, 1)
        a = self.expression(scope, SCALAR, depth)
        if form <= 2:
            return f"{a} {self.pick(('<', '>', '<=', '>='))} {self.expression(scope, SCALAR, depth)}"
        if form == 3:
            return f"{self.constant()} < {a} {self.pick(('<', '<='))} {self.expression(scope, SCALAR, depth)}"
        if form == 4 and scope.indices:
            i = self.pick(scope.indices).name
            return self.pick((f"{i} % 2 == 0", f"{i} > 1", f"{i} == 1", f"{i} != 2"))
        if form == 5:
            return f"not {a} > {self.expression(scope, SCALAR, 0)}"
        joint = self.pick(("and", "or"))
        return f"({self.condition(scope, depth - 1)} {joint} {self.condition(scope, depth - 1)})" if depth else f"{a} > 0.1"

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
        makers += [self.new_array] * 2 + [self.nested_function]
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
        old = self.pick(list(scope.variables.values()))
        self.define(scope, old.name, old.shape, self.damped(scope, old.shape, old.name))

    def augment(self, scope: Scope) -> None:
        names = [v for v in scope.variables.values() if v.shape == SCALAR or v.own]
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
        scalars = scope.of_shape(SCALAR)
        vectors = scope.of_shape(VECTOR)
        form = self.choices.integer(0, 3)
        if form == 0 and len(scalars) > 1:
            a, b = self.pick(scalars).name, self.pick(scalars).name
            if a != b:
                return self.emit(scope, f"{a}, {b} = {b}, {a}")
        if form == 1 and len(scalars) > 1:
            a, b = self.pick(scalars).name, self.pick(scalars).name
            if a != b:
                return self.emit(scope, f"{a}, {b} = {b}, np.sin({a} + {self.expression(scope, SCALAR, 1)})")
        if form == 2 and len(vectors) > 1:
            a, b = self.pick(vectors), self.pick(vectors)
            if a.name != b.name:
                scope.variables[a.name], scope.variables[b.name] = (
                    Variable(a.name, VECTOR, b.own),
                    Variable(b.name, VECTOR, a.own),
                )
                return self.emit(scope, f"{a.name}, {b.name} = {b.name}, {a.name}")
        p, q, t = self.fresh_name("p"), self.fresh_name("q"), self.fresh_name("t")
        self.emit(scope, f"{t} = ({self.expression(scope, SCALAR, 2)}, {self.expression(scope, SCALAR, 2)})")
        self.emit(scope, f"{p}, {q} = {t}" if self.one_in(2) else f"{p}, {q} = {t}[1], {t}[0] * 0.5")
        for name in (p, q):
            scope.variables[name] = Variable(name, SCALAR)

    def new_array(self, scope: Scope) -> None:
        name = self.fresh_name("u")
        shape = self.pick((VECTOR, VECTOR, MATRIX, (4,)))
        form = self.choices.integer(0, 3)
        same = scope.of_shape(shape)
        if form == 0 or not same:
            self.emit(scope, f"{name} = np.zeros({shape!r})")
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

    def store(self, scope: Scope) -> None:
        target = self.pick([v for v in scope.variables.values() if v.own])
        n = target.shape[0]
        op = self.pick(("=", "+=", "=", "-=", "*=")) if self.one_in(2) else self.pick(("=", "+="))
        form = self.choices.integer(0, 4)
        if form <= 1:
            place, shape = f"[{self.index(scope, n)}]", target.shape[1:]
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
        value = self.expression(scope, shape if shape in known and not self.one_in(5) else SCALAR, 2)
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
        forms = ["return"] if not scope.loops or scope.nesting < 3 else ["break", "continue", "return"]
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
        shapes = tuple(self.pick((SCALAR, SCALAR, VECTOR)) for _ in range(self.choices.integer(1, 2)))
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


def is_fresh(text: str) -> bool:
    """Whether an expression makes a new array."""
    node = ast.parse(text, mode="eval").body
    if isinstance(node, ast.BinOp):
        return True
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        return True
    return False


def generate(choices: Choices, size: int = 8) -> Program:
    """A random program with arguments."""
    generator = Generator(choices)
    generator.lines = ["import math", "", "import numpy as np", "", ""]
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
