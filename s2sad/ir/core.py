"""The intermediate representation: structured SSA.

A `Function` owns a `Block`; a block has parameters, operations and yields; an operation has operands,
results, attributes and, for control flow, regions (blocks). Loops and branches stay what they are.
A region may use any value that is defined before it in the blocks around it.

Operations:

==========  ==========================================================================================
const       attrs: value, and optionally `name` (a global of the user's program)
undef       a variable that has no value yet on this path
prim        a primitive; attrs: fn (dotted name), params (the rule's parameter of each operand)
tuple       passive aggregates: an index, a shape
stack       operands: a tape, then single values; result: the array of the values, then what the tape holds, from
            the last on if `reversed`; if `flat`, the arrays on the tape joined end to end
unstack     operand: an array; result: the tape of its rows; if `flat`, of parts that are as long as what is on
            a second operand, a tape
slice       start, stop, step
call        operands: the arguments of attr `callee`; results: what it returns
attempt     region: runs; result: whether it raised an exception of attr `catches`, or the number of the handler
effect      something done for its effect; attrs: what ("print", "assert", "raise", "expr"), and `code`
if          operands: condition; regions: then, else; both yield the results
for         operands: start, stop, step, initial values, tapes; region: index, carried, consumed
            parameters, yields [stop flag,] carried, collected; results: carried, tapes[, trips]
while       operands: initial values; regions: condition (carried -> flag), body (carried -> [stop
            flag,] carried, collected); results: carried, tapes, trips
==========  ==========================================================================================

A loop *collects* a value in each iteration into a tape, and another loop *consumes* the tape, in the
order in which it was collected or in the reverse order (attr `backwards`, one flag for each tape). Each
is the adjoint of the other, as `stack` and `unstack` are. Writing into an array is an operation that makes a
new version of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from s2sad.ir.kinds import ANY, Kind
from s2sad.source import Span

Path = tuple[
    tuple[str, Any], ...
]  # steps from an argument to a part of it: ("item", key) or ("attr", name)


class Value:
    """A value: the result of an operation or a parameter of a block."""

    __slots__ = ("hint", "kind", "op", "owner")

    def __init__(self, kind: Kind = ANY, hint: str = "") -> None:
        self.kind = kind
        self.hint = hint
        self.op: Op | None = None
        self.owner: Block | None = None

    def __repr__(self) -> str:
        return f"<{self.hint or 'value'}: {self.kind}>"


class Op:
    """An operation.

    `exact` marks what the user wrote: its results are bitwise those of the user's program, so it is
    never rewritten algebraically.
    """

    __slots__ = ("attrs", "block", "exact", "name", "operands", "regions", "results", "span")

    def __init__(
        self,
        name: str,
        operands: list[Value],
        results: list[Value],
        attrs: dict[str, Any] | None = None,
        regions: list[Block] | None = None,
        span: Span | None = None,
        exact: bool = False,
    ) -> None:
        self.name = name
        self.operands = operands
        self.results = results
        self.attrs = attrs or {}
        self.regions = regions or []
        self.span = span
        self.exact = exact
        self.block: Block | None = None
        for result in results:
            result.op = self
        for region in self.regions:
            region.op = self

    @property
    def result(self) -> Value:
        (value,) = self.results
        return value

    @property
    def fn(self) -> str:
        """Dotted name of a primitive's function, '' for other operations."""
        return self.attrs.get("fn", "")

    @property
    def value(self) -> Any:
        """The value of a constant."""
        return self.attrs["value"]

    def arg(self, param: str) -> Value | None:
        """Operand of a primitive by the name of the rule's parameter."""
        for name, value in zip(self.attrs["params"], self.operands, strict=True):
            if name == param:
                return value
        return None

    def __repr__(self) -> str:
        return f"<{self.name} {self.fn}>"


class Block:
    """A sequence of operations with parameters and yields."""

    __slots__ = ("op", "ops", "params", "yields")

    def __init__(self, params: list[Value] | None = None) -> None:
        self.params: list[Value] = []
        self.ops: list[Op] = []
        self.yields: list[Value] = []
        self.op: Op | None = None
        for param in params or []:
            self.add_param(param)

    def add_param(self, param: Value) -> Value:
        param.owner = self
        self.params.append(param)
        return param

    def append(self, op: Op) -> Op:
        op.block = self
        self.ops.append(op)
        return op

    def walk(self) -> Iterator[Op]:
        """All operations in here, outer ones first."""
        for op in self.ops:
            yield op
            for region in op.regions:
                yield from region.walk()

    def values(self) -> Iterator[Value]:
        """All values made in here: the parameters, and the results of operations, also of inner ones."""
        yield from self.params
        for op in self.ops:
            yield from op.results
            for region in op.regions:
                yield from region.values()


