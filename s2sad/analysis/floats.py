"""Arrays that differentiated values are written into: where their dtype is not known, the emitted code asks.

NumPy cuts off what is written into an array of integers, so that it has no derivative.
"""

from __future__ import annotations

from s2sad.analysis.activity import varied
from s2sad.analysis.context import Context
from s2sad.analysis.sharing import WRITES, rewritten
from s2sad.ir.core import Block, Function, Loop, Op, Value

LIKE = ("numpy.zeros_like", "numpy.ones_like", "numpy.empty_like", "numpy.full_like")


def ask_for_floats(context: Context, function: Function, inputs: list[Value]) -> None:
    """Before a function is differentiated by `inputs`: guards behind arrays that may hold integers."""
    writes = [op for op in function.body.walk() if op.fn in WRITES and op.exact]
    if not any(op.operands[0].kind.dtype is None for op in writes):
        return
    found = varied(context, function.body, inputs)
    asked = {op.operands[0] for op in function.body.walk() if op.attrs.get("what") == "floats"}
    for op in writes:
        array = op.operands[0]
        if array.kind.dtype is not None or array.kind.is_scalar or op.operands[2] not in found:
            continue
        root = _root(array)
        if root in asked or _holds_floats(root, found, inputs):
            continue
        asked.add(root)
        attrs = {"what": "floats", "function": function.info.get("name", "")}
        guard = Op("effect", [root], [], attrs, [], op.span, exact=True)
        block, place = _after(function, root)
        guard.block = block
        block.ops.insert(place, guard)


def _root(array: Value) -> Value:
    """The array whose memory is written: before the updates, and before the loops that only write into it."""
    while True:
        op = array.op
        if op is not None and op.fn in WRITES:
            array = op.operands[0]
        elif op is not None and op.name in ("for", "while") and array in (loop := Loop(op)).finals:
            j = loop.finals.index(array)
            if not rewritten(loop.next[j], loop.carried[j]):
                return array
            array = loop.inits[j]
        elif op is None and array.owner is not None and array.owner.op is not None:
            around = array.owner.op
            if around.name not in ("for", "while") or array not in (loop := Loop(around)).carried:
                return array
            j = loop.carried.index(array)
            init = loop.inits[j]
            if not rewritten(loop.next[j], array):
                return array
            if init.op is not None and init.op.name == "undef":
                return array
            array = init
        else:
            return array


def _holds_floats(root: Value, found: set[Value], inputs: list[Value]) -> bool:
    """True for what is differentiated, or is made like that."""
    op = root.op
    if op is not None and op.name == "undef" or root in inputs or root in found:
        return True
    like = op is not None and op.fn in LIKE and op.arg("dtype") is None
    return op is not None and like and _root(op.operands[0]) in found | set(inputs)


def _after(function: Function, root: Value) -> tuple[Block, int]:
    op = root.op
    if op is None:
        block = root.owner if root.owner is not None else function.body
        return block, 0
    assert op.block is not None
    return op.block, op.block.ops.index(op) + 1
