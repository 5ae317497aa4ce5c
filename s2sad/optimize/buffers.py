"""Decides which updates of arrays are done in place, and copies where one cannot be.

In the IR an update makes a new version of an array. It may be done in place when the array was made by the
function, and no value that may share its memory is read afterwards. The sets of values that may share memory are
conservative.
"""

from __future__ import annotations

from s2sad.analysis.aliases import conflicts_of, contents_read
from s2sad.analysis.build import Builder
from s2sad.analysis.context import Context
from s2sad.analysis.defined import is_defined
from s2sad.analysis.same_shape import same_shape
from s2sad.analysis.sharing import Foreign, Sharing, must_write, shares_memory
from s2sad.ir.core import Block, Function, Loop, Op, Value
from s2sad.ir.liveness import Liveness

ADDITIONS = ("operator.add", "operator.sub")


def may_write(op: Op) -> bool:
    """Sums of adjoints, which are written in place where that is free."""
    return op.fn in ADDITIONS and bool(op.attrs.get("accumulate")) and not op.result.kind.is_scalar


def assign_buffers(context: Context, function: Function) -> None:
    """Mark the sums that are done in place, and insert the copies that updates need."""
    for _ in range(1000):
        if not _insert_copies(context, function):
            break
    sharing, liveness = Sharing(context, function), contents_read(function)
    written = [op for op in function.body.walk() if must_write(op)]
    for op in list(function.body.walk()):
        if may_write(op) and _fits(context, op) and _writes_freely(sharing, liveness, op, written):
            sharing.merge(op.result, op.operands[0])
            op.attrs["buffer"] = True
            written.append(op)


def _fits(context: Context, op: Op) -> bool:
    """True where the first operand of a sum has the shape of the sum."""
    target, result = op.operands[0], op.result
    if same_shape(context, target, result):
        return True
    if target.kind.dims is not None and result.kind.dims is not None:
        return False
    return target in context.like and context.like[target] is context.like.get(result)


def _writes_freely(sharing: Sharing, liveness: Liveness, op: Op, written: list[Op]) -> bool:
    """True where a sum may be written over its first operand, and no other write then destroys the sum."""
    target = op.operands[0]
    if target.kind.is_scalar or not sharing.is_own(target):
        return False
    together = {*sharing.set_of(target), *sharing.set_of(op.result)}
    for other in [op, *(w for w in written if w.operands[0] in together)]:
        after = liveness.after[other]
        if any(v in after and v is not other.result for v in together):
            return False
    return True


def _insert_copies(context: Context, function: Function) -> bool:
    """Insert copies that updates need, one for all that share memory; False where none is needed."""
    sharing, liveness = Sharing(context, function), contents_read(function)
    changed = False
    settled: set[Value] = set()  # what a copy was made of, of which now less may be shared
    for op in [op for op in function.body.walk() if must_write(op)]:
        made = op.operands[0].op
        if made is not None and made.attrs.get("for_write") is op:
            continue
        together = sharing.set_of(op.operands[0])
        if not settled.isdisjoint(together):
            continue
        conflicts = conflicts_of(sharing, liveness, op)
        may_be_number = op.attrs.get("inplace") and not op.operands[0].kind.is_array
        if may_be_number and (conflicts or not sharing.is_own(op.operands[0])):
            # x + y is a new number or array, where a copy of a number would be an array.
            del op.attrs["inplace"]
            changed = True
            continue
        if conflicts:
            _resolve(context, sharing, function, op, conflicts)
        elif not sharing.is_own(op.operands[0]):
            _copy_operand(context, sharing, op)
        else:
            continue
        settled.update(together)
    return changed or bool(settled)


def _resolve(
    context: Context, sharing: Sharing, function: Function, op: Op, conflicts: list[Value]
) -> None:
    """Copy a view that is read later, what goes on a tape, or else the array itself."""
    kept = [_on_tape(v) for v in conflicts]
    if op.operands[0] in (*conflicts, *kept) and _is_one_without_writing(context, op):
        del op.attrs["inplace"]
        return
    for value in conflicts:
        made = value.op
        if value.kind.base == "tape" and _copy_collected(context, value):
            return
        if (
            made is not None
            and made.name == "prim"
            and shares_memory(context, made)
            and not must_write(made)
        ):
            block = made.block
            assert block is not None
            copy = _copy(context, value, block, block.ops.index(made) + 1)
            assert copy.op is not None
            _replace_after(function, value, copy, copy.op)
            return
    _copy_operand(context, sharing, op)


