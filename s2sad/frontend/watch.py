"""What was computed before a loop, though Python would compute it in the loop: it must not change in between."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import gast

from s2sad.frontend.base import Base
from s2sad.frontend.scope import Binding, Cell, Generator, Scope, Snapshot


@dataclass
class Watched:
    """A variable, and what it held."""

    scope: Scope
    name: str
    binding: Binding
    contents: dict[str, Binding] | None


class Watch(Base):
    """The part of `Lowering` that compares variables before and after."""

    watched: list[Watched]

    def watch(self, scope: Scope, names: Iterable[str]) -> list[Watched]:
        """The variables of these names, as seen from a scope."""
        found = []
        for name in names:
            holder: Scope | None = scope
            while holder is not None and name not in holder.vars:
                holder = holder.elsewhere.get(name, holder.lexical)
            if holder is not None:
                binding = holder.vars[name]
                contents = dict(binding.vars) if isinstance(binding, Cell) else None
                found.append(Watched(holder, name, binding, contents))
        return found

    def read_by(self, generator: Generator) -> list[Watched]:
        """What a generator may read."""
        tree = generator.source.node
        names = {n.id for n in gast.walk(tree) if isinstance(n, gast.Name)}
        return self.watch(generator.scope, sorted(names))

    def unchanged(self, watched: list[Watched], what: str, node: Any) -> None:
        for one in watched:
            now, before = one.scope.vars.get(one.name), one.contents
            same = now is one.binding
            if same and isinstance(now, Cell) and before is not None:
                same = now.vars.keys() == before.keys()
                same = same and all(now.vars[n] is b for n, b in before.items())
            if not same:
                read = f"{one.name!r}, which {what} reads,"
                raise self.unsupported(
                    node,
                    f"{f'what {what} runs over' if one.name.startswith('$') else read} changes in the loop",
                    "make a list of its values before the loop",
                )

    def without_effects(self, before: Snapshot, node: Any) -> None:
        """Refuse a generator that has changed what is around it."""
        for holder, variables in before.items():
            for name, binding in variables.items():
                if holder.vars.get(name) is not binding and not name.startswith("$"):
                    raise self.unsupported(
                        node,
                        f"a generator that changes {name!r} is run step by step with something else",
                        "make a list of its values before the loop",
                    )
