"""Functions of the module dataclasses, and namedtuple."""

from __future__ import annotations

import dataclasses
import functools
from collections import namedtuple
from typing import Any

from s2sad.frontend.base import Base
from s2sad.frontend.containers import UNKNOWN
from s2sad.frontend.scope import Binding, Cell, Items, Static
from s2sad.ir.core import Value


def _fields_of(low: Base, binding: Binding, node: Any) -> dict[str, Binding] | None:
    """The fields of an object of a dataclass, by name; None for anything else."""
    if not isinstance(binding, Cell) or not dataclasses.is_dataclass(binding.kind):
        return None
    fields = dataclasses.fields(binding.kind)
    return {f.name: low.attribute(binding, f.name, node) for f in fields}


def _replace(
    low: Base, args: list[Binding], kwargs: dict[str, Binding], node: Any
) -> Binding | None:
    fields = _fields_of(low, args[0], node)
    if fields is None or len(args) > 1:
        return None
    cls: Any = args[0].kind  # type: ignore[union-attr]
    given = {f.name: fields[f.name] for f in dataclasses.fields(cls) if f.init}
    return low.call(Static(cls), [], given | kwargs, node)


def _parts(kind: str) -> Any:
    """dataclasses.astuple and asdict, where no field holds an object of a dataclass or a container."""

    def form(
        low: Base, args: list[Binding], kwargs: dict[str, Binding], node: Any
    ) -> Binding | None:
        fields = _fields_of(low, args[0], node)
        if fields is None or kwargs or not all(isinstance(v, Value) for v in fields.values()):
            return None
        return low.new_dict(dict(fields)) if kind == "dict" else Items(list(fields.values()))

    return form


def _namedtuple(
    low: Base, args: list[Binding], kwargs: dict[str, Binding], node: Any
) -> Binding | None:
    """A class of named tuples that the function makes: the one of this name and these fields."""
    given = [_words(low, a) for a in args]
    named = {k: _words(low, b) for k, b in kwargs.items()}
    if any(v is UNKNOWN for v in [*given, *named.values()]):
        return None
    return Static(_class_of_tuples(*given, **named))


def _words(low: Base, binding: Binding) -> Any:
    """A constant, or a tuple of the constants in a tuple or list."""
    items = low.sequence(binding)
    if items is None:
        return low.literal(binding)
    words = tuple(low.literal(b) for b in items.items)
    return UNKNOWN if any(w is UNKNOWN for w in words) else words


@functools.cache
def _class_of_tuples(*args: Any, **kwargs: Any) -> Any:
    made = namedtuple(*args, **kwargs)  # type: ignore[misc]
    made.__qualname__ = f"<locals>.{made.__name__}"  # nothing can be imported by this name
    return made


DATACLASS_FORMS = {
    id(namedtuple): _namedtuple,
    id(dataclasses.replace): _replace,
    id(dataclasses.astuple): _parts("tuple"),
    id(dataclasses.asdict): _parts("dict"),
}
