"""Random expressions over floats, vectors of three and matrices of two rows; see `programs.py`."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

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
KINKED = (
    "abs({})",
    "np.abs({})",
    "np.maximum({}, 0.2)",
    "np.minimum({}, 0.3)",
    "np.clip({}, -0.6, 0.7)",
)


class Expressions:
    """Writes expressions into the lines of one module."""

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
        return self.pick(
            (
                "0.5",
                "1.0",
                "2.0",
                "-0.7",
                "0.3",
                "1.5",
                "-1.2",
                "3",
                "0.25",
                "HALF",
                "TWO",
                "MINUS",
                "Fixed.x",
                "Fixed.y",
            )
        )

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
        makers: list[Callable[[Scope, Shape, int], str]] = [
            self.arithmetic,
            self.arithmetic,
            self.smooth,
        ]
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
            name = found[-1 - min(self.choices.integer(0, len(found) - 1), len(found) - 1)].name
            return f"(1.0 * {name})" if name[0] == "o" and name[1:].isdigit() else name
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
            return self.expression(
                scope, SCALAR if len(shape) == 1 or self.one_in(2) else shape[1:], depth
            )
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
        if shape == SCALAR and self.one_in(2):
            return self.counted(scope, depth)
        a, b = self.expression(scope, shape, depth), self.expression(scope, shape, depth)
        return f"({a} if {self.condition(scope, depth)} else {b})"

    def truth(self, scope: Scope) -> str:
        """True or False of Python, whatever the tests are of."""
        a, b = self.condition(scope, 1), self.condition(scope, 0)
        form = self.pick(
            (
                "any([{}, {}])",
                "all(({}, {}))",
                "bool({} or {})",
                "(not ({} and {}))",
                "(True if {} else not ({}))",
                "any([not ({}), {}])",
            )
        )
        return form.format(a, b)

    def counted(self, scope: Scope, depth: int) -> str:
        """Truths as numbers and as places."""
        one, two, part = self.truth(scope), self.truth(scope), self.leaf(scope, SCALAR)
        value = self.expression(scope, SCALAR, depth)
        form = self.pick(
            (
                "({one} + {two}) * ({value})",
                "({one} - 2 * {two}) * ({value})",
                "(-{one} + {two} + {one}) * ({value})",
                "[{part}, {value}][{one}]",
                "max({one}, {two}) * ({value})",
                "(sum([{one}, {two}, {part}]) * ({value}))",
                "({value} if {one} + {two} > 1 else {part})",
            )
        )
        return f"({form.format(one=one, two=two, value=value, part=part)})"

    def call(self, scope: Scope, shape: Shape, depth: int) -> str:
        fitting = [h for h in scope.helpers if h.result == shape]
        if not fitting:
            return self.smooth(scope, shape, depth)
        helper = self.pick(fitting)
        count = len(helper.shapes) - (
            self.choices.integer(0, helper.defaults) if helper.defaults else 0
        )
        args = [self.expression(scope, s, depth) for s in helper.shapes[:count]]
        if args and self.one_in(3):
            k = self.choices.integer(0, len(args) - 1)
            named = [f"{n}={a}" for n, a in zip(helper.names[k:], args[k:], strict=False)]
            args = args[:k] + named[::-1]
        return f"{helper.name}({', '.join(args)})"

    def reduction(self, scope: Scope, shape: Shape, depth: int) -> str:
        inner = self.expression(scope, self.pick((VECTOR, VECTOR, MATRIX)), depth)
        form = self.pick(
            ("np.sum({})", "np.mean({})", "np.max({})", "np.min({})", "({}).sum()", "({}).mean()")
        )
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
        places = ", ".join(self.index(scope, n) for n in array.shape)
        # An array of objects would hold the view itself.
        return (
            f"(1.0 * {array.name}[..., {places}])" if self.one_in(6) else f"{array.name}[{places}]"
        )

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
            forms.append(
                lambda: f"{self.pick(rows).name}[{self.index(scope, self.pick(rows).shape[0])}]"
            )
            forms.append(lambda: f"np.sum({self.pick(rows).name}, axis=0)")
        if columns:
            forms.append(lambda: f"{self.pick(columns).name}[:, {self.index(scope, 3)}]")
            forms.append(
                lambda: f"({self.pick(columns).name} @ {self.expression(scope, VECTOR, depth)})"
            )
        if longer:
            array = self.pick(longer)
            k = array.shape[0]
            forms += [lambda: f"{array.name}[{k - n}:]", lambda: f"{array.name}[:{n}]"]
        if n == 2:
            forms.append(lambda: f"({self.expression(scope, VECTOR, depth)})[1:]")
            forms.append(lambda: f"({self.expression(scope, VECTOR, depth)})[:-1]")
        if n == 3:
            two, one = (
                self.expression(scope, (2,), depth - 1),
                self.expression(scope, SCALAR, depth - 1),
            )
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
        return (
            f"({self.expression(scope, MATRIX, depth)} * {self.expression(scope, VECTOR, depth)})"
        )

    def condition(self, scope: Scope, depth: int) -> str:
        form = self.choices.integer(0, 7)
        depth = min(depth, 1)
        a = self.expression(scope, SCALAR, depth)
        if form <= 2:
            return (
                f"{a} {self.pick(('<', '>', '<=', '>='))} {self.expression(scope, SCALAR, depth)}"
            )
        if form == 3:
            return f"{self.constant()} < {a} {self.pick(('<', '<='))} {self.expression(scope, SCALAR, depth)}"
        if form == 4 and scope.indices:
            i = self.pick(scope.indices).name
            return self.pick((f"{i} % 2 == 0", f"{i} > 1", f"{i} == 1", f"{i} != 2"))
        if form == 5:
            return f"not {a} > {self.expression(scope, SCALAR, 0)}"
        joint = self.pick(("and", "or"))
        return (
            f"({self.condition(scope, depth - 1)} {joint} {self.condition(scope, depth - 1)})"
            if depth
            else f"{a} > 0.1"
        )
