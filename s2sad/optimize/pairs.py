"""Functions that call themselves, in two: a forward function that returns its tape, and a reverse function.

An adjoint that runs the forward sweep again does so at each level of the recursion: where its own forward sweep
calls the function, a depth of n costs n times too much. With a tape nothing is run twice. The tape is what the
reverse sweep reads of the forward sweep, chosen as for loops; in it are the tapes of inner calls.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from s2sad.analysis.context import Context
from s2sad.analysis.taping import choose
from s2sad.ir.core import (
    Callee,
    Function,
    Path,
    Value,
    callees_of,
    flat_structure,
    replace_uses,
    uses,
)
from s2sad.ir.names import free_name
from s2sad.optimize.clean import count_by_tape
from s2sad.optimize.passes import optimise
from s2sad.transform.calls import Pair, Pairs
from s2sad.transform.keep import foreign_uses, run_again
from s2sad.transform.reverse import sweeps

TAPE = "tape"


@dataclass
class Whole:
    """The tape of a call, as an argument that is taken apart."""

    cls: type
    parts: dict[Any, None]


def recomputed(function: Function) -> dict[Callee, set[int]]:
    """Functions of which something calls both the adjoint, which runs the forward sweep, and the function itself.

    With the arguments that any adjoint of them is for.
    """
    found: dict[Callee, set[int]] = {}
    for caller in (function, *(callee.function for callee in callees_of(function))):
        called = {op.attrs["callee"]: None for op in caller.body.walk() if op.name == "call"}
        for callee in called:
            derived = callee.derived.items()
            if any(mode == "adjoint" and made in called for (mode, _), made in derived):
                found.setdefault(callee, set())
    made = callees_of(function)
    for callee, wanted in found.items():
        for (mode, wrt), other in callee.derived.items():
            if mode == "adjoint" and other in made:
                wanted.update(wrt)
    return found


def write_pairs(context: Context, pairs: Pairs) -> None:
    """Give the pairs that calls need their code."""
    while pairs.pending:
        _write(context, pairs.pending.pop(), pairs)


def _write(context: Context, pair: Pair, pairs: Pairs) -> None:
    context.anchors.clear()
    both = sweeps(context, pair.callee.function, list(pair.wrt), pair.forward.name, True, pairs)
    body = both.function.body
    count = len(pair.callee.function.params)
    forward = Function(pair.forward.name, body.params[:count])
    reverse = Function(pair.reverse.name, [])
    for function, ops in ((forward, body.ops[: both.length]), (reverse, body.ops[both.length :])):
        for op in ops:
            function.body.append(op)
    reverse.body.yields = both.bars
    seeds = body.params[count:]
    stored = _divide(context, forward, reverse, seeds)
    forward.body.yields = [*both.values, *stored]
    values = flat_structure(both.values)
    head = values if isinstance(values, tuple) else (None,)
    forward.structure = (*head, None if len(stored) == 1 else tuple(None for _ in stored))
    reverse.structure = flat_structure(both.bars)
    optimise(context, forward)
    pair.forward.function, pair.reverse.function = forward, reverse


def _divide(
    context: Context, forward: Function, reverse: Function, seeds: list[Value]
) -> list[Value]:
    """Make what the reverse sweep reads of the forward sweep its arguments; the values that they are."""
    needed = foreign_uses(reverse.body, forward.body)
    given = [Value(value.kind, value.hint) for value in needed]
    replace_uses(reverse.body, dict(zip(needed, given, strict=True)))
    for param in [*given, *seeds]:
        reverse.body.add_param(param)
    optimise(context, reverse)  # which may find that less is needed
    count = uses(reverse.body)
    source = {g: value for g, value in zip(given, needed, strict=True) if g in count}
    choice = choose(context, forward.body, list(source.values()), set())
    params = {value: Value(value.kind, value.hint) for value in choice.stored}
    mapping: dict[Value, Value] = dict(params)
    run_again(reverse.body, choice.recomputed, mapping)
    replace_uses(reverse.body, {g: mapping[value] for g, value in source.items()})
    reverse.body.params.clear()
    for param in [*params.values(), *seeds]:
        reverse.body.add_param(param)
    optimise(context, reverse)
    count_by_tape(reverse)
    count = uses(reverse.body)
    stored = [value for value in choice.stored if params[value] in count]
    reverse.body.params[:] = [*(params[value] for value in stored), *seeds]
    _name(reverse, [params[value] for value in stored], seeds)
    reverse.info["sweep"] = "reverse"
    return stored


def _name(function: Function, parts: list[Value], seeds: list[Value]) -> None:
    """The arguments of a reverse function: the tape, which it takes apart, and the seeds."""
    taken = {seed.hint for seed in seeds}
    whole = free_name(TAPE, taken)
    for part in parts:
        part.hint = free_name(part.hint or "t", taken)
    function.arguments = [whole, *(seed.hint for seed in seeds)]
    if len(parts) == 1:
        function.arguments[0] = parts[0].hint
        return
    function.groups = {whole: Whole(tuple, dict.fromkeys(range(len(parts))))}
    for i, part in enumerate(parts):
        path: Path = (("item", i),)
        function.leaves[part.hint] = (whole, path)
