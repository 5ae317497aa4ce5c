"""Forward mode: each operation is followed by its tangent."""

from __future__ import annotations

from s2sad.analysis.activity import varied
from s2sad.analysis.build import Builder
from s2sad.analysis.context import Context
from s2sad.errors import MissingRuleError
from s2sad.ir.core import (
    Block,
    Callee,
    Function,
    Loop,
    Op,
    Path,
    Value,
    clone_op,
    flat_structure,
)
from s2sad.ir.kinds import FLOAT, INT, Kind, passive
from s2sad.ir.names import free_name
from s2sad.rules.parse import Rule
from s2sad.transform.calls import covering, described
from s2sad.transform.expand import Tangent, expander_for

NO_NUMBERS = ("none", "str")


def tangent_kind(kind: Kind) -> Kind:
    return FLOAT if kind.is_scalar and kind.dtype in ("int", "bool") else kind


def forward(
    context: Context,
    function: Function,
    wrt: list[int],
    name: str,
    depths: list[int] | None = None,
) -> Function:
    """The function (*args, *x_dots) -> (*values, *tangents); `depths` as for `TangentArguments`."""
    params = [Value(p.kind, p.hint) for p in function.params]
    taken = {p.hint for p in function.params} | set(function.arguments)
    dots = [
        Value(function.params[i].kind, free_name(f"{function.params[i].hint}_dot", taken))
        for i in wrt
    ]
    out = Function(name, [*params, *dots], dict(function.defaults))
    out.takes_arguments_of(function)
    tangents_of = TangentArguments(out, taken)
    for i, dot, depth in zip(wrt, dots, depths or [0] * len(wrt), strict=True):
        tangents_of.add(function.params[i].hint, dot.hint, depth)
    inputs = [function.params[i] for i in wrt]
    sweep = _Forward(context, varied(context, function.body, inputs))
    sweep.values.update(zip(function.params, params, strict=True))
    sweep.dots.update(zip([params[i] for i in wrt], dots, strict=True))
    context.floats.update(sweep.dots, dots)
    context.floats.update(sweep.values[p] for p in function.params if p in context.floats)
    b = Builder(context, out.body)
    sweep.block(function.body, b)
    values = [sweep.values[v] for v in function.results]
    tangents = [sweep.dot_of(v, b) for v in values]
    out.body.yields = [*values, *tangents]
    return out


class TangentArguments:
    """The arguments that give tangents: for the parts of a container or an object, one that is made as it is.

    `depth` says how many steps of a part's path were named: `wrt="model.rate"` has the tangent of that part alone.
    """

    def __init__(self, function: Function, taken: set[str]) -> None:
        self.function = function
        self.taken = taken
        self.given: dict[tuple[str, Path], str] = {}

    def add(self, of: str, dot: str, depth: int) -> None:
        """The tangent `dot` of the parameter `of`."""
        function = self.function
        argument, path = function.leaves.get(of, ("", ()))
        root, rest = path[:depth], path[depth:]
        if not rest:
            function.arguments.append(dot)
            return
        if (argument, root) not in self.given:
            group = function.groups[argument]
            for _, key in root:
                group = group.parts[key]
            whole = "_".join([argument, *(str(key) for _, key in root)])
            name = free_name(f"{whole}_dot", self.taken)
            self.given[argument, root] = name
            function.arguments.append(name)
            function.groups[name] = group
        function.leaves[dot] = (self.given[argument, root], rest)


