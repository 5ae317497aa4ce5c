"""Liveness over structured code: which values are read later, after each operation.

A value from outside of a loop that the loop reads is alive throughout the loop. Operations that are printed inside
another one (`nested`) read their operands where that one stands.
"""

from __future__ import annotations

from s2sad.ir.core import Block, Function, Loop, Op, Value

SHAPE_ONLY = {
    "numpy.zeros_like", "numpy.ones_like", "numpy.empty_like", "numpy.full_like", "intrinsic.shape", "intrinsic.dim",
    "intrinsic.ndim", "intrinsic.size", "intrinsic.dtype", "builtins.len",
}  # fmt: skip
SHAPE_OF_SECOND = {"helper.unbroadcast", "helper.spread"}


class Liveness:
    """`after[op]`: values that are read after `op`. `clashes[v]`: values alive where `v` is set.

    `nested` holds the operations that are printed inside another statement; `appends` maps an operation (or a
    block, for its start) to the values that are put on tapes right after it. With `contents`, asking for a value's
    shape does not count as reading it. `clashing=False` leaves `clashes` out, which takes most of the time.
    """

    def __init__(
        self,
        function: Function,
        nested: set[Op] | None = None,
        appends: dict[Op | Block, list[Value]] | None = None,
        contents: bool = False,
        clashing: bool = True,
    ) -> None:
        self.clashing = clashing
        self.contents = contents
        self.nested = nested or set()
        self.appends = appends
        self.after: dict[Op, set[Value]] = {}
        self.trying = 0  # blocks around that catch exceptions
        self.clashes: dict[Value, set[Value]] = {}
        start = self._block(function.body, set(function.results), function.results)
        self._define(function.params, start)

    def interfere(self, a: Value, b: Value) -> bool:
        return b in self.clashes.get(a, ()) or a in self.clashes.get(b, ())

    def keep_apart(self, values: list[Value]) -> None:
        """Values that one statement sets at once, though their operations stand one after the other."""
        for value in values:
            self.clashes.setdefault(value, set()).update(v for v in values if v is not value)

    def _define(self, values: list[Value], live: set[Value]) -> None:
        """Values born together: each clashes with what is alive then, and with the others."""
        if not self.clashing:
            return
        together = live.union(values)
        for value in values:
            row = self.clashes.setdefault(value, set())
            row |= together
            row.discard(value)

    def read_by(self, op: Op) -> list[Value]:
        if self.contents and op.fn in SHAPE_ONLY:
            return op.operands[1:]
        if self.contents and op.fn in SHAPE_OF_SECOND:
            return [op.operands[0], *op.operands[2:]]
        return op.operands

    def leaves(self, values: list[Value]) -> list[Value]:
        """Values that an expression reads: operands, seen through nested operations."""
        out: list[Value] = []
        for value in values:
            if value.op is not None and value.op in self.nested:
                out.extend(self.leaves(self.read_by(value.op)))
                for region in value.op.regions:
                    out.extend(self.leaves(region.yields))
            else:
                out.append(value)
        return out

    def _block(self, block: Block, live: set[Value], yields: list[Value]) -> set[Value]:
        """Values alive at the start of a block, given those alive at its end."""
        live = live | set(self.leaves(yields))
        for op in reversed(block.ops):
            if op in self.nested:
                continue
            if self.appends:
                live = live | set(self.leaves(self.appends.get(op, [])))
            self.after[op] = live
            self._define(op.results, live - set(op.results))
            live = live - set(op.results)
            if op.name == "if":
                before: set[Value] = set()
                for region in op.regions:
                    before |= self._block(region, live, region.yields)
                live = before
            elif op.name == "attempt":
                self.trying += 1
                live = live | self._block(op.regions[0], live, [])
                self.trying -= 1
            elif op.attrs.get("what") == "raise" and not self.trying:
                live = set()  # nothing comes after it
            elif op.name in ("for", "while"):
                # Tapes and trip counts are filled while the loop runs.
                growing = op.results[op.attrs["carried"] :]
                live = self._loop(op, live | set(growing)) - set(growing)
                self._define(growing, live | set(self.leaves(op.operands)))
            live = live | set(self.leaves(self.read_by(op)))
        if self.appends:
            live = live | set(self.leaves(self.appends.get(block, [])))
        return live

    def _loop(self, op: Op, live: set[Value]) -> set[Value]:
        loop = Loop(op)
        outside = _read_from_outside(self, op)
        # The rows of an array are read one by one, as the loop runs.
        rows = [t for t in loop.tapes_in if t.op is not None and t.op.name == "unstack"]
        live = live | outside | set(self.leaves(rows))
        yields = list(loop.body.yields)
        if self.appends is not None:
            yields = yields[: len(yields) - loop.n_collected]
        if op.name == "while":
            # The condition is run again after the body; its parameters are the carried variables.
            condition = op.regions[0]
            start = self._block(condition, live | set(condition.params), condition.yields)
            self._define(condition.params, start - set(condition.params))
        start = self._block(loop.body, live, yields)
        # The loop's variables are set before its header reads the range and the tapes.
        header = set(self.leaves([*loop.domain, *loop.tapes_in]))
        self._define(loop.body.params, (start - set(loop.body.params)) | header)
        return live | (start - set(loop.body.params))


def _read_from_outside(liveness: Liveness, op: Op) -> set[Value]:
    """Values that a loop's regions read and do not define."""
    defined: set[Value] = set()
    read: set[Value] = set()
    for region in op.regions:
        defined.update(region.params)
        for inner in region.walk():
            defined.update(inner.results)
            for sub in inner.regions:
                defined.update(sub.params)
                read.update(liveness.leaves(sub.yields))
            if inner not in liveness.nested:
                read.update(liveness.leaves(liveness.read_by(inner)))
        read.update(liveness.leaves(region.yields))
    return read - defined
