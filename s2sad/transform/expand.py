"""Writes a rule's equations out as operations.

The expressions of a rule are interpreted over values: names are the operation's operands and results, calls
become operations, and conditions on what is known of the kinds choose a branch. A helper is written out in
place where its conditions are known, and stays a call of a function otherwise.
"""

from __future__ import annotations

import ast
from typing import Any

import numpy as np

from s2sad.analysis.build import SAME, Builder
from s2sad.analysis.context import static
from s2sad.errors import MissingRuleError, RuleError
from s2sad.ir.core import Block, Op, Value
from s2sad.ir.kinds import FLOAT, passive
from s2sad.rules.parse import HELPER, Helper, Rule

BINARY = {
    ast.Add: "add", ast.Sub: "sub", ast.Mult: "mul", ast.Div: "truediv", ast.FloorDiv: "floordiv",
    ast.Mod: "mod", ast.Pow: "pow", ast.MatMult: "matmul", ast.BitAnd: "and_", ast.BitOr: "or_",
    ast.BitXor: "xor",
}  # fmt: skip
COMPARE = {
    ast.Lt: "lt", ast.LtE: "le", ast.Gt: "gt", ast.GtE: "ge", ast.Eq: "eq", ast.NotEq: "ne",
    ast.Is: "is_", ast.IsNot: "is_not", ast.In: "contains",
}  # fmt: skip


class NotKnown(Exception):
    """A condition that is only known when the program runs."""


