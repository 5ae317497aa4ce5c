"""Which values may share memory.

Each array goes back to *origins*: the operations, arguments and constants that made its memory. Views, updates
in place, branches and loops pass origins on; two values may share memory where they have an origin in common
(points-to sets, as in Andersen 1994). What an operation in a loop made in this iteration is one origin, what it
made in earlier ones is another.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from s2sad.analysis.context import Context
from s2sad.ir.core import Block, Function, Loop, Op, Value

READ_ONLY = ("numpy.broadcast_to", "helper.spread")  # views that repeat elements: not to be written
MAYBE = ("helper.", "builtins.")  # may give an operand back, or make something new
WRITES = ("intrinsic.store", "intrinsic.index_add")
IMMUTABLE = (
    type(None),
    str,
    bytes,
    int,
    float,
    complex,
    slice,
    type,
    type(...),
)  # no memory of their own


@dataclass(frozen=True)
class Foreign:
    """Memory that the function did not make, or that must not be written: an argument, a constant, a spread view."""

    key: object


@dataclass(frozen=True)
class Earlier:
    """Memory that an operation in a loop made in an earlier iteration, or in a loop that has ended."""

    made: Value


@dataclass(frozen=True)
class Twice:
    """Goes with the memory of a list of arrays that may hold one array more than once, or two that overlap.

    The array that stands for the list has each of them once for each time.
    """

    made: Value


@dataclass(frozen=True)
class Slot:
    """The memory of one of a loop's variables, of which it is known that no two share memory.

    So it is for two buffers that a loop swaps: each may be either array, and yet they are never the same one.
    """

    value: Value
    loop: Op
    after: bool = False  # of what the variable is after the loop


Origin = Value | Foreign | Earlier | Twice
NOTHING: frozenset[Origin] = frozenset()


def must_write(op: Op) -> bool:
    """Updates that are written in place in any case, on a copy if need be."""
    if op.fn in WRITES:
        return True
    return bool(op.attrs.get("inplace")) and op.name == "prim" and not op.operands[0].kind.is_scalar


def rewritten(value: Value, start: Value) -> bool:
    """True where `value` is what writes in place made of `start`: the same memory in each case."""
    if value is start:
        return True
    op = value.op
    if op is None:
        return False
    if op.name == "prim":
        return must_write(op) and rewritten(op.operands[0], start)
    if op.name == "if":
        return all(rewritten(r.yields[op.results.index(value)], start) for r in op.regions)
    if op.name in ("for", "while") and value in (loop := Loop(op)).finals:
        j = loop.finals.index(value)
        return rewritten(loop.next[j], loop.carried[j]) and rewritten(loop.inits[j], start)
    return False


def shares_memory(context: Context, op: Op) -> list[Value]:
    """Operands whose memory the result of a primitive may share."""
    if op.name != "prim" or op.result.kind.is_scalar:
        return []
    if op.fn in WRITES or must_write(op) or op.attrs.get("buffer"):
        return [op.operands[0]]
    if op.attrs.get("holds"):
        return [v for v in op.operands if not v.kind.is_scalar]
    rule = context.registry.rules[op.fn]
    if op.fn.startswith("helper.") and not rule.view_of and not rule.fresh:
        # A helper may give its linear argument back (unbroadcast where nothing was broadcast).
        pairs = zip(op.attrs["params"], op.operands, strict=True)
        return [v for p, v in pairs if p in rule.linear_in and not v.kind.is_scalar]
    if op.fn == "operator.getitem" and _is_advanced(op.operands[1]):
        return []
    pairs = zip(op.attrs["params"], op.operands, strict=True)
    return [v for p, v in pairs if p in rule.view_of and not v.kind.is_scalar]


def _is_advanced(index: Value) -> bool:
    """True for an index that copies: an array or a list of places, a truth, also as a part of a tuple."""
    if index.op is not None and index.op.name == "tuple":
        return any(_is_advanced(part) for part in index.op.operands)
    kind = index.kind
    return kind.is_truth or kind.is_array or (index.op is not None and index.op.name == "list")


class Sharing:
    """Origins of every array of a function."""

    def __init__(self, context: Context, function: Function) -> None:
        self.context = context
        self.origins: dict[Value, frozenset[Origin]] = {}
        self.inside: dict[Op, set[Value]] = {}
        self.made: dict[Op, tuple[list[Value], frozenset[Origin]]] = {}
        for param in function.params:
            self.add(param, frozenset([Foreign(param)]))
        ops = list(_inside_out(function.body))
        self.changed = True
        while self.changed:
            self.changed = False
            for op in ops:
                self._results(op)
        self.values: dict[Origin, dict[Value, None]] = {}
        for value, origins in self.origins.items():
            for origin in origins:
                self.values.setdefault(origin, {})[value] = None
        self.slots = Slots(self, function)

    def of(self, value: Value) -> frozenset[Origin]:
        return self.origins.get(value, NOTHING)

    def share(self, a: Value, b: Value) -> bool:
        """True where two values may share memory."""
        if a is b:
            return True
        return not self.of(a).isdisjoint(self.of(b)) and self.slots.share(a, b)

    def set_of(self, value: Value) -> list[Value]:
        """All values that may share memory with `value`."""
        found: dict[Value, None] = {value: None}
        for origin in self.of(value):
            found.update(self.values[origin])
        return [v for v in found if v is value or self.slots.share(value, v)]

    def is_own(self, value: Value) -> bool:
        """True where the function made all memory that the value may have, and may write it."""
        return not any(isinstance(origin, Foreign) for origin in self.of(value))

    def merge(self, result: Value, target: Value) -> None:
        """From now on the operation of `result` writes into the memory of `target`."""
        self.slots.near.clear()
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

    def _results(self, op: Op) -> None:
        if op.name == "if":
            for region in op.regions:
                for result, value in zip(op.results, region.yields, strict=True):
                    self.add(result, self.of(value))
        elif op.name in ("for", "while"):
            self._loop(Loop(op))
        elif op.name == "const":
            key = op.result if isinstance(op.value, IMMUTABLE) else id(op.value)
            self.add(op.result, frozenset([Foreign(key)]))
        elif op.name == "prim":
            self._primitive(op)
        elif op.name == "stack":
            # The user's list holds the arrays themselves, which must not be written afterwards.
            held = op.operands if op.exact and not op.attrs.get("fresh") else []
            self.add(op.result, frozenset([op.result, *(o for v in held for o in self.of(v))]))
            if held and not (self.differ(held) and self.differs_each_time(held[0])):
                self.add(op.result, frozenset([Twice(op.result)]))
        elif op.name == "call":
            given = frozenset(o for v in op.operands for o in self.of(v))
            for result in op.results:
                own = op.attrs["callee"].gives_own and result.kind.base != "any"
                self.add(result, frozenset([result]) if own else given | {Foreign(result)})
        elif op.name == "unstack":
            self.add(op.result, self.of(op.operands[0]))
        elif op.name != "undef":
            for result in op.results:
                self.add(result, frozenset([Foreign(result)]))
        for j in op.attrs.get("kept", ()):  # a cache has it as well
            self.add(op.results[j], frozenset([Foreign(op.results[j])]))

    def _primitive(self, op: Op) -> None:
        shared, own = self.sources(op)
        for operand in shared:
            self.add(op.result, self.of(operand))
        self.add(op.result, own)
        if op.attrs.get("holds") and not self.differ(shared):
            self.add(op.result, frozenset([Twice(op.result)]))

    def differ(self, arrays: list[Value]) -> bool:
        """True where no two of some arrays may share memory."""
        found: set[Origin] = set()
        for array in arrays:
            own = {o for o in self.of(array) if not isinstance(o, Twice)}
            if not own.isdisjoint(found):
                return False
            found |= own
        return True

    def differs_each_time(self, tape: Value) -> bool:
        """True where the arrays that a loop puts on a tape share no memory: it makes a new one in each iteration,
        or takes the next item of an array."""
        if tape.op is None or tape.op.name not in ("for", "while"):
            return False
        loop = Loop(tape.op)
        return self.is_new(loop, loop.collects[loop.tapes_out.index(tape)])

    def is_new(self, loop: Loop, value: Value) -> bool:
        inside = self.made_in(loop)
        own = [o for o in self.of(value) if not isinstance(o, Twice)]
        if all(isinstance(o, Value) and o in inside for o in own):
            return True
        op = _before_writes(value).op
        if op is not None and op.attrs.get("holds"):
            return all(self.is_new(loop, v) for v in op.operands if not v.kind.is_scalar)
        if op is None or op.fn != "operator.getitem" or op.operands[1] is not loop.index:
            return False
        base = _before_writes(op.operands[0])
        if base in loop.carried:
            return rewritten(loop.next[loop.carried.index(base)], base)
        return base not in inside

    def sources(self, op: Op) -> tuple[list[Value], frozenset[Origin]]:
        """Operands whose memory the result of a primitive may have, and memory that is its own."""
        if op not in self.made:
            self.made[op] = self._sources(op)
        return self.made[op]

    def _sources(self, op: Op) -> tuple[list[Value], frozenset[Origin]]:
        shared = shares_memory(self.context, op)
        in_place = must_write(op) or bool(op.attrs.get("buffer"))
        if op.fn in READ_ONLY:
            return shared, frozenset([Foreign(op.result)])
        if not in_place and (not shared or op.fn.startswith(MAYBE)):
            return shared, frozenset([op.result])
        return shared, NOTHING

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
        inside = self.made_in(loop)
        return frozenset(
            Earlier(o) if isinstance(o, Value) and o in inside else o for o in self.of(value)
        )

    def made_in(self, loop: Loop) -> set[Value]:
        if loop.op not in self.inside:
            self.inside[loop.op] = {r for op in loop.body.walk() for r in op.results}
        return self.inside[loop.op]


def _before_writes(value: Value) -> Value:
    """What an array was before it was written in place."""
    while value.op is not None and value.op.name == "prim" and must_write(value.op):
        value = value.op.operands[0]
    return value


def _inside_out(block: Block) -> Iterator[Op]:
    """All operations that may give arrays, those of a region before its own."""
    for op in block.ops:
        for region in op.regions:
            yield from _inside_out(region)
        if op.name not in ("prim", "const") or not op.result.kind.is_scalar:
            yield op


class Slots:
    """Tells the variables of a loop apart: by induction, no two share memory if none do before the loop, nor at
    the end of an iteration at whose start none did. `near` gives the origins of values, with slots among them,
    `written` those of the slots of variables into which a loop only writes: they stay what they were before it.
    """

    def __init__(self, sharing: Sharing, function: Function) -> None:
        self.sharing = sharing
        self.near: dict[Value, frozenset[Origin | Slot]] = {}
        self.written: dict[Slot, frozenset[Origin | Slot]] = {}  # what a loop only writes into
        if any(_has_pairs(op) for op in function.body.walk()):
            self.block(function.body)

    def of(self, value: Value) -> frozenset[Origin | Slot]:
        return self.near.get(value, self.sharing.of(value))

    def share(self, a: Value, b: Value) -> bool:
        if not self.near:
            return not self.sharing.of(a).isdisjoint(self.sharing.of(b))
        return any(self.clash(x, y) for x in self.of(a) for y in self.of(b))

    def clash(self, a: Origin | Slot, b: Origin | Slot) -> bool:
        if isinstance(a, Slot) and isinstance(b, Slot):
            if a.loop is b.loop and a.after is b.after:
                return a == b
        for one, other in ((a, b), (b, a)):
            if isinstance(one, Slot) and one in self.written:
                return any(self.clash(origin, other) for origin in self.written[one])
        return not self.all_of(a).isdisjoint(self.all_of(b))

    def all_of(self, origin: Origin | Slot) -> frozenset[Origin]:
        return self.sharing.of(origin.value) if isinstance(origin, Slot) else frozenset([origin])

    def block(self, block: Block) -> None:
        for op in block.ops:
            if op.name in ("for", "while"):
                self.loop(Loop(op))
                continue
            for region in op.regions:
                self.block(region)
            if op.name == "if":
                self.branch(op)
            elif op.name == "prim" and not op.result.kind.is_scalar:
                shared, own = self.sharing.sources(op)
                self.near[op.result] = own.union(*(self.of(v) for v in shared))

    def branch(self, op: Op) -> None:
        first, second = (region.yields for region in op.regions)
        for one, two, result in zip(first, second, op.results, strict=True):
            self.near[result] = self.of(one) | self.of(two)
        # Two arrays that one side swaps are two arrays on each side.
        arrays = [j for j, r in enumerate(op.results) if not r.kind.is_scalar]
        mixed = self.mixed(arrays, op.results)
        for j in self.apart([j for j in arrays if j in mixed], [first, second]):
            self.near[op.results[j]] = frozenset([Slot(op.results[j], op)])

    def mixed(self, places: list[int], values: list[Value]) -> set[int]:
        """Those of some places whose values share memory with that of another. Few have an origin in common."""
        together: dict[Any, list[int]] = {}
        for i in places:
            origins = {o for near in self.of(values[i]) for o in self.all_of(near)}
            for key in {*origins, values[i]}:
                together.setdefault(key, []).append(i)
        pairs = {pair for some in together.values() for pair in combinations(some, 2)}
        found: set[int] = set()
        for i, k in pairs:
            if values[i] is values[k] or self.share(values[i], values[k]):
                found |= {i, k}
        return found

    def apart(self, places: list[int], rows: list[list[Value]]) -> list[int]:
        """Those of some places at which the values of each row share no memory with one another."""
        shared = {j for values in rows for j in self.mixed(places, values)}
        return [j for j in places if j not in shared]

    def loop(self, loop: Loop) -> None:
        apart = [j for j, p in enumerate(loop.carried) if not p.kind.is_scalar]
        while True:
            for j, param in enumerate(loop.carried):
                here = frozenset([Slot(param, loop.op)]) if j in apart else self.sharing.of(param)
                self.near[param] = here
                if not loop.is_for:
                    self.near[loop.op.regions[0].params[j]] = here
            for region in loop.op.regions:
                self.block(region)
            left = self.apart(apart, [loop.inits, loop.next])
            if left == apart:
                break
            apart = left
        for j in apart:
            during, after = Slot(loop.carried[j], loop.op), Slot(loop.finals[j], loop.op, True)
            self.near[loop.finals[j]] = frozenset([after])
            if rewritten(loop.next[j], loop.carried[j]):
                self.written[during] = self.written[after] = self.of(loop.inits[j])


def _has_pairs(op: Op) -> bool:
    """True for a loop or branch of which two results are arrays, and might be told apart."""
    if op.name not in ("for", "while", "if"):
        return False
    return sum(not r.kind.is_scalar and not r.kind.is_passive for r in op.results) > 1
