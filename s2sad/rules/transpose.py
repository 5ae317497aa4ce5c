"""Transposes a tangent equation into adjoint contributions.

A tangent equation is linear in the tangents. Its transpose sends the adjoint of the result back along
every path on which a tangent came: through a sum to both terms, through a product to the factor that holds
the tangent, through a selection to the branch that was taken.
"""

from __future__ import annotations

import ast

Contributions = dict[str, list[ast.expr]]


def names_in(node: ast.AST) -> set[str]:
    return {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}


def transpose(tangent: ast.expr, dots: set[str], adjoint: ast.expr) -> Contributions | None:
    """Contributions to each of `dots`, or None where `tangent` is not linear in them.

    >>> parts = transpose(ast.parse("x_dot * y - y_dot", mode="eval").body, {"x_dot", "y_dot"},
    ...                   ast.Name("z_bar"))
    >>> {k: [ast.unparse(e) for e in v] for k, v in parts.items()}
    {'x_dot': ['z_bar * y'], 'y_dot': ['-z_bar']}
    """
    out: Contributions = {}
    return out if _visit(tangent, dots, adjoint, out) else None


def _visit(node: ast.expr, dots: set[str], bar: ast.expr, out: Contributions) -> bool:
    def has_dot(part: ast.expr) -> bool:
        return bool(names_in(part) & dots)

    if isinstance(node, ast.Name) and node.id in dots:
        out.setdefault(node.id, []).append(bar)
        return True
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return _visit(node.operand, dots, _negated(bar), out)
    if isinstance(node, ast.BinOp):
        left, right = has_dot(node.left), has_dot(node.right)
        if isinstance(node.op, (ast.Add, ast.Sub)) and (left or right):
            other = _negated(bar) if isinstance(node.op, ast.Sub) else bar
            if not (left and right):
                return False
            return _visit(node.left, dots, bar, out) and _visit(node.right, dots, other, out)
        if isinstance(node.op, ast.Mult) and left != right:
            inner, factor = (node.left, node.right) if left else (node.right, node.left)
            return _visit(inner, dots, ast.BinOp(bar, ast.Mult(), factor), out)
        if isinstance(node.op, ast.Div) and left and not right:
            return _visit(node.left, dots, ast.BinOp(bar, ast.Div(), node.right), out)
    if _is_where(node):
        assert isinstance(node, ast.Call)
        condition, yes, no = node.args
        if has_dot(condition):
            return False
        zero = ast.Constant(0.0)
        for part, args in ((yes, [condition, bar, zero]), (no, [condition, zero, bar])):
            if has_dot(part):
                call = ast.Call(node.func, args, [])
                if not _visit(part, dots, call, out):
                    return False
            elif not (isinstance(part, ast.Constant) and part.value == 0):
                return False
        return True
    if isinstance(node, ast.IfExp):
        zero = ast.Constant(0.0)
        ok = True
        if has_dot(node.body):
            ok = _visit(node.body, dots, ast.IfExp(node.test, bar, zero), out)
        if has_dot(node.orelse):
            ok = ok and _visit(node.orelse, dots, ast.IfExp(node.test, zero, bar), out)
        return ok
    return False


def _negated(node: ast.expr) -> ast.expr:
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return node.operand
    return ast.UnaryOp(ast.USub(), node)


def _is_where(node: ast.expr) -> bool:
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "where"
        and len(node.args) == 3
    )
