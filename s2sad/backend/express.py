"""Writes operations as Python expressions."""

from __future__ import annotations

import ast
import math
from collections.abc import Callable
from typing import Any

import gast

from s2sad.analysis.context import Context, static
from s2sad.analysis.defined import may_be_none
from s2sad.ir.core import Op, Value
from s2sad.rules.parse import HELPER, Rule

ALIASES = {"numpy": "np"}
BY_NUMBERS = ("numpy.ndarray.reshape", "numpy.ndarray.transpose")  # they take a tuple's items too
OPERATORS: dict[str, type[ast.operator]] = {
    "operator.add": ast.Add, "operator.sub": ast.Sub, "operator.mul": ast.Mult, "operator.truediv": ast.Div,
    "operator.floordiv": ast.FloorDiv, "operator.mod": ast.Mod, "operator.pow": ast.Pow,
    "operator.matmul": ast.MatMult, "operator.and_": ast.BitAnd, "operator.or_": ast.BitOr,
    "operator.lshift": ast.LShift, "operator.rshift": ast.RShift,
    "operator.xor": ast.BitXor,
}  # fmt: skip


class Expressions:
    """Turns values into expressions. `name` gives the variable of a value that has one.

    `modules` and `helpers` collect what the expressions need: dotted modules, names of helpers.
    """

    def __init__(self, context: Context, nested: set[Op], name: Callable[[Value], str]) -> None:
        self.context = context
        self.nested = nested
        self.name = name
        self.modules: set[str] = set()
        self.helpers: set[str] = set()
        self.classes: list[Any] = []  # of the user, that results are made of

    def of(self, value: Value) -> ast.expr:
        op = value.op
        if op is not None and op in self.nested:
            return self.operation(op)
        return ast.Name(self.name(value), ast.Load())

    def operation(self, op: Op) -> ast.expr:
        """The expression of an operation with one result."""
        if op.name == "const":
            return self.constant(op)
        if op.name == "undef":
            return ast.Constant(None)
        if op.name in ("tuple", "list"):
            cls = ast.Tuple if op.name == "tuple" else ast.List
            return cls([self.of(v) for v in op.operands], ast.Load())
        if op.name == "slice":
            return self.slice(op)
        if op.name == "python":
            return self.template(op.attrs["node"], op.attrs["holes"], op.operands)
        if op.name == "if":
            return self.choice(op)
        if op.name == "call":
            name = ast.Name(op.attrs["callee"].name, ast.Load())
            return ast.Call(name, [self.of(v) for v in op.operands], [])
        if op.name == "stack":
            return self.stack(op)
        if op.name == "unstack":
            return self.unstack(op)
        special = SPECIAL.get(op.fn)
        if special is not None:
            result = special(self, op)
            if result is not None:
                return result
        return self.call(op)

    def choice(self, op: Op) -> ast.expr:
        """A conditional expression, `and` or `or`."""
        test = op.operands[0]
        yes, no = (region.yields[0] for region in op.regions)
        if op.attrs["form"] == "and" and no is test:
            return ast.BoolOp(ast.And(), [self.of(test), self.of(yes)])
        if op.attrs["form"] == "or" and yes is test:
            return ast.BoolOp(ast.Or(), [self.of(test), self.of(no)])
        return ast.IfExp(self.of(test), self.of(yes), self.of(no))

    def stack(self, op: Op) -> ast.expr:
        """np.array(tape), np.array([x, *tape]), np.concatenate(tape)"""
        tape, *values = (self.of(v) for v in op.operands)
        if op.attrs.get("reversed"):
            tape = ast.Subscript(tape, self.slice_constant(slice(None, None, -1)), ast.Load())
        listed: ast.expr = tape
        one = op.result.kind.ndim == 1
        dtype = self.dtype_of_none(op)
        nothing = ast.Call(self.dotted("numpy.zeros"), [ast.Constant(0)], dtype)
        whole = values and op.attrs.get("whole")
        if op.attrs.get("flat") and not whole and (values or (one and op.attrs.get("list"))):
            # There may be nothing on the tape.
            values = [nothing if dtype and not values else ast.List(values, ast.Load())]
        if values:
            listed = ast.List([*values, ast.Starred(tape, ast.Load())], ast.Load())
        if op.attrs.get("flat"):
            joined = ast.Call(self.dotted("numpy.concatenate"), [listed], [])
            if values or not op.attrs.get("list"):
                return joined
            return ast.IfExp(tape, joined, nothing)
        return ast.Call(self.dotted("numpy.array"), [listed], dtype)

    def dtype_of_none(self, op: Op) -> list[ast.keyword]:
        """dtype=int, as an empty list would be an array of floats, which is no index."""
        name = {"b1": "bool", "i8": "int"}.get(op.result.kind.dtype or "")
        return [ast.keyword("dtype", ast.Name(name, ast.Load()))] if name else []

    def unstack(self, op: Op) -> ast.expr:
        array, *lengths = (self.of(v) for v in op.operands)
        if not lengths:
            return array
        self.helpers.add("split_like")
        return ast.Call(ast.Name("split_like", ast.Load()), [array, *lengths], [])

    def constant(self, op: Op) -> ast.expr:
        name = op.attrs.get("name")
        if name:
            return self.dotted(name) if "." in name else ast.Name(name, ast.Load())
        value = op.value
        if isinstance(value, slice):
            return self.slice_constant(value)
        if isinstance(value, float) and (math.isinf(value) or math.isnan(value)):
            text = "nan" if math.isnan(value) else "inf"
            node: ast.expr = self.dotted(f"numpy.{text}")
            return ast.UnaryOp(ast.USub(), node) if value < 0 else node
        if isinstance(value, tuple):
            return ast.Tuple([ast.Constant(v) for v in value], ast.Load())
        if isinstance(value, type) or type(value).__module__ == "numpy":
            module = getattr(value, "__module__", "builtins")
            return self.dotted(f"{module}.{value.__name__}")
        if isinstance(value, (int, float)) and not isinstance(value, bool) and value < 0:
            return ast.UnaryOp(ast.USub(), ast.Constant(-value))
        return ast.Constant(value)

    def slice_constant(self, value: slice) -> ast.expr:
        parts = [
            None if p is None else ast.Constant(p) for p in (value.start, value.stop, value.step)
        ]
        return ast.Slice(*parts)

    def slice(self, op: Op) -> ast.expr:
        parts: list[ast.expr | None] = []
        for value in op.operands:
            known, item = static(value)
            start = not parts and not op.exact and item == 0  # x[:n], where no one wrote x[0:n]
            parts.append(None if known and item is None or start else self.of(value))
        return ast.Slice(*parts)

    def index(self, value: Value) -> ast.expr:
        """An index as an argument of a call: np.s_[...] where it has slices."""
        node = self.of(value)
        parts = node.elts if isinstance(node, ast.Tuple) else [node]
        if any(isinstance(part, ast.Slice) for part in parts):
            return ast.Subscript(self.dotted("numpy.s_"), node, ast.Load())
        return node

    def dotted(self, name: str) -> ast.expr:
        """A function or constant by its dotted name, with the module that it needs noted."""
        module, _, attribute = name.rpartition(".")
        if module in ("builtins", ""):
            return ast.Name(attribute, ast.Load())
        if module.startswith("numpy."):
            self.modules.add("numpy")
            parts = ["np", *module.split(".")[1:], attribute]
        else:
            self.modules.add(module)
            parts = [*module.split("."), attribute]
        if module == "numpy":
            self.modules.add("numpy")
            self.modules.discard("numpy.")
            parts = ["np", attribute]
        node: ast.expr = ast.Name(parts[0], ast.Load())
        for part in parts[1:]:
            node = ast.Attribute(node, part, ast.Load())
        return node

    def call(self, op: Op) -> ast.expr:
        """A primitive, by the primal line of its rule."""
        fn = op.fn
        if fn.startswith(HELPER):
            self.helpers.add(fn.removeprefix(HELPER))
            return ast.Call(
                ast.Name(fn.removeprefix(HELPER), ast.Load()),
                [self.index(v) for v in op.operands],
                [],
            )
        rule = self.context.registry.rules[fn]
        if rule.primal is None:
            pairs = list(zip(op.attrs["params"], op.operands, strict=True))
            args = [self.of(v) for p, v in pairs if p.isdigit()]
            keywords = [ast.keyword(p, self.of(v)) for p, v in pairs if not p.isdigit()]
            if fn.startswith("numpy.ndarray."):
                return ast.Call(
                    ast.Attribute(args[0], fn.rsplit(".", 1)[1], ast.Load()), args[1:], keywords
                )
            return ast.Call(self.dotted(fn), args, keywords)
        env = self.environment(op, rule)
        node = _Substitute(env, rule, self).visit(copied(rule.primal))
        if isinstance(node, ast.Call) and fn.startswith("numpy.ndarray.") and not _is_method(rule):
            method = ast.Attribute(node.args[0], fn.rsplit(".", 1)[1], ast.Load())
            return _one_by_one(fn, ast.Call(method, node.args[1:], node.keywords))
        if isinstance(node, ast.Call) and not _is_method(rule) and _calls(rule):
            node.func = self.dotted(fn)
        result = _one_by_one(fn, node)
        for name in ast.walk(result):
            module = rule.imports.get(name.id, ".") if isinstance(name, ast.Name) else "."
            if "." not in module:
                self.modules.add(module)
        return result

    def environment(self, op: Op, rule: Rule) -> dict[str, Any]:
        env: dict[str, Any] = {}
        for param, value in zip(op.attrs["params"], op.operands, strict=True):
            if param == rule.star:
                env.setdefault(param, []).append(self.of(value))
                continue
            default = rule.params[param]
            known, item = static(value)
            if isinstance(default, ast.Constant) and known and item is default.value:
                continue
            env[param] = self.of(value)
        return env

    def template(self, node: Any, holes: list[Any], operands: list[Value]) -> ast.expr:
        """A piece of the user's code, with the parts that are computed put in."""
        names = {id(h): v for h, v in zip(holes, operands, strict=True)}
        return self._fill(node, names)

    def _fill(self, node: Any, names: dict[int, Value]) -> Any:
        if id(node) in names:
            return self.of(names[id(node)])
        if isinstance(node, list):
            return [self._fill(n, names) for n in node]
        if not isinstance(node, gast.AST):
            return node
        if isinstance(node, gast.Name):
            return ast.Name(node.id, ast.Load())
        if isinstance(node, gast.Constant):
            return ast.Constant(node.value)
        cls = getattr(ast, type(node).__name__)
        fields = {f: self._fill(getattr(node, f, None), names) for f in cls._fields}
        return cls(**fields)


