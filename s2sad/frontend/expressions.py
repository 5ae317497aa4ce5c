"""Lowers expressions."""

from __future__ import annotations

import types
from typing import Any

import gast

from s2sad.errors import UnresolvedNameError
from s2sad.frontend.base import Base
from s2sad.frontend.forms import FORMS
from s2sad.frontend.scope import Binding, Closure, Items, Static
from s2sad.ir.core import Value, clone_block
from s2sad.ir.kinds import Kind, passive

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
ATTRIBUTES = {
    "shape": "intrinsic.shape", "ndim": "intrinsic.ndim", "size": "intrinsic.size", "dtype": "intrinsic.dtype",
    "T": "numpy.ndarray.T",
}  # fmt: skip
FOLDED = {
    "operator.neg": lambda x: -x, "operator.not_": lambda x: not x, "operator.pos": lambda x: +x,
}  # fmt: skip


class Expressions(Base):
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
        return Items(self.each(node.elts), "list")

    def each(self, nodes: list[Any]) -> list[Binding]:
        """The values of expressions, those behind a star one by one."""
        out: list[Binding] = []
        for node in nodes:
            if not isinstance(node, gast.Starred):
                out.append(self.expression(node))
                continue
            value = self.expression(node.value)
            if not isinstance(value, Items):
                raise self.unsupported(
                    node,
                    "a star is supported before tuples and lists of known length",
                    "write them out",
                )
            out.extend(value.items)
        return out

    def expr_NamedExpr(self, node: Any) -> Binding:
        value = self.expression(node.value)
        self.assign(node.target, value, node)
        return value

    def expr_ListComp(self, node: Any) -> Binding:
        return self.listed(node)

    def expr_Lambda(self, node: Any) -> Binding:
        return self.closure(node, "lambda")

    def expr_JoinedStr(self, node: Any) -> Binding:
        holes = [part.value for part in node.values if isinstance(part, gast.FormattedValue)]
        operands = [self.value_of(h) for h in holes]
        return self.op("python", operands, passive("str"), node, node=node, holes=holes)

    def expr_Attribute(self, node: Any) -> Binding:
        binding = self.expression(node.value)
        if isinstance(binding, Static):
            if not hasattr(binding.value, node.attr):
                raise UnresolvedNameError(
                    f"{binding.name or binding.value!r} has no attribute {node.attr!r}",
                    span=self.span(node),
                    help="check the spelling",
                )
            obj = getattr(binding.value, node.attr)
            if type(obj) in (int, float):
                module = getattr(binding.value, "__name__", "")
                name = f"{module}.{node.attr}" if module in ("math", "numpy") else node.attr
                return self.const(obj, node, name)
            return (
                self.outer_object(obj, node.attr, node)
                if not callable(obj)
                else Static(obj, node.attr)
            )
        if isinstance(binding, (Items, Closure)):
            raise self.unsupported(node, f"the attribute {node.attr!r} is not supported here")
        fn = ATTRIBUTES.get(node.attr)
        if fn is None:
            raise self.unsupported(
                node,
                f"reading the attribute {node.attr!r} is not supported yet",
                "pass the number or array itself as an argument",
            )
        return self.prim(fn, [binding], {}, node, form="attribute")

    # --- operators --------------------------------------------------------------------------------------

    def expr_BinOp(self, node: Any) -> Binding:
        left, right = self.expression(node.left), self.expression(node.right)
        if isinstance(left, Items) and isinstance(right, Items) and isinstance(node.op, gast.Add):
            return Items([*left.items, *right.items], left.kind)
        return self.binary(
            node.op, self.to_value(left, node.left), self.to_value(right, node.right), node
        )

    def binary(self, op: Any, left: Value, right: Value, node: Any) -> Value:
        return self.prim(f"operator.{BINARY[type(op).__name__]}", [left, right], {}, node)

    def expr_UnaryOp(self, node: Any) -> Binding:
        name = {"USub": "neg", "UAdd": "pos", "Not": "not_", "Invert": "invert"}[
            type(node.op).__name__
        ]
        value = self.value_of(node.operand)
        fn = f"operator.{name}"
        if (
            value.op is not None
            and value.op.name == "const"
            and fn in FOLDED
            and "name" not in value.op.attrs
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
        if name in ("Is", "IsNot") and self.is_none(right):
            if self.is_none(left):
                return self.const(name == "Is", node)
            if not isinstance(left, Value) or left.op is not None and left.op.name == "const":
                return self.const(name == "IsNot", node)
        a, b = self.to_value(left, node), self.to_value(right, node)
        if all(_literal(v) for v in (a, b)) and name in ("Eq", "NotEq"):
            assert a.op is not None and b.op is not None
            return self.const((a.op.value == b.op.value) is (name == "Eq"), node)
        return self.prim(COMPARE[name], [a, b], {}, node)

    def is_none(self, binding: Binding) -> bool:
        return (
            isinstance(binding, Value)
            and binding.op is not None
            and binding.op.name == "const"
            and binding.op.value is None
        )

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
        test = self.to_value(first, node)
        branches = (rest, lambda: test) if word == "and" else (lambda: test, rest)
        return self.choose(test, branches[0], branches[1], node, word)

    def known_truth(self, binding: Binding) -> bool | None:
        """Truth of a binding, where it does not depend on the run."""
        if isinstance(binding, Static):
            return bool(binding.value) if isinstance(binding.value, bool) else True
        if isinstance(binding, Items):
            return bool(binding.items)
        if isinstance(binding, Closure):
            return True
        if binding.op is not None and binding.op.name == "const" and isinstance(binding.kind, Kind):
            return None if binding.kind.is_array else bool(binding.op.value)
        return None

    def expr_IfExp(self, node: Any) -> Binding:
        test = self.expression(node.test)
        known = self.known_truth(test)
        if known is not None:
            return self.expression(node.body if known else node.orelse)
        return self.choose(
            self.to_value(test, node.test),
            lambda: self.expression(node.body),
            lambda: self.expression(node.orelse),
            node,
            "ifexp",
        )

    # --- indexing ---------------------------------------------------------------------------------------

    def expr_Subscript(self, node: Any) -> Binding:
        binding = self.expression(node.value)
        if isinstance(binding, Items):
            index = (
                self.expression(node.slice)
                if not isinstance(node.slice, gast.Slice)
                else self.index(node.slice)
            )
            position = self.literal(index)
            if isinstance(position, int):
                if -len(binding.items) <= position < len(binding.items):
                    return binding.items[position]
                raise self.unsupported(
                    node, f"the index {position} is outside of {len(binding.items)} items"
                )
            if isinstance(position, slice):
                return Items(binding.items[position], binding.kind)
            raise self.unsupported(
                node,
                f"a {binding.kind} is indexed by what is only known at run time",
                "use a NumPy array",
            )
        return self.prim(
            "operator.getitem", [self.to_value(binding, node), self.index(node.slice)], {}, node
        )

    def literal(self, binding: Binding) -> Any:
        if isinstance(binding, Value) and binding.op is not None:
            if binding.op.name == "const":
                return binding.op.value
            if binding.op.name == "slice":
                parts = [self.literal(v) for v in binding.op.operands]
                return (
                    slice(*parts)
                    if all(p is None or isinstance(p, int) for p in parts)
                    else NotImplemented
                )
        return NotImplemented

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

    def is_basic(self, index: Value) -> bool:
        """True for an index that names each element once: integers, slices, None and Ellipsis."""
        if index.op is not None and index.op.name == "tuple":
            return all(self.is_basic(v) for v in index.op.operands)
        if index.op is not None and index.op.name == "slice":
            return True
        if index.op is not None and index.op.name == "const":
            return (
                index.op.value is None
                or index.op.value is Ellipsis
                or isinstance(index.op.value, int)
            )
        return index.kind.is_scalar or self.is_loop_index(index)

    def is_loop_index(self, value: Value) -> bool:
        owner = value.owner
        if owner is not None and owner.op is not None:
            return owner.op.name == "for" and owner.params[0] is value
        if value in self.loop_indices:
            return True
        op = value.op
        if op is not None and op.fn in (
            "operator.add",
            "operator.sub",
            "operator.mul",
            "operator.neg",
        ):
            return all(self.is_basic(v) for v in op.operands)
        return op is not None and op.fn in ("builtins.len", "builtins.int", "intrinsic.dim")

    # --- calls ------------------------------------------------------------------------------------------

    def expr_Call(self, node: Any) -> Binding:
        if isinstance(node.func, gast.Attribute):
            receiver = self.expression(node.func.value)
            if not isinstance(receiver, Static):
                return self.method(receiver, node)
        callee = self.expression(node.func)
        added = isinstance(callee, Static) and callee.value is sum and 1 <= len(node.args) <= 2
        if added and isinstance(node.args[0], (gast.GeneratorExp, gast.ListComp)):
            start = self.expression(node.args[1]) if len(node.args) > 1 else self.const(0, node)
            return self.total(node.args[0], start)
        args = self.each(node.args)
        if any(k.arg is None for k in node.keywords):
            raise self.unsupported(node, "a call with **kwargs is not supported yet")
        kwargs = {k.arg: self.expression(k.value) for k in node.keywords}
        if isinstance(callee, Closure):
            return self.call_closure(callee, args, kwargs, node)
        if not isinstance(callee, Static):
            raise self.unsupported(
                node.func,
                "the function that is called here is only known at run time",
                "call a function by its name",
            )
        return self.call_object(callee, args, kwargs, node)

    def call_object(
        self, callee: Static, args: list[Binding], kwargs: dict[str, Binding], node: Any
    ) -> Binding:
        obj = callee.value
        special = FORMS.get(id(obj))
        if special is not None:
            result = special(self, args, kwargs, node)
            if result is not None:
                return result
        preferred = ""
        if isinstance(node.func, gast.Attribute):
            base = self.expression(node.func.value)
            if isinstance(base, Static) and isinstance(base.value, types.ModuleType):
                preferred = f"{base.value.__name__}.{node.func.attr}"
        fn = self.primitives.name_of(obj, preferred)
        if fn is not None:
            values = [self.to_value(a, node) for a in args]
            return self.prim(
                fn, values, {k: self.to_value(v, node) for k, v in kwargs.items()}, node
            )
        inner = self.primitives.inlined(obj)
        if inner is not None:
            return self.call_ir(inner, args, kwargs, node)
        if getattr(obj, "__module__", None) == "builtins":
            raise self.unsupported(
                node, f"the built-in {obj.__name__} is not supported yet", "use range, or NumPy"
            )
        if isinstance(obj, types.FunctionType) and not _is_library(obj):
            return self.call_python(obj, args, kwargs, node)
        name = (
            preferred
            or f"{getattr(obj, '__module__', None) or ''}.{getattr(obj, '__name__', repr(obj))}".lstrip(
                "."
            )
        )
        raise self.primitives.missing(name, self.span(node))

    def call_ir(
        self, inner: Any, args: list[Binding], kwargs: dict[str, Binding], node: Any
    ) -> Binding:
        """A call of a derivative: its operations are copied in."""
        if kwargs:
            raise self.unsupported(node, "a derivative is called with positional arguments here")
        values = [self.to_value(a, node) for a in args]
        function = inner(len(values))
        mapping = dict(zip(function.params, values, strict=True))
        body = function.body
        saved = self.block.yields
        clone_block(body, self.block, mapping)
        self.block.yields = saved
        results = [mapping.get(v, v) for v in body.yields]
        return results[0] if len(results) == 1 else Items(list(results))

    def method(self, receiver: Binding, node: Any) -> Binding:
        name = node.func.attr
        fn = f"numpy.ndarray.{name}"
        if not isinstance(receiver, Value) or not self.primitives.has(fn):
            if isinstance(receiver, Items):
                raise self.unsupported(
                    node, f"the method {name!r} of a {receiver.kind} is not supported yet"
                )
            raise self.primitives.missing(fn, self.span(node))
        args = [self.to_value(b, node) for b in self.each(node.args)]
        kwargs = {k.arg: self.value_of(k.value) for k in node.keywords}
        if name == "reshape":
            shape = args[0] if len(args) == 1 else self.op("tuple", args, passive("tuple"), node)
            return self.prim(fn, [receiver, shape], kwargs, node)
        if name == "transpose" and len(args) > 1:
            args = [self.op("tuple", args, passive("tuple"), node)]
        return self.prim(fn, [receiver, *args], kwargs, node)


def _literal(value: Value) -> bool:
    return value.op is not None and value.op.name == "const" and not value.kind.is_array


def _is_library(function: types.FunctionType) -> bool:
    """True for functions of NumPy and SciPy, which have rules or are refused, but are never looked into."""
    return (function.__module__ or "").split(".")[0] in ("numpy", "scipy")


def _describe(node: Any) -> str:
    names = {
        "DictComp": "a dict comprehension", "SetComp": "a set comprehension",
        "GeneratorExp": "a generator expression", "Dict": "a dict", "Set": "a set", "Yield": "yield",
        "YieldFrom": "yield from", "Await": "await",
        "Starred": "a star expression", "Slice": "a slice outside of brackets",
    }  # fmt: skip
    return names.get(type(node).__name__, f"this expression ({type(node).__name__})")
