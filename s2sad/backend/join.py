"""Joins generated modules into one: each import, constant and helper once."""

from __future__ import annotations

import ast
import sys

from s2sad.errors import UsageError


def join_modules(texts: list[str]) -> str:
    """One module with the functions of all, in order. Comments stay over what they belong to."""
    if len(texts) == 1:
        return texts[0]
    imports: set[str] = set()
    constants: dict[str, str] = {}
    functions: dict[str, str] = {}
    for text in texts:
        lines = text.splitlines()
        end = 0
        for node in ast.parse(text).body:
            chunk = "\n".join(lines[end : node.end_lineno]).strip("\n")
            end = node.end_lineno or end
            if isinstance(node, ast.Import | ast.ImportFrom):
                imports.add(chunk)
                continue
            name = _name(node)
            home = functions if isinstance(node, ast.FunctionDef) else constants
            if home.setdefault(name, chunk) != chunk or (name in functions and name in constants):
                raise UsageError(
                    f"two derivatives of this file define {name!r} differently",
                    help="emit them into two files, one at a time: s2sad emit FILE:FUNCTION -o OUT",
                )
    standard = sorted(line for line in imports if line.split()[1] in sys.stdlib_module_names)
    others = sorted(imports - set(standard))
    head = ["\n".join(part) for part in (standard, others, constants.values()) if part]
    return (
        "\n\n\n".join(["\n\n".join(head), *functions.values()] if head else functions.values())
        + "\n"
    )


def _name(node: ast.stmt) -> str:
    """The name that a top-level statement of a generated module defines."""
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return node.name
    if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
        return node.targets[0].id
    return ast.unparse(node)
