"""copy.copy and copy.deepcopy."""

from __future__ import annotations

import types
from typing import Any

from s2sad.frontend.base import Base
from s2sad.frontend.scope import Binding, Cell, Columns, Grown, Items, Table, attribute_of
from s2sad.ir.core import Value

OWN_COPIES = (
    "__copy__",
    "__deepcopy__",
    "__reduce__",
    "__reduce_ex__",
    "__getstate__",
    "__setstate__",
)


def shallow_copy(low: Base, args: list[Binding], kwargs: dict[str, Binding], node: Any) -> Binding:
    return _copied(low, args[0], node, deep=False)


def deep_copy(low: Base, args: list[Binding], kwargs: dict[str, Binding], node: Any) -> Binding:
    return _copied(low, args[0], node, deep=True)


def _copied(
    low: Base, binding: Binding, node: Any, deep: bool, memo: dict[Any, Binding] | None = None
) -> Binding:
    """copy.copy, copy.deepcopy; `memo`: the copies so far, as what stands at two places is one in the copy too."""
    made: dict[Any, Binding] = {} if memo is None else memo

    def inner(b: Binding) -> Binding:
        return _copied(low, b, node, True, made) if deep else b

    if isinstance(binding, (Cell, Value)) and binding in made:
        return made[binding]
    if isinstance(binding, Cell) and isinstance(binding.contents, (Grown, Columns)):
        made[binding] = low.copied_array_list(binding, deep, node)
        return made[binding]
    if isinstance(binding, Cell):
        if own := next((n for n in OWN_COPIES if _is_own(binding.kind, n)), ""):
            raise low.unsupported(
                node, f"a copy of an object that has {own} of its own", "make the copy in a method"
            )
        copy: Cell = low.state.add(Cell(binding.kind))
        made[binding] = copy
        copy.vars = {n: _contents(b, inner) for n, b in binding.vars.items()}
        return copy
    if isinstance(binding, Items):
        return Items([inner(b) for b in binding.items], binding.kind, binding.named)
    if isinstance(binding, Value) and not binding.kind.is_scalar:
        if binding.kind.is_array or not binding.kind.is_passive:
            made[binding] = low.prim("numpy.copy", [binding], {}, node)
            return made[binding]
    return binding


def _is_own(cls: Any, name: str) -> bool:
    return isinstance(attribute_of(cls, name), types.FunctionType)


def _contents(binding: Binding, inner: Any) -> Binding:
    """The contents of a list or dict that is copied, or a field."""
    if isinstance(binding, Items) and binding.kind != "tuple":
        return Items([inner(b) for b in binding.items], binding.kind)
    if isinstance(binding, Table):
        return Table({k: inner(b) for k, b in binding.items.items()})
    result: Binding = inner(binding)
    return result