def _calls(rule: Rule) -> bool:
    """True for a primal line that is a call of one of the functions that the rule is for."""
    assert isinstance(rule.primal, ast.Call)
    head, _, rest = ast.unparse(rule.primal.func).partition(".")
    name = f"{rule.imports.get(head, head)}.{rest}" if rest else head
    return name in rule.functions or f"builtins.{name}" in rule.functions


def _one_by_one(fn: str, call: ast.expr) -> ast.expr:
    """A call of a method with the items of a tuple as its arguments: x.reshape(2, 3)."""
    if fn in BY_NUMBERS and isinstance(call, ast.Call) and len(call.args) == 1:
        (items,) = call.args
        call.args = items.elts if isinstance(items, ast.Tuple) and items.elts else call.args
    return call


def _is_method(rule: Rule) -> bool:
    """True for a primal line such as x.reshape(shape), whose first operand stands before a dot."""
    primal = rule.primal
    if isinstance(primal, ast.Attribute):
        return True
    return (
        isinstance(primal, ast.Call)
        and isinstance(primal.func, ast.Attribute)
        and isinstance(primal.func.value, ast.Name)
        and primal.func.value.id in rule.params
    )


class _Substitute(ast.NodeTransformer):
    """Puts operands in place of a rule's parameters; arguments that were not given are dropped."""

    def __init__(self, env: dict[str, Any], rule: Rule, expressions: Expressions) -> None:
        self.env = env
        self.rule = rule
        self.expressions = expressions

    def visit_Name(self, node: ast.Name) -> ast.expr:
        if node.id in self.env:
            value = self.env[node.id]
            return ast.Tuple(value, ast.Load()) if isinstance(value, list) else value
        name = self.rule.imports.get(node.id, "")
        if "." in name:
            return self.expressions.dotted(name)
        return node

    def visit_Call(self, node: ast.Call) -> ast.expr:
        args: list[ast.expr] = []
        late: list[ast.keyword] = []
        given = [
            not isinstance(a, ast.Name) or a.id not in self.rule.params or a.id in self.env
            for a in node.args
        ]
        last = max((i for i, present in enumerate(given) if present), default=-1)
        for arg in node.args[: last + 1]:
            if isinstance(arg, ast.Starred) and isinstance(arg.value, ast.Name):
                args.extend(self.env.get(arg.value.id, []))
            elif (
                isinstance(arg, ast.Name) and arg.id in self.rule.params and arg.id not in self.env
            ):
                args.append(self.rule.params[arg.id])  # an argument in the middle keeps its default
            else:
                args.append(self.visit(arg))
        for keyword in node.keywords:
            name = keyword.value.id if isinstance(keyword.value, ast.Name) else ""
            if name in self.rule.params and name not in self.env:
                continue
            late.append(ast.keyword(keyword.arg, self.visit(keyword.value)))
        return ast.Call(self.visit(node.func), args, late)