class Expander:
    """Interprets the expressions of one rule file over values.

    `env` maps names to values, or to lists of values (star parameters). `zeros` are names of tangents that
    are zero.
    """

    def __init__(self, b: Builder, imports: dict[str, str], env: dict[str, Any]) -> None:
        self.b = b
        self.imports = imports
        self.env = env
        self.locals: dict[str, ast.expr] = {}
        self.used: set[str] = set()
        self.in_helper = False

    def lookup(self, name: str) -> Any:
        self.used.add(name)
        if name not in self.env and name in self.locals:
            self.env[name] = self.evaluate(self.locals[name])
        if name in self.env:
            return self.env[name]
        if self.in_helper:
            raise NotKnown
        raise RuleError(f"a rule uses the name {name!r}, which nothing defines")

    def evaluate(self, node: ast.expr) -> Value:
        method = getattr(self, "eval_" + type(node).__name__, None)
        if method is None:
            if self.in_helper:
                raise NotKnown
            raise RuleError(f"a rule cannot use this expression: {ast.unparse(node)}")
        result: Value = method(node)
        return result

    def eval_Constant(self, node: ast.Constant) -> Value:
        return self.b.const(node.value)

    def eval_Name(self, node: ast.Name) -> Value:
        value = self.lookup(node.id)
        return self.b.tuple(value) if isinstance(value, list) else value

    def eval_Tuple(self, node: ast.Tuple | ast.List) -> Value:
        return self.b.tuple(self.items(node.elts))

    eval_List = eval_Tuple

    def items(self, nodes: list[ast.expr]) -> list[Value]:
        out: list[Value] = []
        for node in nodes:
            if isinstance(node, ast.Starred):
                spread = self.evaluate(node.value)
                if spread.op is not None and spread.op.name == "tuple":
                    out.extend(spread.op.operands)
                    continue
                known, values = static(spread)
                if not known:
                    raise NotKnown
                out.extend(self.b.const(v) for v in values)
            else:
                out.append(self.evaluate(node))
        return out

    def eval_Slice(self, node: ast.Slice) -> Value:
        parts = [
            self.evaluate(p) if p else self.b.const(None)
            for p in (node.lower, node.upper, node.step)
        ]
        return self.b.op("slice", parts, [_SLICE]).result

    def eval_BinOp(self, node: ast.BinOp) -> Value:
        return self.b.call(
            f"operator.{BINARY[type(node.op)]}", self.evaluate(node.left), self.evaluate(node.right)
        )

    def eval_UnaryOp(self, node: ast.UnaryOp) -> Value:
        name = {ast.USub: "neg", ast.UAdd: "pos", ast.Not: "not_", ast.Invert: "invert"}[
            type(node.op)
        ]
        return self.b.call(f"operator.{name}", self.evaluate(node.operand))

    def eval_Compare(self, node: ast.Compare) -> Value:
        if len(node.ops) != 1:
            raise RuleError(f"a rule compares two values at a time: {ast.unparse(node)}")
        left, right = self.evaluate(node.left), self.evaluate(node.comparators[0])
        if isinstance(node.ops[0], (ast.In, ast.NotIn)):
            (known_a, a), (known_b, b) = static(left), static(right)
            if not (known_a and known_b):
                raise NotKnown
            return self.b.const((a in b) is isinstance(node.ops[0], ast.In))
        if isinstance(node.ops[0], (ast.Is, ast.IsNot)):
            (known_a, a), (known_b, b) = static(left), static(right)
            if known_b and b is None and not known_a and left.kind.base not in ("any", "none"):
                return self.b.const(isinstance(node.ops[0], ast.IsNot))
        return self.b.call(f"operator.{COMPARE[type(node.ops[0])]}", left, right)

    def eval_BoolOp(self, node: ast.BoolOp) -> Value:
        is_and = isinstance(node.op, ast.And)
        for part in node.values:
            if self.known(part) is not is_and:
                return self.b.const(not is_and)
        return self.b.const(is_and)

    def eval_IfExp(self, node: ast.IfExp) -> Value:
        return self.evaluate(node.body if self.known(node.test) else node.orelse)

    def known(self, test: ast.expr) -> bool:
        known, value = static(self.evaluate(test))
        if not known:
            raise NotKnown
        return bool(value)

    def eval_Subscript(self, node: ast.Subscript) -> Value:
        if isinstance(node.value, ast.Name):
            star = self.env.get(node.value.id)
            if isinstance(star, list):
                known, position = static(self.evaluate(node.slice))
                if not known:
                    raise NotKnown
                return (
                    self.b.tuple(star[position]) if isinstance(position, slice) else star[position]
                )
        return self.b.call("operator.getitem", self.evaluate(node.value), self.evaluate(node.slice))

    def eval_Attribute(self, node: ast.Attribute) -> Value:
        name = self.dotted(node)
        if name == "numpy.newaxis":
            return self.b.const(None)
        if name in CONSTANTS:
            return self.b.op("const", [], [FLOAT], {"value": CONSTANTS[name], "name": name}).result
        value = self.evaluate(node.value)
        method = {
            "shape": "intrinsic.shape",
            "ndim": "intrinsic.ndim",
            "size": "intrinsic.size",
            "T": "numpy.ndarray.T",
            "dtype": "intrinsic.dtype",
        }.get(node.attr)
        if method is None:
            raise RuleError(f"a rule cannot use the attribute {node.attr!r}")
        return self.b.call(method, value)

    def dotted(self, node: ast.expr) -> str:
        parts: list[str] = []
        while isinstance(node, ast.Attribute):
            parts.append(node.attr)
            node = node.value
        if not isinstance(node, ast.Name):
            return ""
        if node.id in self.env or node.id in self.locals:
            return ""
        root = self.imports.get(node.id, f"builtins.{node.id}" if not parts else node.id)
        root = root.replace("s2sad.rules.intrinsic", "intrinsic")
        return ".".join([root, *reversed(parts)])

    def eval_Call(self, node: ast.Call) -> Value:
        name = self.dotted(node.func)
        if name == "builtins.isinstance":
            return self.isinstance(node)
        if not name and isinstance(node.func, ast.Attribute):
            args = [self.evaluate(node.func.value), *self.items(node.args)]
            name = f"numpy.ndarray.{node.func.attr}"
        else:
            args = self.items(node.args)
        kwargs = {k.arg: self.evaluate(k.value) for k in node.keywords if k.arg}
        if name.startswith(HELPER):
            return self.helper(name, args, kwargs)
        folding = {"math.prod": "operator.mul", "builtins.sum": "operator.add"}.get(name)
        if (
            folding
            and args[0].op is not None
            and args[0].op.name == "tuple"
            and args[0].op.operands
        ):
            total, *rest = args[0].op.operands
            for value in rest:
                total = self.b.call(folding, total, value)
            return total
        return self.b.call(SAME.get(name, name), *args, **kwargs)

    def isinstance(self, node: ast.Call) -> Value:
        value = self.evaluate(node.args[0])
        known, item = static(value)
        types = node.args[1].elts if isinstance(node.args[1], ast.Tuple) else [node.args[1]]
        names = [ast.unparse(t) for t in types]
        if known:
            return self.b.const(any(isinstance(item, _TYPES[n]) for n in names if n in _TYPES))
        if value.kind.is_scalar and value.kind.dtype in _TYPES:
            return self.b.const(value.kind.dtype in names)
        raise NotKnown

    def helper(self, name: str, args: list[Value], kwargs: dict[str, Value]) -> Value:
        """A helper written out in place if its conditions are known, else a call of it."""
        helper = self.b.context.registry.helpers[name.removeprefix(HELPER)]
        parameters = [a.arg for a in helper.node.args.args]
        env: dict[str, Any] = dict(zip(parameters, args, strict=False)) | kwargs
        defaults = helper.node.args.defaults
        for parameter, default in zip(
            parameters[len(parameters) - len(defaults) :], defaults, strict=True
        ):
            if parameter not in env:
                env[parameter] = self.b.const(ast.literal_eval(default))
        if name == "helper.unbroadcast":
            return self.b.call(name, *args)
        scratch = Block()
        if helper.passive:
            computed = self.computed(helper, env)
            if computed is not None:
                return computed
        inner = Expander(self.b.at(scratch), helper.imports, dict(env))
        inner.in_helper = True
        for parameter, value in env.items():
            if value.op is not None and value.op.name == "tuple":
                inner.env[parameter] = list(value.op.operands)
        try:
            result = inner.run(helper)
        except (NotKnown, MissingRuleError):
            rule = self.b.context.registry.rules.get(name)
            if rule is None:
                raise MissingRuleError(
                    f"the helper {helper.name} has no rule, and the kinds here do not decide its branches",
                    span=self.b.span,
                ) from None
            return self.b.call(name, *args, **kwargs)
        for op in scratch.ops:
            self.b.block.append(op)
        return result

    def computed(self, helper: Helper, env: dict[str, Any]) -> Value | None:
        """The value of a passive helper whose arguments are all known."""
        known = {name: static(value) for name, value in env.items()}
        if not all(k for k, _ in known.values()):
            return None
        value = run_passive(
            self.b.context.registry.helpers, helper, {name: v for name, (_, v) in known.items()}
        )
        return self.b.const(tuple(value) if isinstance(value, list) else value)

    def eval_ListComp(self, node: ast.ListComp | ast.GeneratorExp) -> Value:
        if len(node.generators) != 1:
            raise NotKnown
        (generator,) = node.generators
        items = self.evaluate(generator.iter)
        known, values = static(items)
        if not known or generator.ifs or not isinstance(generator.target, ast.Name):
            raise NotKnown
        out = []
        for value in values:
            self.env[generator.target.id] = self.b.const(value)
            out.append(self.evaluate(node.elt))
        return self.b.tuple(out)

    eval_GeneratorExp = eval_ListComp

    def run(self, helper: Helper) -> Value:
        result = self.statements(helper.node.body)
        if result is None:
            raise RuleError(f"the helper {helper.name} ends without a value")
        return result

    def statements(self, body: list[ast.stmt]) -> Value | None:
        for node in body:
            if isinstance(node, ast.Return) and node.value is not None:
                return self.evaluate(node.value)
            if isinstance(node, ast.If):
                result = self.statements(node.body if self.known(node.test) else node.orelse)
                if result is not None:
                    return result
            elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                self.env[node.targets[0].id] = self.evaluate(node.value)
            elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Tuple):
                value = self.evaluate(node.value)
                for i, target in enumerate(node.targets[0].elts):
                    assert isinstance(target, ast.Name)
                    self.env[target.id] = self.b.call("operator.getitem", value, i)
            elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
                continue
            else:
                raise NotKnown
        return None


