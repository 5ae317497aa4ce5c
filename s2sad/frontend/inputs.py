"""The parameters of a lowered function, and the arguments that they are parts of."""

from __future__ import annotations

from typing import Any

from s2sad.frontend.arguments import Fixed, Group, Part
from s2sad.frontend.base import Base
from s2sad.frontend.scope import Binding, Cell, Items
from s2sad.ir.core import Path, Value
from s2sad.ir.kinds import Kind


def _free(name: str, taken: set[str]) -> str:
    """`name`, with a number where it is taken."""
    free, number = name, 1
    while free in taken:
        number += 1
        free = f"{name}{number}"
    return free


class Inputs:
    """Makes a parameter for each number or array of the arguments."""

    def __init__(self, lowering: Base, node: Any) -> None:
        self.low = lowering
        self.node = node
        self.params: list[Value] = []
        self.places: dict[Value, tuple[str, Path]] = {}
        self.made: dict[int, Binding] = {}

    def binding(self, argument: str, part: Part, path: Path, hint: str) -> Binding:
        """What an argument, or a part of one, is in the function."""
        if isinstance(part, Kind):
            param = Value(part, _free(hint, {p.hint for p in self.params}))
            self.params.append(param)
            if path:
                self.places[param] = (argument, path)
                self.low.unnamed.add(param)
            return param
        if isinstance(part, Fixed):
            if part.value is None or isinstance(part.value, str):
                return self.low.const(part.value, self.node)
            return self.low.outer_object(part.value, "", self.node)
        if id(part) not in self.made:
            self.made[id(part)] = self.group(argument, part, path, hint)
        return self.made[id(part)]

    def group(self, argument: str, group: Group, path: Path, hint: str) -> Binding:
        def inner(key: Any) -> Binding:
            text = key if isinstance(key, str) and key.isidentifier() else f"{hint}_{key}"
            if not str(text).isidentifier():
                text = hint
            return self.binding(argument, group.parts[key], (*path, group.step(key)), text)

        if issubclass(group.cls, tuple):
            self.low.plain_container(group.cls, self.node)
            named = group.cls if group.is_object else None
            return Items([inner(k) for k in group.parts], "tuple", named)
        if group.cls is list:
            return self.low.new_list([inner(k) for k in group.parts])
        if group.cls is dict:
            return self.low.new_dict({k: inner(k) for k in group.parts})
        cell: Cell = self.low.state.add(Cell(group.cls))
        self.made[id(group)] = cell
        for key in group.parts:
            cell.vars[key] = inner(key)
        return cell

    def leaves(self) -> dict[str, tuple[str, Path]]:
        """Where each parameter that is a part of an argument is, by its name."""
        taken: set[str] = {p.hint for p in self.params if p not in self.places}
        for param in self.places:
            param.hint = _free(param.hint, taken)
            taken.add(param.hint)
        return {p.hint: place for p, place in self.places.items()}
