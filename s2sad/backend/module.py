"""Assembles the text of a generated module: imports, constants, helpers, functions."""

from __future__ import annotations

import ast
import math
from dataclasses import dataclass, field
from typing import Any

from s2sad.analysis.context import Context
from s2sad.backend.lines import Line, expression_text, render
from s2sad.backend.raising import Raiser
from s2sad.backend.shielding import RESERVED, unshielded
from s2sad.backend.unpack import gather
from s2sad.backend.wrap import wrap
from s2sad.errors import SourceUnavailableError, UsageError
from s2sad.ir.core import Function, callees_of
from s2sad.ir.kinds import Dim, Kind
from s2sad.ir.names import free_name

LARGEST_ARRAY = 100

MODULES = ("numpy", "math")  # that helpers use


@dataclass
class Module:
    """A generated module: its text, and objects that cannot be written down and are bound at loading.

    `live` holds the captured arrays themselves, whose items the program may change after the text was made.
    """

    text: str
    name: str
    bindings: dict[str, Any] = field(default_factory=dict)
    signature: dict[str, str] = field(default_factory=dict)
    live: dict[str, Any] = field(default_factory=dict)

    def standalone(self) -> str:
        """The text, for a file; refused where it needs an object that only lives in this process."""
        if self.bindings:
            name = next(iter(self.bindings))
            raise SourceUnavailableError(
                f"the captured object {name!r} cannot be written into a file",
                help="pass it to the function as an argument",
            )
        return self.text


def assemble(context: Context, function: Function, doc: str, landmarks: bool) -> Module:
    """The module that holds one generated function."""
    called = callees_of(function)
    captured = _apart(context, function, [c.function for c in called])
    names = {function.name, *captured, *context.registry.helpers}
    for callee in called:
        plain = callee.name if callee.name not in RESERVED else f"{callee.name}_"
        callee.name = free_name(plain, names)
    printed = []
    for callee in called:
        callee.function.name = callee.name
        printed.append(_Printed(context, callee.function, names, callee.doc, landmarks))
    printed.append(_Printed(context, function, names, doc, landmarks))
    used = {n.id for p in printed for line in p.words for n in _names(line)}
    constants, bindings = _constants(captured, used)
    own, locals_ = _classes(list(dict.fromkeys(c for p in printed for c in p.expressions.classes)))
    bindings |= locals_
    helpers = _helpers(context, {h for p in printed for h in p.expressions.helpers})
    for name in sorted({n for p in printed for n in p.arguments} & set(helpers)):
        raise UsageError(
            f"the argument {name!r} has the name of a function that the derivative calls",
            help="give the argument another name",
        )
    modules = {m for p in printed for m in p.expressions.modules}
    for helper in helpers:
        made = context.registry.helpers[helper]
        names = {n.id for n in ast.walk(made.node) if isinstance(n, ast.Name)}
        modules |= {m for alias, m in made.imports.items() if alias in names and m in MODULES}
    if any("np." in line for line in constants):
        modules.add("numpy")
    parts: list[str] = []
    imports = [f"import {m} as np" if m == "numpy" else f"import {m}" for m in sorted(modules)]
    imports += own
    if imports:
        parts.append("\n".join(imports) + "\n")
    if constants:
        parts.append("\n".join(constants) + "\n")
    blocks = [context.registry.helpers[h].text + "\n" for h in helpers]
    blocks += ["\n".join(p.lines) + "\n" for p in printed]
    head = "\n".join(parts)
    text = head + ("\n\n" if head else "") + "\n\n".join(blocks)
    live = {n: v for n, v in captured.items() if n in used and hasattr(v, "tolist")}
    return Module(text, function.name, bindings, live=live)


