"""Scopes and bindings: what a name means at a point of the program."""

from __future__ import annotations

import builtins
from dataclasses import dataclass
from typing import Any

from s2sad.frontend.find import FunctionSource
from s2sad.ir.core import Value


@dataclass
class Static:
    """A Python object that is known before the program runs: a module, a function, a flag."""

    value: Any
    name: str = ""


@dataclass
class Items:
    """A tuple or list whose length is known: lowered to its elements."""

    items: list[Binding]
    kind: str = "tuple"


@dataclass
class Closure:
    """A function or lambda defined inside the function: its node, and the scope in which it was defined."""

    node: Any
    scope: Scope
    name: str
    defaults: dict[str, Binding]


Binding = Value | Static | Items | Closure


class Scope:
    """Variables of a function while it is lowered; `lexical` is the scope around it."""

    def __init__(self, source: FunctionSource, lexical: Scope | None = None) -> None:
        self.source = source
        self.lexical = lexical
        self.vars: dict[str, Binding] = {}

    def find_local(self, name: str) -> Binding | None:
        scope: Scope | None = self
        while scope is not None:
            if name in scope.vars:
                return scope.vars[name]
            scope = scope.lexical
        return None

    def find_outer(self, name: str) -> tuple[bool, Any]:
        """(found, object) of a name that the function takes from around it."""
        function = self.source.function
        cells = dict(zip(function.__code__.co_freevars, function.__closure__ or (), strict=False))
        if name in cells:
            try:
                return True, cells[name].cell_contents
            except ValueError:
                return False, None
        if name in function.__globals__:
            return True, function.__globals__[name]
        if hasattr(builtins, name):
            return True, getattr(builtins, name)
        return False, None
