"""Which values are only asked whether they hold, in a test: `bool(x)` is x there, and x is shorter."""

from __future__ import annotations

from s2sad.ir.core import Function, Loop, Op, Value
from s2sad.optimize.dead import Live

ASKING = ("operator.not_", "builtins.bool")


class Counted(Live):
    """`values` that are used as numbers, or returned; all others are only asked whether they hold."""

    def begin(self, op: Op) -> None:
        if op.name in ("for", "while"):
            self.mark(Loop(op).domain)
        elif not _only_asks(op):
            self.mark(op.operands)

    def run(self, op: Op) -> None:
        """Tests are not marked."""

    def follow(self, value: Value) -> None:
        if value.op is None or value.op.regions:
            super().follow(value)


def _only_asks(op: Op) -> bool:
    mask = op.name == "stack" and op.result.kind.dtype == "b1"  # made with dtype=bool
    return op.name == "if" or op.fn in ASKING or mask


def counted(function: Function) -> set[Value] | None:
    """Values whose type matters, True of Python or of NumPy; None where no value is a truth that could be left out."""
    if any(op.fn == "builtins.bool" or _is_flag(op) for op in function.body.walk()):
        return Counted(function).values
    return None


def _is_flag(op: Op) -> bool:
    pairs = zip(*(region.yields for region in op.regions), strict=True)
    return op.name == "if" and any(flag(a) is True and flag(b) is False for a, b in pairs)


def flag(value: Value) -> object:
    op = value.op
    return op.value if op is not None and op.name == "const" else None


def asked(op: Op) -> Value | None:
    """x of `bool(x)`, where x is a truth itself."""
    (inner,) = op.operands
    return inner if inner.kind.is_truth else None
