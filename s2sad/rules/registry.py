"""The registry: which function has which rule."""

from __future__ import annotations

import builtins
import importlib
from functools import cache
from pathlib import Path
from typing import Any

from s2sad.rules.parse import HELPER, INTRINSIC, Helper, Rule, parse_rule_file


class Registry:
    """Rules by the dotted name of the function, and the functions themselves by identity.

    `rules`: dotted name -> Rule. `helpers`: name -> Helper.
    """

    def __init__(self) -> None:
        self.rules: dict[str, Rule] = {}
        self.helpers: dict[str, Helper] = {}
        self._names: dict[int, tuple[Any, str]] = {}

    def add_file(self, path: Path) -> None:
        parsed = parse_rule_file(path)
        for helper in parsed.helpers:
            self.helpers[helper.name] = helper
        for rule in parsed.rules:
            self.add(rule)

    def add(self, rule: Rule) -> None:
        for name in rule.functions:
            known = self.rules.get(name)
            if known is not None and rule.nondifferentiable:
                continue
            self.rules[name] = rule
            if not name.startswith((INTRINSIC, HELPER)):
                obj = resolve(name)
                if obj is not None and id(obj) not in self._names:
                    self._names[id(obj)] = (obj, name)

    def add_object(self, obj: Any, name: str) -> None:
        self._names[id(obj)] = (obj, name)

    def name_of(self, obj: Any, preferred: str = "") -> str | None:
        """Dotted name under which `obj` has a rule, `preferred` if that is one of its names."""
        if preferred in self.rules and resolve(preferred) is obj:
            return preferred
        entry = self._names.get(id(obj))
        return entry[1] if entry is not None and entry[0] is obj else None

    def copy(self) -> Registry:
        other = Registry()
        other.rules = dict(self.rules)
        other.helpers = dict(self.helpers)
        other._names = dict(self._names)
        return other


def resolve(name: str) -> Any:
    """The object of a dotted name, or None where its package is not installed."""
    head, *rest = name.split(".")
    try:
        obj: Any = builtins if head == "builtins" else importlib.import_module(head)
    except ImportError:
        return None
    path = head
    for part in rest:
        path = f"{path}.{part}"
        if not hasattr(obj, part):
            try:
                importlib.import_module(path)
            except ImportError:
                return None
        obj = getattr(obj, part, None)
    return obj


def templates_folder() -> Path:
    """The folder of rule files: inside the package when installed, beside it in a checkout."""
    package = Path(__file__).resolve().parent.parent
    installed = package / "templates"
    return installed if installed.is_dir() else package.parent / "templates"


@cache
def default_registry() -> Registry:
    """The rules that come with s2sad. Files are read once a process, in the order of their names."""
    registry = Registry()
    for path in sorted(templates_folder().rglob("*.py")):
        registry.add_file(path)
    return registry
