"""Calls that write into an array: out=, np.add.at(...), a.fill(...), a.sort()."""

from __future__ import annotations

from typing import Any

import numpy as np

from s2sad.frontend.base import Base
from s2sad.frontend.scope import Binding, Items
from s2sad.ir.core import Value


class Into(Base):
    """The part of `Lowering` that handles calls that write into an array."""

    def call_at(self, ufunc: Any, args: list[Binding], node: Any) -> Binding:
        """np.add.at(array, index, value): adds at an index that may name an item twice."""
        if ufunc not in (np.add, np.subtract) or len(args) != 3:
            raise self.unsupported(
                node, f"{ufunc.__name__}.at is not supported in this form", "use np.add.at"
            )
        array, index, value = (self.to_value(a, node) for a in args)
        if ufunc is np.subtract:
            value = self.array_of(value, node)
            value = self.prim("operator.neg", [value], {}, node)
        self.write("intrinsic.index_add", node, array, index, value, node)
        return self.const(None, node)

    def in_place(self, array: Value, name: str, args: list[Binding], node: Any) -> Binding:
        """array.fill(value), array.sort()"""
        if name == "fill":
            value = self.to_value(args[0], node)
        else:
            axis = {"axis": self.to_value(args[0], node)} if args else {}
            value = self.prim("numpy.sort", [array], axis, node)
        self.write("intrinsic.store", node, array, self.const(Ellipsis, node), value, node)
        return self.const(None, node)

    def is_none_or_absent(self, binding: Binding | None) -> bool:
        return binding is None or self.literal(binding) is None

    def call_into(
        self, fn: str, args: list[Binding], kwargs: dict[str, Binding], node: Any
    ) -> Binding:
        """A call with out=: the result is written into an array, where= a mask says."""
        out, where = kwargs.pop("out"), kwargs.pop("where", None)
        if isinstance(out, Items) and len(out.items) == 1:
            out = out.items[0]
        target, values = self.to_value(out, node), [self.to_value(a, node) for a in args]
        mask = None if where is None or self.literal(where) is True else self.to_value(where, node)
        if mask is not None and not isinstance(
            getattr(np, fn.removeprefix("numpy."), None), np.ufunc
        ):
            raise self.unsupported(node, "where= beside out= of what is no ufunc", "use np.where")
        if mask is not None:
            # Where the mask is false the function is not computed: 1 stands for the arguments there.
            one = self.const(1.0, node)
            values = [self.prim("numpy.where", [mask, v, one], {}, node) for v in values]
        more = {k: self.to_value(v, node) for k, v in kwargs.items()}
        result = self.prim(fn, values, more, node)
        if mask is not None:
            result = self.prim("numpy.where", [mask, result, target], {}, node)
        self.scope.vars["$out"] = target
        self.write("intrinsic.store", node, target, self.const(Ellipsis, node), result, node)
        return self.scope.vars.pop("$out")
