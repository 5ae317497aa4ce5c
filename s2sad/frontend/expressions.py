"""Lowers expressions."""

from __future__ import annotations

import contextlib
import enum
import operator
from types import FunctionType
from typing import Any

import gast

from s2sad.frontend.calls import Calls
from s2sad.frontend.classes import class_of, defines
from s2sad.frontend.containers import UNKNOWN
from s2sad.frontend.environment import compared
from s2sad.frontend.index_objects import indexed
from s2sad.frontend.scope import (
    CONTAINERS,
    GROWN,
    SETS,
    Binding,
    Cell,
    Choice,
    Items,
    Rest,
    Static,
    Table,
    attribute_of,
)
from s2sad.frontend.sets import OPERATIONS
from s2sad.ir.core import Value
from s2sad.ir.kinds import ANY, NONE, PYTHON_DTYPES, Kind, passive

BINARY = {
    "Add": "add", "Sub": "sub", "Mult": "mul", "Div": "truediv", "FloorDiv": "floordiv", "Mod": "mod",
    "Pow": "pow", "MatMult": "matmul", "BitAnd": "and_", "BitOr": "or_", "BitXor": "xor", "LShift": "lshift",
    "RShift": "rshift",
}  # fmt: skip
COMPARE = {
    "Lt": "operator.lt", "LtE": "operator.le", "Gt": "operator.gt", "GtE": "operator.ge", "Eq": "operator.eq",
    "NotEq": "operator.ne", "Is": "operator.is_", "IsNot": "operator.is_not", "In": "operator.contains",
    "NotIn": "intrinsic.not_contains",
}  # fmt: skip
COMPARISONS = {
    "Eq": ("eq", "eq"), "NotEq": ("ne", "ne"), "Lt": ("lt", "gt"), "LtE": ("le", "ge"), "Gt": ("gt", "lt"),
    "GtE": ("ge", "le"),
}  # fmt: skip
ORDERS = {
    "Lt": operator.lt, "LtE": operator.le, "Gt": operator.gt, "GtE": operator.ge, "Eq": operator.eq,
    "NotEq": operator.ne,
}  # fmt: skip
FOLDED = {
    "operator.neg": lambda x: -x, "operator.not_": lambda x: not x, "operator.pos": lambda x: +x,
}  # fmt: skip


