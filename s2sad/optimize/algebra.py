"""Adjoint algebra: sums of products, collected and factored so that fewer operations are left.

Only operations of derivatives are rewritten; what the user wrote stays as it is. A sum is rewritten when the new
form has a lower cost, so the rewriting ends.
"""

from __future__ import annotations

from dataclasses import dataclass

from s2sad.analysis.build import Builder
from s2sad.analysis.context import Context
from s2sad.analysis.fold import number
from s2sad.analysis.numbers import may_be_truth
from s2sad.ir.core import Block, Function, Op, Value, replace_uses, uses

SUMS = ("operator.add", "operator.sub", "operator.neg")
MOST_TERMS = 14


@dataclass(frozen=True)
class Term:
    """coefficient * factor * factor * ..."""

    coefficient: float
    factors: tuple[Value, ...]


@dataclass(frozen=True)
class Product:
    """coefficient * factors * (sum of terms), where the sum may be missing."""

    term: Term
    inner: Sum | None = None


@dataclass(frozen=True)
class Sum:
    parts: tuple[Product, ...]
    cost: float


def collect_terms(context: Context, function: Function) -> bool:
    """Rewrite sums of derivatives where that saves operations."""
    return _Algebra(context, function).run()


class _Algebra:
    def __init__(self, context: Context, function: Function) -> None:
        self.context = context
        self.function = function
        self.count = uses(function.body)
        self.user: dict[Value, Op] = {}
        self.home: dict[Value, Block] = {}
        for op in function.body.walk():
            for operand in op.operands:
                self.user[operand] = op
        self.order: dict[Value, int] = {}
        self.shared: set[Value] = set()
        self.divisors: dict[Value, Value] = {}
        self._number(function.body)

    def _number(self, block: Block) -> None:
        for param in block.params:
            self.order[param] = len(self.order)
        for op in block.ops:
            for region in op.regions:
                self._number(region)
            for result in op.results:
                self.order[result] = len(self.order)

    def run(self) -> bool:
        changed = False
        for block in _blocks(self.function.body):
            changed = self.block(block) or changed
        return changed

    def block(self, block: Block) -> bool:
        mapping: dict[Value, Value] = {}
        new = Block()
        b = Builder(self.context, new)
        for op in block.ops:
            better = self.better(op, block)
            if better is not None:
                b.span = op.span
                value = self.write(b, better, op.result)
                if op.attrs.get("accumulate") and value.op is not None and value.op.fn in SUMS:
                    value.op.attrs["accumulate"] = True
                if op.attrs.get("bar") and value.op is not None:
                    value.op.attrs["bar"] = True
                value.hint = value.hint or op.result.hint
                if op.result in self.context.like:
                    self.context.set_like(value, self.context.like[op.result])
                mapping[op.result] = value
            else:
                new.ops.append(op)
        if not mapping:
            return False
        block.ops = new.ops
        for op in block.ops:
            op.block = block
        replace_uses(self.function.body, mapping)
        return True

    def better(self, op: Op, block: Block) -> Sum | None:
        """A cheaper form of the sum or product whose last operation is `op`."""
        if op.exact or op.fn not in (*SUMS, "operator.mul") or not self.is_root(op):
            return None
        if op.result.kind.is_passive:
            return None  # integers stay integers
        self.shared = set()
        while True:
            terms = self.opened(op.result, 1, block, True)
            if terms is None:
                return None
            if not self.take_in(terms, block):
                break
        if any(op.result in t.factors for t in terms):
            return None
        if any(f.kind.is_passive for t in terms for f in t.factors):
            return None  # a mask or an integer must meet its float factor
        old = self.cost_of(op, block, set())
        left = merged(terms)
        if self.truths_in(left) > (len(left) > 1):
            return None
        self.divisors = self.reciprocals(left)
        gone = len(left) < len({t.factors for t in terms})
        if gone and not (op.result.kind.is_scalar or left and op.result.kind.dims is not None):
            return None  # what cancels may be all that has the shape of the sum
        new = self.best(left)
        if op.fn == "operator.mul" and len(terms) == 1:
            spread = self.spread_coefficient(terms[0], block)
            if spread is not None and spread[0].cost < old + spread[1] - 1e-9:
                return spread[0]
        return new if new.cost < old - 1e-9 else None

    def truths_in(self, terms: list[Term]) -> int:
        """How many terms may be truths of NumPy: of two of them, the sum is their `or`."""
        found = [t.factors for t in terms if abs(t.coefficient) == 1.0 and t.factors]
        return sum(all(may_be_truth(self.context, f) for f in factors) for factors in found)

    def reciprocals(self, terms: list[Term]) -> dict[Value, Value]:
        """Factors 1 / d that only these terms read, with their d: taken out, they become a division."""
        times: dict[Value, int] = {}
        for term in terms:
            for factor in dict.fromkeys(term.factors):
                times[factor] = times.get(factor, 0) + 1
        found: dict[Value, Value] = {}
        for factor, n in times.items():
            op = factor.op
            if op is not None and op.fn == "operator.truediv" and not op.exact:
                if n > 1 and n == self.count.get(factor) and number(op.operands[0]) == 1:
                    found[factor] = op.operands[1]
        return found

    def take_in(self, terms: list[Term], block: Block) -> bool:
        """Also open values that are read several times, where this sum is all that reads them."""
        times: dict[Value, int] = {}
        for term in terms:
            if len(term.factors) == 1:
                times[term.factors[0]] = times.get(term.factors[0], 0) + 1
        found = False
        for value, n in times.items():
            op = value.op
            if value in self.shared:
                continue
            if (
                n > 1
                and n == self.count.get(value)
                and op is not None
                and op.fn in (*SUMS, "operator.mul")
            ):
                if op.block is block and not _stays(op):
                    self.shared.add(value)
                    found = True
        return found

    def spread_coefficient(self, term: Term, block: Block) -> tuple[Sum, float] | None:
        """a * (4 - 8 v) for 4 * a * (1 - 2 v), and the cost of the inner sum as it stands."""
        for factor in term.factors:
            op = self.inside(factor, block, False)
            if op is None or op.fn not in SUMS or not factor.kind.is_scalar:
                continue
            terms = self.opened(factor, term.coefficient, block)
            if terms is None or self.truths_in(merged(terms)) > 1:
                continue
            inner = self.best(merged(terms))
            rest = _without(term, factor)
            part = Product(Term(1, rest.factors), inner)
            return Sum((part,), self.sum_cost([part])), self.cost_of(op, block, set())
        return None

    def is_root(self, op: Op) -> bool:
        """True where no larger sum takes this operation in."""
        if self.count.get(op.result) != 1 or is_tangent_line(op.result):
            return True
        user = self.user.get(op.result)
        if user is None or user.exact or user.block is not op.block:
            return True
        if op.fn in ("operator.add", "operator.sub"):
            return user.fn not in SUMS
        return user.fn not in (*SUMS, "operator.mul")

    def inside(self, value: Value, block: Block, root: bool) -> Op | None:
        """The operation behind a value that only this sum reads."""
        op = value.op
        if op is None or _stays(op) or op.name != "prim" or op.block is not block:
            return None
        if not root and is_tangent_line(value):
            return None
        return op if root or self.count.get(value) == 1 or value in self.shared else None

    def opened(
        self, value: Value, sign: float, block: Block, root: bool = False
    ) -> list[Term] | None:
        """All terms of a sum; None where there are too many to look at."""
        terms: list[Term] = []
        self.terms(value, sign, block, terms, root)
        return terms if len(terms) <= MOST_TERMS else None

    def terms(
        self, value: Value, sign: float, block: Block, out: list[Term], root: bool = False
    ) -> None:
        if len(out) > MOST_TERMS:
            return  # what is missing is never asked for: see `opened`
        op = self.inside(value, block, root)
        if op is not None and op.fn in ("operator.add", "operator.sub") and self.same_kind(op):
            self.terms(op.operands[0], sign, block, out)
            self.terms(op.operands[1], -sign if op.fn == "operator.sub" else sign, block, out)
        elif op is not None and op.fn == "operator.neg":
            self.terms(op.operands[0], -sign, block, out)
        elif value.op is not None and value.op.fn == "operator.neg" and not root:
            out.append(Term(-sign, (value.op.operands[0],)))
        else:
            coefficient, factors = self.factors(value, block, root)
            out.append(Term(sign * coefficient, tuple(sorted(factors, key=self.key))))

    def same_kind(self, op: Op) -> bool:
        """Sums are taken apart where no operand is spread by them, or all are numbers."""
        kinds = {v.kind.dims for v in op.operands}
        return (
            len(kinds) == 1
            and None not in kinds
            or all(v.kind == op.result.kind for v in op.operands)
        )

    def key(self, value: Value) -> int:
        return self.order.get(value, 0)

    def factors(self, value: Value, block: Block, root: bool = False) -> tuple[float, list[Value]]:
        n = number(value)
        if n is not None and value.op is not None and "name" not in value.op.attrs:
            return n, []
        op = self.inside(value, block, root)
        if op is not None and op.fn == "operator.neg":
            c, inner = self.factors(op.operands[0], block)
            return -c, inner
        if op is not None and op.fn == "operator.mul":
            c, left = self.factors(op.operands[0], block)
            d, right = self.factors(op.operands[1], block)
            return c * d, left + right
        if value.op is not None and value.op.fn == "operator.neg" and not root:
            return -1, [value.op.operands[0]]
        return 1, [value]

    # --- cost --------------------------------------------------------------------------------------------

    def weight(self, value: Value) -> float:
        return 0.1 if value.kind.is_scalar else 1.0

    def cost_of(self, op: Op, block: Block, seen: set[Op]) -> float:
        """Cost of the operations that make up a sum as it stands."""
        if op in seen:
            return 0.0
        seen.add(op)
        total = self.weight(op.result)
        parts = (
            ("operator.neg", "operator.mul") if op.fn == "operator.mul" else (*SUMS, "operator.mul")
        )
        for operand in op.operands:
            inner = self.inside(operand, block, False)
            if inner is not None and inner.fn in parts:
                if inner.fn not in ("operator.add", "operator.sub") or self.same_kind(inner):
                    total += self.cost_of(inner, block, seen)
            elif operand.op is not None and operand.op.fn == "operator.neg":
                total += self.weight(operand) if self.count.get(operand) == 1 else 0.0
        return total

    def term_cost(self, term: Term) -> float:
        arrays = sum(1 for f in term.factors if not f.kind.is_scalar)
        scalars = len(term.factors) - arrays + (abs(term.coefficient) != 1.0 or not term.factors)
        cost = max(0, arrays - 1) * 1.0 + max(0, scalars - 1) * 0.1
        return cost + (1.0 if arrays and scalars else 0.0)

    def product_cost(self, product: Product, is_array: bool) -> float:
        if product.inner is None:
            return self.term_cost(product.term)
        outer = self.term_cost(product.term)
        outer -= sum(self.weight(f) for f in product.term.factors if f in self.divisors)
        empty = not product.term.factors and abs(product.term.coefficient) == 1.0
        return outer + product.inner.cost + (0.0 if empty else (1.0 if is_array else 0.1))

    def sum_cost(self, parts: list[Product]) -> float:
        is_array = any(not f.kind.is_scalar for p in parts for f in self.all_factors(p))
        one = 1.0 if is_array else 0.1
        cost = sum(self.product_cost(p, is_array) for p in parts) + one * (len(parts) - 1)
        if parts and all(p.term.coefficient < 0 for p in parts):
            cost += one
        return cost

    def all_factors(self, product: Product) -> list[Value]:
        out = list(product.term.factors)
        if product.inner is not None:
            for part in product.inner.parts:
                out.extend(self.all_factors(part))
        return out

    def best(self, terms: list[Term]) -> Sum:
        """The cheapest form found by taking out, one after the other, the factors that terms share."""
        plain = [Product(t) for t in terms]
        found = Sum(tuple(plain), self.sum_cost(plain))
        candidates: dict[Value, int] = {}
        for term in terms:
            for factor in dict.fromkeys(term.factors):
                candidates[factor] = candidates.get(factor, 0) + 1
        for factor, times in sorted(
            candidates.items(), key=lambda item: (-item[1], self.key(item[0]))
        ):
            if times < 2:
                continue
            sharing = [t for t in terms if factor in t.factors]
            if (
                any(len(t.factors) == 1 and abs(t.coefficient) == 1.0 for t in sharing)
                and not factor.kind.is_scalar
                and factor not in self.divisors
            ):
                continue
            rest = [t for t in terms if factor not in t.factors]
            others = merged([_without(t, factor) for t in sharing])
            if not _same_spread(sharing, factor) or self.truths_in(others) > 1:
                continue
            inner = self.best(others)
            sign, inner = self.positive(inner)
            parts = [Product(t) for t in rest] + [Product(Term(sign, (factor,)), inner)]
            if len(inner.parts) == 1 and inner.parts[0].inner is None:
                only = inner.parts[0].term
                parts[-1] = Product(Term(sign * only.coefficient, (factor, *only.factors)))
            cost = self.sum_cost(parts)
            if cost < found.cost - 1e-9:
                found = Sum(tuple(parts), cost)
        return self.common_coefficient(found)

    def positive(self, form: Sum) -> tuple[float, Sum]:
        """(-1, a + b) for -a - b."""
        if any(p.term.coefficient >= 0 for p in form.parts):
            return 1, form
        parts = [Product(Term(-p.term.coefficient, p.term.factors), p.inner) for p in form.parts]
        return -1, Sum(tuple(parts), self.sum_cost(parts))

    def common_coefficient(self, form: Sum) -> Sum:
        """c * (a + b) for c * a + c * b."""
        sizes = {abs(p.term.coefficient) for p in form.parts}
        if len(form.parts) < 2 or len(sizes) != 1 or sizes == {1.0}:
            return form
        (c,) = sizes
        inner_parts = [
            Product(Term(p.term.coefficient / c, p.term.factors), p.inner) for p in form.parts
        ]
        if self.truths_in([p.term for p in inner_parts if p.inner is None]) > 1:
            return form
        sign, inner = self.positive(Sum(tuple(inner_parts), self.sum_cost(inner_parts)))
        outer = [Product(Term(sign * c, ()), inner)]
        cost = self.sum_cost(outer)
        return Sum(tuple(outer), cost) if cost < form.cost - 1e-9 else form

    # --- writing -----------------------------------------------------------------------------------------

    def write(self, b: Builder, form: Sum, result: Value) -> Value:
        """The operations of a sum."""
        if not form.parts:
            return b.const(0.0)
        parts = sorted(form.parts, key=lambda p: p.term.coefficient < 0)
        total: Value | None = None
        for part in parts:
            negative = part.term.coefficient < 0
            if total is None:
                total = self.product(b, part, result)
                continue
            size = Product(Term(abs(part.term.coefficient), part.term.factors), part.inner)
            value = self.product(b, size, result)
            total = b.call("operator.sub" if negative else "operator.add", total, value)
        assert total is not None
        return total

    def product(self, b: Builder, product: Product, result: Value) -> Value:
        over = [f for f in product.term.factors if f in self.divisors and product.inner is not None]
        if over:
            rest = Product(_without(product.term, over[0]), product.inner)
            return b.call("operator.truediv", self.product(b, rest, result), self.divisors[over[0]])
        scalars = [f for f in product.term.factors if f.kind.is_scalar]
        arrays = [f for f in product.term.factors if not f.kind.is_scalar]
        inner = None if product.inner is None else self.write(b, product.inner, result)
        if inner is not None:
            (scalars if inner.kind.is_scalar else arrays).append(inner)
        c = product.term.coefficient
        if result.kind.base == "number" and not result.kind.is_passive:
            c = float(c)
        if not scalars and not arrays:
            return b.const(c)
        value, *others = [*scalars, *arrays]
        if c not in (1.0, -1.0) and (scalars or len(arrays) == 1):
            value = b.call("operator.mul", c, value)
        for factor in others:
            value = b.call("operator.mul", value, factor)
        if c not in (1.0, -1.0) and not scalars and len(arrays) > 1:
            value = b.call("operator.mul", c, value)
        return b.call("operator.neg", value) if c == -1.0 else value


