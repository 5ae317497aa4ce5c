"""Which values may share memory, and which writes are refused because of it.

Writes are new versions in the IR. That is what the program means only if the array was made by the function and
nothing that shares its memory is read after the write; other writes are refused.
"""

from __future__ import annotations

from s2sad.analysis.context import Context
from s2sad.errors import AliasingError, UnsupportedSyntaxError
from s2sad.ir.core import Block, Function, Loop, Op, Value
from s2sad.ir.kinds import NEVER
from s2sad.ir.liveness import Liveness

READ_ONLY = ("numpy.broadcast_to", "helper.spread")  # views that repeat elements: not to be written
WRITES = ("intrinsic.store", "intrinsic.index_add")


def must_write(op: Op) -> bool:
    """Updates that are written in place in any case, on a copy if need be."""
    if op.fn in WRITES:
        return True
    return bool(op.attrs.get("inplace")) and op.name == "prim" and not op.result.kind.is_scalar


def shares_memory(context: Context, op: Op) -> list[Value]:
    """Operands whose memory the result of a primitive may share."""
    if op.name != "prim" or op.result.kind.is_scalar:
        return []
    if op.fn in WRITES or must_write(op) or op.attrs.get("buffer"):
        return [op.operands[0]]
    rule = context.registry.rules[op.fn]
    if op.fn.startswith("helper.") and rule.view_of is None and not rule.fresh:
        # A helper may give its linear argument back (unbroadcast where nothing was broadcast).
        pairs = zip(op.attrs["params"], op.operands, strict=True)
        return [v for p, v in pairs if p in rule.linear_in and not v.kind.is_scalar]
    if rule.view_of is None:
        return []
    if op.fn == "operator.getitem" and op.operands[1].kind.is_array:
        return []
    value = op.arg(rule.view_of)
    return [] if value is None or value.kind.is_scalar else [value]


class Sharing:
    """Sets of values that may share memory."""

    def __init__(self, context: Context, function: Function) -> None:
        self.parent: dict[Value, Value] = {}
        self.context = context
        self._block(function.body)
        self.members: dict[Value, list[Value]] = {}
        for value in list(self.parent):
            self.members.setdefault(self.find(value), []).append(value)

    def find(self, value: Value) -> Value:
        while self.parent.get(value, value) is not value:
            value = self.parent[value]
        return value

    def join(self, a: Value, b: Value) -> None:
        if a.kind.is_scalar or b.kind.is_scalar or NEVER in (a.kind, b.kind):
            return
        self.parent.setdefault(a, a)
        self.parent.setdefault(b, b)
        self.parent[self.find(a)] = self.find(b)

    def set_of(self, value: Value) -> list[Value]:
        return self.members.get(self.find(value), [value])

    def merge(self, a: Value, b: Value) -> None:
        """Join two values, and the lists of what shares memory with them."""
        first, second = self.set_of(a), self.set_of(b)
        if first is not second:
            self.join(a, b)
            self.members[self.find(a)] = first + second

    def _block(self, block: Block) -> None:
        for op in block.ops:
            for operand in shares_memory(self.context, op):
                self.join(op.result, operand)
            for region in op.regions:
                self._block(region)
            if op.name == "if":
                for region in op.regions:
                    for result, value in zip(op.results, region.yields, strict=True):
                        self.join(result, value)
            elif op.name in ("for", "while"):
                loop = Loop(op)
                for four in zip(loop.inits, loop.carried, loop.next, loop.finals, strict=True):
                    for value in four[1:]:
                        self.join(four[0], value)
                        self.join(four[1], value)
                if op.name == "while":
                    for mine, theirs in zip(op.regions[0].params, loop.carried, strict=True):
                        self.join(mine, theirs)
                for tape, param in zip(loop.tapes_in, loop.consumed, strict=True):
                    self.join(tape, param)
                for value, tape in zip(loop.collects, loop.tapes_out, strict=True):
                    self.join(value, tape)