def _attribute(name: str, function: str) -> Callable[[Expressions, Op], ast.expr]:
    def special(e: Expressions, op: Op) -> ast.expr:
        x = op.operands[0]
        if x.kind.is_array or op.attrs.get("form") == "attribute":
            return ast.Attribute(e.of(x), name, ast.Load())
        return ast.Call(e.dotted(function), [e.of(x)], [])

    return special


def _dim(e: Expressions, op: Op) -> ast.expr:
    x, axis = op.operands
    shape = Op("prim", [x], [Value()], {"fn": "intrinsic.shape", "params": ["x"]}, exact=op.exact)
    shape.attrs["form"] = "attribute" if op.exact else ""
    return ast.Subscript(e.operation(shape), e.of(axis), ast.Load())


def _where(e: Expressions, op: Op) -> ast.expr | None:
    """A choice between Python numbers is a conditional expression."""
    if op.exact or not all(v.kind.is_scalar for v in op.operands):
        return None
    condition, x, y = op.operands
    return ast.IfExp(e.of(condition), e.of(x), e.of(y))


def is_doubled(op: Op) -> bool:
    """True for x + x in a derivative, which is printed as 2.0 * x: the same number."""
    if op.fn != "operator.add" or op.exact or op.operands[0] is not op.operands[1]:
        return False
    kind = op.result.kind
    return kind.base in ("number", "array") and kind.dtype is not None and not kind.is_passive


