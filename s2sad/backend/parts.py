"""Arguments that are taken apart, and results that are put together."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from typing import Any

from s2sad.backend.express import Expressions
from s2sad.backend.lines import Line
from s2sad.backend.shielding import shielded
from s2sad.frontend.plain_classes import keeps_fields
from s2sad.ir.core import Function, Path, Shaped, Value


def taken_apart(
    function: Function, count: dict[Value, int], name_of: Callable[[Value], str]
) -> Iterator[Line]:
    """`w = params["w"]` for each part of an argument that the function reads."""
    used = [p for p in function.params if p.hint in function.leaves and count.get(p)]
    together: dict[tuple[str, Path], list[Value]] = {}
    for param in used:
        argument, path = function.leaves[param.hint]
        together.setdefault((argument, path[:-1]), []).append(param)
    for (argument, path), params in together.items():
        whole = _group(function, argument, path)
        steps = [function.leaves[p.hint][1][-1] for p in params]
        if whole.cls in (tuple, list) and [key for _, key in steps] == list(whole.parts):
            names: list[ast.expr] = [ast.Name(name_of(p), ast.Store()) for p in params]
            target = ast.Tuple(names, ast.Store())
            if len(names) > 1:
                yield Line(ast.Assign([target], reached(argument, path)))
                continue
        for param, step in zip(params, steps, strict=True):
            name = ast.Name(name_of(param), ast.Store())
            yield Line(ast.Assign([name], reached(argument, (*path, step))))


def _group(function: Function, argument: str, path: Path) -> Any:
    part = function.groups[argument]
    for _, key in path:
        part = part.parts[key]
    return part


def reached(argument: str, path: Path) -> ast.expr:
    """An argument's part as an expression."""
    out: ast.expr = ast.Name(shielded(argument), ast.Load())
    for kind, key in path:
        if kind == "attr":
            out = ast.Attribute(out, key, ast.Load())
        else:
            out = ast.Subscript(out, ast.Constant(key), ast.Load())
    return out


def structured(structure: Any, values: Iterator[ast.expr], expressions: Expressions) -> ast.expr:
    """Results, put together as a structure says."""
    if structure is None:
        return next(values)
    if isinstance(structure, tuple):
        return ast.Tuple([structured(s, values, expressions) for s in structure], ast.Load())
    shape: Shaped = structure
    parts = [structured(s, values, expressions) for s in shape.parts]
    if shape.form == "absent":
        return ast.Constant(None)
    if shape.form == "list":
        return ast.List(parts, ast.Load())
    if shape.form == "items":
        return ast.Call(ast.Name("list", ast.Load()), parts, [])
    if shape.form == "dict":
        keys: list[ast.expr | None] = [ast.Constant(k) for k in shape.keys]
        return ast.Dict(keys, parts)
    keywords = [ast.keyword(k, p) for k, p in zip(shape.keys, parts, strict=True)]
    if shape.form == "call":
        expressions.classes.append(shape.of)
        cls = ast.Name(shape.of.__name__, ast.Load())
        if keeps_fields(shape.of, shape.keys):
            return ast.Call(cls, [], keywords)
        return _with_fields("object.__new__", cls, keywords, expressions)
    whole = ast.parse(shape.of, mode="eval").body
    if shape.form == "_replace":
        return ast.Call(ast.Attribute(whole, "_replace", ast.Load()), [], keywords)
    if shape.form == "with_fields":
        expressions.modules.add("copy")
        return _with_fields("copy.copy", whole, keywords, expressions)
    expressions.modules.add("dataclasses")
    function = ast.Attribute(ast.Name("dataclasses", ast.Load()), "replace", ast.Load())
    return ast.Call(function, [whole], keywords)


def _with_fields(
    make: str, of: ast.expr, fields: list[ast.keyword], expressions: Expressions
) -> ast.expr:
    """A new object, made by the function `make`, with these fields."""
    expressions.helpers.add("with_fields")
    new = ast.Call(ast.parse(make, mode="eval").body, [of], [])
    return ast.Call(ast.Name("with_fields", ast.Load()), [new], fields)
