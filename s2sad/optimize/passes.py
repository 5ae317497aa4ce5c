"""The optimiser: cleaning and rewriting to a fixed point."""

from __future__ import annotations

from s2sad.analysis.context import Context
from s2sad.ir.core import Function
from s2sad.optimize.clean import drop_dead, simplify

ROUNDS = 40


def optimise(context: Context, function: Function) -> None:
    """Rewrite a differentiated function in place until nothing changes."""
    drop_dead(function)
    for _ in range(ROUNDS):
        changed = simplify(context, function)
        changed = drop_dead(function) or changed
        if not changed:
            return
