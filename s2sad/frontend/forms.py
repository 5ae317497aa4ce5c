"""Functions that are lowered in a way of their own: those that take tuples apart, and max, min, sum, len, pow."""

from __future__ import annotations

from typing import Any

import numpy as np

from s2sad.frontend.base import Base
from s2sad.frontend.scope import Binding, Items
from s2sad.ir.core import Value


def _extreme(fn: str) -> Any:
    def special(
        low: Base, args: list[Binding], kwargs: dict[str, Binding], node: Any
    ) -> Binding | None:
        if len(args) == 1 and isinstance(args[0], Items):
            args = args[0].items
        if kwargs or len(args) < 2:
            raise low.unsupported(
                node,
                f"this form of {fn.split('.')[1]} is not supported yet",
                "compare two numbers, or use np.max and np.min on an array",
            )
        result = low.to_value(args[0], node)
        for arg in args[1:]:
            result = low.prim(fn, [result, low.to_value(arg, node)], {}, node)
        return result

    return special


def _sum(low: Base, args: list[Binding], kwargs: dict[str, Binding], node: Any) -> Binding | None:
    if not isinstance(args[0], Items) or kwargs:
        raise low.unsupported(
            node,
            "the built-in sum is supported for tuples and lists of known length",
            "use np.sum for an array",
        )
    total = low.to_value(args[1], node) if len(args) > 1 else low.const(0, node)
    for item in args[0].items:
        total = low.prim("operator.add", [total, low.to_value(item, node)], {}, node)
    return total


def _len(low: Base, args: list[Binding], kwargs: dict[str, Binding], node: Any) -> Binding | None:
    return low.const(len(args[0].items), node) if isinstance(args[0], Items) else None


def _pow(low: Base, args: list[Binding], kwargs: dict[str, Binding], node: Any) -> Binding | None:
    if len(args) != 2 or kwargs:
        raise low.unsupported(node, "pow with a modulus is not differentiable")
    return low.prim("operator.pow", [low.to_value(a, node) for a in args], {}, node)


def _array(low: Base, args: list[Binding], kwargs: dict[str, Binding], node: Any) -> Binding | None:
    """np.array of a list of numbers or arrays: its items are operands, so that derivatives pass through."""
    if len(args) != 1 or not isinstance(args[0], Items) or set(kwargs) - {"dtype"}:
        return None
    dtype = {k: low.to_value(v, node) for k, v in kwargs.items()}

    def made(items: Items) -> Value:
        values = [made(i) if isinstance(i, Items) else low.to_value(i, node) for i in items.items]
        return low.prim("intrinsic.array_of", values, {}, node)

    if dtype:
        values = [made(i) if isinstance(i, Items) else low.to_value(i, node) for i in args[0].items]
        return low.prim("intrinsic.array_of", [*values], dtype, node)
    return made(args[0])


FORMS = {
    id(np.array): _array,
    id(np.asarray): _array,
    id(max): _extreme("builtins.max"),
    id(min): _extreme("builtins.min"),
    id(sum): _sum,
    id(len): _len,
    id(pow): _pow,
}
