"""Values that may be truths or small integers of NumPy, where their kinds do not say.

The sum of two truths is their `or`, and sums of integers of eight bits wrap around.
"""

from __future__ import annotations

from s2sad.analysis.context import Context
from s2sad.ir.core import Value
from s2sad.ir.kinds import PYTHON_DTYPES

COUNTED = ("operator.add", "operator.mul", "numpy.add", "numpy.multiply")  # truths of truths alone
FLOATS = ("operator.truediv", "numpy.divide", "numpy.true_divide", "math.")


def may_be_truth(context: Context, value: Value) -> bool:
    """True unless the value is known to be a number that is added up as such."""
    answers, work = context.truths, [value]
    while work:
        last = work[-1]
        known = answers.get(last)
        if known is None:
            known = _at_once(context, last)
        if known is None:
            waiting = [part for part in _parts(last) if part not in answers]
            if waiting:
                work.extend(waiting)
                continue
            every = all if last.op is not None and last.op.fn in COUNTED else any
            known = every(answers[part] for part in _parts(last))
        answers[last] = known
        work.pop()
    return answers[value]


def _at_once(context: Context, value: Value) -> bool | None:
    """The answer where it does not depend on other values."""
    kind, op = value.kind, value.op
    if kind.base not in ("number", "array", "any"):
        return False
    if kind.dtype is not None:
        return kind.is_passive and kind.dtype not in PYTHON_DTYPES
    if op is None:
        return value not in context.floats
    if op.name == "const":
        return False  # True and False of Python are integers
    if op.name == "prim":
        if context.registry.rules[op.fn].nondifferentiable:
            return True
        return False if op.fn.startswith(FLOATS) else None
    return None if op.name == "if" else True


def _parts(value: Value) -> list[Value]:
    """What the answer depends on: the operands of a call, the value on each side of a branch."""
    assert value.op is not None
    if value.op.name == "if":
        at = value.op.results.index(value)
        return [region.yields[at] for region in value.op.regions]
    return value.op.operands