class Expressions(Calls):
    """The part of `Lowering` that handles expressions."""

    def expression(self, node: Any) -> Binding:
        method = getattr(self, "expr_" + type(node).__name__, None)
        if method is None:
            from_lower = _describe(node)
            raise self.unsupported(
                node,
                f"{from_lower} is not supported yet",
                "write it in plain expressions and loops",
            )
        result: Binding = method(node)
        return result

    # --- atoms ------------------------------------------------------------------------------------------

    def expr_Constant(self, node: Any) -> Binding:
        return self.const(node.value, node)

    def expr_Name(self, node: Any) -> Binding:
        return self.lookup(node)

    def expr_Tuple(self, node: Any) -> Binding:
        return Items(self.each(node.elts))

    def expr_List(self, node: Any) -> Binding:
        return self.starred_list(node, self.each(node.elts, call=True))

    def starred_list(self, node: Any, items: list[Binding]) -> Binding:
        """[a, *xs, b]"""
        place = next((k for k, item in enumerate(items) if isinstance(item, Rest)), None)
        if place is None:
            return self.made_list(items, node)
        rest = items[place]
        assert isinstance(rest, Rest)
        made: Binding = self.call(Static(list), [rest.items], {}, node)
        for before, part in ((True, items[:place]), (False, items[place + 1 :])):
            if part:
                other = self.starred_list(node, part)
                pair = (other, made) if before else (made, other)
                joined = self.joined_lists(*pair, node)
                if joined is None:
                    raise self.unsupported(
                        node,
                        "a list is made of numbers of several types, or of what is no number",
                        "make an array with np.concatenate",
                    )
                made = joined
        return made

    def expr_Set(self, node: Any) -> Binding:
        return self.new_set(self.each(node.elts), node)

    def expr_Dict(self, node: Any) -> Binding:
        items: dict[Any, Binding] = {}
        for key_node, value_node in zip(node.keys, node.values, strict=True):
            value = self.expression(value_node)
            if key_node is None:
                items.update(self.pairs([value], {}, node))
                continue
            key = self.literal(self.expression(key_node))
            if key is UNKNOWN:
                raise self.unsupported(
                    key_node,
                    "a key of a dict is only known at run time",
                    "use a NumPy array, or keys that are literals",
                )
            items[key] = value
        return self.new_dict(items)

    def each(self, nodes: list[Any], call: bool = False) -> list[Binding]:
        """The values of expressions, those behind a star one by one, or, in a `call`, as `Rest`."""
        out: list[Binding] = []
        for node in nodes:
            if not isinstance(node, gast.Starred):
                out.append(self.expression(node))
                continue
            items = self.expression(node.value)
            if call and self.is_long(items):
                out.append(Rest(items))
            else:
                out.extend(self.given(items, node))
        return out

    def expr_NamedExpr(self, node: Any) -> Binding:
        value = self.expression(node.value)
        self.assign(node.target, value, node)
        return value

    def expr_ListComp(self, node: Any) -> Binding:
        return self.listed(node)

    def expr_DictComp(self, node: Any) -> Binding:
        return self.dict_listed(node)

    def expr_SetComp(self, node: Any) -> Binding:
        items = self.sequence(self.listed(node))
        assert items is not None
        return self.new_set(items.items, node)

    def expr_Lambda(self, node: Any) -> Binding:
        return self.closure(node, "lambda")

    # --- operators --------------------------------------------------------------------------------------

    def expr_BinOp(self, node: Any) -> Binding:
        left = self.expression(node.left)
        if isinstance(node.op, gast.Mod) and isinstance(text := self.literal(left), str):
            return self.formatted(text, node)
        right = self.expression(node.right)
        structured = self.structured(node.op, left, right, node)
        if structured is not None:
            return structured
        return self.binary(
            node.op, self.to_value(left, node.left), self.to_value(right, node.right), node
        )

    def structured(self, op: Any, left: Binding, right: Binding, node: Any) -> Binding | None:
        """Operators on tuples and lists, and those that a class defines."""
        own = self.operator_method(BINARY[type(op).__name__], left, right, node)
        if own is not None:
            return own
        a, b = self.sequence(left), self.sequence(right)
        if isinstance(op, (gast.Add, gast.Mult)):
            a, b = self.items_or_shape(left, node), self.items_or_shape(right, node)
        if a is not None and b is not None and a.kind in SETS and b.kind in SETS:
            if (name := BINARY[type(op).__name__]) in OPERATIONS:
                made = self.of_sets(name, a, b, node)
                return self.set_cell(made) if isinstance(left, Cell) else made
        if any(isinstance(x, Cell) and isinstance(x.contents, GROWN) for x in (left, right)):
            whole = self.joined_lists(left, right, node) if isinstance(op, gast.Add) else None
            if whole is not None:
                return whole
            if any(isinstance(x, Value) and x.kind.is_array for x in (left, right)):
                return None  # NumPy makes an array of the list
            raise self.unsupported(
                node,
                "an operator on a list that grows in a loop",
                "make an array of it: np.array(...)",
            )
        tables = [x.contents for x in (left, right) if isinstance(x, Cell)]
        if isinstance(op, gast.BitOr) and [type(t) for t in tables] == [Table, Table]:
            return self.new_dict({**tables[0].items, **tables[1].items})
        if a is not None and b is not None and isinstance(op, gast.Add):
            joined = [*a.items, *b.items]
            return self.new_list(joined) if a.kind == "list" else Items(joined)
        if isinstance(op, gast.Mult) and (a is None) != (b is None):
            items, times = (a, self.literal(right)) if a is not None else (b, self.literal(left))
            number = items.items[0] if items is not None and len(items.items) == 1 else None
            if items is not None and items.kind == "list" and isinstance(number, Value):
                filled = self.filled_list(number, right if a is not None else left, node)
                if filled is not None:
                    return filled
            if isinstance(times, int) and items is not None:
                repeated = items.items * times
                return self.made_list(repeated, node) if items.kind == "list" else Items(repeated)
            if items is not None and self.may_repeat(left if a is None else right):
                raise self.unsupported(
                    node,
                    "a list is repeated as often as is only known at run time",
                    "use np.full or np.zeros",
                )
        return None

    def may_repeat(self, binding: Binding) -> bool:
        """True where list * binding may be the list several times, not an array of products."""
        if not isinstance(binding, Value) or self.is_loop_index(binding):
            return True
        numpy = binding.kind.is_array or binding.kind.dtype not in PYTHON_DTYPES
        return binding.kind == ANY or not numpy

    def binary(self, op: Any, left: Value, right: Value, node: Any) -> Value:
        if isinstance(self.literal(left), str) and isinstance(op, gast.Mod):
            raise self.unsupported(
                node,
                "a string is formatted with %",
                "use an f-string, or format it where it is shown",
            )
        return self.prim(f"operator.{BINARY[type(op).__name__]}", [left, right], {}, node)

    def expr_UnaryOp(self, node: Any) -> Binding:
        name = {"USub": "neg", "UAdd": "pos", "Not": "not_", "Invert": "invert"}[
            type(node.op).__name__
        ]
        operand = self.expression(node.operand)
        own = self.operator_method(name, operand, None, node)
        if own is not None:
            return own
        known = self.known_truth(operand) if name == "not_" else None
        if known is not None:
            return self.const(not known, node)
        asked = self.tested if name == "not_" else self.to_value
        value = asked(operand, node.operand)
        fn = f"operator.{name}"
        if (
            value.op is not None
            and value.op.name == "const"
            and fn in FOLDED
            and "name" not in value.op.attrs
            and value.kind.base not in ("none", "str")
        ):
            return self.const(FOLDED[fn](value.op.value), node)
        return self.prim(fn, [value], {}, node)

    def expr_Compare(self, node: Any) -> Binding:
        left = self.expression(node.left)
        if len(node.ops) == 1:
            return self.compare(node.ops[0], left, self.expression(node.comparators[0]), node)
        return self.chain(left, list(zip(node.ops, node.comparators, strict=True)), node)

    def chain(self, left: Binding, rest: list[tuple[Any, Any]], node: Any) -> Binding:
        """a < b < c: b is computed once, c only where a < b."""
        (op, right_node), *more = rest
        right = self.expression(right_node)
        first = self.compare(op, left, right, node)
        if not more:
            return first
        return self.short_circuit("and", first, lambda: self.chain(right, more, node), node)

    def compare(self, op: Any, left: Binding, right: Binding, node: Any) -> Value:
        name = type(op).__name__
        if name in ("Is", "IsNot"):
            same = self.identical(left, right)
            if same is not None:
                return self.const(same is (name == "Is"), node)
        if name in ("In", "NotIn") and defines(right, "__contains__"):
            bound = self.class_attribute(right, class_of(right), "__contains__", node)
            there = self.truth(self.tested(self.call(bound, [left], {}, node), node), node)
            return there if name == "In" else self.prim("operator.not_", [there], {}, node)
        if name in ("In", "NotIn"):
            found = self.contains(left, right, node)
            if found is not None:
                return self.const(found is (name == "In"), node)
            table = right.contents if isinstance(right, Cell) else None
            if isinstance(table, Table) and isinstance(left, Value):
                asked = self.has_key(table, left, node)
                if asked is not None:
                    return asked if name == "In" else self.prim("operator.not_", [asked], {}, node)
        by_version = compared(self, ORDERS.get(name), left, right)
        if by_version is not None:
            return self.const(by_version, node)
        own = self.comparison_method(name, left, right, node)
        if own is not None:
            return self.to_value(own, node)
        a, b = self.sequence(left), self.sequence(right)
        if a is not None and b is not None and a.kind in SETS and b.kind in SETS and name in ORDERS:
            keys = (self.by_identity(x.items, node).keys() for x in (a, b))
            return self.const(ORDERS[name](*keys), node)
        equal = self.equal_dicts(left, right, node) if name in ("Eq", "NotEq") else None
        if equal is not None:
            return equal if name == "Eq" else self.prim("operator.not_", [equal], {}, node)
        known = self.equal(left, right) if name in ("Eq", "NotEq") else None
        if known is not None:
            return self.const(known is (name == "Eq"), node)
        if name not in ("In", "NotIn", "Is", "IsNot") and (
            self.grown_length(left) or self.grown_length(right)
        ):
            return self.compare_lists(name, left, right, node)
        one, two = self.to_value(left, node), self.to_value(right, node)
        if all(_literal(v) for v in (one, two)) and name in ORDERS:
            assert one.op is not None and two.op is not None
            with contextlib.suppress(TypeError):
                return self.const(ORDERS[name](one.op.value, two.op.value), node)
        return self.prim(COMPARE[name], [one, two], {}, node)

    def comparison_method(
        self, name: str, left: Binding, right: Binding, node: Any
    ) -> Binding | None:
        """The result of a comparison that a class defines; `!=` is also what is not `==`."""
        method, turned = COMPARISONS.get(name, ("", ""))
        own = self.operator_method(method, left, right, node, f"__{turned}__") if method else None
        if own is None and name == "NotEq":
            equal = self.operator_method("eq", left, right, node, "__eq__")
            if equal is not None:
                return self.prim("operator.not_", [self.to_value(equal, node)], {}, node)
        return own

    def identical(self, left: Binding, right: Binding) -> bool | None:
        """Whether two bindings are one object; None where that is not known."""
        if self.is_none(left) and self.is_none(right):
            return True
        for one, other in ((left, right), (right, left)):
            if self.is_none(one) and (
                not isinstance(other, (Value, Choice))
                or isinstance(other, Value)
                and other.op is not None
                and other.op.name == "const"
                or isinstance(other, Value)
                and other.kind.base in ("number", "array")
            ):
                return False
        if isinstance(left, Static) and isinstance(right, Static):
            return left.value is right.value
        if NotImplemented in (getattr(left, "value", None), getattr(right, "value", None)):
            return False
        if isinstance(left, Cell) or isinstance(right, Cell) or left is right:
            return left is right
        if isinstance(left, Value) and isinstance(right, Value):
            one, other = self.literal(left), self.literal(right)
            if isinstance(one, bool) and isinstance(other, bool):
                return one is other
        return None

    def equal(self, left: Binding, right: Binding) -> bool | None:
        """Whether two bindings are equal, where that is the same in each run."""
        one, other = self.literal(left), self.literal(right)
        if UNKNOWN in (one, other) or hasattr(one, "ndim") or hasattr(other, "ndim"):
            return None
        return bool(one == other)

    def is_none(self, binding: Binding) -> bool:
        return isinstance(binding, Value) and binding.kind == NONE

    def expr_BoolOp(self, node: Any) -> Binding:
        word = "and" if isinstance(node.op, gast.And) else "or"
        return self.bool_chain(word, node.values, node)

    def bool_chain(self, word: str, nodes: list[Any], node: Any) -> Binding:
        first = self.expression(nodes[0])
        if len(nodes) == 1:
            return first
        return self.short_circuit(word, first, lambda: self.bool_chain(word, nodes[1:], node), node)

    def short_circuit(self, word: str, first: Binding, rest: Any, node: Any) -> Binding:
        """`first and rest()`: an `if`, so that the rest is only computed where Python would."""
        known = self.known_truth(first)
        if known is not None:
            return rest() if known is (word == "and") else first
        test = self.tested(first, node)
        truth: list[bool | None] = []
        literal: list[Any] = []

        def other() -> Binding:
            binding: Binding = rest()
            truth.append(self.known_truth(binding))
            literal.append(self.literal(binding))
            return binding

        branches = (other, lambda: test) if word == "and" else (lambda: test, other)
        result = self.choose(test, branches[0], branches[1], node, word)
        if truth == [word == "or"] and isinstance(result, Value):
            self.truths[result] = word == "or"  # x and None is false, whatever x is
        if literal == [word == "and"] and type(literal[0]) is bool:
            # x > 0 or False is x > 0; with `and True` it is True or False of Python.
            if test.kind.is_truth:
                return test if word == "or" else self.truth(test, node)
        return result

    def known_truth(self, binding: Binding) -> bool | None:
        """Truth of a binding, where it does not depend on the run."""
        if isinstance(binding, Static):
            return bool(binding.value) if isinstance(binding.value, (bool, enum.Enum)) else True
        if isinstance(binding, Cell) and any(
            isinstance(attribute_of(binding.kind, n), FunctionType) for n in ("__bool__", "__len__")
        ):
            return None
        items = self.sequence(binding)
        if items is not None:
            return bool(items.items)
        if isinstance(binding, Cell) and isinstance(binding.contents, GROWN):
            return None
        if not isinstance(binding, Value):
            return None if isinstance(binding, Choice) else True
        if binding in self.truths:
            return self.truths[binding]
        if binding.op is not None and binding.op.name == "const" and isinstance(binding.kind, Kind):
            return None if binding.kind.is_array else bool(binding.op.value)
        return None

    def expr_IfExp(self, node: Any) -> Binding:
        test = self.expression(node.test)
        known = self.known_truth(test)
        if known is not None:
            return self.expression(node.body if known else node.orelse)
        return self.choose(
            self.asked(test, node.test),
            lambda: self.expression(node.body),
            lambda: self.expression(node.orelse),
            node,
            "ifexp",
        )

    # --- indexing ---------------------------------------------------------------------------------------

    def expr_Subscript(self, node: Any) -> Binding:
        return self.subscript(self.expression(node.value), node.slice, node)

    def subscript(self, binding: Binding, slice_node: Any, node: Any) -> Binding:
        """binding[slice_node]"""
        if isinstance(binding, Static):
            found = indexed(self, binding.value, slice_node, node)
            if found is not None:
                return found
        if isinstance(binding, Static) and defines(binding, "__getitem__"):
            bound = self.class_attribute(binding, class_of(binding), "__getitem__", node)
            return self.call(bound, [self.expression(slice_node)], {}, node)
        if isinstance(binding, Cell) and isinstance(binding.kind, type):
            if binding.kind not in CONTAINERS:
                index = self.expression(slice_node)
                found = self.operator_method("getitem", binding, index, node)
                if found is not None:
                    return found
                raise self.unsupported(node, f"this {binding.kind.__name__} has no items")
        if isinstance(binding, (Items, Cell)):
            is_slice = isinstance(slice_node, gast.Slice)
            return self.item(
                binding, self.index(slice_node) if is_slice else self.expression(slice_node), node
            )
        if isinstance(slice_node, gast.Slice):
            lengths = self.items_or_shape(binding, node)
            if lengths is not None:
                return self.item(lengths, self.index(slice_node), node)
        value, text = self.to_value(binding, node), self.literal(binding)
        if isinstance(text, str):
            at = self.literal(self.index(slice_node))
            if isinstance(at, slice) or (isinstance(at, int) and -len(text) <= at < len(text)):
                return self.const(text[at], node)
        return self.array_read(value, self.index(slice_node), node)

    def index(self, node: Any) -> Value:
        """The index inside brackets, as a value."""
        if isinstance(node, gast.Slice):
            parts = [
                self.const(None, node) if p is None else self.value_of(p)
                for p in (node.lower, node.upper, node.step)
            ]
            return self.op("slice", parts, passive("slice"), node)
        if isinstance(node, gast.Tuple):
            return self.op("tuple", [self.index(e) for e in node.elts], passive("tuple"), node)
        return self.value_of(node)


def _literal(value: Value) -> bool:
    return value.op is not None and value.op.name == "const" and not value.kind.is_array


def _describe(node: Any) -> str:
    names = {
        "Yield": "yield", "YieldFrom": "yield from", "Await": "await", "Starred": "a star expression",
        "Slice": "a slice outside of brackets",
    }  # fmt: skip
    return names.get(type(node).__name__, f"this expression ({type(node).__name__})")
