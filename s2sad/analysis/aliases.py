"""Which writes to arrays are refused.

Writes are new versions in the IR. That is what the program means only if the array was made by the function and
nothing that shares its memory is read after the write; other writes are refused.
"""

from __future__ import annotations

from s2sad.analysis.context import Context
from s2sad.analysis.sharing import Foreign, Sharing, Twice, must_write, shares_memory
from s2sad.errors import AliasingError
from s2sad.ir.core import Function, Op, Value, replace_uses, uses
from s2sad.ir.liveness import Liveness


def contents_read(function: Function) -> Liveness:
    """Which arrays' contents are read after each operation."""
    return Liveness(function, contents=True, clashing=False)


def conflicts_of(sharing: Sharing, liveness: Liveness, op: Op) -> list[Value]:
    """Values that may share memory with the array that `op` updates and are read later."""
    after = liveness.after[op]
    return [v for v in sharing.set_of(op.operands[0]) if v is not op.result and v in after]


def check_writes(context: Context, function: Function) -> None:
    """Refuse writes to inputs, and to memory that is read under a second name afterwards."""
    writes = [op for op in function.body.walk() if must_write(op)]
    if not writes:
        return
    sharing, liveness = Sharing(context, function), contents_read(function)
    for op in writes:
        array = op.operands[0]
        name = array.hint or "this array"
        if any(not is_argument(function, o) for o in sharing.of(array) if isinstance(o, Foreign)):
            raise AliasingError(
                _foreign(function, op, name), span=op.span, help=_way_out(op, array, name)
            )
        for held in sharing.of(array):
            if isinstance(held, Twice):
                raise AliasingError(
                    f"{name!r} is written here, and two items of the list{_where(held.made)} may be one array",
                    span=op.span,
                    help="put copies into the list: .append(x.copy())",
                )
        for other in conflicts_of(sharing, liveness, op):
            second = other.hint or "another array"
            if second == name:
                second = f"an earlier {name}"
            where = _where(other)
            raise AliasingError(
                f"{name!r} is written here, and {second!r}{where}, which may share its memory, is read afterwards",
                span=op.span,
                help=_which_copy(context, array, name, second),
            )


def _where(value: Value) -> str:
    span = None if value.op is None else value.op.span
    return f" (line {span.line})" if span is not None and span.line else ""


def check_own_writes(context: Context, function: Function) -> None:
    """Refuse writes to arguments in a function that is called: its caller would see them."""
    sharing = Sharing(context, function)
    for op in function.body.walk():
        if must_write(op) and not sharing.is_own(op.operands[0]):
            name = op.operands[0].hint or "this array"
            raise AliasingError(
                f"{name!r} is written in a function that calls itself, and was not made there",
                span=op.span,
                help=f"work on a copy: {name} = {name}.copy()",
            )


def is_argument(function: Function, origin: Foreign) -> bool:
    """True for the memory of an array that is an argument: a derivative writes to a copy of it."""
    return isinstance(origin.key, Value) and origin.key in function.params


def copy_arguments(context: Context, function: Function) -> None:
    """Writes to an argument are done on a copy, which the derivative makes first.

    What shares the argument's memory would change with it: the emitted code asks, where another argument may.
    """
    writes = [op for op in function.body.walk() if must_write(op)]
    if not writes:
        return
    sharing = Sharing(context, function)
    written = {
        origin.key: op
        for op in reversed(writes)
        for origin in sharing.of(op.operands[0])
        if isinstance(origin, Foreign) and is_argument(function, origin)
    }
    count = uses(function.body)
    made: list[Op] = []
    for param in [p for p in function.params if p in written]:
        op = written[param]
        others = [
            p
            for p in function.params
            if p is not param
            and count.get(p)
            and not p.kind.is_scalar
            and p.kind.base in ("number", "array", "any")
            and (p not in written or function.params.index(p) > function.params.index(param))
        ]
        guards = []
        if others:
            attrs = {"what": "apart", "why": f"{function.name} changes {param.hint}"}
            guard = Op("effect", [param, *others], [], attrs, [], op.span, exact=True)
            guards.append(guard)
        copy = Op(
            "prim",
            [param],
            [Value(param.kind, param.hint)],
            {"fn": "numpy.copy", "params": ["x"]},
            span=op.span,
            exact=True,
        )
        # What is asked of the argument is not asked of its copy, which is an array in any case.
        asked = [o for o in function.body.ops if "why" in o.attrs and o.operands == [param]]
        function.body.ops[:] = [o for o in function.body.ops if o not in asked]
        replace_uses(function.body, {param: copy.result})
        made.extend([*asked, *guards, copy])
    for op in made:
        op.block = function.body
    function.body.ops[:0] = made


def _which_copy(context: Context, array: Value, name: str, second: str) -> str:
    if array.op is not None and shares_memory(context, array.op) and not must_write(array.op):
        return f"write to {second} itself, or make {name} a copy: {name} = ....copy()"
    if not second.isidentifier():  # an earlier version, or what has no name
        return f"write to a copy: {name} = {name}.copy()"
    return f"make {second} a copy: {second} = ....copy()"


def _foreign(function: Function, op: Op, name: str) -> str:
    return f"{name!r} is written in place, and it may be (part of) an array that was not made in this function"


def _way_out(op: Op, array: Value, name: str) -> str:
    if op.attrs.get("inplace") and not array.kind.is_array:
        return f"write {name} = {name} + ..., or annotate the numbers (for example {name}: float)"
    return f"work on a copy: {name} = {name}.copy()"


def once(index: Value) -> bool:
    """True where an index names each element at most once, so that += adds everything."""
    op = index.op
    if op is not None and op.name == "tuple":
        return all(once(v) for v in op.operands)
    if op is not None and (op.name == "slice" or op.name == "const"):
        return True
    if op is not None and op.fn == "numpy.arange" and index.kind.dtype == "i8":
        return len(op.operands) == 1  # 0, 1, 2, ...
    return index.kind.is_scalar or index.kind.dtype == "b1"
