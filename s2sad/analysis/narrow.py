"""What a function's text says of arguments of which nothing else is known.

An argument that is the bound of a `range` is an integer. An argument that is updated by `x += ...` is taken to be a
number, since an array would be changed for the caller too, unless items of it are read; and one at whose place an array
is written is taken to be an integer, since an array might name an element twice. The emitted code asks, and raises
where it is not.
"""

from __future__ import annotations

from collections.abc import Iterator

from s2sad.analysis.aliases import once
from s2sad.analysis.context import Context
from s2sad.analysis.kinds import infer_function
from s2sad.analysis.sharing import WRITES, Foreign, Sharing, must_write
from s2sad.ir.core import Function, Loop, Op, Value
from s2sad.ir.kinds import ANY, INT, Kind, array

NUMBER = Kind("number", None, ())
WHOLE = {
    "operator.add",
    "operator.sub",
    "operator.mul",
    "operator.floordiv",
    "operator.mod",
    "operator.neg",
}


def narrow(context: Context, function: Function) -> None:
    """Give arguments the kinds that the text proves or asks for."""
    if not any(p.kind == ANY for p in function.params):
        return
    if _bounds(function):
        _again(context, function)
    for _ in function.params:
        found = _stored(context, function) or _updated(context, function) or _index(function)
        if found is None:
            return
        param, kind, op = found
        param.kind = kind
        what = {INT: "an integer", NUMBER: "a number"}.get(kind, "an array")
        text = "writes at" if kind == INT else "changes"
        attrs = {"what": what, "why": f"{function.name} {text} {param.hint}"}
        guard = Op("effect", [param], [], attrs, [], op.span, exact=True)
        guard.block = function.body
        function.body.ops.insert(0, guard)
        _again(context, function)


def _again(context: Context, function: Function) -> None:
    infer_function(context, function, [p.kind for p in function.params])


def _bounds(function: Function) -> bool:
    """Mark the arguments from which the bounds of loops that always run are computed."""
    found = False
    work: list[Value] = []
    for op in function.body.ops:
        if op.name == "for" and op.exact:
            work.extend(Loop(op).domain)
    while work:
        value = work.pop()
        if value in function.params and value.kind == ANY:
            value.kind = INT
            found = True
        elif value.op is not None and value.op.fn in WHOLE:
            work.extend(value.op.operands)
    return found


def _index(function: Function) -> tuple[Value, Kind, Op] | None:
    """An argument of unknown kind from which the place of a write is computed."""
    for op in function.body.walk():
        if op.fn == "intrinsic.store" and op.exact and not once(op.operands[1]):
            work = [op.operands[1]]
            while work:
                value = work.pop()
                if value in function.params and value.kind == ANY:
                    return value, INT, op
                if value.op is not None and (value.op.fn in WHOLE or value.op.name == "tuple"):
                    work.extend(value.op.operands)
    return None


def _stored(context: Context, function: Function) -> tuple[Value, Kind, Op] | None:
    """An argument of unknown kind whose items are written."""
    writes = [op for op in function.body.walk() if op.fn in WRITES and op.exact]
    for param, op in _written(context, function, writes):
        return param, array(None, None), op
    return None


def _updated(context: Context, function: Function) -> tuple[Value, Kind, Op] | None:
    """An argument of unknown kind that `x += ...` may write, with the place of that."""
    writes = [op for op in function.body.walk() if must_write(op) and op.fn not in WRITES]
    for param, op in _written(context, function, writes):
        if op.operands[0].kind == ANY:
            return param, array(None, None) if _has_items(context, function, param) else NUMBER, op
    return None


def _has_items(context: Context, function: Function, param: Value) -> bool:
    """True where the program reads items of an argument, or of what shares its memory."""
    sharing = Sharing(context, function)
    reads = [
        op for op in function.body.walk() if op.exact and op.fn in ("operator.getitem", *WRITES)
    ]
    return any(Foreign(param) in sharing.of(op.operands[0]) for op in reads)


def _written(context: Context, function: Function, writes: list[Op]) -> Iterator[tuple[Value, Op]]:
    """Arguments of unknown kind that operations write under their own names."""
    sharing = Sharing(context, function) if writes else None
    for op in writes:
        assert sharing is not None
        for origin in sharing.of(op.operands[0]):
            key = origin.key if isinstance(origin, Foreign) else None
            if isinstance(key, Value) and key in function.params and key.kind == ANY:
                if key.hint == op.operands[0].hint:
                    yield key, op