def contents_read(function: Function) -> Liveness:
    """Which arrays' contents are read after each operation."""
    return Liveness(function, contents=True, clashing=False)


def conflicts_of(sharing: Sharing, liveness: Liveness, op: Op) -> list[Value]:
    """Values that may share memory with the array that `op` updates and are read later."""
    after = liveness.after[op]
    return [v for v in sharing.set_of(op.operands[0]) if v is not op.result and v in after]


def is_own(context: Context, value: Value, seen: set[Value]) -> bool:
    """True where every way to `value` begins with an operation that made a new array."""
    if value in seen:
        return True
    seen.add(value)
    if value.kind.is_scalar:
        return True
    op = value.op
    if op is None:
        owner = value.owner
        loop_op = owner.op if owner is not None else None
        if loop_op is None or loop_op.name not in ("for", "while"):
            return False
        loop = Loop(loop_op)
        if value not in loop.carried:
            return False
        j = loop.carried.index(value)
        return is_own(context, loop.inits[j], seen) and is_own(context, loop.next[j], seen)
    if op.name == "undef":
        return True
    if op.name == "if":
        j = op.results.index(value)
        return all(is_own(context, region.yields[j], seen) for region in op.regions)
    if op.name in ("for", "while"):
        loop = Loop(op)
        if value not in loop.finals:
            return False
        return is_own(context, loop.carried[loop.finals.index(value)], seen)
    if op.name != "prim":
        return False
    if op.fn in READ_ONLY:
        return False
    shared = shares_memory(context, op)
    if op.fn in WRITES or op.attrs.get("inplace") or op.attrs.get("buffer"):
        return is_own(context, op.operands[0], seen)
    return not shared


def check_writes(context: Context, function: Function) -> None:
    """Refuse writes to inputs, and to memory that is read under a second name afterwards."""
    writes = [op for op in function.body.walk() if must_write(op)]
    if not writes:
        return
    sharing, liveness = Sharing(context, function), contents_read(function)
    for op in writes:
        array = op.operands[0]
        name = array.hint or "this array"
        if op.fn == "intrinsic.store" and not once(op.operands[1]):
            raise UnsupportedSyntaxError(
                f"{name!r} is written at an index that may name an element twice, which is not supported yet",
                span=op.span,
                help="write with integers, slices or a boolean mask; annotate an integer index (i: int)",
            )
        if not is_own(context, array, set()):
            raise AliasingError(
                _foreign(function, op, name), span=op.span, help=_way_out(op, array, name)
            )
        for other in conflicts_of(sharing, liveness, op):
            line = (
                other.op.span.line if other.op is not None and other.op.span is not None else None
            )
            where = f" (line {line})" if line else ""
            second = other.hint or "another array"
            if second == name:
                second = f"an earlier {name}"
            raise AliasingError(
                f"{name!r} is written here, and {second!r}{where}, which may share its memory, is read afterwards",
                span=op.span,
                help=f"make {second} a copy: {second} = ....copy()",
            )


def _foreign(function: Function, op: Op, name: str) -> str:
    if op.operands[0] in function.params:
        return f"the argument {name!r} is written in place, which is not supported yet"
    return f"{name!r} is written in place, and it may be (part of) an array that was not made in this function"


def _way_out(op: Op, array: Value, name: str) -> str:
    if op.attrs.get("inplace") and not array.kind.is_array:
        return f"write {name} = {name} + ..., or annotate the numbers (for example {name}: float)"
    return f"work on a copy: {name} = {name}.copy()"


def once(index: Value) -> bool:
    """True where an index names each element at most once, so that += adds everything."""
    op = index.op
    if op is not None and op.name == "tuple":
        return all(once(v) for v in op.operands)
    if op is not None and (op.name == "slice" or op.name == "const"):
        return True
    return index.kind.is_scalar or index.kind.dtype == "b1"