def is_tangent_line(value: Value) -> bool:
    """True for the tangent of a variable of the user, which has a line of its own under the variable's."""
    return value.hint.endswith("_dot") and "_bar" not in value.hint


def merged(terms: list[Term]) -> list[Term]:
    """Terms with the same factors, added up."""
    out: dict[tuple[Value, ...], float] = {}
    for term in terms:
        out[term.factors] = out.get(term.factors, 0) + term.coefficient
    return [Term(c, f) for f, c in out.items() if c != 0.0]


def _stays(op: Op) -> bool:
    """True for what the user wrote, whose results are the user's; a multiple that only a derivative reads is not."""
    if not op.exact:
        return False
    multiple = op.fn == "operator.mul" and any(number(v) is not None for v in op.operands)
    return not multiple or not op.result.kind.is_scalar or op.result.kind.is_passive


def _without(term: Term, factor: Value) -> Term:
    factors = list(term.factors)
    factors.remove(factor)
    return Term(term.coefficient, tuple(factors))


def _same_spread(terms: list[Term], factor: Value) -> bool:
    """Taking a factor out must not add up parts of different shapes."""
    if all(f.kind.is_scalar for t in terms for f in t.factors):
        return True
    if not factor.kind.is_scalar:
        return True
    shapes = [
        max((f.kind.ndim or 0 for f in t.factors if f is not factor), default=0) for t in terms
    ]
    return len(set(shapes)) == 1


def _blocks(block: Block) -> list[Block]:
    out = [block]
    for op in block.ops:
        for region in op.regions:
            out.extend(_blocks(region))
    return out