class Tangent:
    """Evaluates a tangent equation, in which some tangents are zero."""

    def __init__(self, expander: Expander, dots: dict[str, Value]) -> None:
        self.expander = expander
        self.b = expander.b
        self.dots = dots

    def linear(self, node: ast.expr) -> Value | None:
        """The value of an expression that is linear in the tangents; None where it is zero."""
        if not self.mentions(node):
            return self.expander.evaluate(node)
        if isinstance(node, ast.Name):
            if node.id in self.dots:
                self.expander.used.add(node.id.removesuffix("_dot"))
            return self.dots.get(node.id)
        if isinstance(node, ast.UnaryOp):
            inner = self.linear(node.operand)
            return None if inner is None else self.b.call("operator.neg", inner)
        if isinstance(node, ast.IfExp):
            return self.linear(node.body if self.expander.known(node.test) else node.orelse)
        if isinstance(node, ast.BinOp):
            return self.binary(node)
        if isinstance(node, ast.Call):
            return self.call(node)
        if isinstance(node, ast.Subscript):
            inner = self.linear(node.value)
            return (
                None
                if inner is None
                else self.b.call("operator.getitem", inner, self.expander.evaluate(node.slice))
            )
        raise RuleError(f"not linear in the tangents: {ast.unparse(node)}")

    def binary(self, node: ast.BinOp) -> Value | None:
        if isinstance(node.op, (ast.Add, ast.Sub)):
            left, right = self.linear(node.left), self.linear(node.right)
            if right is None:
                return left
            if left is None:
                return right if isinstance(node.op, ast.Add) else self.b.call("operator.neg", right)
            return self.b.call(f"operator.{BINARY[type(node.op)]}", left, right)
        dotted, other = (
            (node.left, node.right) if self.mentions(node.left) else (node.right, node.left)
        )
        inner = self.linear(dotted)
        if inner is None:
            return None
        factor = self.expander.evaluate(other)
        pair = (inner, factor) if dotted is node.left else (factor, inner)
        return self.b.call(f"operator.{BINARY[type(node.op)]}", *pair)

    def call(self, node: ast.Call) -> Value | None:
        name = self.expander.dotted(node.func)
        args: list[Any] = []
        found = False
        for arg in node.args:
            if self.mentions(arg):
                value = self.linear(arg)
                found = found or value is not None
                args.append(0.0 if value is None else value)
            else:
                args.append(self.expander.evaluate(arg))
        if not found:
            return None
        kwargs = {k.arg: self.expander.evaluate(k.value) for k in node.keywords if k.arg}
        if name.startswith(HELPER):
            return self.expander.helper(name, [self.b.value(a) for a in args], kwargs)
        return self.b.call(name, *args, **kwargs)

    def mentions(self, node: ast.AST) -> bool:
        return any(isinstance(n, ast.Name) and n.id.endswith("_dot") for n in ast.walk(node))


