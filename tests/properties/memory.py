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
        forms: list[tuple[str, Shape]] = [("", array.shape)]
        if n > 2:
            forms.append(("[1:]", (n - 1, *array.shape[1:])))
        if len(array.shape) == 2:
            forms += [("[0]", array.shape[1:]), (".T", array.shape[::-1]), ("[:, 1]", (n,))]
        text, shape = self.pick(forms)
        self.emit(scope, f"{name} = {array.name}{text}")
        scope.variables[name] = Variable(name, shape, True)

    def argument_copy(self, scope: Scope) -> None:
        name = self.fresh_name("w")
        sources = scope.of_shape(VECTOR) + scope.of_shape(MATRIX)
        source = self.pick(sources) if sources else Variable("np.ones(3)", VECTOR)
        self.emit(scope, f"{name} = {source.name} * 1.5")
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