class Loop:
    """View of a `for` or `while` operation by the roles of its operands, parameters and results."""

    def __init__(self, op: Op) -> None:
        self.op = op
        self.is_for = op.name == "for"
        self.body = op.regions[-1]
        self.n_domain = 3 if self.is_for else 0
        self.n_carried: int = op.attrs["carried"]
        self.n_collected: int = op.attrs["collected"]
        self.backwards: list[bool] = op.attrs["backwards"]
        self.has_stop: bool = op.attrs["stop"]
        self.has_trips = not self.is_for or self.has_stop

    @property
    def domain(self) -> list[Value]:
        return self.op.operands[: self.n_domain]

    @property
    def inits(self) -> list[Value]:
        return self.op.operands[self.n_domain : self.n_domain + self.n_carried]

    @property
    def tapes_in(self) -> list[Value]:
        first = self.n_domain + self.n_carried
        return self.op.operands[first : first + len(self.backwards)]

    @property
    def starts(self) -> dict[Value, Value]:
        """Tapes that begin with what is in a list, and these lists; only the last pass before printing makes them."""
        last = self.op.attrs.get("starts", ())
        lists = self.op.operands[len(self.op.operands) - len(last) :]
        return {self.tapes_out[k]: value for k, value in zip(last, lists, strict=True)}

    @property
    def index(self) -> Value | None:
        return self.body.params[0] if self.is_for else None

    @property
    def carried(self) -> list[Value]:
        first = 1 if self.is_for else 0
        return self.body.params[first : first + self.n_carried]

    @property
    def consumed(self) -> list[Value]:
        first = (1 if self.is_for else 0) + self.n_carried
        return self.body.params[first:]

    @property
    def stop(self) -> Value | None:
        return self.body.yields[0] if self.has_stop else None

    @property
    def next(self) -> list[Value]:
        """The carried values for the next iteration."""
        first = 1 if self.has_stop else 0
        return self.body.yields[first : first + self.n_carried]

    @property
    def collects(self) -> list[Value]:
        first = (1 if self.has_stop else 0) + self.n_carried
        return self.body.yields[first:]

    @property
    def finals(self) -> list[Value]:
        return self.op.results[: self.n_carried]

    @property
    def tapes_out(self) -> list[Value]:
        return self.op.results[self.n_carried : self.n_carried + self.n_collected]

    @property
    def trips(self) -> Value | None:
        return self.op.results[-1] if self.has_trips else None

    def collect(self, value: Value, tape: Value) -> None:
        """Collect `value` of each iteration into a new result `tape`."""
        at = self.n_carried + self.n_collected
        self.op.results.insert(at, tape)
        tape.op = self.op
        self.body.yields.append(value)
        self.op.attrs["collected"] += 1
        self.n_collected += 1

    def consume(self, tape: Value, param: Value, backwards: bool) -> None:
        """Give the body a parameter that takes one value of `tape` in each iteration."""
        self.op.operands.append(tape)
        self.body.add_param(param)
        self.backwards.append(backwards)

    def drop_carried(self, j: int) -> None:
        """Remove carried value `j`, whose parameter and result have no uses any more."""
        del self.op.operands[self.n_domain + j]
        del self.body.params[(1 if self.is_for else 0) + j]
        del self.body.yields[(1 if self.has_stop else 0) + j]
        del self.op.results[j]
        if not self.is_for:
            del self.op.regions[0].params[j]
        self.op.attrs["carried"] -= 1
        self.n_carried -= 1

    def drop_collected(self, j: int) -> None:
        """Remove tape `j`, which nothing reads."""
        del self.body.yields[(1 if self.has_stop else 0) + self.n_carried + j]
        del self.op.results[self.n_carried + j]
        self.op.attrs["collected"] -= 1
        self.n_collected -= 1

    def drop_consumed(self, j: int) -> None:
        """Remove consumed tape `j`, whose parameter has no uses."""
        del self.op.operands[self.n_domain + self.n_carried + j]
        del self.body.params[(1 if self.is_for else 0) + self.n_carried + j]
        del self.backwards[j]


@dataclass
class Shaped:
    """How results are put together: a list, a dict, or a call of a class, by keys.

    `of`: the class, or for "replace" the text of the object whose fields are replaced.
    """

    form: str
    parts: list[Any]
    keys: list[Any] = field(default_factory=list)
    of: Any = None


ABSENT = Shaped("absent", [])  # an item that has no derivative: None


