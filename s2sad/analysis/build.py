"""Builds operations: binds arguments to a rule's parameters, infers kinds, folds what is known."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from s2sad.analysis.context import Context, static
from s2sad.analysis.defined import is_defined
from s2sad.analysis.dtypes import given_dtype
from s2sad.analysis.fold import fold
from s2sad.analysis.shapes import infer
from s2sad.errors import MissingRuleError
from s2sad.ir.core import Block, Op, Value
from s2sad.ir.kinds import ANY, NEVER, Kind, array, kind_of_constant, passive
from s2sad.rules.parse import REQUIRED, Rule
from s2sad.source import Span

SAME = {
    "numpy.shape": "intrinsic.shape",
    "numpy.ndim": "intrinsic.ndim",
    "numpy.size": "intrinsic.size",
}


def bind(
    rule: Rule, fn: str, args: list[Value], kwargs: dict[str, Value], span: Span | None
) -> tuple[list[str], list[Value]]:
    """Parameter names and operands of a call, in the order of the rule's parameters."""
    if rule.nondifferentiable and not rule.params:
        return [str(i) for i in range(len(args))] + list(kwargs), [*args, *kwargs.values()]
    names = list(rule.params)
    bound: dict[str, Value] = {}
    order = [n for n in names if n not in rule.keyword_only]
    if rule.star is not None and rule.spreads:
        before = names.index(rule.star)
        spread = names[:before] + [rule.star] * (len(args) - before) + list(kwargs)
        unknown = [k for k in kwargs if k not in rule.params]
        if not unknown and len(args) > before:
            return spread, [*args, *kwargs.values()]
    if len(args) > len(order):
        raise MissingRuleError(
            f"the rule for {fn} takes {len(order)} arguments, the call gives {len(args)}",
            span=span,
            help=f"the rule knows: {', '.join(order)}",
        )
    bound.update(zip(order, args, strict=False))
    for name, value in kwargs.items():
        if name not in rule.params:
            raise MissingRuleError(
                f"the rule for {fn} does not know the keyword argument {name!r}",
                span=span,
                help=f"it knows: {', '.join(names)}",
            )
        bound[name] = value
    for name, default in rule.params.items():
        if default is REQUIRED and name not in bound:
            raise MissingRuleError(f"the call of {fn} does not give {name!r}", span=span)
    params: list[str] = []
    operands: list[Value] = []
    for name in names:
        if name not in bound:
            continue
        value = bound[name]
        if name == rule.star:
            if value.op is None or value.op.name not in ("tuple", "list"):
                raise MissingRuleError(
                    f"{fn} takes a tuple or list whose length is known here",
                    span=span,
                    help="write the arrays out: (a, b, c)",
                )
            params.extend([name] * len(value.op.operands))
            operands.extend(value.op.operands)
        else:
            params.append(name)
            operands.append(value)
    return params, operands