def _binary(e: Expressions, op: Op) -> ast.expr:
    x, y = op.operands
    if is_doubled(op):
        return ast.BinOp(ast.Constant(2.0), ast.Mult(), e.of(x))
    return ast.BinOp(e.of(x), OPERATORS[op.fn](), e.of(y))


def _filled_like(name: str) -> Callable[[Expressions, Op], ast.expr | None]:
    """np.zeros(x.shape) for np.zeros_like(x): real numbers, also where x holds integers in the run."""

    def expression(e: Expressions, op: Op) -> ast.expr | None:
        x, *value = op.operands
        fixed = x.kind.base not in ("number", "array", "any") or x.kind.dtype not in (None, "f8")
        if op.exact or fixed or "dtype" in op.attrs["params"] or may_be_none(x):
            return None
        shape: ast.expr = ast.Attribute(e.of(x), "shape", ast.Load())
        if not x.kind.is_array:
            shape = ast.Call(e.dotted("numpy.shape"), [e.of(x)], [])
        return ast.Call(e.dotted(name), [shape, *map(e.of, value)], [])

    return expression


def _trips(e: Expressions, op: Op) -> ast.expr:
    start, stop, step = op.operands
    parts = [start, stop, step]
    if _is_const(step, 1):
        parts = [stop] if _is_const(start, 0) else [start, stop]
    call = ast.Call(ast.Name("range", ast.Load()), [e.of(v) for v in parts], [])
    return ast.Call(ast.Name("len", ast.Load()), [call], [])


