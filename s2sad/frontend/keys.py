"""Dicts read and written at keys that only the run knows: one branch for each key."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import gast

from s2sad.frontend.base import Base
from s2sad.frontend.scope import Binding, Cell, Static, Table
from s2sad.frontend.written import hidden, written
from s2sad.ir.core import Value

MOST_KEYS = 12
KINDS = {"int": int, "float": float, "bool": bool, "str": str, "b1": bool, "i8": int, "f8": float}


class Keys(Base):
    """The part of `Lowering` that finds the item of a dict at run time."""

    if TYPE_CHECKING:

        def compare(self, op: Any, left: Binding, right: Binding, node: Any) -> Value: ...

    def entry_by_key(self, table: Table, key: Value, node: Any) -> Binding | None:
        """dict[key]; None where it cannot be told which key it may be."""
        if not self.can_be_told(table, key):
            return None
        self.ask_key(table, key, node, "raise KeyError(K)")
        return self.one_of(list(table.items.items()), key, node)

    def equal_dicts(self, left: Binding, right: Binding, node: Any) -> Value | None:
        """left == right of dicts: the same keys, and equal items; None where neither is one."""
        one, two = (b.contents if isinstance(b, Cell) else None for b in (left, right))
        if not isinstance(one, Table) or not isinstance(two, Table):
            dicts = isinstance(one, Table) or isinstance(two, Table)
            others = any(self.is_none(b) or self.sequence(b) is not None for b in (left, right))
            return self.const(False, node) if dicts and others else None
        equal: Binding = self.const(one.items.keys() == two.items.keys(), node)
        for key, item in one.items.items() if self.literal(equal) else ():
            other = two.items[key]
            same = partial(self.compare, gast.Eq(), item, other, node)
            equal = self.short_circuit("and", equal, same, node)
        return self.truth(self.tested(equal, node), node)

    def set_by_key(self, cell: Cell, table: Table, key: Value, value: Binding, node: Any) -> bool:
        """dict[key] = value, for a key that the dict has."""
        if not self.can_be_told(table, key):
            return False
        self.ask_key(table, key, node, f"raise Refused({NEW_KEY!r})")
        items = {k: self.either_item(key, k, value, old, node) for k, old in table.items.items()}
        self.change(cell, Table(items), node)
        return True

    def either_item(self, key: Value, one: Any, new: Binding, old: Binding, node: Any) -> Binding:
        return self.choose(self.is_key(key, one, node), lambda: new, lambda: old, node, "ifexp")

    def has_key(self, table: Table, key: Value, node: Any) -> Value | None:
        """key in dict; None where it cannot be told which key it may be."""
        if not table.items or not self.can_be_told(table, key):
            return None
        found, *tests = [self.is_key(key, k, node) for k in reversed(table.items)]
        for test in tests:
            found = self.any_of(test, found, node)
        return self.truth(found, node)

    def any_of(self, test: Value, rest: Value, node: Any) -> Value:
        return self.to_value(self.choose(test, lambda: test, lambda: rest, node, "or"), node)

    def get_by_key(self, table: Table, key: Value, other: Binding, node: Any) -> Binding | None:
        """dict.get(key, other)"""
        found = self.has_key(table, key, node)
        if found is None:
            return None
        items = list(table.items.items())
        return self.choose(
            found, lambda: self.one_of(items, key, node), lambda: other, node, "ifexp"
        )

    def can_be_told(self, table: Table, key: Value) -> bool:
        kinds, possible = {type(k) for k in table.items}, self.possible(key)
        if possible <= set(table.items):
            return len(table.items) <= MOST_KEYS
        known = KINDS.get(key.kind.dtype or key.kind.base)
        return known is not None and kinds == {known} and len(table.items) <= MOST_KEYS

    def is_key(self, key: Value, one: Any, node: Any) -> Value:
        if isinstance(one, bool):
            return key if one else self.prim("operator.not_", [key], {}, node)
        return self.prim("operator.eq", [key, self.const(one, node)], {}, node)

    def ask_key(self, table: Table, key: Value, node: Any, otherwise: str) -> None:
        """The program fails, or another derivative is needed, where the dict has no such key."""
        if self.possible(key) <= set(table.items) or {True, False} == set(table.items):
            return
        names = {f"K{i}": self.const(k, node) for i, k in enumerate(table.items)}
        test = " and ".join(f"K != {name}" for name in names)
        if any(isinstance(k, bool) for k in table.items):
            test = "not K" if True in table.items else "K"
        self.scope.vars |= hidden({"K": key, **names}) | {"$KeyError": Static(KeyError)}
        self.statements(written(f"if {test}:\n    {otherwise}", node))

    def possible(self, key: Value) -> set[Any]:
        """The values that a choice between literals may have; {None} where they are not known."""
        op = key.op
        if op is not None and op.name == "const":
            return {op.value}
        if op is None or op.name != "if":
            return {None}
        place = op.results.index(key)
        return set().union(*(self.possible(region.yields[place]) for region in op.regions))

    def one_of(self, items: list[tuple[Any, Binding]], key: Value, node: Any) -> Binding:
        """The item of the key, which is one of these."""
        (first, item), *rest = items
        if not rest:
            return item
        return self.choose(
            self.is_key(key, first, node),
            lambda: item,
            lambda: self.one_of(rest, key, node),
            node,
            "ifexp",
        )


NEW_KEY = "the dict gets a new key in the run"
