"""Statements that the lowering writes itself, in place of those of a program that are short for them."""

from __future__ import annotations

from typing import Any

import gast

from s2sad.frontend.scope import Binding, Static


class Refused(NotImplementedError):
    """What the generated code raises, as a NotImplementedError, where only the run knows that it is not made for it."""


BUILTINS: dict[str, Binding] = {
    f.__name__: Static(f)
    for f in (len, range, min, zip, list, int, TypeError, ValueError, StopIteration, Refused)
}


def written(text: str, node: Any) -> list[Any]:
    """Statements of a text, at the place of `node`. Their names begin with `$`, as no name of a program does."""
    body: list[Any] = gast.parse(text).body
    for inner in (n for statement in body for n in gast.walk(statement)):
        if isinstance(inner, gast.Name):
            inner.id = f"${inner.id}"
        if hasattr(inner, "lineno"):
            gast.copy_location(inner, node)
    return body


def hidden(variables: dict[str, Binding]) -> dict[str, Binding]:
    """The variables, and the built-in functions, as such statements name them."""
    return {f"${name}": value for name, value in {**BUILTINS, **variables}.items()}
