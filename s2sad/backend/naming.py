"""Gives every value that has a statement the name of a variable.

Values that may be one variable (a loop's initial, carried and final value; the results of a branch; the versions
of an array that is written in place) are joined where they are not alive at the same time, so that the emitted
code has the user's variables and no copies between them.
"""

from __future__ import annotations

from s2sad.analysis.sharing import must_write, rewritten
from s2sad.backend.shielding import RESERVED, plain, shielded
from s2sad.ir.core import Function, Loop, Op, Value
from s2sad.ir.liveness import Liveness


class Names:
    """`of(value)`: the variable of a value."""

    def __init__(
        self, function: Function, nested: set[Op], liveness: Liveness, taken: set[str]
    ) -> None:
        self.function = function
        self.nested = nested
        self.liveness = liveness
        self.parent: dict[Value, Value] = {}
        self.members: dict[Value, list[Value]] = {}
        self.order: list[Value] = []
        self.names: dict[Value, str] = {}
        self.params = set(function.params)
        self.taped: dict[Value, Value] = {}
        self.needed = Liveness(function, nested, liveness.appends, contents=True)
        self.collect(function)
        self.join_all(function)
        self.check()
        self.assign(taken)

    def of(self, value: Value) -> str:
        return self.names[self.find(value)]

    def collect(self, function: Function) -> None:
        def add(value: Value) -> None:
            if value not in self.parent:
                self.parent[value] = value
                self.members[value] = [value]
                self.order.append(value)

        for param in function.params:
            add(param)
        for op in function.body.walk():
            if op.name in ("for", "while"):
                loop = Loop(op)
                for tape, param in zip(loop.tapes_in, loop.consumed, strict=True):
                    maker = (
                        Loop(tape.op)
                        if tape.op is not None and tape.op.name in ("for", "while")
                        else None
                    )
                    if maker is not None and tape in maker.tapes_out:
                        self.taped[param] = maker.collects[maker.tapes_out.index(tape)]
            for region in op.regions:
                for param in region.params:
                    add(param)
            if op not in self.nested:
                for result in op.results:
                    add(result)

    def find(self, value: Value) -> Value:
        while self.parent[value] is not value:
            value = self.parent[value]
        return value

    def join_all(self, function: Function) -> None:
        ops = list(function.body.walk())
        for op in ops:
            if op.name == "while":
                for mine, theirs in zip(op.regions[0].params, Loop(op).carried, strict=True):
                    self.join(mine, theirs, force=True)
            if op not in self.nested and op.name == "prim" and must_write(op):
                self.join(op.result, op.operands[0], force=True)
            if op.name in ("for", "while"):
                for param, final in zip(Loop(op).carried, Loop(op).finals, strict=True):
                    self.join(final, param, force=True)
        for op in ops:
            if op.name in ("for", "while"):
                loop = Loop(op)
                for init, param, following in zip(loop.inits, loop.carried, loop.next, strict=True):
                    self.join(following, param)
                    if rewritten(following, param):
                        self.join_versions(init, param)
                    self.join(init, param)
        for op in ops:
            if op.name == "if":
                for region in op.regions:
                    for result, value in zip(op.results, region.yields, strict=True):
                        self.join(value, result)
        for op in ops:
            if op not in self.nested and op.name == "prim" and op.attrs.get("accumulate"):
                first = self.leftmost(op.operands[0])
                if first in self.parent and self.hint(self.find(op.result)) == self.hint(
                    self.find(first)
                ):
                    self.join(op.result, first)
            elif op not in self.nested and (
                op.name == "unstack" or (op.name == "prim" and op.attrs.get("inplace"))
            ):
                self.join(op.result, op.operands[0])

    def check(self) -> None:
        """No variable holds two values that are needed at the same time.

        The versions of an array that is written in place may be, for their shape.
        """
        for members in self.members.values():
            group = set(members)
            for value in members:
                both = self.needed.clashes.get(value, set()) & group
                if both:
                    raise AssertionError(f"{value} and {both.pop()} cannot share a variable")

    def leftmost(self, value: Value) -> Value:
        while (
            value.op is not None
            and value.op in self.nested
            and value.op.fn in ("operator.add", "operator.sub")
        ):
            value = value.op.operands[0]
        return value

    def join(self, a: Value, b: Value, force: bool = False) -> None:
        """Make two values one variable, unless they are alive together or are two of the user's variables."""
        if a not in self.parent or b not in self.parent:
            return
        a, b = self.find(a), self.find(b)
        if a is b:
            return
        if not force:
            if self.clash(a, b):
                return
            one, other = self.hint(a), self.hint(b)
            if one and other and one != other and (self.users_own(a) or self.users_own(b)):
                return
            if self.is_param(a) != self.is_param(b) and one != other:
                return
        keep, gone = (b, a) if self.is_param(b) or not self.is_param(a) else (a, b)
        self.parent[gone] = keep
        self.members[keep].extend(self.members.pop(gone))

    def join_versions(self, a: Value, b: Value) -> None:
        """Join an array with a later version that is written in place: the length of both is the same."""
        if a not in self.parent or b not in self.parent or a.hint != b.hint:
            return
        one, other = self.members[self.find(a)], self.members[self.find(b)]
        if not any(self.needed.interfere(x, y) for x in one for y in other):
            self.join(a, b, force=True)

    def clash(self, a: Value, b: Value) -> bool:
        return any(self.liveness.interfere(x, y) for x in self.members[a] for y in self.members[b])

    def is_param(self, root: Value) -> bool:
        return any(v in self.params for v in self.members[root])

    def users_own(self, root: Value) -> bool:
        """True where a member is a variable that the user wrote."""
        return any(
            v.hint and (v in self.params or (v.op is not None and v.op.exact))
            for v in self.members[root]
        )

    def hint(self, root: Value) -> str:
        members = self.members[root]
        for value in members:
            if value in self.params:
                return value.hint
        for value in members:
            if value.hint and (value.op is None or value.op.name in ("for", "while")):
                return value.hint
        return next((v.hint for v in members if v.hint), "")

    def assign(self, taken: set[str]) -> None:
        by_name: dict[str, list[Value]] = {}
        for param in self.function.params:
            self.names[self.find(param)] = shielded(param.hint)
            by_name.setdefault(param.hint, []).append(self.find(param))
        for value in self.order:
            root = self.find(value)
            if root in self.names:
                continue
            base = self.hint(root) or plain(temporary(self, root))
            base = "i" if base == "_" else base  # read after all
            if base in RESERVED or base in taken:
                base = f"{base}_"
            name, number = base, 1
            while any(self.clash(root, other) for other in by_name.get(name, [])) or name in taken:
                number += 1
                name = f"{base}{number}"
            self.names[root] = name
            by_name.setdefault(name, []).append(root)


def temporary(names: Names, root: Value) -> str:
    """A name for a value that the user did not name: what it is made of, or t."""
    for value in names.members[root]:
        op = value.op
        kept = names.taped.get(value)
        if kept is not None and kept in names.parent and names.find(kept) in names.names:
            return names.of(kept).rstrip("0123456789")
        if op is None or op.name != "prim":
            continue
        if op.attrs.get("bar"):
            return "t_bar"
        short = op.fn.rsplit(".", 1)[-1]
        if (
            op.fn.startswith(("operator.", "intrinsic.", "helper."))
            or len(short) > 8
            or short == "copy"
        ):
            return "t"
        argument = op.operands[0] if op.operands else None
        if op.exact and argument is not None and argument in names.parent:
            inner = names.names.get(names.find(argument), "")
            if inner.isidentifier() and len(inner) <= 12:
                return f"{short}_{inner}"
        return f"{short}_" if short in RESERVED else short
    return "t"
