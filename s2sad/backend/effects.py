"""What is done for its effect: prints, asserts, raises, warnings, and questions to the arguments at the start."""

from __future__ import annotations

import ast
from typing import Any

from s2sad.backend.express import Expressions
from s2sad.backend.lines import Line, expression_text
from s2sad.ir.core import Op

BUILT_IN_WARNINGS = (
    "UserWarning", "RuntimeWarning", "DeprecationWarning", "FutureWarning", "PendingDeprecationWarning",
)  # fmt: skip


NUMBERS = {
    "a number": "(int, float, np.number)", "an integer": "(int, np.integer)", "an array": "np.ndarray",
}  # fmt: skip


def effect(op: Op, expressions: Expressions, out: list[Line]) -> bool:
    """Statements of an effect; True where control never comes back (raise)."""
    what = op.attrs["what"]
    if what == "scalar":
        test = ast.Call(expressions.dotted("numpy.ndim"), [expressions.of(op.operands[0])], [])
        text = f"{op.attrs['function']} must return a number"
        error = ast.Call(ast.Name("ValueError", ast.Load()), [ast.Constant(text)], [])
        out.append(Line(header=f"if {expression_text(test)}:", body=[Line(ast.Raise(error, None))]))
        return False
    if what in NUMBERS:
        expressions.modules.add("numpy")
        name = expression_text(expressions.of(op.operands[0]))
        text = f"{op.attrs['why']}, so it must be {what}"
        raising = Line(ast.parse(f"raise TypeError({text!r})").body[0])
        out.append(Line(header=f"if not isinstance({name}, {NUMBERS[what]}):", body=[raising]))
        return False
    if what == "fixed":
        out.append(fixed(op.attrs["values"]))
        return False
    if what == "floats":
        asked = ast.Call(expressions.dotted("numpy.asarray"), [expressions.of(op.operands[0])], [])
        header = f"if {expression_text(asked)}.dtype.kind != 'f':"
        text = "what is written into an array of integers is cut off, and has no derivative"
        out.append(
            Line(header=header, body=[Line(ast.parse(f"raise TypeError({text!r})").body[0])])
        )
        return False
    if what == "rows":
        out.append(rows(op, expressions))
        return False
    if what == "apart":
        out.append(apart(op, expressions))
        return False
    node = op.attrs["node"]
    if what == "warn":
        out.append(warning(op, expressions))
        return False
    if what == "assert":
        parts = [expressions.of(v) for v in op.operands]
        out.append(Line(ast.Assert(parts[0], parts[1] if len(parts) > 1 else None)))
        return False
    expression = expressions.template(node, op.attrs["holes"], op.operands)
    if what == "raise":
        out.append(Line(ast.Raise(expression, None)))
        return True
    out.append(Line(ast.Expr(expression)))
    return False


def fixed(values: dict[str, Any]) -> Line:
    """if mode != "a" or axis is not None: raise ValueError(...)"""
    tests: list[ast.expr] = []
    for name, value in values.items():
        differs = ast.IsNot() if value is None or isinstance(value, bool) else ast.NotEq()
        tests.append(ast.Compare(ast.Name(name, ast.Load()), [differs], [ast.Constant(value)]))
    test = tests[0] if len(tests) == 1 else ast.BoolOp(ast.Or(), tests)
    said = ", ".join(f"{n}={v!r}" for n, v in values.items())
    error = ast.Call(
        ast.Name("ValueError", ast.Load()),
        [ast.Constant(f"this derivative is made for {said}")],
        [],
    )
    return Line(header=f"if {expression_text(test)}:", body=[Line(ast.Raise(error, None))])


def rows(op: Op, expressions: Expressions) -> Line:
    """if len(rows) == 0: raise NotImplementedError(...)"""
    array = op.operands[0]
    length = ast.Call(expressions.dotted("builtins.len"), [expressions.of(array)], [])
    text = f"np.array of a list without items has one axis; this is made for {array.kind.ndim}"
    error = ast.Call(ast.Name("NotImplementedError", ast.Load()), [ast.Constant(text)], [])
    header = f"if {expression_text(length)} == 0:"
    return Line(header=header, body=[Line(ast.Raise(error, None))])


def apart(op: Op, expressions: Expressions) -> Line:
    """if np.may_share_memory(x, y): raise ValueError(...)"""
    names = [expressions.of(v) for v in op.operands]
    first = names[0]
    tests: list[ast.expr] = [
        ast.Call(expressions.dotted("numpy.may_share_memory"), [first, other], [])
        for other in names[1:]
    ]
    test = tests[0] if len(tests) == 1 else ast.BoolOp(ast.Or(), tests)
    others = " or ".join(expression_text(n) for n in names[1:])
    text = f"{op.attrs['why']}, which may share its memory with {others}"
    error = ast.Call(ast.Name("ValueError", ast.Load()), [ast.Constant(text)], [])
    return Line(header=f"if {expression_text(test)}:", body=[Line(ast.Raise(error, None))])


def warning(op: Op, expressions: Expressions) -> Line:
    """warnings.warn(message, category)"""
    node = op.attrs["node"]
    expressions.modules.add("warnings")
    message = expressions.template(node.args[0], op.attrs["holes"], op.operands)
    given = [*node.args[1:2], *(k.value for k in node.keywords if k.arg == "category")]
    names = [getattr(n, "id", "") for n in given]
    args: list[ast.expr] = [ast.Name(n, ast.Load()) for n in names if n in BUILT_IN_WARNINGS]
    function = ast.Attribute(ast.Name("warnings", ast.Load()), "warn", ast.Load())
    return Line(ast.Expr(ast.Call(function, [message, *args], [])))
