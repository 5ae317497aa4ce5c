"""Arrays that are made of lists of arrays: of an empty list NumPy makes one axis, whatever its items would have been.

Code is made for arrays of two axes or more, from kinds that hold as long as there is an item. Where the number of axes
shows in what comes of such an array, the generated code asks for an item; elsewhere (in loops over it, in sums of all
its entries) no entries are no entries, of however many axes.
"""

from __future__ import annotations

from collections.abc import Iterable

from s2sad.analysis.context import Context, static
from s2sad.ir.core import Block, Function, Loop, Op, Value

ROWS, TURNED = 1, 2  # no entries along the first axis; along another one

# Of an array without entries these raise an exception, or have no number as their result.
RAISE = {
    f"numpy.{name}"
    for name in (
        "max", "min", "amax", "amin", "ptp", "argmax", "argmin", "mean", "median", "average", "var", "std",
        "nanmax", "nanmin", "nanmean", "ndarray.max", "ndarray.min", "ndarray.mean", "ndarray.argmax",
        "ndarray.argmin", "ndarray.var", "ndarray.std", "ndarray.ptp",
    )
}  # fmt: skip
# These give arrays of one axis, or numbers, of arrays of any number of axes.
FLAT = ("ravel", "outer", "scalar", "integer", "test", "float")
# These give arrays without entries.
NONE = (
    "elementwise", "comparison", "like", "copy", "conversion", "cumulative", "select", "new", "broadcast_to",
    "concatenate",
)  # fmt: skip
JOINS = {"numpy.vstack", "numpy.hstack", "numpy.column_stack", "numpy.dstack"}
TURNS = ("transpose", "swapaxes", "moveaxis")
WRITES = ("intrinsic.store", "intrinsic.index_add")


class _Shows(Exception):
    """The number of axes shows."""


def ask_for_rows(context: Context, function: Function) -> None:
    """Where it shows how many axes an array of a list has that may be empty, the code asks whether it is."""
    for op in list(function.body.walk()):
        if not op.attrs.get("may_have_no_rows") or (op.result.kind.ndim or 0) < 2:
            continue
        try:
            _Empty(context, function, op.result)
        except _Shows:
            _ask(op)


def _ask(op: Op) -> None:
    block = op.block
    assert block is not None
    guard = Op("effect", [op.result], [], {"what": "rows"}, [], op.span, exact=True)
    guard.block = block
    block.ops.insert(block.ops.index(op) + 1, guard)


class _Empty:
    """What an array comes to in the primal if it is empty; raises `_Shows`."""

    def __init__(self, context: Context, function: Function, array: Value) -> None:
        self.context = context
        self.ranks: set[Value] = function.info.get("ranks", set())
        self.found: dict[Value, int] = {}
        self.add(array, ROWS)
        before = 0
        while before < sum(self.found.values()):
            before = sum(self.found.values())
            self.block(function.body)

    def block(self, block: Block) -> None:
        for op in block.ops:
            if op.name in ("for", "while"):
                self.loop(Loop(op))
            for region in op.regions:
                self.block(region)
            if op.name == "if":
                for region in op.regions:
                    self.pass_on(zip(region.yields, op.results, strict=True))
            elif op.name == "prim":
                self.primitive(op)
            elif op.name in ("tuple", "list"):
                self.pass_on((v, op.result) for v in op.operands)
            elif op.name == "unstack":
                # There are no rows. Along another axis there would be some.
                if TURNED in (self.found.get(v) for v in op.operands):
                    raise _Shows
            elif op.name in ("call", "python", "stack") and any(
                v in self.found for v in op.operands
            ):
                raise _Shows

    def loop(self, loop: Loop) -> None:
        for sources in (loop.inits, loop.next):
            self.pass_on(zip(sources, loop.carried, strict=True))
            self.pass_on(zip(sources, loop.finals, strict=True))
            if not loop.is_for:
                self.pass_on(zip(sources, loop.op.regions[0].params, strict=True))
        self.pass_on(zip(loop.tapes_in, loop.consumed, strict=True))
        self.pass_on(zip(loop.collects, loop.tapes_out, strict=True))

    def pass_on(self, pairs: Iterable[tuple[Value, Value]]) -> None:
        for source, target in pairs:
            if source in self.found:
                self.add(target, self.found[source])

    def add(self, value: Value, state: int) -> None:
        if value in self.ranks:
            raise _Shows
        self.found[value] = max(state, self.found.get(value, 0))

    def primitive(self, op: Op) -> None:
        states = [self.found[v] for v in op.operands if v in self.found]
        if not states:
            return
        state, rule = max(states), self.context.registry.rules[op.fn]
        first = op.operands[0]
        if op.fn in ("builtins.len", "numpy.size", "intrinsic.size", "intrinsic.dtype"):
            if op.fn == "builtins.len" and state == TURNED:
                raise _Shows
        elif op.fn == "intrinsic.shape":
            self.add(op.result, state)
        elif op.fn == "intrinsic.dim":
            self.axis(op.operands[1], state)
        elif op.fn == "operator.getitem":
            self.item(op, state)
        elif op.fn in WRITES:
            if first in self.found:
                self.add(op.result, state)
        elif op.fn in RAISE or rule.shape in FLAT or op.fn == "intrinsic.append_row":
            pass
        elif rule.shape == "reduction":
            self.reduction(op)
        elif rule.shape == "reshape":
            if first not in self.found or op.operands[-1] in self.found:
                self.add(op.result, state)
        elif op.fn in ("operator.matmul", "numpy.matmul", "numpy.dot", "numpy.ndarray.dot"):
            # Rows that there are none of cannot be multiplied with a vector, but a vector of none with them.
            if self.found.get(first) == TURNED or self.found.get(op.operands[1]) == ROWS:
                raise _Shows
        elif op.fn == "intrinsic.joined":
            if all(v in self.found for v in op.operands):
                self.add(op.result, state)
        elif rule.shape in TURNS:
            self.add(op.result, ROWS if state == TURNED and op.result.kind.ndim == 2 else TURNED)
        elif rule.shape in NONE or rule.shape.startswith("like:") or op.fn in JOINS:
            self.add(op.result, state)
        else:
            raise _Shows

    def axis(self, axis: Value, state: int) -> None:
        """x.shape[axis], which raises an exception for an axis that there is not."""
        known, place = static(axis)
        if not known or place == -1 or place == 0 and state == TURNED:
            raise _Shows

    def item(self, op: Op, state: int) -> None:
        array, index = op.operands
        if array not in self.found or array.op is not None and array.op.name in ("tuple", "list"):
            raise _Shows
        if getattr(array.op, "fn", "") == "intrinsic.shape":
            self.axis(index, state)
            return
        parts = index.op.operands if index.op is not None and index.op.name == "tuple" else [index]
        taken = [p for p in parts if p.kind.base != "none" and static(p) != (True, ...)]
        if len(taken) > 1 or any(p.kind.is_scalar and p.kind.dtype == "int" for p in taken):
            return  # raises an exception
        mask = len(parts) == 1 and index.kind.dtype == "b1"
        if mask and array.kind.ndim == index.kind.ndim:
            return  # what a mask takes of all entries is a vector
        self.add(op.result, state)

    def reduction(self, op: Op) -> None:
        axis, keeps = op.arg("axis"), op.arg("keepdims")
        # Of one axis they are taken along 0 and -1; along others they raise an exception.
        known, place = (True, None) if axis is None else static(axis)
        if keeps is not None and static(keeps) != (True, False) or not known or place in (0, -1):
            raise _Shows
