"""Statements about lists whose length the run decides: queues, windows, lists of lists, stars of arrays."""

from __future__ import annotations

from tests.properties.effects import Effects
from tests.properties.expressions import SCALAR, Index, Scope, Variable


class Lists(Effects):
    """Writes lists that become longer and shorter, and lists of lists that are written by place."""

    def number(self, scope: Scope, depth: int = 1) -> str:
        return f"float({self.expression(scope, SCALAR, depth)})"

    def queue(self, scope: Scope) -> None:
        """A list to which a loop appends, and from which it takes."""
        if scope.loops > 1:
            return self.update(scope)
        name, i, total = self.fresh_name("q"), self.fresh_name("i"), self.fresh_name("a")
        first = self.pick(
            (f"[{self.number(scope)}]", f"[{self.number(scope)}, 0.3]", "[0.5] * (n + 2)")
        )
        self.emit(scope, f"{name} = {first}")
        self.emit(scope, f"{total} = 0.0")
        header = self.pick(
            (f"for {i} in range(n + 2)", f"for {i} in range(4)", f"while {name} and {i} < 5")
        )
        if header.startswith("while"):
            self.emit(scope, f"{i} = 0")
        self.emit(scope, f"{header}:")
        inner = scope.inner(loops=scope.loops + 2, indices=[*scope.indices, Index(i, 0, 5)])
        inner.variables[total] = Variable(total, SCALAR)
        if header.startswith("while"):
            self.emit(inner, f"{i} += 1")
            item = self.fresh_name("a")
            self.emit(inner, f"{item} = {name}.pop({self.pick(('', '0', '-1'))})")
            inner.variables[item] = Variable(item, SCALAR)
            self.emit(inner, f"if {self.condition(inner, 1)}:")
            self.emit(inner.inner(), f"{name}.append(np.tanh({self.number(inner)}) * 0.5)")
        else:
            self.emit(inner, f"{name}.append({self.number(inner)})")
            self.emit(inner, f"if len({name}) > {self.pick(('1', '2', '3'))}:")
            self.emit(
                inner.inner(),
                self.pick((f"{name}.pop(0)", f"del {name}[0]", f"{name} = {name}[1:]")),
            )
            inner.variables[f"{name}[-1]"] = Variable(f"{name}[-1]", SCALAR)
        if self.one_in(2):
            self.block(inner, 1)
        self.emit(
            inner, f"{total} += np.sin({self.expression(inner, SCALAR, 1)}) + 0.1 * sum({name})"
        )
        self.forget_own(scope, inner)
        scope.variables[total] = Variable(total, SCALAR)
        if self.one_in(2):
            self.parted(scope, name)
        self.define(scope, self.fresh_name("a"), SCALAR, f"np.tanh(sum({name})) + len({name})")

    def parted(self, scope: Scope, name: str) -> None:
        """Parts and copies of a list, and what is written into one of them."""
        part, value = self.fresh_name("q"), self.number(scope)
        text = self.pick(
            ("{}[1:]", "{}[:-1]", "{}[:]", "list({})", "{}[::-1]", "{}[n // 2:]", "{} + {}")
        )
        self.emit(scope, f"{part} = {text.format(name, name)}")
        self.emit(scope, f"if len({name}) > 2 and len({part}) > 1:")
        inner = scope.inner()
        self.emit(inner, f"{self.pick((name, part))}[{self.pick(('0', '-1', '1'))}] = {value}")
        self.emit(inner, f"{name}[0] = {name}[0] + {part}[-1] * 0.5")
        again = f"sum({part}) + ({name} == {part}) + ({name}[0] in {part})"
        self.define(scope, self.fresh_name("a"), SCALAR, f"np.tanh({again})")

    def table(self, scope: Scope) -> None:
        """A list of lists, made by a comprehension or by loops, and written by place."""
        name = self.fresh_name("t")
        vector = self.some_vector(scope)
        rows, columns, text = self.pick(
            (
                ("n + 1", "n + 1", "[[0.0] * (n + 1) for _ in range(n + 1)]"),
                ("n + 1", "3", "[[0.0] * 3 for _ in range(n + 1)]"),
                (
                    "n + 2",
                    "n + 1",
                    f"[[{self.number(scope)} for _ in range(n + 1)] for _ in range(n + 2)]",
                ),
                ("3", "3", f"[[a * b for a in {vector}] for b in {vector}]"),
                ("3", "3", f"[list({vector}) for _ in range(3)]"),
                ("2", "n + 1", "[[0] * (n + 1) for _ in range(2)]"),
            )
        )
        self.emit(scope, f"{name} = {text}")
        number = "np.float64" if vector in text and "0" not in text[:4] else "float"
        for _ in range(self.choices.integer(1, 3)):
            self.table_write(scope, name, rows, columns, number)
        if self.one_in(3):
            other = self.fresh_name("t")
            self.emit(
                scope,
                f"{other} = {self.pick((f'[r[:] for r in {name}]', f'[list(r) for r in {name}]', name))}",
            )
            self.table_write(scope, other, rows, columns, number)
        total = self.fresh_name("a")
        text = self.pick(
            (
                f"sum(sum(r) for r in {name})",
                f"sum({name}[0]) + {name}[-1][-1]",
                f"{name}[0][0] * {name}[-1][0] + len({name}) + len({name}[0])",
                f"np.sum(np.array({name}) ** 2)",
            )
        )
        self.emit(scope, f"{total} = np.tanh({text})")
        scope.variables[total] = Variable(total, SCALAR)

    def table_write(self, scope: Scope, name: str, rows: str, columns: str, number: str) -> None:
        def value(inner: Scope) -> str:
            return f"{number}({self.expression(inner, SCALAR, 1)})"

        i, j, r = self.fresh_name("i"), self.fresh_name("j"), self.fresh_name("r")
        form = self.choices.integer(0, 5)
        if form == 0:
            return self.emit(
                scope,
                f"{name}[0][{self.pick(('0', '-1', 'n % 2 * 0'))}] {self.pick(('=', '+='))} {value(scope)}",
            )
        if form == 1:
            self.emit(scope, f"{name}[0], {name}[-1] = {name}[-1], {name}[0]")
            return self.emit(scope, f"{name}[0][0] += {value(scope)}")
        if form == 2:
            self.emit(scope, f"{r} = {name}[{self.pick(('0', '1', '-1'))} * (n > 0)]")
            self.emit(scope, f"{r}[0] = {value(scope)}")
            self.emit(scope, f"{name}[0][0] = {r}[0] * 0.5 + {value(scope)}")
            return
        if form == 3:
            self.emit(scope, f"for {r} in {name}:")
            inner = scope.inner(loops=scope.loops + 2)
            self.emit(inner, f"for {j} in range(len({r})):")
            inside = inner.inner(indices=[*inner.indices, Index(j, 0, 4)])
            self.emit(inside, f"{r}[{j}] = {value(inside)} + {r}[0]")
            return
        self.emit(scope, f"for {i} in range({rows}):")
        inner = scope.inner(loops=scope.loops + 2, indices=[*scope.indices, Index(i, 0, 5)])
        self.emit(inner, f"for {j} in range({self.pick(('', '1, '))}{columns}):")
        inside = inner.inner(indices=[*inner.indices, Index(j, 0, 4)])
        if self.one_in(3):
            self.block(inside, 1)
        before = self.pick((f"{name}[{i} - 1][{j}]", f"{name}[{i}][{j} - 1]", f"{name}[0][0]"))
        op = self.pick(("=", "+=", "-="))
        self.emit(inside, f"{name}[{i}][{j}] {op} np.sin({before}) * 0.5 + {value(inside)}")
        self.forget_own(scope, inner, inside)

    def starred(self, scope: Scope) -> None:
        """A function of any number of arguments, called with the items of an array."""
        name = self.fresh_name("g")
        self.emit(scope, f"def {name}({self.pick(('', 'first, '))}*rest):")
        inner = scope.inner(helpers=[])
        takes_first = "first" in self.lines[-1]
        if takes_first:
            inner.variables["first"] = Variable("first", SCALAR)
        for text in ("sum(rest)", "len(rest)"):
            inner.variables[text] = Variable(text, SCALAR)
        self.emit(inner, f"return {self.expression(inner, SCALAR, 2)}")
        vector = self.some_vector(scope)
        before = f"{self.expression(scope, SCALAR, 1)}, " if self.one_in(2) else ""
        after = (
            f", {self.expression(scope, SCALAR, 1)}"
            if self.one_in(3) and (before or not takes_first)
            else ""
        )
        self.define(scope, self.fresh_name("a"), SCALAR, f"{name}({before}*{vector}{after}) * 0.5")
