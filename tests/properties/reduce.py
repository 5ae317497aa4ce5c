"""Makes a failing program smaller, statement by statement and expression by expression."""

from __future__ import annotations

import ast
import copy
import time
from collections.abc import Callable, Iterator


def reduce(text: str, fails: Callable[[str], bool], seconds: float = 40.0) -> str:
    """The smallest text found for which `fails` still holds."""
    best = ast.unparse(ast.parse(text))
    if not fails(best):
        return text
    end = time.monotonic() + seconds
    progress = True
    while progress:
        progress = False
        for candidate in _smaller(best):
            if len(candidate) >= len(best):
                continue
            if time.monotonic() > end:
                return best
            if fails(candidate):
                best, progress = candidate, True
                break
    return best


def _smaller(text: str) -> Iterator[str]:
    tree = ast.parse(text)
    spots = [
        (path, field)
        for path, node in _walk(tree, ())
        for field in ("body", "orelse")
        if isinstance(getattr(node, field, None), list)
    ]
    for path, field in spots:
        count = len(getattr(_at(tree, path), field))
        for i in reversed(range(count)):
            for form in range(3):
                changed = copy.deepcopy(tree)
                body = getattr(_at(changed, path), field)
                statement = body[i]
                if form == 0:
                    body[i : i + 1] = [] if count > 1 or field == "orelse" else [ast.Pass()]
                elif form == 1 and isinstance(statement, (ast.If, ast.For, ast.While)):
                    body[i : i + 1] = statement.body
                elif form == 2 and isinstance(statement, ast.If) and statement.orelse:
                    body[i : i + 1] = statement.orelse
                else:
                    continue
                yield from _text(changed)
    for path, node in _walk(tree, ()):
        if not isinstance(node, ast.expr) or isinstance(getattr(node, "ctx", None), ast.Store):
            continue
        if isinstance(node, ast.Constant) and node.value in (1.0, 0):
            continue
        parts = [c for c in ast.iter_child_nodes(node) if isinstance(c, ast.expr)]
        for part in [
            *(p for p in parts),
            ast.Constant(1.0),
            ast.Constant(0),
            ast.Name("x", ast.Load()),
        ]:
            if isinstance(part, ast.Name) and part.id in ("np", "math"):
                continue
            changed = copy.deepcopy(tree)
            _replace(changed, path, copy.deepcopy(part))
            yield from _text(changed)


def _text(tree: ast.AST) -> Iterator[str]:
    try:
        text = ast.unparse(ast.fix_missing_locations(tree))
        compile(text, "<reduced>", "exec")
    except (SyntaxError, ValueError, AttributeError, TypeError):
        return
    yield text


def _walk(
    node: ast.AST, path: tuple[tuple[str, int | None], ...]
) -> Iterator[tuple[tuple, ast.AST]]:
    yield path, node
    for name, value in ast.iter_fields(node):
        if isinstance(value, list):
            for i, item in enumerate(value):
                if isinstance(item, ast.AST):
                    yield from _walk(item, (*path, (name, i)))
        elif isinstance(value, ast.AST):
            yield from _walk(value, (*path, (name, None)))


def _at(tree: ast.AST, path: tuple) -> ast.AST:
    for name, i in path:
        tree = getattr(tree, name) if i is None else getattr(tree, name)[i]
    return tree


def _replace(tree: ast.AST, path: tuple, new: ast.AST) -> None:
    parent = _at(tree, path[:-1])
    name, i = path[-1]
    if i is None:
        setattr(parent, name, new)
    else:
        getattr(parent, name)[i] = new