class Builder:
    """Appends operations to a block."""

    def __init__(self, context: Context, block: Block, span: Span | None = None) -> None:
        self.context = context
        self.block = block
        self.span = span
        self.known: dict[Value, bool] = {}

    def at(self, block: Block, condition: Value | None = None, holds: bool = True) -> Builder:
        """A builder like this one for another block, in which `condition` is known."""
        inner = Builder(self.context, block, self.span)
        inner.known = dict(self.known) if condition is None else self.known | {condition: holds}
        return inner

    def op(
        self,
        name: str,
        operands: list[Value],
        kinds: list[Kind],
        attrs: dict[str, Any] | None = None,
        regions: list[Block] | None = None,
    ) -> Op:
        results = [Value(kind) for kind in kinds]
        return self.block.append(Op(name, operands, results, attrs, regions, self.span))

    def const(self, value: Any) -> Value:
        value = (
            value.item() if hasattr(value, "item") else value
        )  # NumPy's numbers print as Python's
        return self.op("const", [], [kind_of_constant(value)], {"value": value}).result

    def undef(self) -> Value:
        return self.op("undef", [], [NEVER]).result

    def value(self, item: Any) -> Value:
        return item if isinstance(item, Value) else self.const(item)

    def slice(self, *parts: Value | int | None) -> Value:
        return self.op("slice", [self.value(p) for p in parts], [passive("slice")]).result

    def places_in_stack(self, op: Op) -> tuple[list[Value], Value]:
        """Where the values of a `stack` are in its array, and where what is on its tape is."""
        values = op.operands[1:]
        if not op.attrs.get("whole"):
            rest = self.slice(len(values), None, None)
            return [self.const(i) for i in range(len(values))], rest
        places: list[Value] = []
        start: Value | None = None
        for value in values:
            length = self.call("intrinsic.dim", value, 0)
            stop = length if start is None else self.call("operator.add", start, length)
            places.append(self.slice(start, stop, None))
            start = stop
        return places, self.slice(start, None, None)

    def tuple(self, items: list[Value]) -> Value:
        return self.op("tuple", items, [passive("tuple")]).result

    def call(self, fn: str, *args: Any, **kwargs: Any) -> Value:
        """The result of calling a primitive on values or Python constants."""
        fn = SAME.get(fn, fn)
        values = [self.value(a) for a in args]
        keywords = {k: self.value(v) for k, v in kwargs.items()}
        rule = self.context.registry.rules.get(fn)
        if rule is None:
            raise MissingRuleError(f"a derivative needs {fn}, which has no rule", span=self.span)
        params, operands = bind(rule, fn, values, keywords, self.span)
        return self.prim(fn, params, operands, rule)

    def prim(
        self, fn: str, params: list[str], operands: list[Value], rule: Rule | None = None
    ) -> Value:
        rule = rule or self.context.registry.rules[fn]
        attrs: dict[str, Any] = {"fn": fn, "params": params}
        if rule.star:
            attrs["star"] = rule.star
        op = Op("prim", operands, [Value()], attrs, span=self.span)
        op.result.kind = result_kind(self.context, op, rule)
        folded = fold(self, op)
        if folded is not None:
            return folded
        return self.block.append(op).result

    def zeros_like(self, value: Value) -> Value:
        """A zero adjoint or tangent of `value`, where it has a value."""
        if value.kind.dims == ():
            return self.const(0.0)  # also where it is not set: numbers are added up without asking
        defined = is_defined(value, self.known)
        if defined is False:
            return self.undef()
        if defined:
            return self.call("numpy.zeros_like", value)
        return self.where_defined(value, lambda b: b.call("numpy.zeros_like", value))

    def where_defined(self, value: Value, make: Callable[[Builder], Value]) -> Value:
        """What `make` builds, on the paths on which `value` has been set."""
        there, missing = self.at(Block()), self.at(Block())
        there.block.yields = [make(there)]
        missing.block.yields = [missing.undef()]
        return self.op(
            "if",
            [self.call("intrinsic.defined", value)],
            [value.kind],
            {"form": "ifexp"},
            [there.block, missing.block],
        ).result


def result_kind(context: Context, op: Op, rule: Rule) -> Kind:
    kind = infer(context, op, rule.shape)
    if rule.nondifferentiable and kind == ANY and op.fn.startswith("builtins."):
        return PASSIVE_RESULTS.get(op.fn, ANY)
    if (
        kind.dtype == "f4"
        and rule.shape.startswith("like:")
        and rule.shape[5:] not in rule.linear_in
    ):
        # An adjoint in the shape of x, in which its seed is added up: its precision is the seed's.
        seeds = (op.arg(param) for param in rule.linear_in)
        if any(seed is not None and seed.kind.dtype != "f4" for seed in seeds):
            return replace(kind, dtype=None)
    return counted(context, op) if op.fn == "numpy.arange" else kind


def counted(context: Context, op: Op) -> Kind:
    """np.arange: integers where its ends and its step are, so that what is written into it is cut off."""
    kinds = [v.kind for v, p in zip(op.operands, op.attrs["params"], strict=True) if p != "dtype"]
    if not all(k.is_scalar and k.dtype is not None for k in kinds):
        return ANY
    whole = all(k.dtype in ("int", "bool", "i8", "i4") for k in kinds)
    known, n = static(op.operands[0])
    size = n if known and whole and len(kinds) == 1 else context.symbol((op.result, 0))
    dtype = given_dtype(op, "i8" if whole else "f8")
    return array(dtype, (size,))


PASSIVE_RESULTS = {
    "builtins.str": passive("str"),
    "builtins.repr": passive("str"),
    "builtins.format": passive("str"),
    "builtins.ascii": passive("str"),
    "builtins.range": passive("range"),
    "builtins.isinstance": kind_of_constant(True),
    "builtins.len": kind_of_constant(1),
    "builtins.int": kind_of_constant(1),
    "builtins.bool": kind_of_constant(True),
}
