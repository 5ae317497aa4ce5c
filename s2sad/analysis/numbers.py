"""Values that may be truths or small integers of NumPy, where their kinds do not say.

The sum of two truths is their `or`, and sums of integers of eight bits wrap around.
"""

from __future__ import annotations

from s2sad.analysis.context import Context
from s2sad.ir.core import Op, Value
from s2sad.ir.kinds import PYTHON_DTYPES

# Not truths, whatever they are given.
COUNTED = ("operator.add", "operator.mul", "numpy.add", "numpy.multiply")  # but of truths alone
FLOATS = ("operator.truediv", "numpy.divide", "numpy.true_divide", "math.")


def may_be_truth(context: Context, value: Value) -> bool:
    """True unless the value is known to be a number that is added up as such."""
    return _Question(context).ask(value)


class _Question:
    def __init__(self, context: Context) -> None:
        self.context = context
        self.answers: dict[Value, bool] = {}

    def ask(self, value: Value) -> bool:
        if value.kind.base not in ("number", "array", "any"):
            return False
        if value.kind.dtype is not None:
            return value.kind.is_passive and value.kind.dtype not in PYTHON_DTYPES
        if value not in self.answers:
            self.answers[value] = True  # what goes round in a loop
            self.answers[value] = self.of(value)
        return self.answers[value]

    def of(self, value: Value) -> bool:
        op = value.op
        if op is None:
            return value not in self.context.floats
        if op.name == "if":
            at = op.results.index(value)
            return any(self.ask(region.yields[at]) for region in op.regions)
        if op.name == "const":
            return False  # True and False of Python are integers
        return op.name != "prim" or self.of_call(op)

    def of_call(self, op: Op) -> bool:
        rule = self.context.registry.rules[op.fn]
        if rule.nondifferentiable:
            return True
        if op.fn.startswith(FLOATS):
            return False
        every = all if op.fn in COUNTED else any
        return every(self.ask(v) for v in op.operands)
