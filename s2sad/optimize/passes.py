"""The optimiser: cleaning and rewriting to a fixed point."""

from __future__ import annotations

from s2sad.analysis.context import Context
from s2sad.ir.core import Function
from s2sad.ir.kinds import Dim
from s2sad.optimize.algebra import collect_terms
from s2sad.optimize.clean import simplify
from s2sad.optimize.dead import drop_dead

ROUNDS = 40


def optimise(context: Context, function: Function) -> int:
    """Rewrite a differentiated function in place until nothing changes; how many rounds that took."""
    drop_dead(function)
    context.anchors.clear()
    context.sources.clear()
    for param in function.params:
        for axis, size in enumerate(param.kind.dims or ()):
            if isinstance(size, Dim):
                context.anchors.setdefault(size, (param, axis))
    for size in list(context.anchors):
        root = context.dims.find(size)
        if isinstance(root, Dim):
            context.anchors.setdefault(root, context.anchors[size])
    for done in range(ROUNDS):
        changed = simplify(context, function)
        changed = drop_dead(function) or changed
        if changed:
            continue
        if not collect_terms(context, function):
            return done
    return ROUNDS
