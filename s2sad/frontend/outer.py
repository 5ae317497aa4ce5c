"""What a function takes from around it: globals, closure variables, defaults, attributes of modules."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from s2sad.frontend.arguments import snapshot
from s2sad.frontend.base import Base
from s2sad.frontend.scope import Binding, Items, Static, fields_of
from s2sad.frontend.sets import has_fixed_hash
from s2sad.ir.core import Value
from s2sad.ir.kinds import Kind

SHORT = 4  # so many items of a table are written out, one after the other


class Outer(Base):
    """The part of `Lowering` that makes bindings of objects from outside of the function."""

    def outer_object(
        self, obj: Any, name: str, node: Any, current: Callable[[], Any] | None = None
    ) -> Binding:
        """A global, a captured variable, an attribute of a module, or a default value, as a binding.

        `current` gives the object of the moment: the code is made anew when it is another one.
        """
        if is_literal(obj):
            is_named = name.isidentifier() and obj is not None and not isinstance(obj, (bool, str))
            if is_named:
                name = self.capture(name, obj, current)
            return self.const(obj, node, name if is_named else "")
        if isinstance(obj, (tuple, list, set, frozenset, dict)):
            return self.outer_container(obj, name, node, current)
        if isinstance(obj, (np.ndarray, np.generic)):
            name = self.capture(name or "array", obj, current)
            return self.op("const", [], _array_kind(obj), node, value=obj, name=name)
        return Static(obj, name)

    def capture(self, name: str, obj: Any, current: Callable[[], Any] | None) -> str:
        """A name for a captured object, which no other one has."""
        free, number = name, 1
        while free in self.captured and self.captured[free] is not obj:
            number += 1
            free = f"{name}{number}"
        self.captured[free] = obj
        if current is not None:
            self.current[free] = current
        return free

    def outer_container(
        self, obj: Any, name: str, node: Any, current: Callable[[], Any] | None
    ) -> Binding:
        """A tuple, list, set or dict that the function takes from around it, which it must not change."""
        self.plain_container(type(obj), node)
        if id(obj) not in self.containers:
            self.containers[id(obj)] = (current or (lambda: obj), snapshot(obj))
        items: Items
        if isinstance(obj, (set, frozenset)):
            kind = "ordered" if all(map(has_fixed_hash, obj)) else "unordered"
            items = Items([self.outer_object(o, "", node) for o in obj], kind)
            if isinstance(obj, frozenset):
                return items
        if isinstance(obj, tuple):
            named = type(obj) if fields_of(type(obj)) else None
            items = Items([self.outer_object(o, "", node) for o in obj], "tuple", named)
            if named is None:
                items.table = _table(obj, name, current)
            return items
        if id(obj) in self.known and self.known[id(obj)][1] in self.state.holders:
            return self.known[id(obj)][1]
        if isinstance(obj, dict):
            cell = self.new_dict({k: self.outer_object(o, "", node) for k, o in obj.items()})
        elif isinstance(obj, set):
            cell = self.set_cell(items)
        else:
            cell = self.new_list([self.outer_object(o, "", node) for o in obj])
            cell.contents.table = _table(obj, name, current)
        cell.frozen = f"{name or 'this ' + cell.kind.__name__!r} was not made in this function"
        self.known[id(obj)] = (obj, cell)
        return cell

    def table_of(self, items: Items, node: Any) -> Value | None:
        """A list or tuple of numbers from around the function, as a value whose items are read by index."""
        if items.table is None:
            return None
        name, obj, current = items.table
        kind = Kind("number", type(obj[0]).__name__, (len(obj),))
        name = self.capture(name, obj, current)
        return self.op("const", [], kind, node, value=obj, name=name)


def _table(obj: Any, name: str, current: Callable[[], Any] | None) -> Any:
    """What `Items.table` says of a list or tuple: numbers of one type, under a name."""
    if len(obj) <= SHORT or not name.isidentifier() or type(obj[0]) not in (int, float):
        return None
    return (name, obj, current) if all(type(o) is type(obj[0]) for o in obj) else None


def _array_kind(obj: Any) -> Kind:
    code = f"{obj.dtype.kind}{obj.dtype.itemsize}"
    return Kind("number", code, tuple(obj.shape))


def is_literal(obj: Any) -> bool:
    return obj is None or type(obj) in (bool, int, float, complex, str)
