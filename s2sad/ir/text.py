"""The text form of the IR, for people, tests and `--dump-after`."""

from __future__ import annotations

from typing import Any

from s2sad.ir.core import Block, Function, Loop, Op, Value


def to_text(function: Function) -> str:
    """Text of a function: one operation a line, numbered names, kinds after a colon."""
    return _Writer().function(function)


class _Writer:
    def __init__(self) -> None:
        self.names: dict[Value, str] = {}
        self.taken: dict[str, int] = {}
        self.lines: list[str] = []

    def name(self, value: Value) -> str:
        if value not in self.names:
            hint = value.hint or ""
            count = self.taken.get(hint, 0)
            self.taken[hint] = count + 1
            self.names[value] = (
                f"%{hint}" if hint and not count else f"%{hint}.{count}" if hint else f"%{count}"
            )
        return self.names[value]

    def define(self, value: Value) -> str:
        return f"{self.name(value)}: {value.kind}"

    def list(self, values: list[Value]) -> str:
        return ", ".join(self.name(v) for v in values)

    def function(self, function: Function) -> str:
        params = ", ".join(self.define(p) for p in function.params)
        self.lines.append(f"func @{function.name}({params}) {{")
        self.block(function.body, "  ", "return")
        self.lines.append("}")
        return "\n".join(self.lines) + "\n"

    def block(self, block: Block, indent: str, terminator: str = "yield") -> None:
        for op in block.ops:
            self.op(op, indent)
        self.lines.append(f"{indent}{terminator} {self.list(block.yields)}".rstrip())

    def op(self, op: Op, indent: str) -> None:
        head = ", ".join(self.define(r) for r in op.results)
        head = f"{indent}{head} = " if head else indent
        where = f"    # line {op.span.line}" if op.span else ""
        if op.name in ("for", "while"):
            self.loop(op, head, indent, where)
        elif op.name == "attempt":
            self.lines.append(f"{head}attempt {{{where}")
            self.block(op.regions[0], indent + "  ")
            self.lines.append(f"{indent}}} catching {op.attrs['catches']}")
        elif op.name == "if":
            self.lines.append(f"{head}if {self.name(op.operands[0])} {{{where}")
            self.block(op.regions[0], indent + "  ")
            if op.regions[1].ops or op.regions[1].yields:
                self.lines.append(f"{indent}}} else {{")
                self.block(op.regions[1], indent + "  ")
            self.lines.append(f"{indent}}}")
        else:
            self.lines.append(f"{head}{self.plain(op)}{where}")

    def plain(self, op: Op) -> str:
        if op.name == "const":
            name = op.attrs.get("name")
            return f"const {name} = {op.value!r}" if name else f"const {op.value!r}"
        if op.name == "prim":
            pairs = zip(op.attrs["params"], op.operands, strict=True)
            return f"{op.fn}({', '.join(f'{p}={self.name(v)}' for p, v in pairs)})"
        if op.name == "call":
            return f"call {op.attrs['callee'].name}({self.list(op.operands)})"
        what = f" {op.attrs['what']}" if op.name == "effect" else ""
        return f"{op.name}{what} {self.list(op.operands)}".rstrip()

    def loop(self, op: Op, head: str, indent: str, where: str) -> None:
        loop = Loop(op)
        parts: list[str] = []
        carried = [
            f"{self.define(p)} = {self.name(i)}"
            for p, i in zip(loop.carried, loop.inits, strict=True)
        ]
        if carried:
            parts.append(f"carry({', '.join(carried)})")
        for tape, param, backwards in zip(
            loop.tapes_in, loop.consumed, loop.backwards, strict=True
        ):
            order = "backwards " if backwards else ""
            parts.append(f"consume {self.define(param)} {order}from {self.name(tape)}")
        if loop.index is not None:
            parts.insert(0, f"for {self.name(loop.index)} in range({self.list(loop.domain)})")
        else:
            parts.insert(0, "while")
        self.lines.append(f"{head}{' '.join(parts)} {{{where}")
        if op.name == "while":
            condition = op.regions[0]
            for outer, inner in zip(loop.carried, condition.params, strict=True):
                self.names[inner] = self.name(outer)
            self.block(condition, indent + "  ", "condition")
        body: Any = loop.body
        for inner_op in body.ops:
            self.op(inner_op, indent + "  ")
        if loop.stop is not None:
            self.lines.append(f"{indent}  stop if {self.name(loop.stop)}")
        self.lines.append(f"{indent}  yield {self.list(loop.next)}".rstrip())
        if loop.collects:
            self.lines.append(f"{indent}  collect {self.list(loop.collects)}")
        self.lines.append(f"{indent}}}")