def _apart(context: Context, function: Function, called: list[Function]) -> dict[str, Any]:
    """The captured objects by names that no parameter, helper or built-in function has.

    A constant of a class or a module (`Table.x`) is called as the attribute is, which an argument may be too.
    """
    captured: dict[str, Any] = function.info.get("captured", {})
    current: dict[str, Any] = function.info.get("current", {})
    held = RESERVED | {function.name, *context.registry.helpers}
    for each in (function, *called):
        held |= {*each.arguments, *(p.hint for p in each.params)}
    for name in [n for n in captured if n in held]:
        number = 2
        while (free := f"{name}{number}") in held or free in captured:
            number += 1
        captured[free] = captured.pop(name)
        if name in current:
            current[free] = current.pop(name)
        for each in (function, *called):
            for op in each.body.walk():
                if op.name == "const" and op.attrs.get("name") == name:
                    op.attrs["name"] = free
    return captured


class _Printed:
    """The lines of one function, and what its expressions need."""

    def __init__(
        self, context: Context, function: Function, names: set[str], doc: str, landmarks: bool
    ) -> None:
        self.arguments = [*function.arguments, *(p.hint for p in function.params)]
        groups = set(function.arguments) - {p.hint for p in function.params}
        gather(function)
        raiser = Raiser(context, function, names | groups, landmarks)
        self.expressions = raiser.expressions
        lines = raiser.lines()
        alone = function.info.get("sweep") is not None
        body = _with_sweeps(lines) if landmarks and not alone else lines
        silenced = function.info.get("silenced")
        if silenced:
            self.expressions.modules.add("numpy")
            keywords = ", ".join(f'{k}="{v}"' for k, v in sorted(silenced.items()))
            body = [Line(header=f"with np.errstate({keywords}):", body=body)]
        header = wrap(f"def {function.name}({_parameters(function)}):", "")
        lines_ = [*header, *_docstring(doc), *render(body, 1)]
        self.lines, whole_names = unshielded(lines_, len(header), set(self.arguments))
        if whole_names:
            self.expressions.modules.add("builtins")
        self.words = self.lines[len(header) :]


def _names(line: str) -> list[ast.Name]:
    words: list[ast.Name] = []
    token = ""
    for char in line + " ":
        if char.isalnum() or char == "_":
            token += char
        else:
            if token:
                words.append(ast.Name(token))
            token = ""
    return words


def _with_sweeps(lines: list[Line]) -> list[Line]:
    """Headings over the forward and the reverse sweep, where there are both."""
    first = next((i for i, line in enumerate(lines) if _is_reverse(line)), None)
    if first is None or first == 0:
        return lines
    return [
        Line(comment="forward sweep"),
        *lines[:first],
        Line(comment="\nreverse sweep"),
        *lines[first:],
    ]


def _is_reverse(line: Line) -> bool:
    if line.comment:
        return True
    targets = line.node.targets if isinstance(line.node, ast.Assign) else []
    names = [n.id for t in targets for n in ast.walk(t) if isinstance(n, ast.Name)]
    return any("_bar" in n for n in names) or any(_is_reverse(inner) for inner in line.body)


def _parameters(function: Function) -> str:
    out: list[str] = []
    stars = function.info.get("stars", {})
    arguments = function.arguments
    if "**" in stars.values():
        last = next(n for n, star in stars.items() if star == "**")
        arguments = [*(n for n in arguments if n != last), last]
    for name in arguments:
        default = function.defaults.get(name, _NOTHING)
        if default is _NOTHING or not _literal(default):
            out.append(stars.get(name, "") + name)
        else:
            out.append(f"{name}={expression_text(ast.Constant(default))}")
    seen_default = False
    for i, text in enumerate(out):
        if "=" in text:
            seen_default = True
        elif seen_default and not text.startswith("*"):
            out = [t.split("=")[0] for t in out[:i]] + out[i:]
    return ", ".join(out)


_NOTHING = object()


def _literal(value: Any) -> bool:
    return value is None or isinstance(value, (bool, int, float, str))


