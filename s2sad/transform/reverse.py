"""Reverse mode: the forward sweep, then the adjoint of each operation from last to first."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from s2sad.analysis.activity import active, differentiable_operands, differentiable_params
from s2sad.analysis.build import Builder
from s2sad.analysis.context import Context
from s2sad.errors import MissingRuleError
from s2sad.ir.core import (
    Block,
    Callee,
    Function,
    Loop,
    Op,
    Value,
    clone_block,
    flat_structure,
    uses,
)
from s2sad.ir.kinds import INT, Kind, passive, without_memory
from s2sad.ir.names import free_name
from s2sad.transform.accumulate import Accumulation, Adjoints, computed_as
from s2sad.transform.calls import Pairs, covering, described
from s2sad.transform.expand import expander_for
from s2sad.transform.keep import keep_for_branch, keep_for_loop


def reverse(
    context: Context,
    function: Function,
    wrt: list[int],
    name: str,
    *,
    seeds: bool,
    with_value: bool = False,
    pairs: Pairs | None = None,
) -> Function:
    """The adjoint of a function.

    With `seeds`: (*args, *y_bars) -> x_bars. Without: the gradient of a scalar function, seeded with 1.0.
    `with_value` puts the values of the function before the adjoints. Functions in `pairs` give their tapes.
    """
    both = sweeps(context, function, wrt, name, seeds, pairs)
    both.function.body.yields = [*(both.values if with_value else []), *both.bars]
    return both.function


@dataclass
class Sweeps:
    """A function whose first `length` operations are the forward sweep, and the others the reverse sweep."""

    function: Function
    length: int
    values: list[Value]
    bars: list[Value]


def sweeps(
    context: Context,
    function: Function,
    wrt: list[int],
    name: str,
    seeds: bool,
    pairs: Pairs | None,
) -> Sweeps:
    mapping: dict[Value, Value] = {}
    params = []
    for p in function.params:
        mapping[p] = Value(p.kind, p.hint)
        params.append(mapping[p])
    out = Function(name, params, dict(function.defaults))
    out.takes_arguments_of(function)
    clone_block(function.body, out.body, mapping)
    results = list(out.body.yields)
    b = Builder(context, out.body)
    inputs = [params[i] for i in wrt]
    context.floats.update(inputs, (mapping[p] for p in function.params if p in context.floats))
    sweep = _Reverse(context, out, active(context, out, inputs, results), pairs)
    ops = list(out.body.ops)
    adjoints: Adjoints = {}
    taken = {p.hint for p in params}
    for result in results:
        if seeds:
            hint = result.hint if result.hint and result not in params else "y"
            seed = Value(without_memory(result.kind), free_name(f"{hint}_bar", taken))
            out.body.add_param(seed)
            context.floats.add(seed)
            out.arguments.append(seed.hint)
        else:
            seed = b.const(1.0)
        if result in sweep.active:
            sweep.add(adjoints, result, seed, b)
    sweep.block(ops, adjoints, b)
    b.span = None
    bars = [adjoints[x] if x in adjoints else b.zeros_like(x) for x in inputs]
    return Sweeps(out, len(ops), results, bars)


class _Reverse(Accumulation):
    """`tape_bars` holds, for each tape, the tapes of adjoints that were collected for it."""

    def __init__(
        self,
        context: Context,
        function: Function,
        active_values: set[Value],
        pairs: Pairs | None = None,
    ) -> None:
        self.context = context
        self.primal = set(function.body.values())
        self.active = active_values
        self.pairs = pairs
        self.tape_bars: dict[Value, list[tuple[Value, tuple[bool, ...]]]] = {}

    def block(self, ops: list[Op], adjoints: Adjoints, b: Builder) -> None:
        """Adjoints of operations, from last to first."""
        for op in reversed(ops):
            b.span = op.span
            if op.name == "prim":
                if op.result in adjoints and op.result in self.active:
                    self.primitive(op, adjoints, b)
            elif op.name == "if":
                if any(r in adjoints for r in op.results) or any(
                    r in self.tape_bars for r in op.results
                ):
                    self.branch(op, adjoints, b)
            elif op.name == "call":
                if any(r in adjoints and r in self.active for r in op.results):
                    self.call(op, adjoints, b)
            elif op.name == "stack":
                if op.result in adjoints and op.result in self.active:
                    self.stack(op, adjoints, b)
            elif op.name == "unstack":
                self.unstack(op, adjoints, b)
            elif op.name in ("for", "while"):
                loop = Loop(op)
                if any(r in adjoints for r in loop.finals) or any(
                    t in self.tape_bars for t in loop.tapes_out
                ):
                    self.loop(loop, adjoints, b)

    def primitive(self, op: Op, adjoints: Adjoints, b: Builder) -> None:
        rule = self.context.registry.rules[op.fn]
        y_bar = adjoints.pop(op.result)
        expander = expander_for(op, rule, b)
        expander.env[f"{rule.output}_bar"] = y_bar
        pairs = list(zip(op.attrs["params"], op.operands, strict=True))
        moving = differentiable_params(self.context, op)
        position: dict[str, int] = {}
        # The array that is written comes last: its adjoint is written in place, after what is read of it.
        pairs.sort(key=lambda pair: rule.shape == f"like:{pair[0]}" and bool(rule.joint_in))
        for param, value in pairs:
            i = position.get(param, 0)
            position[param] = i + 1
            if value not in self.active or param not in moving or value.kind.is_passive:
                continue
            contributions = rule.adjoints.get(param)
            if contributions is None:
                raise MissingRuleError(
                    f"the rule for {op.fn} has no adjoint for {param!r}",
                    span=op.span,
                    help=f"add `{param}_bar += ...` to the rule in {rule.file}",
                )
            if param == rule.star:
                expander.env["i"] = b.const(i)
            for contribution in contributions:
                term = expander.evaluate(contribution.value)
                if contribution.index is not None and param != rule.star:
                    target = adjoints[value] if value in adjoints else b.zeros_like(value)
                    total = b.call(
                        "intrinsic.index_add", target, expander.evaluate(contribution.index), term
                    )
                    if value.hint and total.op is not None:  # an argument keeps its name
                        total.hint = f"{value.hint}_bar"
                    self.set(adjoints, value, total, b)
                    continue
                if rule.elementwise and not rule.stated:
                    term = self.down_to(op, rule, value, term, b)
                self.add(adjoints, value, term, b)

    def call(self, op: Op, adjoints: Adjoints, b: Builder) -> None:
        """A call of the adjoint of a function, which takes the tape of its forward sweep, or runs it again."""
        callee = op.attrs["callee"]
        moving = [
            i for i, v in enumerate(op.operands) if v in self.active and not v.kind.is_passive
        ]
        seeds = [adjoints.pop(r) if r in adjoints else b.zeros_like(r) for r in op.results]
        if self.pairs is not None and callee in self.pairs.chosen:
            pair = self.pairs.of(self.context, callee, moving)
            wrt, made = pair.wrt, pair.reverse
            of = op.results[0].hint
            named = of and not of.endswith("_bar")
            tape = Value(passive("record"), f"{of}_tape" if named else "tape")
            tape.op, op.attrs["callee"] = op, pair.forward
            op.results.append(tape)
            given = [tape, *seeds]
        else:
            wrt, made = self.adjoint_of(callee, moving)
            given = [*op.operands, *seeds]
        call = b.op("call", given, made.results, {"callee": made})
        for i, bar in zip(wrt, call.results, strict=True):
            value = op.operands[i]
            bar.kind = value.kind
            if value in self.active and not value.kind.is_passive:
                self.add(adjoints, value, bar, b)

    def adjoint_of(self, callee: Callee, moving: list[int]) -> tuple[tuple[int, ...], Callee]:
        wrt = covering(self.context, callee, "adjoint", moving)
        made = callee.derived.get(("adjoint", wrt))
        if made is None:
            name = f"{callee.name}_adjoint"
            kinds = [callee.function.params[i].kind for i in wrt]
            doc = described("Adjoint of {f} with respect to {x}.", callee, wrt)
            made = Callee(name, Function(name, []), kinds, doc, callee.order + 1)
            callee.derived["adjoint", wrt] = made
            made.gives_own = True
            made.function = reverse(self.context, callee.function, list(wrt), name, seeds=True)
            made.function.structure = flat_structure(made.function.results)
        return wrt, made

    def stack(self, op: Op, adjoints: Adjoints, b: Builder) -> None:
        """Each value's adjoint is its row of the array's; the loop that filled the tape consumes the other rows."""
        y_bar = adjoints.pop(op.result)
        tape, *values = op.operands
        places, rest = b.places_in_stack(op)
        for value, place in zip(values, places, strict=True):
            if value in self.active and not value.kind.is_passive:
                row = b.call("operator.getitem", y_bar, place)
                self.add(adjoints, value, row, b)
        if tape in self.active:
            if values:
                y_bar = b.call("operator.getitem", y_bar, rest)
            flat = bool(op.attrs.get("flat"))
            operands = [y_bar, tape] if flat else [y_bar]
            rows = b.op("unstack", operands, [passive("tape")], {"flat": flat}).result
            rows.hint = y_bar.hint
            self.tape_bars.setdefault(tape, []).append((rows, (True,)))

    def unstack(self, op: Op, adjoints: Adjoints, b: Builder) -> None:
        """The array's adjoint is the stack of what the loop that consumed the rows collected for them."""
        array = op.operands[0]
        for tape, flags in self.tape_bars.pop(op.result, []):
            attrs = {"flat": bool(op.attrs.get("flat")), "reversed": not flags[0], "list": True}
            total = b.op("stack", [tape], [array.kind], attrs).result
            if array.kind.ndim != 1:
                total.kind = replace(
                    array.kind, base="array", dims=None
                )  # of rows, if there are any
                total = b.call("numpy.reshape", total, b.call("intrinsic.shape", array))
            self.add(adjoints, array, total, b)

    def branch(self, op: Op, adjoints: Adjoints, b: Builder) -> None:
        bars = [
            (j, adjoints.pop(r))
            for j, r in enumerate(op.results)
            if r in adjoints and r in self.active
        ]
        children: list[Adjoints] = []
        builders: list[Builder] = []
        tapes: list[tuple[int, Value, Value, tuple[bool, ...]]] = []
        for which, region in enumerate(op.regions):
            before = {t: len(entries) for t, entries in self.tape_bars.items()}
            child: Adjoints = dict(adjoints)
            inner = b.at(Block(), op.operands[0], which == 0)
            for j, bar in bars:
                if region.yields[j] in self.active:
                    self.add(child, region.yields[j], bar, inner)
            self.tapes_through(op, region, inner)
            self.block(list(region.ops), child, inner)
            tapes.extend((which, *found) for found in self.new_tapes(region, before))
            children.append(child)
            builders.append(inner)
        inside = [_defined(region) for region in op.regions]
        touched: list[Value] = []
        for child, local in zip(children, inside, strict=True):
            for value, bar in child.items():
                if value not in local and adjoints.get(value) is not bar and value not in touched:
                    touched.append(value)
        for child, inner in zip(children, builders, strict=True):
            inner.span = op.span
            inner.block.yields = [child[v] if v in child else inner.zeros_like(v) for v in touched]
        sides = [inner.block.yields for inner in builders]
        results = [
            Value(computed_as(v.kind, bars), f"{v.hint}_bar" if v.hint else "")
            for v, *bars in zip(touched, *sides, strict=True)
        ]
        for which, tape, collected, flags in tapes:
            # The tape was filled on this side of the same condition: on the other side nothing reads it.
            for side, inner in enumerate(builders):
                inner.block.yields.append(collected if side == which else inner.undef())
            outside = Value(tape.kind, collected.hint)
            results.append(outside)
            self.tape_bars.setdefault(tape, []).append((outside, flags))
        blocks = [inner.block for inner in builders]
        new = b.block.append(Op("if", [op.operands[0]], results, {}, blocks, op.span))
        for value, result in zip(touched, results, strict=False):
            self.set(adjoints, value, result, b)
        keep_for_branch(self.context, op, new)

    def new_tapes(
        self, region: Block, before: dict[Value, int]
    ) -> list[tuple[Value, Value, tuple[bool, ...]]]:
        """Take out the adjoints of outer tapes that were collected inside a branch: (tape, adjoints, flags)."""
        local = _defined(region)
        found: list[tuple[Value, Value, tuple[bool, ...]]] = []
        for tape, entries in self.tape_bars.items():
            if tape not in local:
                found.extend((tape, bars, flags) for bars, flags in entries[before.get(tape, 0) :])
                del entries[before.get(tape, 0) :]
        return found

    def tapes_through(self, op: Op, region: Block, b: Builder) -> None:
        """Adjoints of a tape that an `if` yields belong to the tape that its branch made."""
        for result, value in zip(op.results, region.yields, strict=True):
            if result in self.tape_bars and value.op is not None and value.op.name != "undef":
                self.tape_bars.setdefault(value, []).extend(self.tape_bars[result])

    def loop(self, loop: Loop, adjoints: Adjoints, b: Builder) -> None:
        op = loop.op
        moving = [j for j, p in enumerate(loop.carried) if p in self.active]
        local = _defined(loop.body)
        if op.name == "while":
            local |= _defined(op.regions[0])
        captured = self.captured(loop.body, local)
        inits: list[Value] = []
        params: list[Value] = []
        for j in moving:
            final = loop.finals[j]
            inits.append(adjoints.pop(final) if final in adjoints else b.zeros_like(final))
            params.append(Value(self.steady(loop, j), _bar_hint(loop.carried[j])))
        for value in captured:
            inits.append(adjoints[value] if value in adjoints else b.zeros_like(value))
            params.append(Value(value.kind, _bar_hint(value)))
        tapes: list[tuple[Value, bool, Value, Value]] = []
        for tape, value in zip(loop.tapes_out, loop.collects, strict=True):
            for bar_tape, flags in self.tape_bars.pop(tape, []):
                param = Value(value.kind, _bar_hint(value))
                tapes.append((bar_tape, flags[0], param, value))
                if value.kind.base == "tape":
                    self.tape_bars.setdefault(value, []).append((param, flags[1:]))
        index = Value(INT, loop.index.hint if loop.index is not None else "_")
        body = Block([index, *params, *(t[2] for t in tapes)])
        inner = b.at(body)
        child: Adjoints = {}
        for value, param in zip(captured, params[len(moving) :], strict=True):
            child[value] = param
        for j, param in zip(moving, params[: len(moving)], strict=True):
            if loop.next[j] in self.active:
                self.add(child, loop.next[j], param, inner)
        for _, _, param, value in tapes:
            if value.kind.base != "tape":
                self.add(child, value, param, inner)
        self.block(list(loop.body.ops), child, inner)
        inner.span = op.span
        bars = [
            child[loop.carried[j]]
            if loop.carried[j] in child
            else inner.zeros_like(loop.carried[j])
            for j in moving
        ]
        body.yields = [*bars, *(child[v] for v in captured)]
        domain = self.backward_domain(loop, b)
        for param, value in zip(params, [*(loop.next[j] for j in moving), *captured], strict=True):
            b.context.set_like(param, value)
        attrs: dict[str, Any] = {
            "carried": len(params), "collected": 0, "stop": False, "backwards": [t[1] for t in tapes],
        }  # fmt: skip
        results = [
            Value(computed_as(value.kind, [param, bar]), param.hint)
            for param, value, bar in zip(
                params,
                [*(loop.inits[j] for j in moving), *captured],
                body.yields,
                strict=True,
            )
        ]
        new = Op("for", [*domain, *inits, *(t[0] for t in tapes)], results, attrs, [body], op.span)
        self.collect_consumed(loop, Loop(new), child, inner)
        trips = [b.const(0), loop.trips, b.const(1)] if loop.trips is not None else loop.domain
        b.block.append(new)
        for value, result in zip(captured, results[len(moving) : len(params)], strict=True):
            self.set(adjoints, value, result, b)
        for j, result in zip(moving, results[: len(moving)], strict=True):
            if loop.inits[j] in self.active:
                self.add(adjoints, loop.inits[j], result, b)
        keep_for_loop(self.context, loop, Loop(new))
        self.release_domain(Loop(new), trips)

    def steady(self, loop: Loop, j: int) -> Kind:
        """The kind of the adjoint of a carried value in any iteration; lengths that vary are left open."""
        kind, after = loop.carried[j].kind, loop.next[j].kind
        if not kind.dims or after.dims is None or len(after.dims) != len(kind.dims):
            return kind
        same = self.context.dims.same
        pairs = zip(kind.dims, after.dims, strict=True)
        return replace(
            kind, dims=tuple(p if same(p, q) else self.context.dims.fresh() for p, q in pairs)
        )

    def collect_consumed(self, loop: Loop, new: Loop, child: Adjoints, inner: Builder) -> None:
        """A consumed tape's adjoint is collected: one value in each iteration of the adjoint loop."""
        for tape, param, backwards in zip(
            loop.tapes_in, loop.consumed, loop.backwards, strict=True
        ):
            if param not in self.active or tape not in self.active:
                continue
            # The adjoint loop meets the tape's values in the other order, and the loop that filled the tape is
            # run backwards in its turn: together these leave the flag as it is.
            bars: list[tuple[Value, tuple[bool, ...]]]
            if param.kind.base == "tape":
                bars = self.tape_bars.pop(param, [])
            else:
                bars = [(child[param] if param in child else inner.zeros_like(param), ())]
            for bar, flags in bars:
                out = Value(tape.kind, f"{_bar_hint(param)}_tape" if param.hint else "")
                new.collect(bar, out)
                self.tape_bars.setdefault(tape, []).append((out, (backwards, *flags)))

    def captured(self, body: Block, local: set[Value]) -> list[Value]:
        """Active values from outside that the loop's body uses."""
        found: dict[Value, None] = {}
        for op in body.walk():
            passing = list(op.operands)
            if op.name == "prim":
                passing = (
                    differentiable_operands(self.context, op) if op.result in self.active else []
                )
            for value in passing:
                if value not in local and value in self.active and value.kind.base != "tape":
                    found[value] = None
            for region in op.regions:
                for value in region.yields:
                    if value not in local and value in self.active:
                        found[value] = None
        for value in body.yields:
            if value not in local and value in self.active:
                found[value] = None
        return list(found)

    def release_domain(self, new: Loop, forwards: list[Value]) -> None:
        """Where the index is not used, only the number of trips matters: count as the primal loop does."""
        assert new.index is not None
        if not uses(new.body).get(new.index):
            new.op.operands[:3] = forwards
            new.index.hint = "_"

    def backward_domain(self, loop: Loop, b: Builder) -> list[Value]:
        """range(stop - 1, start - 1, -1) for range(start, stop), and so on for other steps."""
        if not loop.is_for:
            assert loop.trips is not None
            return [b.call("operator.sub", loop.trips, 1), b.const(-1), b.const(-1)]
        start, stop, step = loop.domain
        unit = step.op.value if step.op is not None and step.op.name == "const" else None
        if unit in (1, -1) and not loop.has_trips:
            return [
                b.call("operator.sub", stop, unit),
                b.call("operator.sub", start, unit),
                b.const(-unit),
            ]
        trips = (
            loop.trips if loop.trips is not None else b.call("intrinsic.trips", start, stop, step)
        )
        last = b.call(
            "operator.add", start, b.call("operator.mul", b.call("operator.sub", trips, 1), step)
        )
        return [last, b.call("operator.sub", start, step), b.call("operator.neg", step)]


def _bar_hint(value: Value) -> str:
    return f"{value.hint}_bar" if value.hint else ""


def _defined(block: Block) -> set[Value]:
    """All values that are defined in a block and its regions."""
    found = set(block.params)
    for op in block.walk():
        found.update(op.results)
        for region in op.regions:
            found.update(region.params)
    return found
