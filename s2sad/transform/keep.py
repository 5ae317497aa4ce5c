"""Gives an adjoint region the primal values that it reads.

The adjoint of a loop's body or of a branch is built as if it could read every value of the primal region.
Here each such value is made available: collected into a tape by the primal loop, yielded by the primal branch,
or computed again.
"""

from __future__ import annotations

from s2sad.analysis.context import Context
from s2sad.analysis.taping import choose
from s2sad.ir.core import Block, Loop, Op, Value, clone_op, replace_uses, uses
from s2sad.ir.kinds import NEVER, passive

PURE = {
    "const", "undef", "tuple", "slice", "list", "prim", "if", "for", "while", "stack", "unstack", "call",
}  # fmt: skip


def keep_for_loop(context: Context, loop: Loop, adjoint: Loop) -> None:
    """Tapes what the adjoint loop reads of the primal loop's body."""
    drop_unused(adjoint.body)
    needed = foreign_uses(adjoint.body, loop.body)
    if not needed:
        return
    free: set[Value] = set()
    mapping: dict[Value, Value] = {}
    if loop.index is not None and adjoint.index is not None:
        free.add(loop.index)
        mapping[loop.index] = adjoint.index
    free.update(loop.consumed)
    choice = choose(context, loop.body, needed, free)
    again = {v for op in choice.recomputed for v in op.operands} | set(needed)
    for tape, param, backwards in zip(
        list(loop.tapes_in), list(loop.consumed), list(loop.backwards), strict=True
    ):
        if param in again:
            copy = Value(param.kind, param.hint)
            adjoint.consume(tape, copy, not backwards)
            mapping[param] = copy
    for value in choice.stored:
        tape = Value(passive("tape"), f"{value.hint}_tape" if value.hint else "tape")
        loop.collect(value, tape)
        copy = Value(value.kind, value.hint)
        adjoint.consume(tape, copy, True)
        mapping[value] = copy
    run_again(adjoint.body, choice.recomputed, mapping)


def keep_for_branch(context: Context, primal: Op, adjoint: Op) -> None:
    """Yields from the primal branch what the adjoint branch reads of it."""
    for which, (region, adjoint_region) in enumerate(
        zip(primal.regions, adjoint.regions, strict=True)
    ):
        drop_unused(adjoint_region)
        needed = foreign_uses(adjoint_region, region)
        if not needed:
            continue
        yielded: dict[Value, Value] = {}
        for result, value in zip(primal.results, region.yields, strict=True):
            yielded.setdefault(value, result)
        choice = choose(context, region, needed, set(yielded) & set(needed))
        mapping = {v: yielded[v] for v in yielded}
        for value in choice.stored:
            if value in yielded:
                continue
            kept = Value(value.kind, value.hint)
            kept.op = primal
            primal.results.append(kept)
            for other, branch in enumerate(primal.regions):
                if other == which:
                    branch.yields.append(value)
                else:
                    branch.yields.append(
                        branch.append(Op("undef", [], [Value(NEVER)], span=primal.span)).result
                    )
            mapping[value] = kept
        run_again(adjoint_region, choice.recomputed, mapping)


def run_again(target: Block, ops: list[Op], mapping: dict[Value, Value]) -> None:
    """Put copies of operations at the beginning of a block, which reads them in place of the first ones."""
    copies: list[Op] = []
    for op in ops:
        copy = clone_op(op, mapping)
        copy.block = target
        copy.exact = False
        copies.append(copy)
    old = target.ops
    replace_uses(target, mapping)
    target.ops = copies + old


def foreign_uses(adjoint: Block, primal: Block) -> list[Value]:
    """Values of `primal` (not of regions inside it) that `adjoint` reads."""
    homes = set(primal.params)
    for op in primal.ops:
        homes.update(op.results)
    found: dict[Value, None] = {}

    def visit(block: Block) -> None:
        for op in block.ops:
            for value in op.operands:
                if value in homes:
                    found[value] = None
            for region in op.regions:
                visit(region)
        for value in block.yields:
            if value in homes:
                found[value] = None

    visit(adjoint)
    return list(found)


def drop_unused(block: Block) -> None:
    """Remove operations of a derivative that nothing reads, so that nothing is kept for them."""
    while True:
        count = uses(block)
        keep = [
            op for op in block.ops if op.name not in PURE or any(r in count for r in op.results)
        ]
        if len(keep) == len(block.ops):
            return
        block.ops = keep
