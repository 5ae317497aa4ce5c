"""Functions of the module dataclasses."""

from __future__ import annotations

import dataclasses
from typing import Any

from s2sad.frontend.base import Base
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


DATACLASS_FORMS = {
    id(dataclasses.replace): _replace,
    id(dataclasses.astuple): _parts("tuple"),
    id(dataclasses.asdict): _parts("dict"),
}
