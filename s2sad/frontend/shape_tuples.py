"""The shape of an array as the tuple that it is: m.shape[:-1] + (3,), (1, *m.shape), list(m.shape)."""

from __future__ import annotations

from typing import Any

from s2sad.frontend.base import Base
from s2sad.frontend.scope import Binding, Items
from s2sad.ir.core import Value


class ShapeTuples(Base):
    """The part of `Lowering` that handles shapes of arrays."""

    def items_or_shape(self, binding: Binding, node: Any) -> Items | None:
        """The items of a tuple or list, or the lengths in the shape of an array with a known number of axes."""
        items = self.sequence(binding)
        query = binding.op if isinstance(binding, Value) else None
        if items is not None or query is None or query.fn != "intrinsic.shape":
            return items
        assert isinstance(binding, Value)
        rank = query.operands[0].kind.ndim
        if rank is None:
            return None
        self.ranks.add(query.operands[0])
        places = [self.const(axis, node) for axis in range(rank)]
        return Items([self.prim("operator.getitem", [binding, p], {}, node) for p in places])