def run_passive(helpers: dict[str, Helper], helper: Helper, arguments: dict[str, Any]) -> Any:
    """The value of a passive helper: Python on plain values (strings, numbers, tuples), from our own rule files."""
    namespace: dict[str, Any] = {"np": np}
    for other in helpers.values():
        if other.passive:
            exec(compile(other.text, f"<helper {other.name}>", "exec"), namespace)
    return namespace[helper.name](**arguments)


def environment(op: Op, rule: Rule, b: Builder) -> dict[str, Any]:
    """Names of a rule's parameters and output for one operation."""
    env: dict[str, Any] = {}
    for name, value in zip(op.attrs["params"], op.operands, strict=True):
        if name == rule.star:
            env.setdefault(name, []).append(value)
        else:
            env[name] = value
    for name, default in rule.params.items():
        if name not in env and isinstance(default, ast.expr):
            env[name] = Expander(b, rule.imports, {}).evaluate(default)
    env[rule.output] = op.result
    return env


def expander_for(op: Op, rule: Rule, b: Builder) -> Expander:
    expander = Expander(b, rule.imports, environment(op, rule, b))
    expander.locals = dict(rule.locals)
    return expander


_SLICE = passive("slice")
_TYPES = {
    "int": int,
    "float": float,
    "bool": bool,
    "str": str,
    "tuple": tuple,
    "list": list,
    "slice": slice,
}
CONSTANTS = {
    "numpy.pi": 3.141592653589793, "math.pi": 3.141592653589793, "numpy.e": 2.718281828459045,
    "math.e": 2.718281828459045, "numpy.inf": float("inf"), "numpy.nan": float("nan"), "math.inf": float("inf"),
    "math.tau": 6.283185307179586,
}  # fmt: skip
