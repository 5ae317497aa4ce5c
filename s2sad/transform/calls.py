"""Which derivative of a function that calls itself a call needs."""

from __future__ import annotations

from s2sad.analysis.activity import active
from s2sad.analysis.context import Context
from s2sad.ir.core import Callee


def described(words: str, callee: Callee, wrt: tuple[int, ...]) -> str:
    """The docstring of a derivative: "Adjoint of `f` with respect to (x, y)"."""
    names = [callee.function.params[i].hint for i in wrt]
    x = names[0] if len(names) == 1 else f"({', '.join(names)})"
    return words.format(f=f"`{callee.name}`", x=x)


def covering(context: Context, callee: Callee, mode: str, wrt: list[int]) -> tuple[int, ...]:
    """Arguments that the derivative is for: those wanted, and those that its own calls of itself need.

    So one derivative serves both; one that is made already is taken where it has all of them.
    """
    wanted = set(wrt)
    function = callee.function
    while True:
        inputs = [function.params[i] for i in sorted(wanted)]
        moving = active(context, function, inputs, function.results)
        before = len(wanted)
        for op in function.body.walk():
            if op.name == "call" and op.attrs["callee"] is callee:
                wanted |= {
                    i for i, v in enumerate(op.operands) if v in moving and not v.kind.is_passive
                }
        if len(wanted) == before:
            break
    made = [key[1] for key in callee.derived if key[0] == mode and wanted <= set(key[1])]
    return made[0] if made else tuple(sorted(wanted))
