"""Folds operations, splices branches that are known, and merges repeats."""

from __future__ import annotations

from typing import Any

from s2sad.analysis.build import Builder
from s2sad.analysis.context import Context, static
from s2sad.analysis.fold import fold
from s2sad.ir.core import Block, Function, Loop, Op, Value, replace_uses, uses
from s2sad.ir.kinds import INT
from s2sad.ir.truths import is_truth
from s2sad.optimize.branches import fuse_branches
from s2sad.optimize.dead import drop_dead
from s2sad.optimize.rows import read_again, read_numbers
from s2sad.optimize.truths import asked, counted, flag


def simplify(context: Context, function: Function) -> bool:
    """Fold operations of derivatives, splice known branches, and merge repeated operations."""
    return _simplify_block(context, function.body, function.body, {}, counted(function))


def _simplify_block(
    context: Context,
    block: Block,
    root: Block,
    seen: dict[Any, Value],
    numbers: set[Value] | None,
) -> bool:
    changed = False
    new = Block()
    mapping: dict[Value, Value] = {}
    seen = dict(seen)
    old_ops = block.ops
    b = Builder(context, new)
    products = {tuple(op.operands) for op in old_ops if op.fn == "operator.mul"}

    def final(value: Value) -> Value:
        while value in mapping:
            value = mapping[value]
        return value

    for op in old_ops:
        op.operands = [final(v) for v in op.operands]
        if mapping:
            for region in op.regions:
                replace_uses(region, mapping)
        b.span = op.span
        if op.name == "if":
            known, flag = static(op.operands[0])
            if known:
                region = op.regions[0 if flag else 1]
                for inner in region.ops:
                    new.append(inner)
                mapping.update(zip(op.results, region.yields, strict=True))
                changed = True
                continue
            _same_yields(b, op, mapping, numbers)
        if op.name in ("for", "while"):
            fixed = _fixed_carried(op) | _collected_twice(op)
            mapping.update(fixed)
            changed = (
                read_numbers(op) or read_again(op) or _consumed_twice(op) or changed or bool(fixed)
            )
        for region in op.regions:
            changed = _simplify_block(context, region, root, seen, numbers) or changed
        if op.name == "prim":
            if op.fn == "builtins.bool" and numbers is not None and op.result not in numbers:
                test = asked(op)
                if test is not None:
                    mapping[op.result] = test
                    changed = True
                    continue
            _share_product(b, op, products)
            folded = fold(b, op)
            if folded is not None and folded is not op.result:
                mapping[op.result] = folded
                if not folded.hint and folded.op is not None and not folded.op.exact:
                    folded.hint = op.result.hint
                if (
                    "accumulate" in op.attrs
                    and folded.op is not None
                    and folded.op.fn in ("operator.add", "operator.sub")
                ):
                    folded.op.attrs.setdefault("accumulate", True)
                changed = True
                continue
        key = _key(op)
        if key is not None:
            if key in seen:
                mapping[op.result] = seen[key]
                if not seen[key].hint and op.result.hint:
                    seen[key].hint = op.result.hint
                changed = True
                continue
            seen[key] = op.result
        new.append(op)
    block.ops = new.ops
    for op in block.ops:
        op.block = block
    changed = fuse_branches(block, root, mapping) or changed
    if mapping:
        replace_uses(root, mapping)
        block.yields = [final(v) for v in block.yields]
    return changed


def _share_product(b: Builder, op: Op, products: set[tuple[Value, ...]]) -> None:
    """-(x * y) for (-x) * y, which is the same number, where x * y is computed too."""
    if op.fn != "operator.mul":
        return
    x, y = op.operands
    if x.op is None or x.op.fn != "operator.neg" or (x.op.operands[0], y) not in products:
        return
    product = Op("prim", [x.op.operands[0], y], [Value(op.result.kind)], dict(op.attrs))
    product.span, product.exact = op.span, op.exact
    op.operands = [b.block.append(product).result]
    op.attrs = {"fn": "operator.neg", "params": b.context.registry.rules["operator.neg"].params}
    op.attrs["params"] = list(op.attrs["params"])


