"""How long lists and arrays are, as sums of lengths that are not known before the run: equal sums, equal lengths."""

from __future__ import annotations

from typing import Any

from s2sad.ir.core import Block, Value
from s2sad.ir.kinds import Dim

ONE = "one"  # the symbol of the constant
Size = dict[Any, int]  # symbol -> how often
SAME_LENGTH = (
    "intrinsic.store", "intrinsic.index_add", "numpy.copy", "numpy.asarray", "numpy.sort",
    "numpy.zeros_like", "numpy.ones_like", "numpy.empty_like", "numpy.full_like", "numpy.ndarray.astype",
)  # fmt: skip
JOINS = ("numpy.concatenate", "intrinsic.joined")
FILLED = ("numpy.zeros", "numpy.ones", "numpy.empty", "numpy.full")
WHOLE = ("operator.floordiv", "operator.mod", "operator.mul", "builtins.min", "builtins.max")


class Sizes:
    """Lengths of one function's lists and arrays; `stacked` has those of lists that a loop filled."""

    def __init__(self) -> None:
        self.stacked: dict[Value, Size] = {}
        self.row_lengths: dict[Value, Size] = {}  # of arrays that hold lists of lists
        self.around: dict[Block, Block] = {}  # the block around each block that is being lowered

    def equal(self, one: Value, two: Value) -> bool:
        """True for two integers that are surely the same."""
        return one is two or self.of(one) == self.of(two)

    def of(self, value: Value) -> Size:
        """An integer as a sum."""
        op = value.op
        if op is None:
            return {value: 1}
        if op.name == "const":
            known = op.value
            return (
                {ONE: known} if type(known) is int and known else {} if known == 0 else {value: 1}
            )
        if op.fn in ("operator.add", "operator.sub"):
            sign = 1 if op.fn == "operator.add" else -1
            return _sum(self.of(op.operands[0]), self.of(op.operands[1]), sign)
        if op.fn == "builtins.len":
            return self.length(op.operands[0])
        if op.fn == "intrinsic.dim" and self.of(op.operands[1]) == {}:
            return self.length(op.operands[0])
        if op.fn == "intrinsic.trips":
            return self.trips(op.operands)
        if op.fn == "builtins.max" and self.of(op.operands[1]) == {}:
            return self.natural(self.of(op.operands[0]))
        if op.fn in WHOLE:
            return {(op.fn, *(_key(self.of(v)) for v in op.operands)): 1}
        return {value: 1}

    def length(self, array: Value) -> Size:
        """len(array)"""
        if array in self.stacked:
            return self.stacked[array]
        dims, op = array.kind.dims, array.op
        if op is not None and op.fn == "operator.getitem" and op.operands[1].kind.is_scalar:
            if (rows := self.rows(op.operands[0])) is not None:
                return rows
        if dims and isinstance(dims[0], int):
            return {ONE: dims[0]} if dims[0] else {}
        if dims and isinstance(dims[0], Dim) and not dims[0].symbol.startswith("?"):
            return _sum({("len", dims[0].symbol): 1}, {ONE: dims[0].offset})
        if op is not None and op.fn == "operator.getitem":
            sliced = self.sliced(op.operands[0], op.operands[1])
            if sliced is not None:
                return sliced
        if op is not None and op.fn in SAME_LENGTH:
            return self.length(op.operands[0])
        if op is not None and op.fn in FILLED and op.operands[0].kind.is_scalar:
            return self.natural(self.of(op.operands[0]))
        if op is not None and op.fn in ("intrinsic.append", "intrinsic.append_row"):
            return _sum(self.length(op.operands[0]), {ONE: 1})
        if op is not None and op.fn in JOINS and "axis" not in op.attrs["params"]:
            total: Size = {}
            for part in op.operands:
                total = _sum(total, self.length(part))
            return total
        if (
            op is not None
            and op.fn == "intrinsic.array_of"
            and len(op.operands) == len(op.attrs["params"])
        ):
            return {ONE: len(op.operands)}
        return {("len", array): 1}

    def sliced(self, array: Value, part: Value) -> Size | None:
        """len(array[a:b]) for ends that are literals, the first counted from the start and the last from the end."""
        op = part.op
        if op is None or op.name != "slice":
            return None
        ends: list[Any] = [
            v.op.value if v.op is not None and v.op.name == "const" else array for v in op.operands
        ]
        start, stop, step = ends
        if (
            step not in (None, 1)
            or not isinstance(start or 0, int)
            or not isinstance(stop or 0, int)
        ):
            return None
        if (start or 0) < 0 or stop is not None and stop >= 0:
            return None
        return self.natural(_sum(self.length(array), {ONE: (stop or 0) - (start or 0)}))

    def rows(self, array: Value) -> Size | None:
        """How long the lists in a list are, which an array holds."""
        while array not in self.row_lengths:
            if array.op is None or array.op.fn not in SAME_LENGTH:
                return None
            array = array.op.operands[0]
        return self.row_lengths[array]

    def trips(self, domain: list[Value]) -> Size:
        """How many iterations a loop over range(start, stop, step) has."""
        start, stop, step = domain
        if self.of(step) == {ONE: 1}:
            return self.natural(_sum(self.of(stop), self.of(start), -1))
        if self.of(step) == {ONE: -1}:
            return self.natural(_sum(self.of(start), self.of(stop), -1))
        return {("trips", *(_key(self.of(v)) for v in domain)): 1}

    def is_natural(self, value: Value) -> bool:
        """True for an integer that is 0 or more in every run."""
        size = self.of(value)
        return self.natural(size) == size

    def is_of_lengths(self, value: Value) -> bool:
        """True for a length, or lengths, to which a number is added or from which it is taken."""
        return all(symbol == ONE or _is_length(symbol) for symbol in self.of(value))

    def is_positive(self, value: Value) -> bool:
        """True for an integer that is 1 or more in every run."""
        size = self.of(value)
        rest = {s: n - (s == ONE) for s, n in size.items()}
        return size.get(ONE, 0) > 0 and self.natural(_sum(rest, {})) == _sum(rest, {})

    def natural(self, size: Size) -> Size:
        """max(size, 0)"""
        if all(n > 0 and (s == ONE or _is_length(s)) for s, n in size.items()):
            return size
        return {("natural", _key(size)): 1}

    def outside(self, block: Block) -> set[Block | None]:
        """The blocks around one that is being lowered."""
        found: set[Block | None] = set()
        while block in self.around:
            block = self.around[block]
            found.add(block)
        return found

    def differs_each_time(self, array: Value, loop: Block) -> bool:
        """True for x[i:] or x[:i], where only one end moves with the iterations of a loop that is being lowered."""
        op = array.op
        part = op.operands[1].op if op is not None and op.fn == "operator.getitem" else None
        if part is not None and part.name == "tuple" and part.operands:
            part = part.operands[0].op
        if part is None or part.name != "slice":
            return False
        start, stop = (
            end.op is not None and end.op.name == "const" or self.lasts(self.of(end), loop)
            for end in part.operands[:2]
        )
        return start is not stop

    def lasts(self, size: Size, loop: Block) -> bool:
        """True for a length that is the same in each iteration of a loop that is being lowered."""
        outside = self.outside(loop)
        # Parameters of the function belong to no block that is being lowered in another one.
        return all(
            (v.op is None and v.owner not in self.around)
            or (v.op.block if v.op else v.owner) in outside
            for v in _values(size)
        )


def times(size: Size, count: int) -> Size:
    return {symbol: n * count for symbol, n in size.items() if n * count}


def plus(one: Size, two: Size) -> Size:
    return _sum(one, two)


def _sum(one: Size, two: Size, sign: int = 1) -> Size:
    out = dict(one)
    for symbol, n in two.items():
        out[symbol] = out.get(symbol, 0) + sign * n
    return {symbol: n for symbol, n in out.items() if n}


def _key(size: Size) -> Any:
    return frozenset(size.items())


def _is_length(symbol: Any) -> bool:
    return isinstance(symbol, tuple) and symbol[0] in ("len", "natural", "trips")


def _values(symbol: Any) -> list[Value]:
    """The values that a size, or a part of one, depends on."""
    if isinstance(symbol, Value):
        return [symbol]
    if isinstance(symbol, (dict, tuple, frozenset)):
        return [value for part in symbol for value in _values(part)]
    return []
