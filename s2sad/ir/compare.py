"""Whether two functions of the IR are the same code."""

from __future__ import annotations

from typing import Any

from s2sad.ir.core import Block, Callee, Function, Value


def same_code(first: Callee, second: Callee) -> bool:
    """True for two functions that do the same operations on arguments of the same kinds."""
    a, b = first.function, second.function
    return len(a.params) == len(b.params) and _Pair(first, second).same(a, b)


class _Pair:
    def __init__(self, first: Callee, second: Callee) -> None:
        self.callees = (first, second)
        self.twin: dict[Value, Value] = {}

    def same(self, a: Function, b: Function) -> bool:
        return self.are_twins(a.params, b.params) and self.block(a.body, b.body)

    def are_twins(self, a: list[Value], b: list[Value]) -> bool:
        """Take the values of two lists for one another, where their kinds allow it."""
        self.twin.update(zip(a, b, strict=False))
        return [v.kind for v in a] == [v.kind for v in b]

    def reads_twins(self, a: list[Value], b: list[Value]) -> bool:
        return len(a) == len(b) and all(self.twin.get(x) is y for x, y in zip(a, b, strict=True))

    def block(self, a: Block, b: Block) -> bool:
        if not self.are_twins(a.params, b.params) or len(a.ops) != len(b.ops):
            return False
        for x, y in zip(a.ops, b.ops, strict=True):
            regions = list(zip(x.regions, y.regions, strict=False))
            if (
                x.name != y.name
                or len(x.regions) != len(y.regions)
                or not self.reads_twins(x.operands, y.operands)
                or not self.same_attributes(x.attrs, y.attrs)
                or not all(self.block(p, q) for p, q in regions)
                or not self.are_twins(x.results, y.results)
            ):
                return False
        return self.reads_twins(a.yields, b.yields)

    def same_attributes(self, a: dict[str, Any], b: dict[str, Any]) -> bool:
        return a.keys() == b.keys() and all(self.same_attribute(v, b[k]) for k, v in a.items())

    def same_attribute(self, a: Any, b: Any) -> bool:
        if a is b or (a is self.callees[0] and b is self.callees[1]):
            return True
        plain = (bool, int, float, complex, str, tuple, list)
        return type(a) is type(b) and isinstance(a, plain) and repr(a) == repr(b)