class _Forward:
    """`values` maps the primal's values to their copies, `dots` copies to tangents."""

    def __init__(self, context: Context, varied_values: set[Value]) -> None:
        self.context = context
        self.varied = varied_values
        self.values: dict[Value, Value] = {}
        self.dots: dict[Value, Value] = {}

    def dot_of(self, value: Value, b: Builder) -> Value:
        if value in self.dots:
            return self.dots[value]
        if value.kind.base in NO_NUMBERS:
            # None has no tangent, and a text none: zeros of them are an object of NumPy's.
            return b.const(None)
        return b.zeros_like(value)

    def block(self, source: Block, b: Builder) -> None:
        for op in source.ops:
            b.span = op.span
            if op.name == "prim":
                self.primitive(op, b)
            elif op.name == "if":
                self.branch(op, b)
            elif op.name in ("for", "while"):
                self.loop(op, b)
            elif op.name == "call":
                self.call(op, b)
            elif op.name in ("stack", "unstack"):
                self.stack(op, b)
            else:
                b.block.append(clone_op(op, self.values))

    def primitive(self, op: Op, b: Builder) -> None:
        copy = b.block.append(clone_op(op, self.values))
        if op.result not in self.varied:
            return
        rule = self.context.registry.rules[op.fn]
        dot = tangent_of(copy, rule, self.dots, b)
        if dot is not None:
            if copy.result.kind.dtype == "f4" and dot.kind.dtype == "f8":
                dot = b.call("numpy.ndarray.astype", dot, b.call("intrinsic.dtype", copy.result))
            dot.hint = dot.hint or (f"{op.result.hint}_dot" if op.result.hint else "")
            self.dots[copy.result] = dot

    def region(
        self,
        source: Block,
        params: list[Value],
        b: Builder,
        condition: Value | None = None,
        holds: bool = True,
    ) -> tuple[Block, Builder]:
        block = Block(params)
        inner = b.at(block, condition, holds)
        self.block(source, inner)
        block.yields = [self.values.get(v, v) for v in source.yields]
        return block, inner

    def branch(self, op: Op, b: Builder) -> None:
        condition = self.values[op.operands[0]]
        regions = [self.region(r, [], b, condition, k == 0) for k, r in enumerate(op.regions)]
        moving = [i for i, r in enumerate(op.results) if r in self.varied]
        for block, inner in regions:
            block.yields = block.yields + [self.dot_of(block.yields[i], inner) for i in moving]
        results = [Value(r.kind, r.hint) for r in op.results]
        dots = [Value(op.results[i].kind, _dot_hint(op.results[i])) for i in moving]
        b.block.append(
            Op(
                "if",
                [condition],
                results + dots,
                dict(op.attrs),
                [r for r, _ in regions],
                op.span,
                op.exact,
            )
        )
        self.values.update(zip(op.results, results, strict=True))
        self.dots.update(zip([results[i] for i in moving], dots, strict=True))

    def loop(self, op: Op, b: Builder) -> None:
        old = Loop(op)
        moving = [j for j, p in enumerate(old.carried) if p in self.varied]
        taped = [j for j, p in enumerate(old.consumed) if p in self.varied]
        collecting = [j for j, v in enumerate(old.collects) if v in self.varied]
        index = [Value(INT, old.index.hint)] if old.index is not None else []
        carried = [self.copy(p) for p in old.carried]
        carried_dots = [Value(old.carried[j].kind, _dot_hint(old.carried[j])) for j in moving]
        consumed = [self.copy(p) for p in old.consumed]
        consumed_dots = [Value(old.consumed[j].kind, _dot_hint(old.consumed[j])) for j in taped]
        if old.index is not None:
            self.values[old.index] = index[0]
        inits = [self.values[v] for v in old.inits]
        init_dots = [self.dot_of(inits[j], b) for j in moving]
        self.dots.update(zip([carried[j] for j in moving], carried_dots, strict=True))
        self.dots.update(zip([consumed[j] for j in taped], consumed_dots, strict=True))
        regions = []
        if op.name == "while":
            condition_params = [self.copy(p) for p in op.regions[0].params]
            extra = [Value(d.kind, d.hint) for d in carried_dots]
            condition, _ = self.region(op.regions[0], condition_params + extra, b)
            regions.append(condition)
        body, inner = self.region(
            old.body, [*index, *carried, *carried_dots, *consumed, *consumed_dots], b
        )
        stop = [body.yields[0]] if old.has_stop else []
        nexts = [self.values.get(v, v) for v in old.next]
        collects = [self.values.get(v, v) for v in old.collects]
        body.yields = [
            *stop,
            *nexts,
            *(self.dot_of(nexts[j], inner) for j in moving),
            *collects,
            *(self.dot_of(collects[j], inner) for j in collecting),
        ]
        regions.append(body)
        finals = [Value(r.kind, r.hint) for r in old.finals]
        final_dots = [Value(old.finals[j].kind, _dot_hint(old.finals[j])) for j in moving]
        tapes = [Value(r.kind, r.hint) for r in old.tapes_out]
        tape_dots = [Value(passive("tape"), _dot_hint(old.tapes_out[j])) for j in collecting]
        trips = [Value(INT, old.trips.hint)] if old.trips is not None else []
        tapes_in = [self.values[t] for t in old.tapes_in]
        operands = [
            *(self.values[v] for v in old.domain),
            *inits,
            *init_dots,
            *tapes_in,
            *(self.dots[tapes_in[j]] for j in taped),
        ]
        attrs = dict(op.attrs)
        attrs["carried"] += len(moving)
        attrs["collected"] += len(collecting)
        attrs["backwards"] = [*old.backwards, *(old.backwards[j] for j in taped)]
        b.block.append(
            Op(
                op.name,
                operands,
                [*finals, *final_dots, *tapes, *tape_dots, *trips],
                attrs,
                regions,
                op.span,
                op.exact,
            )
        )
        self.values.update(zip(old.finals, finals, strict=True))
        self.values.update(zip(old.tapes_out, tapes, strict=True))
        if old.trips is not None:
            self.values[old.trips] = trips[0]
        self.dots.update(zip([finals[j] for j in moving], final_dots, strict=True))
        self.dots.update(zip([tapes[j] for j in collecting], tape_dots, strict=True))

    def call(self, op: Op, b: Builder) -> None:
        """A call of the tangent of a function, which gives the values too."""
        moving = [
            i for i, v in enumerate(op.operands) if v in self.varied and not v.kind.is_passive
        ]
        if not moving:
            b.block.append(clone_op(op, self.values))
            return
        callee = op.attrs["callee"]
        wrt = covering(self.context, callee, "tangent", moving)
        made = callee.derived.get(("tangent", wrt))
        if made is None:
            name = f"{callee.name}_tangent"
            doc = described("Value and tangent of {f} along {x}.", callee, wrt)
            made = Callee(
                name, Function(name, []), [*callee.results, *callee.results], doc, callee.order + 1
            )
            callee.derived["tangent", wrt] = made
            made.function = forward(self.context, callee.function, list(wrt), name)
            made.function.structure = flat_structure(made.function.results)
        values = [self.values[v] for v in op.operands]
        dots = [self.dot_of(values[i], b) for i in wrt]
        results = [self.copy(r) for r in op.results]
        tangents = [Value(r.kind, _dot_hint(r)) for r in op.results]
        call = Op("call", [*values, *dots], [*results, *tangents], {"callee": made}, [], op.span)
        b.block.append(call)
        self.dots.update(
            (r, t)
            for r, t, old in zip(results, tangents, op.results, strict=True)
            if old in self.varied
        )

    def stack(self, op: Op, b: Builder) -> None:
        """Stacking and unstacking are linear: tangents are stacked and unstacked in the same way."""
        copy = b.block.append(clone_op(op, self.values))
        if op.result not in self.varied:
            return
        first, *values = copy.operands
        if first in self.dots:
            lengths = op.name == "unstack"
            rest = values if lengths else [self.dot_of(v, b) for v in values]
            kinds = [copy.result.kind]
            dot = b.op(op.name, [self.dots[first], *rest], kinds, dict(op.attrs)).result
        else:
            dot = b.zeros_like(copy.result)
            places, _ = b.places_in_stack(copy)
            for value, place in zip(values, places, strict=True):
                if value in self.dots:
                    dot = b.call("intrinsic.store", dot, place, self.dots[value])
        dot.hint = _dot_hint(op.result)
        self.dots[copy.result] = dot

    def copy(self, value: Value) -> Value:
        copy = Value(value.kind, value.hint)
        self.values[value] = copy
        return copy