def _is_const(value: Value, wanted: int) -> bool:
    return value.op is not None and value.op.name == "const" and value.op.value == wanted


def _defined(e: Expressions, op: Op) -> ast.expr:
    return ast.Compare(e.of(op.operands[0]), [ast.IsNot()], [ast.Constant(None)])


def _transposed(e: Expressions, op: Op) -> ast.expr:
    return ast.Attribute(e.of(op.operands[0]), "T", ast.Load())


def _array_of(e: Expressions, op: Op) -> ast.expr:
    """np.array([a, [b, c]])"""

    def listed(op: Op) -> ast.expr:
        items = [v for v, p in zip(op.operands, op.attrs["params"], strict=True) if p == "items"]
        nested = [
            v.op if v.op in e.nested and v.op is not None and v.op.fn == op.fn else None
            for v in items
        ]
        return ast.List(
            [e.of(v) if n is None else listed(n) for v, n in zip(items, nested, strict=True)],
            ast.Load(),
        )

    dtype = op.arg("dtype") if "dtype" in op.attrs["params"] else None
    keywords = [] if dtype is None else [ast.keyword("dtype", e.of(dtype))]
    return ast.Call(e.dotted("numpy.array"), [listed(op)], keywords)


def _joined(e: Expressions, op: Op) -> ast.expr:
    """np.array([*rows, *more])"""
    rows: list[ast.expr] = [ast.Starred(e.of(v), ast.Load()) for v in op.operands]
    return ast.Call(e.dotted("numpy.array"), [ast.List(rows, ast.Load())], e.dtype_of_none(op))


def _append_row(e: Expressions, op: Op) -> ast.expr:
    """np.array([*rows, x])"""
    rows, row = (e.of(v) for v in op.operands)
    listed = ast.List([ast.Starred(rows, ast.Load()), row], ast.Load())
    return ast.Call(e.dotted("numpy.array"), [listed], [])


def _append(e: Expressions, op: Op) -> ast.expr:
    return ast.Call(e.dotted("numpy.append"), [e.of(v) for v in op.operands], [])


def _sum(e: Expressions, op: Op) -> ast.expr | None:
    """sum(x.tolist()) for the sum of a list of Python's floats, which is kept in an array."""
    if not op.attrs.get("floats"):
        return None
    listed = ast.Call(ast.Attribute(e.of(op.operands[0]), "tolist", ast.Load()), [], [])
    return ast.Call(ast.Name("sum", ast.Load()), [listed], [])


def _getitem(e: Expressions, op: Op) -> ast.expr:
    return ast.Subscript(e.of(op.operands[0]), e.of(op.operands[1]), ast.Load())


SPECIAL: dict[str, Callable[[Expressions, Op], ast.expr | None]] = {
    "intrinsic.shape": _attribute("shape", "numpy.shape"), "intrinsic.ndim": _attribute("ndim", "numpy.ndim"),
    "intrinsic.size": _attribute("size", "numpy.size"), "intrinsic.dim": _dim, "intrinsic.trips": _trips,
    "intrinsic.defined": _defined, "numpy.where": _where, "intrinsic.array_of": _array_of,
    "intrinsic.append": _append, "intrinsic.append_row": _append_row, "intrinsic.joined": _joined,
    "builtins.sum": _sum,
    "numpy.zeros_like": _filled_like("numpy.zeros"), "numpy.full_like": _filled_like("numpy.full"),
    "numpy.ndarray.T": _transposed, "operator.getitem": _getitem,
    **{fn: _binary for fn in OPERATORS},
}  # fmt: skip


def copied(node: Any) -> Any:
    """A copy of an expression (copy.deepcopy takes ten times as long, and it is done for each call)."""
    if isinstance(node, list):
        return [copied(inner) for inner in node]
    if not isinstance(node, ast.AST):
        return node
    return type(node)(**{field: copied(getattr(node, field)) for field in node._fields})
