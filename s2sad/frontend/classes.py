"""Classes of the user: whose operators an object has, and which containers are not what they seem."""

from __future__ import annotations

import enum
import types
from typing import Any

from s2sad.frontend.scope import CONTAINERS, SETS, Binding, Cell, Items, Static, attribute_of

CLASSES = {
    "list": list,
    **dict.fromkeys(SETS, frozenset),
    "range": range,
}  # of sequences by their kind; others are tuples
OF_CONTAINERS = (
    "__new__", "__init__", "__len__", "__iter__", "__reversed__", "__getitem__", "__setitem__", "__delitem__",
    "__missing__", "__contains__", "__bool__", "__hash__", "__getattr__", "__getattribute__", "_replace", "_asdict",
    "_make", "count", "index", "get", "keys", "values", "items", "append", "extend", "pop", "update",
)  # fmt: skip


def class_of(binding: Binding | None) -> type:
    """The class that defines the operators of a binding, as far as a class of the user may do so."""
    if isinstance(binding, Cell) and isinstance(binding.kind, type):
        return binding.kind
    if isinstance(binding, Items):
        return binding.named or CLASSES.get(binding.kind, tuple)
    if isinstance(binding, Static) and not isinstance(binding.value, (type, enum.Enum)):
        return type(binding.value)
    return object


def defines(binding: Binding, method: str) -> bool:
    """True for an object whose class, one of a program, has a method."""
    cls = class_of(binding)
    return cls not in CONTAINERS and isinstance(attribute_of(cls, method), types.FunctionType)


def overridden(cls: Any) -> str:
    """A method of tuples, lists or dicts that the user's class has in another form; "" if there is none."""
    for name in OF_CONTAINERS:
        method = attribute_of(cls, name)
        method = getattr(method, "__func__", method)  # __new__ is a static method
        if isinstance(method, (types.FunctionType, property)) and not _is_of_library(method):
            return name
    fields = getattr(cls, "_fields", ())
    return next((n for n in fields if isinstance(attribute_of(cls, n), property)), "")


def _is_of_library(method: Any) -> bool:
    """True for what namedtuple makes."""
    code = getattr(method, "__code__", None)
    return code is not None and (
        code.co_filename == "<string>" or method.__module__ in ("collections", "typing")
    )
