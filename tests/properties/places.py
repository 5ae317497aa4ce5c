"""Statements about tables, the iterators of itertools, and lists at places that only the run knows."""

from __future__ import annotations

from tests.properties.expressions import SCALAR, VECTOR, Index, Scope, Variable
from tests.properties.memory import Memory

IMPORT = "import itertools"
TABLE = "TABLE = [0.3, -0.7, 0.2, 0.9, -0.4, 0.6]"


class Places(Memory):
    """Writes loops over several things at once, and lists of numbers that are written by place."""

    def some_vector(self, scope: Scope) -> str:
        names = [v.name for v in scope.of_shape(VECTOR) if v.name.isidentifier()]
        return self.pick(names) if names else "np.ones(3)"

    def paired(self, scope: Scope) -> None:
        i, j, p, q = (self.fresh_name(letter) for letter in "ijpq")
        vector = self.some_vector(scope)
        header, indices, numbers = self.pick(
            (
                (f"for {i}, {p} in enumerate(TABLE)", [Index(i, 0, 5)], [p]),
                (f"for {p}, {q} in zip(TABLE, {vector})", [], [p, q]),
                (f"for {p}, {q} in zip({vector}, TABLE[1:4], strict=True)", [], [p, q]),
                (f"for {p} in reversed(TABLE)", [], [p]),
                (
                    f"for {i}, ({p}, {q}) in enumerate(zip({vector}, TABLE))",
                    [Index(i, 0, 2)],
                    [p, q],
                ),
                (
                    f"for {i}, {j} in itertools.combinations(range(3), 2)",
                    [Index(i, 0, 1), Index(j, 1, 2)],
                    [],
                ),
                (
                    f"for {i}, {j} in itertools.product(range(2), range(n))",
                    [Index(i, 0, 1), Index(j, 0, 3)],
                    [],
                ),
                (f"for {p}, {q} in itertools.pairwise({vector})", [], [p, q]),
                (f"for {p}, {q} in itertools.permutations({vector}, 2)", [], [p, q]),
                (f"for {p} in itertools.accumulate({vector})", [], [p]),
                (f"for {p} in itertools.chain({vector}, TABLE)", [], [p]),
            )
        )
        self.emit(scope, f"{header}:")
        inner = scope.inner(loops=scope.loops + 2, indices=[*scope.indices, *indices])
        for name in numbers:
            inner.variables[name] = Variable(name, SCALAR)
        self.block(inner, self.choices.integer(1, 3))
        self.forget_own(scope, inner)

    def placed(self, scope: Scope) -> None:
        """A list of numbers of one type, written and read at places that the run decides."""
        name = self.fresh_name("q")
        number = self.pick(("float", "np.float64"))
        count = self.choices.integer(2, 4)

        def value(inner: Scope) -> str:
            return f"{number}({self.expression(inner, SCALAR, 2)})"

        def place(inner: Scope) -> str:
            if inner.indices and not self.one_in(3):
                return f"{self.pick(inner.indices).name} % {count}"
            return f"int({self.condition(inner, 1)})"

        self.emit(scope, f"{name} = [{', '.join(value(scope) for _ in range(count))}]")
        for _ in range(self.choices.integer(1, 3)):
            form = self.choices.integer(0, 3)
            if form == 0:
                self.emit(scope, f"{name}[{place(scope)}] = {value(scope)}")
            elif form == 1:
                self.emit(scope, f"{name}[{place(scope)}] += {value(scope)}")
            elif form == 2:
                a, b = place(scope), place(scope)
                self.emit(scope, f"{name}[{a}], {name}[{b}] = {name}[{b}], {name}[{a}]")
            else:
                i = self.fresh_name("i")
                self.emit(scope, f"for {i} in range(n + 1):")
                inner = scope.inner(loops=scope.loops + 1, indices=[*scope.indices, Index(i, 0, 3)])
                if self.one_in(2):
                    self.block(inner, 1)
                next_one = f"{name}[({i} + 1) % {count}]"
                self.emit(inner, f"{name}[{i} % {count}] = {value(inner)} * 0.5 + {next_one}")
                self.forget_own(scope, inner)
        read = self.pick((f"sum({name})", f"max({name})", f"{name}[-1] * len({name})"))
        self.define(scope, self.fresh_name("a"), SCALAR, f"np.sin({name}[{place(scope)}]) + {read}")

    def chosen(self, scope: Scope) -> None:
        """A list whose items the run chooses, the first item of a kind, or one of several patterns."""
        name, item, found = (self.fresh_name(letter) for letter in "qta")

        def value() -> str:
            return f"float({self.expression(scope, SCALAR, 2)})"

        first = f"{item} > {self.expression(scope, SCALAR, 1)}"
        form = self.choices.integer(0, 3)
        if form == 0:
            self.emit(scope, f"{name} = [{value()}]")
            for _ in range(self.choices.integer(1, 2)):
                self.emit(scope, f"if {self.condition(scope, 1)}:")
                self.emit(scope.inner(), f"{name}.append({value()})")
            read = self.pick((f"sum({name})", f"max({name})", f"{name}[-1]"))
            self.define(scope, found, SCALAR, f"{read} / len({name})")
        elif form == 1:
            items = ", ".join(value() for _ in range(3))
            words = self.pick(
                (f"[t for t in ({items}) if t > 0.1]", f"list(filter(None, [{items}]))")
            )
            self.emit(scope, f"{name} = {words}")
            self.define(scope, found, SCALAR, f"sum({name}) * 0.5 + len({name})")
        elif form == 2:
            over = self.pick((self.some_vector(scope), f"[{value()}, {value()}]"))
            text = f"next((np.sin({item}) for {item} in {over} if {first}), {value()})"
            self.define(scope, found, SCALAR, text)
        else:
            self.emit(scope, f"match ({value()}, [{value()}, {value()}]):")
            case = scope.inner()
            guard = f" if {first}" if self.one_in(2) else ""
            self.emit(case, f"case (_, [{item}]):")
            self.emit(case.inner(), f"{found} = {item}")
            self.emit(case, f"case ({item}, [_, {name}]){guard}:")
            self.emit(case.inner(), f"{found} = {item} * {name}")
            self.emit(case, f"case ({item}, _):")
            self.emit(case.inner(), f"{found} = np.sin({item})")
            scope.variables[found] = Variable(found, SCALAR)
