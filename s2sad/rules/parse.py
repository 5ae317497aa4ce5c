"""Reads rule files. They are Python that is parsed and never executed."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from s2sad.errors import RuleError
from s2sad.rules.transpose import names_in, transpose
from s2sad.source import SourceFile, Span

REQUIRED = object()
INTRINSIC = "intrinsic."
HELPER = "helper."


@dataclass
class Contribution:
    """`target += value`: what one parameter's adjoint receives. `index` is set for `x_bar[i] += ...`."""

    value: ast.expr
    index: ast.expr | None = None


@dataclass
class Rule:
    """How one primitive is printed, and how its derivative is written.

    `star` is the parameter that takes any number of arrays; `spreads` says that a call gives them one by one.
    `params` maps names to default expressions (REQUIRED where there is none). `tangents` maps outputs to
    the tangent equation, `adjoints` maps parameters to contributions. `linear_in`: the primal is linear in
    each of these alone; `joint_in`: in all of these together; `multilinear_in`: in each operand of a star parameter;
    `zero_in`: the derivative with respect to these is zero. `passive_only`: refused on differentiated values.
    """

    name: str
    functions: list[str]
    params: dict[str, Any]
    file: str
    line: int
    star: str | None = None
    spreads: bool = False
    keyword_only: tuple[str, ...] = ()
    zero_in: tuple[str, ...] = ()
    passive_only: bool = False
    output: str = "y"
    primal: ast.expr | None = None
    locals: list[tuple[str, ast.expr]] = field(default_factory=list)
    tangent: ast.expr | None = None
    adjoints: dict[str, list[Contribution]] = field(default_factory=dict)
    stated: bool = False
    linear_in: tuple[str, ...] = ()
    joint_in: tuple[str, ...] = ()
    multilinear_in: tuple[str, ...] = ()
    shape: str = "unknown"
    view_of: tuple[str, ...] = ()
    fresh: bool = False
    nondifferentiable: bool = False
    imports: dict[str, str] = field(default_factory=dict)

    @property
    def elementwise(self) -> bool:
        return self.shape == "elementwise"


@dataclass
class Helper:
    """A function of NumPy that an emitted file contains where the kinds cannot fold it away.

    `passive` helpers (subscripts of an einsum, say) are computed beforehand where their arguments are known.
    """

    name: str
    node: ast.FunctionDef
    text: str
    imports: dict[str, str]
    passive: bool = False


@dataclass
class RuleFile:
    rules: list[Rule]
    helpers: list[Helper]


def parse_rule_file(path: Path, text: str | None = None) -> RuleFile:
    """Rules and helpers of a file; raises `RuleError` with the place of what is not well formed."""
    source = SourceFile(str(path), path.read_text() if text is None else text)
    try:
        module = ast.parse(source.text)
    except SyntaxError as error:
        raise RuleError(f"not Python: {error}") from error
    return _Parser(source).module(module)


