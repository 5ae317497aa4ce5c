"""Infers the kind of every value of a function from the kinds of its parameters."""

from __future__ import annotations

from s2sad.analysis.build import result_kind
from s2sad.analysis.context import Context
from s2sad.ir.core import Block, Function, Loop, Op
from s2sad.ir.kinds import ANY, BOOL, INT, NEVER, Kind, join


def infer_function(context: Context, function: Function, kinds: list[Kind]) -> None:
    """Set the kinds of a lowered function's values; loops are iterated to a fixed point."""
    for param, kind in zip(function.params, kinds, strict=True):
        param.kind = kind
    infer_block(context, function.body)


def infer_block(context: Context, block: Block) -> None:
    for op in block.ops:
        if op.name == "prim":
            infer_primitive(context, op)
        elif op.name == "if":
            for region in op.regions:
                infer_block(context, region)
            for i, result in enumerate(op.results):
                result.kind = join(op.regions[0].yields[i].kind, op.regions[1].yields[i].kind)
        elif op.name in ("for", "while"):
            infer_loop(context, op)


def infer_primitive(context: Context, op: Op) -> None:
    rule = context.registry.rules[op.fn]
    kind = result_kind(context, op, rule)
    target = op.operands[0].kind if op.operands else ANY
    if op.attrs.get("inplace") and target.is_array:
        kind = target
    op.result.kind = kind


def infer_loop(context: Context, op: Op) -> None:
    loop = Loop(op)
    if loop.index is not None:
        loop.index.kind = INT
    condition = op.regions[0] if op.name == "while" else None
    for param, init in zip(loop.carried, loop.inits, strict=True):
        param.kind = init.kind
    for attempt in range(8):
        if condition is not None:
            for mine, theirs in zip(condition.params, loop.carried, strict=True):
                mine.kind = theirs.kind
            infer_block(context, condition)
        infer_block(context, loop.body)
        changed = False
        for param, value in zip(loop.carried, loop.next, strict=True):
            wider = join(param.kind, value.kind)
            if wider != param.kind:
                param.kind = wider if attempt < 6 else ANY
                changed = True
        if not changed:
            break
    for final, param in zip(loop.finals, loop.carried, strict=True):
        final.kind = param.kind
    if loop.trips is not None:
        loop.trips.kind = INT
    if loop.stop is not None and loop.stop.kind == NEVER:
        loop.stop.kind = BOOL
