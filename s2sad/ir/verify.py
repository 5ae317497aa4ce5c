"""The verifier: what must hold of a function in the IR after every pass."""

from __future__ import annotations

from s2sad.ir.core import Block, Function, Loop, Op, Value


class InvalidIR(Exception):
    """A pass broke the IR: a defect of the compiler, not of the user's program."""


def verify(function: Function, after: str = "") -> None:
    """Raise `InvalidIR` unless definitions precede uses and the arities of regions fit."""
    _Verifier(f"{function.name}{f' after {after}' if after else ''}").block(function.body, set())


class _Verifier:
    def __init__(self, where: str) -> None:
        self.where = where
        self.defined: set[Value] = set()

    def fail(self, message: str) -> None:
        raise InvalidIR(f"{self.where}: {message}")

    def define(self, value: Value, scope: set[Value]) -> None:
        if value in self.defined:
            self.fail(f"{value!r} is defined twice")
        self.defined.add(value)
        scope.add(value)

    def block(self, block: Block, outer: set[Value]) -> None:
        scope = set(outer)
        for param in block.params:
            if param.owner is not block:
                self.fail(f"parameter {param!r} belongs to another block")
            self.define(param, scope)
        for op in block.ops:
            if op.block is not block:
                self.fail(f"{op!r} does not know its block")
            for operand in op.operands:
                if operand not in scope:
                    self.fail(f"{op!r} uses {operand!r} before it is defined")
            for region in op.regions:
                if region.op is not op:
                    self.fail(f"a region of {op!r} does not know its operation")
                self.block(region, scope)
            self.arity(op)
            for result in op.results:
                if result.op is not op:
                    self.fail(f"result {result!r} does not know {op!r}")
                self.define(result, scope)
        for value in block.yields:
            if value not in scope:
                self.fail(f"{value!r} is yielded before it is defined")

    def arity(self, op: Op) -> None:
        if op.name == "prim":
            if len(op.operands) != len(op.attrs["params"]):
                self.fail(f"{op!r} has {len(op.operands)} operands for {op.attrs['params']}")
        elif op.name == "if":
            for region in op.regions:
                if len(region.yields) != len(op.results):
                    self.fail(f"a branch yields {len(region.yields)} of {len(op.results)} values")
        elif op.name in ("for", "while"):
            loop = Loop(op)
            counts = {
                "carried parameters": (len(loop.carried), loop.n_carried),
                "next values": (len(loop.next), loop.n_carried),
                "collected values": (len(loop.collects), loop.n_collected),
                "tapes": (len(loop.tapes_in), len(loop.backwards)),
                "consumed parameters": (len(loop.consumed), len(loop.backwards)),
                "results": (len(op.results), loop.n_carried + loop.n_collected + loop.has_trips),
            }
            for what, (got, want) in counts.items():
                if got != want:
                    self.fail(f"{op.name} has {got} {what}, not {want}")
            if op.name == "while" and len(op.regions[0].params) != loop.n_carried:
                self.fail("the condition of a while loop does not take its carried values")
