"""Lowers assignments to several targets: a, (b, *c) = value"""

from __future__ import annotations

from typing import Any

import gast

from s2sad.frontend.base import Base
from s2sad.frontend.classes import class_of, defines
from s2sad.frontend.scope import CONTAINERS, Binding, Cell, Generator, Items, Static, attribute_of
from s2sad.ir.core import Op, Value


class Unpacking(Base):
    """The part of `Lowering` that takes values apart."""

    def iterator_of(self, binding: Binding, node: Any) -> Binding:
        """What `__iter__` of an object gives; anything else as it is."""
        of_program = isinstance(binding, Cell) and binding.kind not in CONTAINERS
        if not of_program and not (isinstance(binding, Static) and defines(binding, "__iter__")):
            return binding
        if attribute_of(class_of(binding), "__iter__") is None:
            raise self.unsupported(
                node, "an object without __iter__ is run over", "give its class an __iter__"
            )
        return self.call(self.attribute(binding, "__iter__", node), [], {}, node)

    def unpack(self, target: Any, value: Binding, node: Any) -> None:
        stars = [i for i, t in enumerate(target.elts) if isinstance(t, gast.Starred)]
        value = self.iterator_of(value, node)
        if isinstance(value, Generator):
            value = self.collected(value, node)
        items = self.items_or_shape(value, node) if stars else self.sequence(value)
        items = None if items is None else self.in_order(items, node)
        if stars and items is not None and len(items.items) >= len(target.elts) - 1:
            (i,) = stars
            end = len(items.items) - (len(target.elts) - 1 - i)
            middle = self.new_list(items.items[i:end])
            targets = [t.value if t is target.elts[i] else t for t in target.elts]
            self.unpack(
                gast.Tuple(targets, gast.Store()),
                Items([*items.items[:i], middle, *items.items[end:]]),
                node,
            )
            return
        if stars:
            self.unpack_slices(target, stars[0], value, node)
            return
        if items is not None:
            if len(items.items) != len(target.elts):
                raise self.raises(
                    ValueError,
                    target,
                    f"{len(items.items)} values are unpacked into {len(target.elts)} names",
                )
            parts: list[Binding] = list(items.items)
        elif isinstance(value, Cell) and (grown := self.grown(value)) is not None:
            self.ask_length(self.so_far(grown, node), len(target.elts), target)
            places = [self.const(i, node) for i in range(len(target.elts))]
            parts = [self.grown_item(grown, i, target) for i in places]
        else:
            array = self.to_value(value, node)
            self.ask_length(array, len(target.elts), target)
            parts = [
                self.prim("operator.getitem", [array, self.const(i, node)], {}, target, unpacked=i)
                for i in range(len(target.elts))
            ]
        # Each part is looked up when it is its turn: an assignment may write what a later part is a view of.
        variables, hidden = self.scope, "$parts"
        while hidden in variables.vars:
            hidden += "'"
        variables.vars[hidden] = Items(parts)
        for i, sub_target in enumerate(target.elts):
            now = variables.vars[hidden]
            assert isinstance(now, Items)
            self.assign(sub_target, now.items[i], node)
        del variables.vars[hidden]

    def ask_length(self, array: Value, count: int, node: Any) -> None:
        """Python raises where an array that is unpacked has another number of items."""
        if array.kind.is_scalar:
            raise self.raises(TypeError, node, "a number cannot be unpacked", "pass an array")
        if array.kind.dims and array.kind.dims[0] == count:
            return
        attrs = {"what": "unpack", "count": count}
        self.block.append(Op("effect", [array], [], attrs, [], self.span(node), exact=True))