class Function:
    """A function in the IR. The block's parameters are its arguments, the yields its results.

    `structure` says how the flat list of results is nested: None for one bare value, or a tuple of
    structures, or a `Shaped`. `leaves` says of parameters that are parts of an argument (a list, a dict, an object)
    which part: (argument, path), by the parameter's name; `arguments` are the arguments' names, and `groups` how those
    are made that have parts or are fixed. `info` holds what the docstring of the emitted function says.
    """

    def __init__(
        self, name: str, params: list[Value], defaults: dict[str, Any] | None = None
    ) -> None:
        self.name = name
        self.body = Block(params)
        self.defaults = defaults or {}
        self.structure: Any = None
        self.leaves: dict[str, tuple[str, Path]] = {}
        self.arguments: list[str] = [p.hint for p in params]
        self.groups: dict[str, Any] = {}
        self.info: dict[str, Any] = {}

    @property
    def params(self) -> list[Value]:
        return self.body.params

    def takes_arguments_of(self, other: Function) -> None:
        """Have the same arguments as another function, whose parameters have the same names."""
        self.leaves, self.groups = dict(other.leaves), dict(other.groups)
        self.arguments = list(other.arguments)

    @property
    def results(self) -> list[Value]:
        return self.body.yields


def uses(block: Block) -> dict[Value, int]:
    """How often each value is used in `block` and the regions in it, yields included."""
    count: dict[Value, int] = {}

    def visit(b: Block) -> None:
        for op in b.ops:
            for operand in op.operands:
                count[operand] = count.get(operand, 0) + 1
            for region in op.regions:
                visit(region)
        for value in b.yields:
            count[value] = count.get(value, 0) + 1

    visit(block)
    return count


def replace_uses(block: Block, mapping: dict[Value, Value]) -> None:
    """Use `mapping[v]` in place of each `v` in `block` and its regions."""
    if not mapping:
        return

    def final(value: Value) -> Value:
        while value in mapping:
            value = mapping[value]
        return value

    for op in block.walk():
        op.operands = [final(v) for v in op.operands]
        for region in op.regions:
            region.yields = [final(v) for v in region.yields]
    block.yields = [final(v) for v in block.yields]


def clone_block(source: Block, target: Block, mapping: dict[Value, Value]) -> None:
    """Copy the operations and yields of `source` to the end of `target`, renaming by `mapping`."""
    for op in source.ops:
        target.append(clone_op(op, mapping))
    target.yields = [mapping.get(v, v) for v in source.yields]


def clone_op(op: Op, mapping: dict[Value, Value]) -> Op:
    """A copy of `op`; `mapping` gains its results."""
    regions = []
    for region in op.regions:
        copy = Block([_clone_value(p, mapping) for p in region.params])
        clone_block(region, copy, mapping)
        regions.append(copy)
    attrs = dict(op.attrs)
    if "backwards" in attrs:
        attrs["backwards"] = list(attrs["backwards"])
    return Op(
        op.name,
        [mapping.get(v, v) for v in op.operands],
        [_clone_value(r, mapping) for r in op.results],
        attrs,
        regions,
        op.span,
        op.exact,
    )


def _clone_value(value: Value, mapping: dict[Value, Value]) -> Value:
    copy = Value(value.kind, value.hint)
    mapping[value] = copy
    return copy


def clone_function(source: Function, name: str | None = None) -> Function:
    """A deep copy of a function."""
    mapping: dict[Value, Value] = {}
    params = [_clone_value(p, mapping) for p in source.params]
    copy = Function(name or source.name, params, dict(source.defaults))
    clone_block(source.body, copy.body, mapping)
    copy.structure = source.structure
    copy.takes_arguments_of(source)
    copy.info = dict(source.info)
    return copy


@dataclass(eq=False)
class Callee:
    """A function that calls itself: its code, the kinds of its results, and the derivatives made of it so far.

    `doc` says what it computes. What `gives_own` arrays may be written by its callers: an adjoint does.
    """

    name: str
    function: Function
    results: list[Kind]
    doc: str
    order: int = 0  # of the derivative
    gives_own: bool = False
    derived: dict[Any, Callee] = field(default_factory=dict)


def flat_structure(values: list[Value]) -> Any:
    """The structure of results that are one bare value, or a tuple of values."""
    return None if len(values) == 1 else tuple(None for _ in values)


def callees_of(function: Function) -> list[Callee]:
    """The functions that a function calls, and those that these call, callees first."""
    found: dict[Callee, None] = {}

    def visit(caller: Function, path: tuple[Callee, ...]) -> None:
        for op in caller.body.walk():
            if op.name == "call" and (callee := op.attrs["callee"]) not in (*path, *found):
                visit(callee.function, (*path, callee))
                found[callee] = None

    visit(function, ())
    return list(found)
