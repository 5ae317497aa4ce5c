"""Statements about memory: second names, views, lists, dicts, objects, and functions that change what they are given.

A part of a container is a variable like any other, whose name is the text that reads it: `q[0]`, `d["a"]`, `box.w`.
"""

from __future__ import annotations

from tests.properties.expressions import (
    MATRIX,
    SCALAR,
    VECTOR,
    Expressions,
    Scope,
    Shape,
    Variable,
)

HEAD = """class Box:
    def __init__(self, a, w):
        self.a = a
        self.w = w
        self.count = 0

    @property
    def size(self):
        return self.a * 0.5 + np.sum(self.w)

    def step(self, z):
        self.count += 1
        self.a = np.sin(self.a) + z
        self.w *= 0.5
        return self.a * self.count


def put(a, z):
    a[0] = z
    a[1:] *= 0.5


def shifted(a, z):
    a += z
    return a
"""


class Memory(Expressions):
    """The part of the generator that writes statements about memory."""

    def own_array(self, scope: Scope) -> Variable | None:
        own = [v for v in scope.variables.values() if v.own]
        return self.pick(own) if own else None

    def alias(self, scope: Scope) -> None:
        """A second name for an array, or for a part of it; both are written later."""
        array = self.own_array(scope)
        if array is None:
            return self.argument_copy(scope)
        name = self.fresh_name("w")
        n = array.shape[0]
        forms: list[tuple[str, Shape]] = [("", array.shape), ("[::-1]", array.shape)]
        if n > 2:
            forms.append(("[1:]", (n - 1, *array.shape[1:])))
        if len(array.shape) == 2:
            forms += [("[0]", array.shape[1:]), (".T", array.shape[::-1]), ("[:, 1]", (n,))]
            size, turned = n * array.shape[1], array.shape[::-1]
            forms += [
                (".ravel()", (size,)),
                (".reshape(-1)", (size,)),
                (f".reshape{turned}", turned),
            ]
        text, shape = self.pick(forms)
        self.emit(scope, f"{name} = {array.name}{text}")
        scope.variables[name] = Variable(name, shape, True)

    def argument_copy(self, scope: Scope) -> None:
        name = self.fresh_name("w")
        sources = scope.of_shape(VECTOR) + scope.of_shape(MATRIX)
        source = self.pick(sources) if sources else Variable("np.ones(3)", VECTOR)
        made = self.pick([f"{source.name} * 1.5", f"{source.name}.copy()"])
        self.emit(scope, f"{name} = {made}")
        scope.variables[name] = Variable(name, source.shape, True)

    def write_argument(self, scope: Scope) -> None:
        """From here on the function writes to an argument."""
        if scope.nesting != 1 or "v" not in scope.variables:
            return self.alias(scope)
        scope.variables["v"] = Variable("v", VECTOR, True)
        self.emit(scope, f"v[0] = {self.expression(scope, SCALAR, 2)}")

    def changed_by_call(self, scope: Scope) -> None:
        array = self.own_array(scope)
        if array is None or len(array.shape) != 1 or array.shape[0] < 2:
            return self.alias(scope)
        value = f"np.sin({self.expression(scope, SCALAR, 1)})"
        if self.one_in(2):
            return self.emit(scope, f"put({array.name}, {value})")
        name = self.fresh_name("w")
        self.emit(scope, f"{name} = shifted({array.name}, {value})")
        scope.variables[name] = Variable(name, array.shape, True)

    def listed(self, scope: Scope) -> None:
        name = self.fresh_name("q")
        items = [self.expression(scope, SCALAR, 2) for _ in range(self.choices.integer(1, 3))]
        self.emit(scope, f"{name} = [{', '.join(items)}]")
        if self.one_in(2):
            self.emit(scope, f"{name}.append({self.expression(scope, SCALAR, 2)})")
            items.append("")
        if self.one_in(3):
            second = self.fresh_name("q")
            self.emit(scope, f"{second} = {name}")
            scope.variables[f"{second}[0]"] = Variable(f"{second}[0]", SCALAR)
        if self.one_in(3) and len(items) > 1:
            last = self.fresh_name("a")
            self.emit(scope, f"{last} = {name}.pop()")
            scope.variables[last] = Variable(last, SCALAR)
            items.pop()
        for i in range(len(items)):
            scope.variables[f"{name}[{i}]"] = Variable(f"{name}[{i}]", SCALAR)
        scope.variables[f"sum({name})"] = Variable(f"sum({name})", SCALAR)

    def mapped(self, scope: Scope) -> None:
        name = self.fresh_name("d")
        array = self.own_array(scope)
        part = array.name if array is not None else "np.ones(3)"
        shape = array.shape if array is not None else VECTOR
        first = self.expression(scope, SCALAR, 2)
        self.emit(scope, f'{name} = {{"a": {first}, "b": {part}}}')
        if self.one_in(2):
            self.emit(scope, f'{name}["c"] = {self.expression(scope, SCALAR, 2)}')
            scope.variables[f'{name}["c"]'] = Variable(f'{name}["c"]', SCALAR)
        scope.variables[f'{name}["a"]'] = Variable(f'{name}["a"]', SCALAR)
        scope.variables[f'{name}["b"]'] = Variable(f'{name}["b"]', shape, True)

    def boxed(self, scope: Scope) -> None:
        name = self.fresh_name("box")
        array = self.own_array(scope)
        part = array.name if array is not None and array.shape == VECTOR else "np.ones(3)"
        self.emit(scope, f"{name} = Box({self.expression(scope, SCALAR, 2)}, {part})")
        for field, shape in (("a", SCALAR), ("w", VECTOR)):
            text = f"{name}.{field}"
            scope.variables[text] = Variable(text, shape, shape != SCALAR)
        scope.variables[f"{name}.size"] = Variable(f"{name}.size", SCALAR)
        scope.variables[f"{name}.step(0.3)"] = Variable(f"{name}.step(0.3)", SCALAR)

    def bumped(self, scope: Scope) -> None:
        """A function that changes a variable of the function around it."""
        numbers = [v for v in scope.of_shape(SCALAR) if v.name.isidentifier()]
        if scope.nesting != 1 or not numbers:
            return self.listed(scope)
        target, name = self.pick(numbers), self.fresh_name("g")
        self.emit(scope, f"def {name}(z):")
        inner = scope.inner()
        self.emit(inner, f"nonlocal {target.name}")
        self.emit(inner, f"{target.name} = np.tanh({target.name} + z)")
        self.emit(inner, f"return {target.name} * 0.5")
        again = f"{name}({self.expression(scope, SCALAR, 1)})"
        value = self.fresh_name("a")
        self.emit(scope, f"{value} = {again}")
        scope.variables[value] = Variable(value, SCALAR)

    # --- lists that grow, buffers that are swapped, exceptions ----------------------------------------------

    def growing(self, scope: Scope) -> None:
        """A loop that appends to a list, and what is read of the list after it."""
        name, i = self.fresh_name("q"), self.fresh_name("i")
        rows = self.one_in(3)
        shape = VECTOR if rows else SCALAR
        first = self.one_in(2)
        # The items are all Python's numbers, or all NumPy's.
        number = self.pick(("float", "np.float64"))
        start = f"{number}({self.expression(scope, SCALAR, 1)})" if first and not rows else ""
        if first and rows:
            start = f"np.ones(3) * {self.expression(scope, SCALAR, 1)}"
        self.emit(scope, f"{name} = [{start}]")
        counted = self.one_in(2)
        if counted:
            self.emit(scope, f"{i} = 0")
            self.emit(scope, f"while {i} < {self.pick(('3', 'n', 'n + 1'))}:")
        else:
            self.emit(
                scope, f"for {i} in {self.pick(('range(n)', 'range(1, n + 1)', 'range(70)'))}:"
            )
        inner = scope.inner(loops=scope.loops + 2)
        if self.one_in(2):
            self.block(inner, 1)
        if first and self.one_in(2):
            last = f"{name}[-1]" if not rows else f"{name}[-1][0]"
            inner.variables[last] = Variable(last, SCALAR)
        value = self.expression(inner, shape, 2)
        value = f"{number}({value}) * 0.9" if shape == SCALAR else f"np.sin({value}) * np.ones(3)"
        if rows and self.one_in(3) and (array := self.own_array(inner)) and array.shape == VECTOR:
            value = array.name
        self.appended(inner, name, value, i, rows)
        if counted:
            self.emit(inner, f"{i} += 1")
        self.forget_own(scope, inner)
        self.read_of(scope, name, rows, first)

    def appended(self, inner: Scope, name: str, value: str, i: str, rows: bool) -> None:
        form = self.choices.integer(0, 5)
        if form == 0 and not rows:
            self.emit(inner, f"if {self.expression(inner, SCALAR, 1)} > 0.1:")
            self.emit(inner.inner(), f"{name}.append({value})")
        elif form == 1:
            self.emit(inner, f"if {i} % 2 == 0:")
            self.emit(inner.inner(), f"{name}.append({value})")
            self.emit(inner, "else:")
            self.emit(inner.inner(), f"{name}.append(({value}) * 0.5)")
        elif form == 2 and not rows:
            j = self.fresh_name("j")
            self.emit(inner, f"for {j} in range({i}):")
            self.emit(inner.inner(), f"{name}.append({value})")
        elif form == 3 and not rows:
            self.emit(inner, f"{name}.append({value})")
            self.emit(inner, f"if len({name}) > 2:")
            self.emit(inner.inner(), "break")
        else:
            self.emit(inner, f"{name}.append({value})")
            if form == 4:
                self.emit(inner, f"{name}.append(({value}) * 0.3)")

    def read_of(self, scope: Scope, name: str, rows: bool, first: bool) -> None:
        total = self.fresh_name("a")
        if rows:
            text = f"np.sum(np.array({name}) ** 2)" if first else f"len({name}) * 0.1"
        else:
            text = self.pick((f"sum({name})", f"np.sum(np.array({name}))", f"len({name}) * 0.1"))
        self.emit(scope, f"{total} = np.tanh({text})")
        scope.variables[total] = Variable(total, SCALAR)
        if first:
            item = f"{name}[-1]"
            scope.variables[item] = Variable(item, VECTOR if rows else SCALAR)

    def swapped(self, scope: Scope) -> None:
        """Two arrays that a loop writes and swaps."""
        arrays = [v for v in scope.variables.values() if v.own and v.shape == VECTOR]
        arrays = [v for v in arrays if v.name.isidentifier()]
        if len(arrays) < 2:
            return self.argument_copy(scope)
        one, two = self.pick(arrays), self.pick(arrays)
        i = self.fresh_name("i")
        self.emit(scope, f"for {i} in range({self.pick(('n', '3'))}):")
        inner = scope.inner(loops=scope.loops + 1)
        self.emit(inner, f"{one.name}[1:] = {two.name}[:-1] * 0.7")
        if self.one_in(2):
            self.emit(inner, f"{one.name}[0] = np.sin({self.expression(inner, SCALAR, 1)})")
        if self.one_in(3):
            self.emit(inner, f"if {i} % 2 == 0:")
            inner = inner.inner()
        self.emit(inner, f"{one.name}, {two.name} = {two.name}, {one.name}")

    def attempted(self, scope: Scope) -> None:
        """A number that may raise an exception, and another one if it does."""
        name = self.fresh_name("a")
        value, other = (self.expression(scope, SCALAR, 1) for _ in range(2))
        risky, error = self.pick(
            (
                (f"math.log(float({value}))", "ValueError"),
                (f"math.sqrt(float({value}) - 0.3137) + 1.0", "(ValueError, TypeError)"),
                (f"1.0 / (n - {self.choices.integer(1, 4)})", "ZeroDivisionError"),
            )
        )
        self.emit(scope, "try:")
        self.emit(scope.inner(), f"{name} = {risky}")
        self.emit(scope, f"except {error}:")
        self.emit(scope.inner(), f"{name} = {other}")
        bounded = self.fresh_name("a")
        self.emit(scope, f"{bounded} = np.tanh({name})")
        scope.variables[bounded] = Variable(bounded, SCALAR)

    def recursed(self, scope: Scope) -> None:
        """A function that calls itself, and reads the variables around it."""
        if scope.nesting != 1:
            return self.attempted(scope)
        name = self.fresh_name("g")
        rows = self.one_in(3)
        shape = VECTOR if rows else SCALAR
        self.emit(scope, f"def {name}(z, k):")
        inner = scope.inner()
        inner.variables["z"] = Variable("z", shape)
        self.emit(inner, f"if {self.pick(('k < 1', 'k <= 0', 'not k > 0'))}:")
        self.emit(inner.inner(), f"return {self.expression(inner, shape, 1)}")
        step = f"np.sin(z) + {self.expression(inner, SCALAR, 1)}"
        again = f"{name}({step}, k - 1)"
        if self.one_in(3):
            again = f"{again} + 0.5 * {name}(z * 0.5, k - 2)"
        if self.one_in(2):
            # What the inner call gives is read by what is not linear, in a loop or a branch perhaps.
            result = self.fresh_name("r")
            self.emit(inner, f"{result} = {again}")
            inner.variables[result] = Variable(result, shape)
            self.block(inner, self.choices.integer(1, 2))
            again = f"np.sin({result}) * {result}"
        self.emit(
            inner, f"return np.tanh({self.expression(inner, SCALAR, 1)}) * ({again}) + z * 0.1"
        )
        value = self.fresh_name("w" if rows else "a")
        start = (
            f"v[:3] * {self.expression(scope, SCALAR, 1)}"
            if rows
            else self.expression(scope, SCALAR, 1)
        )
        self.emit(scope, f"{value} = {name}({start}, {self.pick(('n', '2', '3.0 + y'))})")
        scope.variables[value] = Variable(value, shape)
