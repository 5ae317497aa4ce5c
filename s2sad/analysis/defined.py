"""Whether a variable has a value: one that is first set in a branch or a loop may have none."""

from __future__ import annotations

from collections.abc import Mapping

from s2sad.ir.core import Loop, Value


def is_defined(value: Value, known: Mapping[Value, bool]) -> bool | None:
    """True or False where it is certain that `value` has, or has not, been set; None where it depends.

    `known` holds the conditions whose outcome is known here: those of the branches around.
    """
    return _is_defined(value, known, set())


def _is_defined(value: Value, known: Mapping[Value, bool], seen: set[Value]) -> bool | None:
    if value in seen:
        return True  # a loop that only passes a value on changes nothing
    seen.add(value)
    op = value.op
    if op is None:
        owner = value.owner.op if value.owner is not None else None
        if owner is None or owner.name not in ("for", "while"):
            return True
        loop = Loop(owner)
        for params in (loop.carried, owner.regions[0].params if not loop.is_for else []):
            if value in params:
                return _in_loop(loop, params.index(value), known, seen)
        if value in loop.consumed:
            return _both(_collected(loop, loop.consumed.index(value), known, seen), True)
        return True
    if op.name == "undef":
        return False
    if op.name == "if":
        j = op.results.index(value)
        sides = [_is_defined(region.yields[j], known, seen) for region in op.regions]
        if op.operands[0] in known:
            return sides[0 if known[op.operands[0]] else 1]
        return _both(*sides)
    if op.name in ("for", "while"):
        loop = Loop(op)
        if value in loop.finals:
            return _in_loop(loop, loop.finals.index(value), known, seen)
    return True


def _in_loop(loop: Loop, j: int, known: Mapping[Value, bool], seen: set[Value]) -> bool | None:
    start = _is_defined(loop.inits[j], known, seen)
    later = _is_defined(loop.next[j], known, seen)
    return _both(start, later)


def _collected(loop: Loop, j: int, known: Mapping[Value, bool], seen: set[Value]) -> bool | None:
    """What is known of the values on a tape."""
    tape = loop.tapes_in[j]
    while tape.op is not None and tape.op.name == "if":
        k = tape.op.results.index(tape)
        sides = [region.yields[k] for region in tape.op.regions]
        made = [s for s in sides if s.op is None or s.op.name != "undef"]
        if len(made) != 1:
            return None
        tape = made[0]
    if tape.op is not None and tape.op.name == "unstack":
        return True
    if tape.op is None or tape.op.name not in ("for", "while"):
        return None
    maker = Loop(tape.op)
    if tape not in maker.tapes_out:
        return None
    return _is_defined(maker.collects[maker.tapes_out.index(tape)], {}, seen)


def _both(a: bool | None, b: bool | None) -> bool | None:
    return a if a is b else None


def may_be_none(value: Value) -> bool:
    """True where a variable may hold None, as one does that is None before a loop."""
    found, known = _sources(value)
    none = any(v.op is not None and v.op.name == "const" and v.op.value is None for v in found)
    return none or not known


PASSING = {
    "numpy.where", "numpy.select", "numpy.reshape", "numpy.squeeze", "numpy.broadcast_to", "numpy.asarray",
    "numpy.asanyarray", "numpy.ravel", "numpy.transpose", "numpy.ndarray.T", "builtins.max", "builtins.min",
}  # fmt: skip  # what gives a number back, or an array without dimensions that is a view of it


def may_be_array(value: Value) -> bool:
    """True where a number may be an array of no dimensions: `+=` would change what else holds it."""
    return any(map(_is_given, _sources(value)[0]))


def may_be_seed(value: Value) -> bool:
    """True where what has been an array since a loop began may still be the seed that it began with."""
    found = _sources(value)[0]
    return any(v.kind.is_scalar and _is_given(v) for v in found)


def _is_given(value: Value) -> bool:
    """True for what is no number by its kind, or is given: by a caller, or by a function that gives back a seed."""
    if value.op is not None and value.op.name == "call":
        return True
    argument = value.op is None and (value.owner is None or value.owner.op is None)
    return argument or not (value.kind.is_scalar or value.kind.is_passive)


def _sources(value: Value) -> tuple[set[Value], bool]:
    """The values that a variable may be, seen through branches, loops and tapes; False where there may be others."""
    found: set[Value] = set()
    known, todo = True, [value]
    while todo:
        value = todo.pop()
        if value in found:
            continue
        found.add(value)
        op = value.op
        if op is not None and op.name == "if":
            j = op.results.index(value)
            todo += [region.yields[j] for region in op.regions]
            continue
        if op is not None and (
            op.name == "python" or op.fn in PASSING or op.fn.startswith("helper.")
        ):
            # A choice of two, or a sum over no axes, may be what it is made of.
            todo += [v for v in op.operands if v.kind.is_scalar]
            continue
        owner = op if op is not None else value.owner.op if value.owner is not None else None
        if owner is None or owner.name not in ("for", "while"):
            continue
        loop = Loop(owner)
        whiles = owner.regions[0].params if not loop.is_for else []
        for values in (loop.carried, loop.finals, whiles):
            if value in values:
                j = values.index(value)
                todo += [loop.inits[j], loop.next[j]]
                break
        else:
            if value not in loop.consumed:
                continue
            tape = loop.tapes_in[loop.consumed.index(value)]
            made = (
                Loop(tape.op) if tape.op is not None and tape.op.name in ("for", "while") else None
            )
            if made is None or tape not in made.tapes_out:
                known = False
            else:
                todo.append(made.collects[made.tapes_out.index(tape)])
    return found, known