def _on_tape(value: Value) -> Value:
    """What a loop puts on a tape, or on a tape of tapes."""
    while value.kind.base == "tape" and value.op is not None and value.op.name in ("for", "while"):
        loop = Loop(value.op)
        value = loop.collects[loop.tapes_out.index(value)]
    return value


def _copy_collected(context: Context, tape: Value) -> bool:
    """Put copies on a tape, or on the tapes that it holds; False where it holds copies already."""
    op = tape.op
    if op is None:
        return False
    if op.name == "if":
        j = op.results.index(tape)
        return any([_copy_collected(context, region.yields[j]) for region in op.regions])
    if op.name not in ("for", "while") or tape not in (loop := Loop(op)).tapes_out:
        return False
    k = loop.tapes_out.index(tape)
    kept = loop.collects[k]
    if kept.kind.base == "tape":
        return _copy_collected(context, kept)
    if kept.op is not None and kept.op.fn == "numpy.copy":
        return False
    made = kept.op
    if made is not None and made.name == "if" and not is_defined(kept, {}):
        return _copy_in_branches(context, made, made.results.index(kept))
    inside = made is not None and made.block is loop.body
    at = loop.body.ops.index(made) + 1 if inside and made is not None else 0
    make = _copy if is_defined(kept, {}) else _copy_where_defined
    place = len(loop.body.yields) - loop.n_collected + k
    loop.body.yields[place] = make(context, kept, loop.body, at)
    return True


def _copy_in_branches(context: Context, op: Op, j: int) -> bool:
    """Copy a result of an `if` where it is made: on the other side it may not exist."""
    found = False
    for region in op.regions:
        value = region.yields[j]
        made = value.op
        if made is not None and (made.name == "undef" or made.fn == "numpy.copy"):
            continue
        if made is not None and made.name == "if" and not is_defined(value, {}):
            found = _copy_in_branches(context, made, made.results.index(value)) or found
            continue
        if is_defined(value, {}):
            region.yields[j] = _copy(context, value, region, len(region.ops))
        else:
            region.yields[j] = _copy_where_defined(context, value, region, len(region.ops))
        found = True
    return found


def _copy_where_defined(context: Context, value: Value, block: Block, at: int) -> Value:
    """A copy, made at place `at` of a block, of a variable that may have no value."""
    new = Block()

    def make(b: Builder) -> Value:
        return _copy(context, value, b.block, 0)

    copy = Builder(context, new).where_defined(value, make)
    for op in new.ops:
        op.block = block
    block.ops[at:at] = new.ops
    return copy


def _copy_operand(context: Context, sharing: Sharing, op: Op) -> None:
    """Give `op` a copy of the array that it updates: before the loop that carries it, where that is enough."""
    value = op.operands[0]
    if _copy_before_loop(context, sharing, value):
        return
    if _is_one_without_writing(context, op):
        del op.attrs["inplace"]
        return
    block = op.block
    assert block is not None
    op.operands[0] = _copy(context, value, block, block.ops.index(op))
    assert op.operands[0].op is not None
    op.operands[0].op.attrs["for_write"] = op


def _copy_before_loop(context: Context, sharing: Sharing, value: Value) -> bool:
    """Copy what the variables of a loop, the outermost if need be, begin with and `value`, one of them, must not
    write; False where that is not enough, as the loop itself gives it more of this kind."""
    owner = value.owner.op if value.op is None and value.owner is not None else None
    if (
        owner is None
        or owner.name not in ("for", "while")
        or value not in (loop := Loop(owner)).carried
    ):
        return False
    if _copy_before_loop(context, sharing, loop.inits[loop.carried.index(value)]):
        return True
    foreign = {o for o in sharing.of(value) if isinstance(o, Foreign)}
    first = [j for j, init in enumerate(loop.inits) if not foreign.isdisjoint(sharing.of(init))]
    own = loop.carried.index(value)
    first = [own] if own in first else first
    given = {o for j in first for o in sharing.of(loop.inits[j])}
    later = {o for j in first for o in sharing.of(loop.next[j]) if isinstance(o, Foreign)}
    if not first or not later <= given:
        return False
    block = owner.block
    assert block is not None
    for j in first:
        at = block.ops.index(owner)
        owner.operands[loop.n_domain + j] = _copy(context, loop.inits[j], block, at)
    return True