def _dot_hint(value: Value) -> str:
    return f"{value.hint}_dot" if value.hint else ""


def tangent_of(op: Op, rule: Rule, dots: dict[Value, Value], b: Builder) -> Value | None:
    """The tangent of a primitive's result; None where it is zero."""
    pairs = list(zip(op.attrs["params"], op.operands, strict=True))
    names = {*rule.linear_in, *rule.joint_in, *rule.multilinear_in, *rule.adjoints}
    moving = {p: dots[v] for p, v in pairs if v in dots and p in names}
    if not moving:
        return None
    if rule.tangent is not None:
        expander = expander_for(op, rule, b)
        tangent = Tangent(expander, {f"{p}_dot": d for p, d in moving.items()}).linear(rule.tangent)
        return _full(op, rule, tangent, expander.used, b)
    if rule.joint_in and any(p in rule.joint_in for p in moving):
        operands = [
            v if p not in rule.joint_in else dots[v] if v in dots else b.zeros_like(v)
            for p, v in pairs
        ]
        return b.prim(op.fn, list(op.attrs["params"]), operands, rule)
    total: Value | None = None
    for k, (param, value) in enumerate(pairs):
        if param in (*rule.linear_in, *rule.multilinear_in) and value in dots:
            operands = [dots[v] if i == k else v for i, (_, v) in enumerate(pairs)]
            term = b.prim(op.fn, list(op.attrs["params"]), operands, rule)
            total = term if total is None else b.call("operator.add", total, term)
    if total is None:
        raise MissingRuleError(f"the rule for {op.fn} states no tangent", span=op.span)
    return total


def _full(op: Op, rule: Rule, tangent: Value | None, used: set[str], b: Builder) -> Value | None:
    """A tangent of the result's shape: in z = x + y, x_dot alone is too small where x was broadcast."""
    if (
        tangent is None
        or rule.shape not in ("elementwise", "select")
        or rule.output in used
        or op.result.kind.is_scalar
    ):
        return tangent
    result = op.result.kind
    pairs = zip(op.attrs["params"], op.operands, strict=True)
    if all(p in used or v.kind.is_scalar for p, v in pairs) and not tangent.kind.is_scalar:
        return tangent
    if result.dims is not None and tangent.kind.dims is not None:
        have = [b.context.dims.find(d) for d in tangent.kind.dims]
        if have == [b.context.dims.find(d) for d in result.dims]:
            return tangent
    return b.call("numpy.broadcast_to", tangent, b.call("intrinsic.shape", op.result))


__all__ = ["forward", "tangent_of"]
