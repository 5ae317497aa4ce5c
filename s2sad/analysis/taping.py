"""What the forward sweep must keep for the reverse sweep.

A region's adjoint reads values of the region. Each of them is either stored, or recomputed from values that
are stored or free (loop invariants, indices, tapes that exist anyway). The cheapest choice is a minimum cut:
with a_v = "v is available" and r_v = "v is recomputed", an available value that is not recomputed costs its
storing, a recomputed value costs its operation and makes its operands available. All terms are submodular, so
the cut is exact. (The same idea chooses what to keep in PyTorch's min-cut partitioner; costs here are
measured nanoseconds of CPython 3.11.)
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from s2sad.analysis.context import Context
from s2sad.ir.core import Block, Op, Value

INFINITE = 10**12
FREE_OPS = {"const", "tuple", "slice", "list"}
FLOPS = {
    "operator.add", "operator.sub", "operator.mul", "operator.truediv", "operator.neg", "operator.pos", "operator.mod",
    "operator.floordiv",
    "operator.lt", "operator.le", "operator.gt", "operator.ge", "operator.eq", "operator.ne",
    "operator.not_", "operator.is_", "operator.is_not", "builtins.abs", "numpy.multiply", "numpy.add",
    "numpy.subtract", "numpy.negative", "numpy.square",
}  # fmt: skip
VIEWS = {
    "operator.getitem", "numpy.transpose", "numpy.ndarray.T", "numpy.expand_dims", "intrinsic.shape",
    "intrinsic.dim", "intrinsic.ndim", "builtins.len", "numpy.swapaxes", "numpy.broadcast_to",
}  # fmt: skip
SCALAR_STORE, SCALAR_FLOP, SCALAR_READ = 14, 8, 30
FREE_READ = 7  # of an array that is there: no slower by much than a tape, and the forward sweep may need no loop
NAMED = 6  # how much rather a variable of the user is stored than a nameless intermediate value
ARRAY_STORE, ARRAY_FLOP, ARRAY_VIEW, ARRAY_FUNCTION = 60, 300, 40, 3000
SCALAR_FUNCTION = 60
NEW_VERSION_STORE = 10**6


@dataclass
class Choice:
    """Values to store, and operations to run again, in their order."""

    stored: list[Value]
    recomputed: list[Op]


def is_new_version(value: Value) -> bool:
    """True for an array that is written in place: keeping it means copying it."""
    op = value.op
    if op is not None:
        return op.fn in ("intrinsic.store", "intrinsic.index_add")
    owner = value.owner
    if owner is None or owner.op is None or owner.op.name not in ("for", "while"):
        return False
    from_yield = owner.yields
    return any(
        v.op is not None
        and v.op.fn in ("intrinsic.store", "intrinsic.index_add")
        and _root(v) is value
        for v in from_yield
    )


def _root(value: Value) -> Value:
    while value.op is not None and value.op.fn in ("intrinsic.store", "intrinsic.index_add"):
        value = value.op.operands[0]
    return value


def store_cost(value: Value) -> int:
    if is_new_version(value):
        return NEW_VERSION_STORE
    if value.kind.is_array or value.kind.base == "any":
        return ARRAY_STORE
    return SCALAR_STORE - (NAMED if value.hint else 0)


def recompute_cost(context: Context, op: Op) -> int | None:
    """Cost of running an operation again; None where it must not be run twice."""
    if op.name in FREE_OPS:
        return 0
    if op.name == "undef":
        return 0
    if op.name != "prim":
        return None
    fn = op.fn
    if fn in ("intrinsic.store", "intrinsic.index_add") or fn.startswith("numpy.random"):
        return None
    rule = context.registry.rules.get(fn)
    if rule is None or (rule.nondifferentiable and fn not in FLOPS and fn not in VIEWS):
        return None
    scalar = op.result.kind.is_scalar and all(not v.kind.is_array for v in op.operands)
    if fn in VIEWS:
        return SCALAR_READ if op.result.kind.is_scalar else ARRAY_VIEW
    if fn in FLOPS or fn == "operator.pow" and _is_square(op.operands[1]):
        return SCALAR_FLOP if scalar else ARRAY_FLOP
    return SCALAR_FUNCTION if scalar else ARRAY_FUNCTION


def _is_read(op: Op) -> bool:
    """True for array[index], but for the items that a loop runs over: these are on a tape as they come."""
    return op.fn == "operator.getitem" and not op.attrs.get("row")


def _is_square(exponent: Value) -> bool:
    op = exponent.op
    # A table of exponents is a const too, and no number to compare.
    return (
        op is not None
        and op.name == "const"
        and isinstance(op.value, (int, float))
        and op.value == 2
    )


def choose(context: Context, block: Block, needed: list[Value], free: set[Value]) -> Choice:
    """What of `block` to store and what to recompute so that `needed` values are available."""
    graph = _Graph()
    seen: dict[Value, int] = {}
    order: list[Value] = []
    work = deque(needed)
    while work:
        value = work.popleft()
        if value in seen:
            continue
        seen[value] = len(order)
        order.append(value)
        op = value.op
        if value in free or _home(value) is not block or op is None:
            continue
        if recompute_cost(context, op) is not None:
            work.extend(op.operands)
    source, sink = 2 * len(order), 2 * len(order) + 1
    for value in needed:
        graph.edge(source, 2 * seen[value], INFINITE)
    for value in order:
        i = seen[value]
        available, again = 2 * i, 2 * i + 1
        if value in free or _home(value) is not block:
            continue
        op = value.op
        cost = recompute_cost(context, op) if op is not None else None
        if op is not None and _is_read(op) and cost == SCALAR_READ:
            if op.operands[0] in free or _home(op.operands[0]) is not block:
                cost = FREE_READ
        if op is None or cost is None:
            graph.edge(available, sink, store_cost(value))
            continue
        storing = store_cost(value)
        if (
            op.name in FREE_OPS
            or op.name == "undef"
            or value.kind.base not in ("number", "array", "any")
        ):
            storing = INFINITE
        graph.edge(available, again, storing)
        graph.edge(again, sink, cost)
        for operand in op.operands:
            graph.edge(again, 2 * seen[operand], INFINITE)
    side = graph.minimum_cut(source, sink)
    stored, recomputed = [], []
    for value in order:
        i = seen[value]
        if value in free or _home(value) is not block or 2 * i not in side:
            continue
        op = value.op
        if op is not None and recompute_cost(context, op) is not None and 2 * i + 1 in side:
            recomputed.append(op)
        else:
            stored.append(value)
    places = {id(op): k for k, op in enumerate(block.ops)}
    recomputed.sort(key=lambda op: places[id(op)])
    params = {p: k for k, p in enumerate(block.params)}
    stored.sort(key=lambda v: (0, params[v]) if v.op is None else (1, places[id(v.op)]))
    return Choice(stored, recomputed)


def _home(value: Value) -> Block | None:
    return value.op.block if value.op is not None else value.owner


class _Graph:
    """Maximum flow by shortest augmenting paths (Edmonds and Karp 1972); the graphs are small."""

    def __init__(self) -> None:
        self.capacity: dict[int, dict[int, int]] = {}

    def edge(self, a: int, b: int, capacity: int) -> None:
        row = self.capacity.setdefault(a, {})
        row[b] = row.get(b, 0) + capacity
        self.capacity.setdefault(b, {}).setdefault(a, 0)

    def minimum_cut(self, source: int, sink: int) -> set[int]:
        """Nodes on the source's side of the minimum cut that is nearest to the source."""
        while True:
            parents = self.reach(source)
            if sink not in parents:
                return set(parents)
            path, node = [], sink
            while node != source:
                path.append((parents[node], node))
                node = parents[node]
            flow = min(self.capacity[a][b] for a, b in path)
            for a, b in path:
                self.capacity[a][b] -= flow
                self.capacity[b][a] += flow

    def reach(self, source: int) -> dict[int, int]:
        parents = {source: source}
        work = deque([source])
        while work:
            node = work.popleft()
            for other, room in self.capacity.get(node, {}).items():
                if room > 0 and other not in parents:
                    parents[other] = node
                    work.append(other)
        return parents
