"""Lists that a loop makes longer: what is in them before, and the arrays that are made of them."""

from __future__ import annotations

from s2sad.analysis.aliases import contents_read
from s2sad.analysis.context import Context
from s2sad.analysis.sharing import Sharing, must_write, shares_memory
from s2sad.ir.core import Block, Function, Loop, Op, Value, replace_uses, uses
from s2sad.ir.kinds import passive


def drop_list_copies(context: Context, function: Function) -> None:
    """np.array(list) need not copy the array that stands for the list where nothing reads the list afterwards."""
    copies = [op for op in function.body.walk() if op.attrs.get("listed")]
    if not copies:
        return
    sharing, liveness = Sharing(context, function), contents_read(function)
    for op in copies:
        array = op.operands[0]
        together = sharing.set_of(array)
        if not sharing.is_own(array) or any(v in liveness.after[op] for v in together):
            if _is_only_read(context, function, sharing, op):
                replace_uses(function.body, {op.result: array})
                continue
            _stack_again(op, array)
            continue
        if array.op is not None and array.op.name == "stack":
            array.hint = op.result.hint or array.hint
        block = op.block
        assert block is not None
        block.ops.remove(op)
        replace_uses(function.body, {op.result: array})


def _is_only_read(context: Context, function: Function, sharing: Sharing, op: Op) -> bool:
    """True for a copy that new arrays are made of, and nothing else, of an array that is never written."""
    copy, source = op.result, op.operands[0]
    if source.op is not None and source.op.name == "stack":
        return False  # that is a list until an array is made of it
    for user in function.body.walk():
        if must_write(user) and not sharing.of(user.operands[0]).isdisjoint(sharing.of(source)):
            return False
        if copy in user.operands and (user.name != "prim" or copy in shares_memory(context, user)):
            return False
        if any(copy in region.yields for region in user.regions):
            return False
    return copy not in function.body.yields


def _stack_again(op: Op, array: Value) -> None:
    """In place of a copy of a stacked array, which stands for the arrays of a list: a stack that is an array."""
    made = array.op
    if made is None or made.name != "stack" or made.block is not op.block:
        return
    op.name, op.operands, op.attrs = "stack", list(made.operands), {**made.attrs, "fresh": True}


def begin_lists(function: Function) -> None:
    """Let a tape begin with the single values that are stacked before what it holds: xs = [x], then a loop."""
    count = uses(function.body)
    for op in list(function.body.walk()):
        if op.name == "stack" and len(op.operands) > 1:
            tape, *values = op.operands
            maker = tape.op
            if maker is None or maker.block is not op.block or count[tape] != 1:
                continue
            assert maker.block is not None
            if maker.name in ("for", "while") and all(_is_before(v, maker) for v in values):
                nested = bool(op.attrs.get("flat")) and not op.attrs.get("whole")
                _begin(maker.block, Loop(maker), tape, values, nested)
                del op.operands[1:]
                op.attrs["list"] = False  # there is something on the tape


def _is_before(value: Value, loop: Op) -> bool:
    """True for a value that is there when a loop of the same block starts."""
    made = value.op
    if made is None or made.block is not loop.block or loop.block is None:
        return True
    return loop.block.ops.index(made) < loop.block.ops.index(loop)


def _begin(block: Block, loop: Loop, tape: Value, values: list[Value], nested: bool) -> None:
    for _ in range(1 + nested):  # the numbers before those of a flat tape are a list of their own
        made = Op("list", values, [Value(passive("list"))], span=loop.op.span)
        made.block = block
        block.ops.insert(block.ops.index(loop.op), made)
        values = [made.result]
    loop.op.operands.append(made.result)
    starts = loop.op.attrs.get("starts", ())
    loop.op.attrs["starts"] = (*starts, loop.tapes_out.index(tape))