class _Parser:
    def __init__(self, source: SourceFile) -> None:
        self.source = source
        self.imports: dict[str, str] = {}
        self.helpers: dict[str, Helper] = {}

    def fail(self, node: ast.AST, message: str) -> RuleError:
        span = Span(
            self.source,
            node.lineno,  # type: ignore[attr-defined]
            node.col_offset,  # type: ignore[attr-defined]
            node.end_lineno,  # type: ignore[attr-defined]
            node.end_col_offset,  # type: ignore[attr-defined]
        )
        return RuleError(message, span=span)

    def module(self, module: ast.Module) -> RuleFile:
        rules: list[Rule] = []
        for node in module.body:
            if isinstance(node, ast.Import):
                for alias in node.names:
                    self.imports[alias.asname or alias.name] = alias.name
            elif isinstance(node, ast.ImportFrom):
                prefix = (
                    HELPER
                    if (node.module or "").startswith("s2sad.templates")
                    else f"{node.module}."
                )
                for alias in node.names:
                    self.imports[alias.asname or alias.name] = prefix + alias.name
            elif isinstance(node, ast.FunctionDef):
                for decorator in node.decorator_list:
                    if self.name_of(decorator) == "helper":
                        text = ast.get_source_segment(self.source.text, node) or ""
                        self.helpers[node.name] = Helper(node.name, node, text, self.imports)
                        self.imports[node.name] = HELPER + node.name
                    elif self.name_of(decorator) == "rule":
                        assert isinstance(decorator, ast.Call)
                        rules.append(self.rule(node, decorator))
                    else:
                        raise self.fail(
                            decorator, "a rule file knows the decorators rule and helper"
                        )
            elif isinstance(node, ast.Expr) and self.name_of(node.value) in (
                "nondifferentiable",
                "passive_only",
            ):
                assert isinstance(node.value, ast.Call)
                passive = [self.passive(arg) for arg in node.value.args]
                for rule in passive:
                    for keyword in node.value.keywords:
                        if keyword.arg != "shape":
                            raise self.fail(keyword, f"there is no option {keyword.arg!r} here")
                        rule.shape = ast.literal_eval(keyword.value)
                    rule.passive_only = self.name_of(node.value) == "passive_only"
                rules.extend(passive)
                for arg in node.value.args:
                    if isinstance(arg, ast.Name) and arg.id in self.helpers:
                        self.helpers[arg.id].passive = True
            elif not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)):
                raise self.fail(
                    node, "a rule file holds imports, rules, helpers and nondifferentiable(...)"
                )
        return RuleFile(rules, list(self.helpers.values()))

    def name_of(self, node: ast.expr) -> str:
        if isinstance(node, ast.Call):
            node = node.func
        return node.id if isinstance(node, ast.Name) else ""

    def dotted(self, node: ast.expr) -> str:
        """Full dotted name of a function expression, through the file's imports."""
        parts: list[str] = []
        while isinstance(node, ast.Attribute):
            parts.append(node.attr)
            node = node.value
        if not isinstance(node, ast.Name):
            raise self.fail(node, "expected the dotted name of a function")
        parts_known = node.id in self.imports
        root = self.imports[node.id] if parts_known else node.id if parts else f"builtins.{node.id}"
        root = root.replace("s2sad.rules.intrinsic", "intrinsic")
        return ".".join([root, *reversed(parts)])

    def passive(self, node: ast.expr) -> Rule:
        name = self.dotted(node)
        return Rule(
            name.rsplit(".", 1)[-1],
            [name],
            {},
            self.source.path,
            node.lineno,
            nondifferentiable=True,
        )

    def rule(self, node: ast.FunctionDef, decorator: ast.Call) -> Rule:
        arguments = node.args
        params: dict[str, Any] = {}
        positional = [*arguments.posonlyargs, *arguments.args]
        required = len(positional) - len(arguments.defaults)
        for i, arg in enumerate(positional):
            params[arg.arg] = REQUIRED if i < required else arguments.defaults[i - required]
        star = arguments.vararg.arg if arguments.vararg else None
        if star:
            params[star] = REQUIRED
        for arg, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
            params[arg.arg] = REQUIRED if default is None else default
        rule = Rule(
            node.name,
            [self.dotted(a) for a in decorator.args],
            params,
            self.source.path,
            node.lineno,
            star=star,
            imports=self.imports,
            keyword_only=tuple(a.arg for a in arguments.kwonlyargs),
        )
        shape = None
        for keyword in decorator.keywords:
            value = ast.literal_eval(keyword.value)
            if keyword.arg in ("linear_in", "joint_in", "multilinear_in", "zero_in", "view_of"):
                setattr(rule, keyword.arg, (value,) if isinstance(value, str) else tuple(value))
            elif keyword.arg == "shape":
                shape = value
            elif keyword.arg == "fresh":
                rule.fresh = value
            else:
                raise self.fail(keyword, f"@rule has no option {keyword.arg!r}")
        self.body(rule, node)
        rule.shape = shape or (
            "elementwise" if rule.tangent is not None and not rule.stated else "unknown"
        )
        if rule.star and rule.star in rule.linear_in:
            rule.linear_in = tuple(p for p in rule.linear_in if p != rule.star)
            rule.joint_in = (*rule.joint_in, rule.star)
        if rule.tangent is not None and not rule.stated:
            self.derive(rule)
        rule.nondifferentiable = not (
            rule.tangent or rule.adjoints or rule.linear_in or rule.joint_in or rule.multilinear_in
        )
        return rule

    def body(self, rule: Rule, node: ast.FunctionDef) -> None:
        statements = list(node.body)
        if isinstance(statements[0], ast.Expr) and isinstance(statements[0].value, ast.Constant):
            statements = statements[1:]
        if not statements or not isinstance(statements[0], ast.Assign):
            raise self.fail(node, "the first statement of a rule is the primal line, y = f(x)")
        target = statements[0].targets[0]
        if not isinstance(target, ast.Name):
            raise self.fail(target, "a rule has one output")
        rule.output = target.id
        rule.primal = statements[0].value
        rule.spreads = any(isinstance(n, ast.Starred) for n in ast.walk(rule.primal))
        for statement in statements[1:]:
            if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
                name = statement.targets[0].id
                if name == f"{rule.output}_dot":
                    rule.tangent = statement.value
                else:
                    rule.locals.append((name, statement.value))
            elif isinstance(statement, ast.AugAssign) and isinstance(
                statement.op, (ast.Add, ast.Sub)
            ):
                self.contribution(rule, statement)
            else:
                raise self.fail(
                    statement, "a rule holds assignments and contributions x_bar += ..."
                )

    def contribution(self, rule: Rule, statement: ast.AugAssign) -> None:
        target, index = statement.target, None
        if isinstance(target, ast.Subscript):
            index, inner = target.slice, target.value
        else:
            inner = target
        if not isinstance(inner, ast.Name) or not inner.id.endswith("_bar"):
            raise self.fail(statement, "a contribution goes to NAME_bar")
        param = inner.id.removesuffix("_bar")
        if param not in rule.params:
            raise self.fail(inner, f"the rule has no parameter {param!r}")
        value = statement.value
        if isinstance(statement.op, ast.Sub):
            value = ast.copy_location(ast.UnaryOp(ast.USub(), value), value)
        rule.adjoints.setdefault(param, []).append(Contribution(value, index))
        rule.stated = True

    def derive(self, rule: Rule) -> None:
        """The adjoint of a tangent equation, by transposition."""
        assert rule.tangent is not None
        used = names_in(rule.tangent)
        dots = [p for p in rule.params if f"{p}_dot" in used]
        parts = transpose(
            rule.tangent, {f"{p}_dot" for p in dots}, ast.Name(f"{rule.output}_bar", ast.Load())
        )
        if parts is None:
            raise RuleError(
                f"{rule.file}:{rule.line}: the tangent of {rule.name} is not linear in its dots"
            )
        for dot, values in parts.items():
            rule.adjoints[dot.removesuffix("_dot")] = [Contribution(v) for v in values]
