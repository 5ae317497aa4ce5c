"""Joins generated modules into one: each import and each helper once."""

from __future__ import annotations

import ast

from s2sad.errors import UsageError


def join_modules(texts: list[str]) -> str:
    """One module with the functions of all, in order. Comments stay over what they belong to."""
    if len(texts) == 1:
        return texts[0]
    imports: set[str] = set()
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
            name = getattr(node, "name", chunk)
            if functions.setdefault(name, chunk) != chunk:
                raise UsageError(
                    f"two derivatives of this file define {name!r} differently",
                    help="emit them into two files, one at a time: s2sad emit FILE:FUNCTION -o OUT",
                )
    head = ["\n".join(sorted(imports))] if imports else []
    return "\n\n\n".join(head + list(functions.values())) + "\n"
