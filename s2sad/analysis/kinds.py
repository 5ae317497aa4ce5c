"""Infers the kind of every value of a function from the kinds of its parameters."""

from __future__ import annotations

from dataclasses import replace

from s2sad.analysis.build import result_kind
from s2sad.analysis.context import Context
from s2sad.analysis.dtypes import promote
from s2sad.ir.core import Block, Callee, Function, Loop, Op, Value
from s2sad.ir.kinds import ANY, BOOL, FLOAT, INT, NEVER, Dim, Kind, Size, array, join


def infer_function(context: Context, function: Function, kinds: list[Kind]) -> None:
    """Set the kinds of a lowered function's values; loops are iterated to a fixed point."""
    for param, kind in zip(function.params, kinds, strict=True):
        param.kind = kind
    infer_block(context, function.body, certain=True)
    context.dims.certain = False


def infer_callee(context: Context, callee: Callee) -> None:
    """Set the kinds of a function that calls itself: what it returns is found by iteration."""
    params = [_of_its_own(context, p, p.kind) for p in callee.function.params]
    for _ in range(6):
        infer_function(context, callee.function, params)
        kinds = [_lasting(v.kind) for v in callee.function.results]
        if kinds == callee.results:
            return
        callee.results = kinds
    callee.results = [ANY for _ in callee.results]
    infer_function(context, callee.function, params)


def _lasting(kind: Kind) -> Kind:
    """What is known of a result at any call: not the lengths of an array."""
    if not kind.dims:
        return kind
    return replace(kind, dims=tuple(Dim(f"?{i}") for i in range(len(kind.dims))))


def _of_its_own(context: Context, value: Value, kind: Kind) -> Kind:
    """The kind of an argument, or of what a call gives, with lengths that no other value has."""
    if not kind.dims:
        return kind
    return replace(kind, dims=tuple(context.symbol((value, i)) for i in range(len(kind.dims))))


def infer_block(context: Context, block: Block, certain: bool = False) -> None:
    for op in block.ops:
        context.dims.certain = certain
        if op.name == "prim":
            infer_primitive(context, op)
        elif op.name == "if":
            for region in op.regions:
                infer_block(context, region)
            for i, result in enumerate(op.results):
                yes, no = (settled(context, region.yields[i].kind) for region in op.regions)
                result.kind = either(context, op, yes, no)
        elif op.name in ("for", "while"):
            infer_loop(context, op)
        elif op.name == "call":
            for result, kind in zip(op.results, op.attrs["callee"].results, strict=True):
                result.kind = _of_its_own(context, result, kind)
        elif op.name == "attempt":
            infer_block(context, op.regions[0])
        elif op.name == "stack":
            op.result.kind = stacked(context, op)


def infer_primitive(context: Context, op: Op) -> None:
    rule = context.registry.rules[op.fn]
    kind = result_kind(context, op, rule)
    target = op.operands[0].kind if op.operands else ANY
    if op.attrs.get("inplace") and target.is_array:
        kind = target
    op.result.kind = FLOAT if op.attrs.get("floats") else kind


def settled(context: Context, kind: Kind) -> Kind:
    """The kind with each length by its one symbol: lengths that were found to be equal have the same."""
    if not kind.dims:
        return kind
    return replace(kind, dims=tuple(context.dims.find(d) for d in kind.dims))


def either(context: Context, op: Op, yes: Kind, no: Kind) -> Kind:
    """The kind of what a branch gives: a length that differs is another one for each branch, and for each order."""
    kind = join(yes, no)
    if not (kind.dims and yes.dims and no.dims):
        return kind
    pairs = zip(yes.dims, no.dims, strict=True)
    dims = tuple(p if p == q else context.symbol(("either", op, p, q)) for p, q in pairs)
    return replace(kind, dims=dims)


def varying(context: Context, param: Value, wider: Kind, old: Kind) -> Kind:
    """A kind of the same rank in which each length that changes in the loop has a symbol of its own."""
    dims: list[Size] = []
    for axis, (before, after) in enumerate(zip(old.dims or (), wider.dims or (), strict=True)):
        own = context.symbol(("varying", param, axis))
        dims.append(before if before in (after, own) else own)
    return replace(wider, dims=tuple(dims))


def after_loop(context: Context, param: Value) -> Kind:
    """The kind of a carried value after the last iteration: lengths that vary have one more symbol there."""
    dims = tuple(
        context.symbol(("final", param, axis))
        if size == context.memo.get(("varying", param, axis))
        else size
        for axis, size in enumerate(param.kind.dims or ())
    )
    return replace(param.kind, dims=dims) if dims else param.kind


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
            old, new = settled(context, param.kind), settled(context, value.kind)
            wider = join(old, new)
            if old.dims and new.dims and len(old.dims) == len(new.dims):
                wider = varying(context, param, wider, old)
            if wider != old:
                param.kind = wider if attempt < 6 else ANY
                changed = True
        if not changed:
            break
    for final, param in zip(loop.finals, loop.carried, strict=True):
        final.kind = after_loop(context, param)
    if loop.trips is not None:
        loop.trips.kind = INT
    if loop.stop is not None and loop.stop.kind == NEVER:
        loop.stop.kind = BOOL


def stacked(context: Context, op: Op) -> Kind:
    """The kind of the array that a `stack` makes: one dimension more than its values."""
    tape, *values = op.operands
    kinds = [_on_tape(tape), *(v.kind for v in values)]
    if any(k.base not in ("number", "array") for k in kinds):
        return array(None, None)
    dtype = promote(kinds)
    first = kinds[0]
    flat = bool(op.attrs.get("flat"))
    one_less = flat and not op.attrs.get("whole")
    rank = None if first.dims is None else len(first.dims) - one_less
    if rank is None or any(k.dims is None or len(k.dims) != rank for k in kinds[1:]):
        return array(dtype, None)
    assert first.dims is not None
    if flat:
        joined = context.symbol(("joined", tape, len(values)))
        return array(dtype, (joined, *first.dims[1:]) if first.dims else None)
    # All tapes of a loop are as long as it has iterations.
    length = context.symbol(("stack", tape.op, len(values)))
    return array(dtype, (length, *first.dims))


def _on_tape(tape: Value) -> Kind:
    """The kind of the values on a tape."""
    op = tape.op
    if op is not None and op.name in ("for", "while"):
        loop = Loop(op)
        return loop.collects[loop.tapes_out.index(tape)].kind
    return ANY
