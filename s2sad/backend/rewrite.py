"""Small rewritings of expressions into the forms that people write: x += a, -=, not."""

from __future__ import annotations

import ast


def augmented(expression: ast.BinOp, name: str) -> tuple[ast.operator, ast.expr] | None:
    """x + a - b as (+, a - b): the operator and the right side of an augmented assignment to x."""
    terms: list[tuple[ast.operator, ast.expr]] = []
    node: ast.expr = expression
    while isinstance(node, ast.BinOp) and isinstance(node.op, (ast.Add, ast.Sub)):
        terms.append((node.op, node.right))
        node = node.left
    if not is_name(node, name):
        return None
    terms.reverse()
    first, value = terms[0]
    negative = isinstance(first, ast.Sub)
    for operator, term in terms[1:]:
        flipped: ast.operator = operator
        if negative:
            flipped = ast.Add() if isinstance(operator, ast.Sub) else ast.Sub()
        value = ast.BinOp(value, flipped, term)
    return (ast.Sub() if negative else ast.Add()), value


def sign_out(expression: ast.expr) -> tuple[ast.operator, ast.expr]:
    """-2.0 * t as (-, 2.0 * t), and -a - b as (-, a + b)."""
    if isinstance(expression, ast.UnaryOp) and isinstance(expression.op, ast.USub):
        return ast.Sub(), expression.operand
    if isinstance(expression, ast.BinOp) and isinstance(expression.op, (ast.Mult, ast.Div)):
        operator, left = sign_out(expression.left)
        if isinstance(operator, ast.Sub):
            return operator, ast.BinOp(left, expression.op, expression.right)
    if isinstance(expression, ast.BinOp) and isinstance(expression.op, (ast.Add, ast.Sub)):
        first, left = sign_out(expression.left)
        second, right = sign_out(expression.right)
        if isinstance(first, ast.Sub) and isinstance(second, ast.Sub) != isinstance(
            expression.op, ast.Sub
        ):
            return ast.Sub(), ast.BinOp(left, ast.Add(), right)
    return ast.Add(), expression


def is_name(node: ast.expr, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name


def negated(test: ast.expr) -> ast.expr:
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        return test.operand
    return ast.UnaryOp(ast.Not(), test)