def _same_yields(
    b: Builder, op: Op, mapping: dict[Value, Value], numbers: set[Value] | None
) -> None:
    """Results that are one outer value on both sides, or whether the condition holds."""
    inside = {r for region in op.regions for inner in region.walk() for r in inner.results}
    for j, result in enumerate(op.results):
        a, c = op.regions[0].yields[j], op.regions[1].yields[j]
        if a is c and a not in inside:
            mapping[result] = a
        elif flag(a) is True and flag(c) is False and op.operands[0].kind.is_truth:
            test = op.operands[0]
            alike = is_truth(test) or numbers is not None and result not in numbers
            mapping[result] = made = test if alike else b.call("builtins.bool", test)
            made.hint = made.hint if alike else result.hint
        elif a.op is not None and a.op.name == "undef" and c not in inside:
            mapping[result] = c
        elif c.op is not None and c.op.name == "undef" and a not in inside:
            mapping[result] = a


def _fixed_carried(op: Op) -> dict[Value, Value]:
    """Carried values that never change are not carried: what to use instead of their results."""
    loop = Loop(op)
    fixed: dict[Value, Value] = {}
    for j in reversed(range(loop.n_carried)):
        param, init, final = loop.carried[j], loop.inits[j], loop.finals[j]
        if loop.next[j] is param or loop.next[j] is init:
            replace_uses(loop.body, {param: init})
            if op.name == "while":
                replace_uses(op.regions[0], {op.regions[0].params[j]: init})
            loop.drop_carried(j)
            fixed[final] = init
    return fixed


def count_by_tape(function: Function) -> None:
    """Loops that read a tape and do not use their index run as long as the tape: their range is not needed.

    The last pass before raising: it leaves the range empty and marks the loop.
    """
    drop_dead(
        function
    )  # else a tape that counts may be dropped afterwards, as nothing else reads it
    for op in list(function.body.walk()):
        if op.name != "for" or "by_tape" in op.attrs:
            continue
        loop = Loop(op)
        assert loop.index is not None
        if loop.tapes_in and not loop.has_stop and not uses(loop.body).get(loop.index):
            block = op.block
            assert block is not None
            zero = Op("const", [], [Value(INT)], {"value": 0})
            zero.block = block
            block.ops.insert(block.ops.index(op), zero)
            op.operands[:3] = [zero.result] * 3
            op.attrs["by_tape"] = True
    drop_dead(function)


def _collected_twice(op: Op) -> dict[Value, Value]:
    """One tape in place of two that hold the same values."""
    loop = Loop(op)
    first: dict[Value, Value] = {}
    same: dict[Value, Value] = {}
    for value, tape in zip(loop.collects, loop.tapes_out, strict=True):
        if value in first:
            same[tape] = first[value]
        else:
            first[value] = tape
    for j in reversed(range(loop.n_collected)):
        if loop.tapes_out[j] in same:
            loop.drop_collected(j)
    return same


def _consumed_twice(op: Op) -> bool:
    """One parameter in place of two that read the same tape."""
    loop = Loop(op)
    tapes, params = loop.tapes_in, list(loop.consumed)
    first: dict[tuple[Value, bool], Value] = {}
    same: dict[Value, Value] = {}
    again = []
    for j, key in enumerate(zip(tapes, loop.backwards, strict=True)):
        if key in first:
            same[params[j]] = first[key]
            again.append(j)
        else:
            first[key] = params[j]
    replace_uses(loop.body, same)
    for j in reversed(again):
        loop.drop_consumed(j)
    return bool(again)


def _key(op: Op) -> Any:
    """What makes two operations the same; None for those that must not be merged."""
    if op.name == "const":
        value = op.value
        if isinstance(value, (int, float, str, bool, type(None))):
            return (
                "const",
                type(value).__name__,
                repr(value),
                op.attrs.get("name"),
                op.exact,
                op.exact and op.result.hint,
            )
        return None
    if op.name in ("tuple", "slice"):
        return (op.name, tuple(op.operands))
    if op.name != "prim" or op.fn in FRESH or op.fn.startswith("numpy.random"):
        return None
    operands = op.operands
    if op.fn in COMMUTATIVE and all(v.kind.base in ("number", "array") for v in operands):
        operands = sorted(operands, key=id)
    return (
        "prim",
        op.fn,
        tuple(op.attrs["params"]),
        tuple(operands),
        bool(op.attrs.get("inplace")),
    )


COMMUTATIVE = ("operator.add", "operator.mul")  # of numbers and arrays, to the last bit
FRESH = {
    "numpy.zeros", "numpy.zeros_like", "numpy.empty", "numpy.empty_like", "numpy.ones", "numpy.ones_like",
    "numpy.full", "numpy.full_like", "numpy.copy", "numpy.ndarray.copy", "intrinsic.store",
    "intrinsic.index_add", "builtins.print",
}  # fmt: skip