def _is_one_without_writing(context: Context, op: Op) -> bool:
    """True where z = x * y makes the array that a copy of x would be after x *= y."""
    if not op.attrs.get("inplace") or not op.operands[0].kind.dims:
        return False
    x, y = (v.kind for v in op.operands)
    if x.dtype != "f8" or y.dtype not in ("float", "f8", "int", "i8"):
        return False
    return y.is_scalar or same_shape(context, *op.operands)


def _filled(value: Value) -> Op | None:
    """np.full(x.shape, c) for the copy of a number c that was spread to the shape of x; of float32, full_like."""
    made = value.op
    if made is None or made.fn != "numpy.broadcast_to" or not made.operands[0].kind.is_scalar:
        return None
    query = made.operands[1].op
    if query is None or query.fn != "intrinsic.shape":
        return None
    number, like = made.operands[0], query.operands[0]
    operands, attrs = [query.result, number], {"fn": "numpy.full", "params": ["shape", "value"]}
    if like.kind.dtype not in (None, "f8") and like.kind.dtype == value.kind.dtype:
        operands, attrs = [like, number], {"fn": "numpy.full_like", "params": ["x", "value"]}
    return Op("prim", operands, [Value(value.kind, value.hint)], attrs, span=made.span)


def _copy(context: Context, value: Value, block: Block, at: int) -> Value:
    """A copy of an array, made at place `at` of a block."""
    attrs = {"fn": "numpy.copy", "params": ["x"]}
    copy = _filled(value) or Op("prim", [value], [Value(value.kind, value.hint)], attrs)
    # It belongs to the line that it stands in, which the comments of a reverse sweep name.
    around = (
        block.ops[at - 1 : at] if value.op in block.ops[at - 1 : at] else block.ops[at : at + 1]
    )
    if copy.span is None and around and not around[0].exact:
        copy.span = around[0].span
    if value.op is not None and value.op.attrs.get("bar"):
        copy.attrs["bar"] = True
    copy.block = block
    block.ops.insert(at, copy)
    return copy.result


def _replace_after(function: Function, old: Value, new: Value, maker: Op) -> None:
    for op in function.body.walk():
        if op is not maker:
            op.operands = [new if v is old else v for v in op.operands]
        for region in op.regions:
            region.yields = [new if v is old else v for v in region.yields]
    function.body.yields = [new if v is old else v for v in function.body.yields]


def own_results(context: Context, function: Function, all_of_them: bool = False) -> None:
    """Results of a derivative that would be views, inputs or one array twice are made arrays of their own.

    What the user's own code returns is left as it is, but for `all_of_them`.
    """
    seen: set[Value] = set()
    block = function.body
    sharing = Sharing(context, function)
    for i, value in enumerate(function.results):
        op = value.op
        if value.kind.is_scalar or (op is not None and op.exact and not all_of_them):
            continue
        if value.kind.base not in ("number", "array", "any"):
            continue  # None, a text: nothing can be written to it
        if value.kind.base == "any" and op is None:
            continue
        taken = any(sharing.share(value, other) for other in seen)
        foreign = taken or not sharing.is_own(value)
        if foreign and not taken and value not in seen and op is not None and op.name == "if":
            _own_sides(context, sharing, op, op.results.index(value))
        elif value in seen or foreign:
            block.yields[i] = _copy(context, value, block, len(block.ops))
        seen.add(value)


def _own_sides(context: Context, sharing: Sharing, op: Op, j: int) -> None:
    """Copy a result of a branch on the sides that do not own it."""
    for region in op.regions:
        value = region.yields[j]
        made = value.op
        if sharing.is_own(value):
            continue
        if made is not None and made.name == "if" and made.block is region:
            _own_sides(context, sharing, made, made.results.index(value))
        else:
            region.yields[j] = _copy(context, value, region, len(region.ops))
