"""The header of a loop: what it runs over, and the tapes that it reads."""

from __future__ import annotations

from s2sad.analysis.context import static
from s2sad.backend.express import Expressions
from s2sad.backend.lines import expression_text
from s2sad.backend.naming import Names
from s2sad.backend.rows import Rows
from s2sad.ir.core import Loop, Op, Value


class LoopHeaders:
    """The part of `Raiser` that writes `for x, y in zip(..., reversed(tape)):`."""

    names: Names
    expressions: Expressions
    count: dict[Value, int]
    rows: dict[Op, Rows]
    groups: dict[Op, list[list[int]]]

    def for_header(self, loop: Loop) -> str:
        targets: list[str] = []
        sources: list[str] = []
        index = loop.index
        rows = self.rows.get(loop.op)
        if rows is not None:
            for read in rows.reads:
                targets.append(self.names.of(read.result))
                text = expression_text(self.expressions.of(read.operands[0]))
                sources.append(f"reversed({text})" if rows.backwards else text)
            if rows.counted and index is not None:
                over = sources[0] if len(sources) == 1 else f"zip({', '.join(sources)})"
                item = targets[0] if len(targets) == 1 else f"({', '.join(targets)})"
                return f"for {self.names.of(index)}, {item} in enumerate({over}):"
        elif index is not None and self.count.get(index):
            targets.append(self.names.of(index))
            sources.append(self.range_text(loop.domain))
        for group, tape, backwards in self.consumed_groups(loop):
            names = [self.names.of(p) if self.count.get(p) else "_" for p in group]
            targets.append(names[0] if len(names) == 1 else f"({', '.join(names)})")
            name = expression_text(self.expressions.of(tape))
            sources.append(f"reversed({name})" if backwards else name)
        if not targets:
            return f"for _ in {self.range_text(loop.domain)}:"
        if len(targets) == 1:
            target = targets[0][1:-1] if targets[0].startswith("(") else targets[0]
            return f"for {target} in {sources[0]}:"
        return f"for {', '.join(targets)} in zip({', '.join(sources)}):"

    def consumed_groups(self, loop: Loop) -> list[tuple[list[Value], Value, bool]]:
        """The loop's tapes, with those that are one list of tuples taken together."""
        out: list[tuple[list[Value], Value, bool]] = []
        params = dict(zip(loop.tapes_in, loop.consumed, strict=True))
        done: set[Value] = set()
        for tape, backwards in zip(loop.tapes_in, loop.backwards, strict=True):
            if tape in done:
                continue
            group = [tape]
            if tape.op is not None and tape.op in self.groups:
                maker = Loop(tape.op)
                k = maker.tapes_out.index(tape)
                group = [
                    maker.tapes_out[j] for j in next(g for g in self.groups[tape.op] if k in g)
                ]
            done.update(group)
            out.append(([params[t] for t in group], group[0], backwards))
        return out

    def range_text(self, domain: list[Value]) -> str:
        start, stop, step = domain
        parts = [expression_text(self.expressions.of(v)) for v in domain]
        if static(step) == (True, 1):
            parts = parts[1:2] if static(start) == (True, 0) else parts[:2]
        return f"range({', '.join(parts)})"
