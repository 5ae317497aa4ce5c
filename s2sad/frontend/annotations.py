"""Kinds from annotations, and from signatures written as text."""

from __future__ import annotations

import ast
import dataclasses
import re
from typing import Any

import gast

from s2sad.errors import S2SADError, UsageError
from s2sad.frontend.arguments import Group, Part
from s2sad.frontend.find import find
from s2sad.ir.kinds import ANY, BOOL, FLOAT, INT, Dim, Kind, Size, array

SCALARS = {"float": FLOAT, "int": INT, "bool": BOOL, "complex": Kind("number", "complex", ())}
DTYPES = {
    "float64": "f8", "double": "f8", "float32": "f4", "single": "f4", "int64": "i8", "int32": "i4", "bool_": "b1",
    "bool": "b1", "complex128": "c16", "float": "f8", "int": "i8",
}  # fmt: skip
JAXTYPING = {
    "Float": "f8",
    "Float64": "f8",
    "Float32": "f4",
    "Int": "i8",
    "Int64": "i8",
    "Bool": "b1",
    "Complex": "c16",
}


def annotated_kinds(function: Any) -> dict[str, Kind]:
    """Kinds of the parameters that have annotations: `float`, `NDArray[np.float64]`, `Float[np.ndarray, "n k"]`.

    Annotations are read as text, so that what they name need not be installed.
    """
    try:
        source = find(function)
    except S2SADError:
        return {}
    node = source.node
    arguments = node.args
    kinds: dict[str, Kind] = {}
    for arg in [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]:
        if arg.annotation is not None:
            kind = _from_annotation(_plain(arg.annotation))
            if kind is not None:
                kinds[arg.id] = kind
    return kinds


def annotated_groups(function: Any) -> dict[str, Group]:
    """How the arguments are made that are annotated with a dataclass or a named tuple of the module."""
    try:
        source = find(function)
    except S2SADError:
        return {}
    arguments = source.node.args
    groups: dict[str, Group] = {}
    for arg in [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]:
        name = _last_name(_plain(arg.annotation)) if arg.annotation is not None else ""
        cls = source.function.__globals__.get(name)
        if dataclasses.is_dataclass(cls) or hasattr(cls, "_fields"):
            groups[arg.id] = _group_of(cls)
    return groups


def _group_of(cls: Any) -> Group:
    parts: dict[str, Part] = {}
    for field, annotation in cls.__annotations__.items():
        if dataclasses.is_dataclass(annotation) or hasattr(annotation, "_fields"):
            parts[field] = _group_of(annotation)
            continue
        text = annotation if isinstance(annotation, str) else getattr(annotation, "__name__", "")
        try:
            node = ast.parse(text, mode="eval").body if text else None
        except SyntaxError:
            node = None
        parts[field] = (_from_annotation(node) if node is not None else None) or ANY
    return Group(cls, parts)


def _plain(annotation: Any) -> ast.expr:
    node = gast.gast_to_ast(annotation)
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        try:
            return ast.parse(node.value, mode="eval").body
        except SyntaxError:
            return node
    return node


def _from_annotation(node: ast.expr) -> Kind | None:
    name = _last_name(node)
    if name in SCALARS:
        return SCALARS[name]
    if not isinstance(node, ast.Subscript):
        return None
    if name == "NDArray":
        dtype = DTYPES.get(_last_name(node.slice))
        return array(dtype, None) if dtype else None
    if name in JAXTYPING and isinstance(node.slice, ast.Tuple) and len(node.slice.elts) == 2:
        shape = node.slice.elts[1]
        if isinstance(shape, ast.Constant) and isinstance(shape.value, str):
            return _jaxtyping(JAXTYPING[name], shape.value)
    return None


def _jaxtyping(dtype: str, shape: str) -> Kind:
    """`batch d`, `n 3`; names that may be anything (`...`, `*n`, `_`) give an array of unknown rank."""
    dims: list[Size] = []
    for word in shape.split():
        if word.isdigit():
            dims.append(int(word))
        elif re.fullmatch(r"[A-Za-z]\w*", word):
            dims.append(Dim(word))
        else:
            return array(dtype, None)
    return Kind("number", dtype, tuple(dims))


def _last_name(node: ast.expr) -> str:
    while isinstance(node, ast.Subscript):
        node = node.value
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


SIGNATURE = re.compile(r"\s*(\w+)\s*:\s*(\w+)\s*(\[[^\]]*\])?\s*(?:,|$)")


def parse_signature(text: str) -> dict[str, Kind]:
    """Kinds from `w1: f8[5, 7], b1: f8[n], k: float`. A size is a number, a name, or `...`."""
    kinds: dict[str, Kind] = {}
    at = 0
    while at < len(text.rstrip()):
        match = SIGNATURE.match(text, at)
        if match is None:
            raise UsageError(
                f"cannot read the signature at {text[at:]!r}",
                help='write it as "w: f8[n, k], rate: float"',
            )
        name, dtype, shape = match.groups()
        if shape is None:
            if dtype == "NoneType":
                kinds[name] = Kind(dtype)
                at = match.end()
                continue
            if dtype not in SCALARS and not re.fullmatch(r"[fiubc]\d+", dtype):
                raise UsageError(
                    f"unknown kind {dtype!r} in the signature",
                    help="use float, int, bool, f8, f4, i8, ...",
                )
            kinds[name] = SCALARS.get(dtype) or Kind("number", dtype, ())
        else:
            kinds[name] = array(dtype, _sizes(name, shape[1:-1]))
        at = match.end()
    return kinds


def _sizes(name: str, text: str) -> tuple[Size, ...] | None:
    if text.strip() == "...":
        return None
    sizes: list[Size] = []
    for i, word in enumerate(w.strip() for w in text.split(",")):
        if word.isdigit():
            sizes.append(1 if int(word) == 1 else Dim(f"~{name}{i}"))
        elif word:
            sizes.append(Dim(word))
    return tuple(sizes)