def _docstring(doc: str) -> list[str]:
    lines = doc.strip().splitlines()
    if len(lines) == 1:
        return [f'    """{lines[0]}"""']
    return [f'    """{lines[0]}', *(f"    {line}".rstrip() for line in lines[1:]), '    """']


def _constants(captured: dict[str, Any], used: set[str]) -> tuple[list[str], dict[str, Any]]:
    lines: list[str] = []
    bindings: dict[str, Any] = {}
    for name, value in sorted(captured.items()):
        if name not in used:
            continue
        if isinstance(value, (int, float, complex, str, list, tuple)):
            lines += wrap(f"{name} = {_written(value)}", "")
        elif hasattr(value, "tolist") and value.size <= LARGEST_ARRAY:
            dtype = (
                ""
                if value.dtype.name in ("float64", "int64", "bool")
                else f", dtype=np.{value.dtype.name}"
            )
            lines += wrap(f"{name} = np.array({_written(value.tolist())}{dtype})", "")
        else:
            bindings[name] = value
    return lines, bindings


def _written(value: Any) -> str:
    """The text of a number, a string, or a list or tuple of these."""
    if isinstance(value, float) and not math.isfinite(value):
        return f'float("{value!r}")'
    if isinstance(value, (list, tuple)):
        items = ", ".join(_written(item) for item in value)
        if isinstance(value, list):
            return f"[{items}]"
        return f"({items},)" if len(value) == 1 else f"({items})"
    return repr(value)


def _classes(classes: list[Any]) -> tuple[list[str], dict[str, Any]]:
    """Imports of classes that results are made of, and those classes that cannot be imported."""
    lines: dict[str, None] = {}
    bindings: dict[str, Any] = {}
    for cls in classes:
        if cls.__qualname__ == cls.__name__ and cls.__module__ != "__main__":
            lines[f"from {cls.__module__} import {cls.__name__}"] = None
        else:
            bindings[cls.__name__] = cls
    return sorted(lines), bindings


def _helpers(context: Context, names: set[str]) -> list[str]:
    """Helpers that the functions call, and those that these call, callees first."""
    order: list[str] = []

    def visit(name: str) -> None:
        if name in order:
            return
        found = [
            n for n in ast.walk(context.registry.helpers[name].node) if isinstance(n, ast.Name)
        ]
        local = {n.id for n in found if isinstance(n.ctx, ast.Store)}
        for inner in found:
            if inner.id in context.registry.helpers and inner.id not in {name, *local}:
                visit(inner.id)
        order.append(name)

    for name in sorted(names):
        visit(name)
    return order


def signature_of(context: Context, params: list[tuple[str, Kind]]) -> dict[str, str]:
    """Text of each parameter's kind, as `--args` takes it: {"w1": "f8[n, h]", "rate": "float"}.

    Lengths that the user named keep their names; others get letters, equal ones the same letter.
    """
    letters: dict[str, str] = {}
    taken = {n for n, _ in params}
    for _, kind in params:
        for size in kind.dims or ():
            size = context.dims.find(size)
            if isinstance(size, Dim) and not size.symbol.startswith(("?", "~")):
                letters[size.symbol] = size.symbol
    pool = [c for c in "nmkpqrsabcdefghijl" if c not in taken and c not in letters]
    texts = {}
    for name, kind in params:
        if kind.base == "NoneType":
            texts[name] = "NoneType"
        if kind.dtype is None:
            continue
        if kind.dims is None:
            texts[name] = f"{kind.dtype}[...]"
            continue
        sizes = []
        for size in kind.dims:
            size = context.dims.find(size)
            if isinstance(size, Dim):
                if size.symbol not in letters:
                    letters[size.symbol] = pool.pop(0) if pool else f"n{len(letters)}"
                sizes.append(str(Dim(letters[size.symbol], size.offset)))
            else:
                sizes.append(str(size))
        texts[name] = f"{kind.dtype}[{', '.join(sizes)}]" if sizes else kind.dtype
    return texts
