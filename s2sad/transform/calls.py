"""Which derivative of a function that calls itself a call needs."""

from __future__ import annotations

from dataclasses import dataclass, field

from s2sad.analysis.activity import active
from s2sad.analysis.context import Context
from s2sad.ir.core import Callee, Function


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


@dataclass(eq=False)
class Pair:
    """A function in two: `forward` returns its values and its tape, `reverse` takes the tape and the seeds."""

    callee: Callee
    wrt: tuple[int, ...]
    forward: Callee
    reverse: Callee


@dataclass
class Pairs:
    """The functions whose adjoints take a tape, the pairs that calls need, and those that have no code yet."""

    chosen: dict[Callee, set[int]]  # with the arguments that derivatives are for
    made: dict[tuple[Callee, tuple[int, ...]], Pair] = field(default_factory=dict)
    pending: list[Pair] = field(default_factory=list)

    def of(self, context: Context, callee: Callee, moving: list[int]) -> Pair:
        for (other, wrt), pair in self.made.items():
            if other is callee and set(moving) <= set(wrt):
                return pair
        wrt = covering(context, callee, "reverse", sorted({*moving, *self.chosen[callee]}))
        names = [f"{callee.name}_forward", f"{callee.name}_reverse"]
        kinds = [callee.function.params[i].kind for i in wrt]
        doc = f"Value of `{callee.name}`, and the tape that its adjoint reads."
        forward = Callee(names[0], Function(names[0], []), callee.results, doc, callee.order)
        doc = described("Adjoint of {f} with respect to {x}.", callee, wrt)
        reverse = Callee(names[1], Function(names[1], []), kinds, doc, callee.order + 1)
        reverse.gives_own = True
        pair = self.made[callee, wrt] = Pair(callee, wrt, forward, reverse)
        self.pending.append(pair)
        return pair
