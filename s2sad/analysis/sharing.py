"""Which values may share memory.

Each array goes back to *origins*: the operations, arguments and constants that made its memory. Views, updates
in place, branches and loops pass origins on; two values may share memory where they have an origin in common
(points-to sets, as in Andersen 1994). What an operation in a loop made in this iteration is one origin, what it
made in earlier ones is another.
"""

from __future__ import annotations

from dataclasses import dataclass

from s2sad.analysis.context import Context
from s2sad.ir.core import Block, Function, Loop, Op, Value

READ_ONLY = ("numpy.broadcast_to", "helper.spread")  # views that repeat elements: not to be written
MAYBE = ("helper.", "builtins.")  # may give an operand back, or make something new
WRITES = ("intrinsic.store", "intrinsic.index_add")


@dataclass(frozen=True)
class Foreign:
    """Memory that the function did not make, or that must not be written: an argument, a constant, a spread view."""

    key: object


@dataclass(frozen=True)
class Earlier:
    """Memory that an operation in a loop made in an earlier iteration, or in a loop that has ended."""

    made: Value


Origin = Value | Foreign | Earlier
NOTHING: frozenset[Origin] = frozenset()


def must_write(op: Op) -> bool:
    """Updates that are written in place in any case, on a copy if need be."""
    if op.fn in WRITES:
        return True
    return bool(op.attrs.get("inplace")) and op.name == "prim" and not op.operands[0].kind.is_scalar


def shares_memory(context: Context, op: Op) -> list[Value]:
    """Operands whose memory the result of a primitive may share."""
    if op.name != "prim" or op.result.kind.is_scalar:
        return []
    if op.fn in WRITES or must_write(op) or op.attrs.get("buffer"):
        return [op.operands[0]]
    rule = context.registry.rules[op.fn]
    if op.fn.startswith("helper.") and not rule.view_of and not rule.fresh:
        # A helper may give its linear argument back (unbroadcast where nothing was broadcast).
        pairs = zip(op.attrs["params"], op.operands, strict=True)
        return [v for p, v in pairs if p in rule.linear_in and not v.kind.is_scalar]
    if op.fn == "operator.getitem" and op.operands[1].kind.is_array:
        return []
    pairs = zip(op.attrs["params"], op.operands, strict=True)
    return [v for p, v in pairs if p in rule.view_of and not v.kind.is_scalar]


class Sharing:
    """Origins of every array of a function."""

    def __init__(self, context: Context, function: Function) -> None:
        self.context = context
        self.origins: dict[Value, frozenset[Origin]] = {}
        self.inside: dict[Op, set[Value]] = {}
        for param in function.params:
            self.add(param, frozenset([Foreign(param)]))
        self.changed = True
        while self.changed:
            self.changed = False
            self._block(function.body)
        self.values: dict[Origin, dict[Value, None]] = {}
        for value, origins in self.origins.items():
            for origin in origins:
                self.values.setdefault(origin, {})[value] = None

    def of(self, value: Value) -> frozenset[Origin]:
        return self.origins.get(value, NOTHING)

    def share(self, a: Value, b: Value) -> bool:
        """True where two values may share memory."""
        return a is b or not self.of(a).isdisjoint(self.of(b))

    def set_of(self, value: Value) -> list[Value]:
        """All values that may share memory with `value`."""
        found: dict[Value, None] = {value: None}
        for origin in self.of(value):
            found.update(self.values[origin])
        return list(found)

    def is_own(self, value: Value) -> bool:
        """True where the function made all memory that the value may have, and may write it."""
        return not any(isinstance(origin, Foreign) for origin in self.of(value))

    def merge(self, result: Value, target: Value) -> None:
        """From now on the operation of `result` writes into the memory of `target`."""
        instead = self.of(target)
        earlier = instead | {Earlier(o) for o in instead if isinstance(o, Value)}
        for old, new in ((result, instead), (Earlier(result), earlier)):
            for value in list(self.values.get(old, ())):
                self.origins[value] = (self.origins[value] - {old}) | new
                for origin in new:
                    self.values.setdefault(origin, {})[value] = None
            self.values[old] = {}

    def add(self, value: Value, origins: frozenset[Origin]) -> None:
        old = self.of(value)
        if not value.kind.is_scalar and not origins <= old:
            self.origins[value] = old | origins
            self.changed = True

    def _block(self, block: Block) -> None:
        for op in block.ops:
            for region in op.regions:
                self._block(region)
            if op.name == "if":
                for region in op.regions:
                    for result, value in zip(op.results, region.yields, strict=True):
                        self.add(result, self.of(value))
            elif op.name in ("for", "while"):
                self._loop(Loop(op))
            elif op.name == "const":
                self.add(op.result, frozenset([Foreign(id(op.value))]))
            elif op.name == "prim":
                self._primitive(op)
            elif op.name != "undef":
                for result in op.results:
                    self.add(result, frozenset([Foreign(result)]))

    def _primitive(self, op: Op) -> None:
        shared = shares_memory(self.context, op)
        in_place = must_write(op) or bool(op.attrs.get("buffer"))
        for operand in shared:
            self.add(op.result, self.of(operand))
        if op.fn in READ_ONLY:
            self.add(op.result, frozenset([Foreign(op.result)]))
        elif not in_place and (not shared or op.fn.startswith(MAYBE)):
            self.add(op.result, frozenset([op.result]))

    def _loop(self, loop: Loop) -> None:
        for init, param, following, final in zip(
            loop.inits, loop.carried, loop.next, loop.finals, strict=True
        ):
            both = self.of(init) | self.later(loop, following)
            self.add(param, both)
            self.add(final, both)
        if not loop.is_for:
            for mine, theirs in zip(loop.op.regions[0].params, loop.carried, strict=True):
                self.add(mine, self.of(theirs))
        for tape, param in zip(loop.tapes_in, loop.consumed, strict=True):
            self.add(param, self.of(tape))
        for value, tape in zip(loop.collects, loop.tapes_out, strict=True):
            self.add(tape, self.later(loop, value))

    def later(self, loop: Loop, value: Value) -> frozenset[Origin]:
        """The origins of a value of a loop's body, seen from the next iteration, or from after the loop."""
        if loop.op not in self.inside:
            self.inside[loop.op] = {r for op in loop.body.walk() for r in op.results}
        inside = self.inside[loop.op]
        return frozenset(
            Earlier(o) if isinstance(o, Value) and o in inside else o for o in self.of(value)
        )
