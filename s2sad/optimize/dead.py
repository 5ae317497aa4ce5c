"""Removes what nothing reads, by marking what is read from the results and the effects backwards.

Marking finds cycles of loop variables that only feed each other, which counting uses would keep.
"""

from __future__ import annotations

from s2sad.ir.core import Block, Function, Loop, Op, Value


def drop_dead(function: Function) -> bool:
    """Remove operations, results and loop values that nothing needs; True where something was removed."""
    return _sweep(function.body, Live(function))


class Live:
    """`values` that are read, and `ops` that must run."""

    def __init__(self, function: Function) -> None:
        self.values: set[Value] = set()
        self.ops: set[Op] = set()
        self.work: list[Value] = []
        self.blocks: dict[Block, Op] = {}
        self.homes: dict[Op, Block] = {}
        self.enter(function.body)
        self.mark(function.results)
        while self.work:
            self.follow(self.work.pop())

    def enter(self, block: Block) -> None:
        for op in block.ops:
            self.homes[op] = block
            for region in op.regions:
                self.blocks[region] = op
                self.enter(region)
            self.begin(op)

    def begin(self, op: Op) -> None:
        """Mark what an operation reads whatever its results are."""
        if op.name == "effect":
            self.run(op)
            self.mark(op.operands)

    def mark(self, values: list[Value]) -> None:
        for value in values:
            if value not in self.values:
                self.values.add(value)
                self.work.append(value)

    def run(self, op: Op) -> None:
        """The operation must run, and so must the branches and loops around it."""
        while op not in self.ops:
            self.ops.add(op)
            if op.name == "if":
                self.mark(op.operands[:1])
            elif op.name in ("for", "while"):
                loop = Loop(op)
                self.mark(loop.domain)
                self.mark([] if loop.stop is None else [loop.stop])
                self.mark(op.regions[0].yields if op.name == "while" else [])
            around = self.blocks.get(self.homes[op])
            if around is None:
                return
            op = around

    def follow(self, value: Value) -> None:
        op = value.op
        if op is None:
            owner = self.blocks.get(value.owner) if value.owner is not None else None
            if owner is not None:
                self.run(owner)
                self.parameter(Loop(owner), value)
            return
        self.run(op)
        if op.name == "if":
            j = op.results.index(value)
            self.mark([region.yields[j] for region in op.regions])
        elif op.name in ("for", "while"):
            loop = Loop(op)
            if value in loop.finals:
                self.carried(loop, loop.finals.index(value))
            elif value in loop.tapes_out:
                self.mark([loop.collects[loop.tapes_out.index(value)]])
        elif op.name == "attempt":
            for inner in op.regions[0].walk():
                if inner.name == "prim":
                    self.run(inner)
                    self.mark(inner.operands)
        else:
            self.mark(op.operands)

    def parameter(self, loop: Loop, value: Value) -> None:
        if value in loop.consumed:
            self.mark([loop.tapes_in[loop.consumed.index(value)]])
        elif value in loop.carried:
            self.carried(loop, loop.carried.index(value))
        elif not loop.is_for:
            self.carried(loop, loop.op.regions[0].params.index(value))

    def carried(self, loop: Loop, j: int) -> None:
        self.mark([loop.carried[j], loop.next[j], loop.inits[j]])


def _sweep(block: Block, live: Live) -> bool:
    keep = [op for op in block.ops if op in live.ops]
    changed = len(keep) != len(block.ops)
    block.ops = keep
    for op in keep:
        if op.name == "if":
            for j in reversed(range(len(op.results))):
                if op.results[j] not in live.values:
                    del op.results[j]
                    for region in op.regions:
                        del region.yields[j]
                    changed = True
        elif op.name in ("for", "while"):
            changed = _trim(Loop(op), live.values) or changed
        for region in op.regions:
            changed = _sweep(region, live) or changed
    return changed


def _trim(loop: Loop, live: set[Value]) -> bool:
    before = len(loop.op.operands) + len(loop.op.results)
    for j in reversed(range(loop.n_collected)):
        if loop.tapes_out[j] not in live:
            loop.drop_collected(j)
    for j in reversed(range(len(loop.consumed))):
        if loop.consumed[j] not in live:
            loop.drop_consumed(j)
    for j in reversed(range(loop.n_carried)):
        if loop.carried[j] not in live and loop.finals[j] not in live:
            loop.drop_carried(j)
    return len(loop.op.operands) + len(loop.op.results) != before
