"""min and max of several things, of lists, by a key, and with a default."""

from __future__ import annotations

from typing import Any

from s2sad.frontend.base import Base
from s2sad.frontend.scope import Binding, Static
from s2sad.frontend.written import written
from s2sad.ir.core import Value


def extreme(fn: str) -> Any:
    def special(
        low: Base, args: list[Binding], kwargs: dict[str, Binding], node: Any
    ) -> Binding | None:
        if "default" in kwargs and len(args) == 1:
            rest = {k: v for k, v in kwargs.items() if k != "default"}
            return _or_default(
                low, args[0], kwargs["default"], lambda: special(low, args, rest, node), node
            )
        items = low.sequence(args[0]) if len(args) == 1 else None
        if items is not None:
            args = items.items
        if (
            set(kwargs) == {"key"}
            and len(args) > (items is None)
            and not low.is_none(kwargs["key"])
        ):
            return _extreme_by_key(
                "<" if fn.endswith("min") else ">", low, args, kwargs["key"], node
            )
        if len(args) == 1 and items is not None and not kwargs:
            return args[0]
        grown = low.grown(args[0]) if len(args) == 1 and not kwargs else None
        if len(args) == 1 and not kwargs and isinstance(args[0], Value):
            listed = low.list_of(args[0], node)
            grown = None if listed is None else low.grown(listed)
        if grown is not None and grown.array.kind.ndim == 1:
            return low.extreme_of(fn.split(".")[1], grown, node)
        if kwargs or len(args) < 2:
            raise low.unsupported(
                node,
                f"this form of {fn.split('.')[1]} is not supported yet",
                "compare two numbers, or use np.max and np.min on an array",
            )
        if any(low.sequence(a) is not None for a in args):
            return _extreme_by_key("<" if fn.endswith("min") else ">", low, args, None, node)
        result = low.to_value(args[0], node)
        for arg in args[1:]:
            result = low.prim(fn, [result, low.to_value(arg, node)], {}, node)
        return result

    return special


def _or_default(low: Base, items: Binding, other: Binding, found: Any, node: Any) -> Binding:
    """max(items, default=other)"""
    known = low.sequence(items)
    if known is not None:
        return found() if known.items else other
    test = low.tested(items, node)
    if isinstance(items, Value):  # an array, which is not tested for items as a list is
        some = low.call(Static(len), [items], {}, node)
        test = low.prim("operator.gt", [low.to_value(some, node), low.const(0, node)], {}, node)
    return low.choose(test, found, lambda: other, node, "ifexp")


def _extreme_by_key(
    sign: str, low: Base, args: list[Binding], key: Binding | None, node: Any
) -> Binding:
    """The first of the items that is the smallest, or the largest, or whose key is."""
    items = {f"I{k}": item for k, item in enumerate(args)}
    text = "B = I0\nK = F(B)\n" if key is not None else "B = I0\n"
    for name in list(items)[1:]:
        if key is not None:
            text += f"C = F({name})\nif C {sign} K:\n    B, K = {name}, C\n"
        else:
            text += f"if {name} {sign} B:\n    B = {name}\n"
    with low.with_hidden({**items, **({"F": key} if key is not None else {})}):
        low.statements(written(text, node))
    best, *_ = [low.scope.vars.pop(n, None) for n in ("$B", "$K", "$C")]
    assert best is not None
    return best
