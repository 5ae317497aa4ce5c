"""How contributions to the adjoint of one value are added up."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from s2sad.analysis.build import Builder
from s2sad.analysis.context import Context
from s2sad.analysis.defined import is_defined
from s2sad.ir.core import Block, Op, Value
from s2sad.ir.kinds import Kind
from s2sad.rules.parse import Rule

Adjoints = dict[Value, Value]


class Accumulation:
    """The part of reverse mode that adds to adjoints."""

    context: Context
    primal: set[Value]

    def set(self, adjoints: Adjoints, value: Value, bar: Value, b: Builder) -> None:
        """adjoints[value] = bar, made for it: what a branch adds to says nothing of its kind."""
        bar = self.cast(bar, value, b)
        self.context.set_like(bar, value)
        adjoints[value] = bar

    def add(self, adjoints: Adjoints, value: Value, term: Value, b: Builder) -> None:
        """adjoints[value] += term"""
        term = self.cast(term, value, b)
        old = adjoints.get(value)
        # What is the adjoint of another value too, as in a branch that gives it, is not known better by this one;
        # nor is a value of the primal (the adjoint of x in x @ w is w), which may have this shape in one branch only.
        own = term not in self.primal and term not in b.context.like
        if own:
            b.context.set_like(term, value)
        if own and term.kind.base == "any" and term.op is not None:
            term.kind = value.kind
            b.context.changed(term)
        if old is None:
            adjoints[value] = term
            if not term.hint and value.hint:
                term.hint = f"{value.hint}_bar"
            elif term.op is not None and not term.op.exact:
                term.op.attrs.setdefault("bar", True)
            return
        adjoints[value] = self.sum(value, old, term, b)

    def sum(self, value: Value, old: Value, term: Value, b: Builder) -> Value:
        """old + term, where `value` has been set; where it has not, neither has its adjoint."""
        if not value.kind.is_scalar and is_defined(value, b.known) is None:
            there, missing = b.at(Block()), b.at(Block())
            there.block.yields = [self.sum_there(value, old, term, there)]
            missing.block.yields = [old]
            defined = b.call("intrinsic.defined", value)
            blocks = [there.block, missing.block]
            total = b.op("if", [defined], [value.kind], {"form": "if"}, blocks).result
        else:
            total = self.sum_there(value, old, term, b)
        if value.hint and total.op is not None:
            total.hint = f"{value.hint}_bar"
        return total

    def sum_there(self, value: Value, old: Value, term: Value, b: Builder) -> Value:
        total = b.call("operator.add", old, term)
        if total.op is not None and total.op.fn in ("operator.add", "operator.sub"):
            total.op.attrs["accumulate"] = True
        if total not in self.primal:
            b.context.set_like(total, value)
        return total

    def down_to(self, op: Op, rule: Rule, value: Value, term: Value, b: Builder) -> Value:
        """The adjoint of a broadcast operand: a sum over the axes along which it was repeated."""
        others = [
            v
            for v in op.operands
            if v is not value and not v.kind.is_scalar and not v.kind.base == "none"
        ]
        if not others and not (value.kind.is_scalar and not term.kind.is_scalar):
            return term
        return b.call("helper.unbroadcast", term, value)

    def cast(self, term: Value, value: Value, b: Builder) -> Value:
        """An array of float32 has an adjoint of float32, also where it met float64, or what may be that."""
        single = value.kind.is_array and value.kind.dtype == "f4"
        if single and term.kind.dtype in ("f8", None):
            return b.call("numpy.ndarray.astype", term, b.call("intrinsic.dtype", value))
        return term


def computed_as(kind: Kind, bars: Iterable[Value]) -> Kind:
    """The kind of what is one of these adjoints: in single precision only where each of them is known to be."""
    if kind.dtype == "f4" and any(bar.kind.dtype != "f4" for bar in bars):
        return replace(kind, dtype=None)
    return kind
