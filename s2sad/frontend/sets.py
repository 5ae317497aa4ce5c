"""Sets, whose items are known before the run, and the order in which Python goes through them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from s2sad.frontend.base import Base
from s2sad.frontend.scope import CONTENTS, SETS, Binding, Cell, Items, attribute_of

UNKNOWN = object()  # in place of what only the run knows
OPERATIONS: dict[str, Callable[[Any, Any], Any]] = {
    "or_": lambda a, b: a | b,
    "and_": lambda a, b: a & b,
    "sub": lambda a, b: a - b,
    "xor": lambda a, b: a ^ b,
}
NAMED = {
    "union": "or_",
    "intersection": "and_",
    "difference": "sub",
    "symmetric_difference": "xor",
}
IN_PLACE = {
    "update": "or_",
    "intersection_update": "and_",
    "difference_update": "sub",
    "symmetric_difference_update": "xor",
}
# Methods that do what an operator with "=" does.
UPDATES: dict[Any, dict[str, str]] = {
    list: {"add": "extend"},
    dict: {"or_": "update"},
    set: {operator: method for method, operator in IN_PLACE.items()},
}
QUESTIONS: dict[str, Callable[[Any, Any], bool]] = {
    "issubset": lambda a, b: a <= b,
    "issuperset": lambda a, b: a >= b,
    "isdisjoint": lambda a, b: not a & b,
}


def set_of(items: dict[Any, Binding], in_turn: bool = True) -> Items:
    """The set of items by what is known of them, which were added to it in turn, or all at once."""
    return Items(list(items.values()), "set" if in_turn or len(items) < 2 else "unordered")


def has_fixed_hash(key: Any) -> bool:
    """True for what has the same place in a set in each run of Python: numbers, not strings."""
    if isinstance(key, tuple):
        return all(map(has_fixed_hash, key))
    return isinstance(key, (bool, int, float, complex))


class Sets(Base):
    """The part of `Lowering` that handles sets."""

    def new_set(self, items: list[Binding], node: Any) -> Cell:
        """A set, whose items must be known: equal ones are one."""
        return self.set_cell(set_of(self.by_identity(items, node)))

    def set_cell(self, contents: Items) -> Cell:
        cell: Cell = self.state.add(Cell(set))
        cell.vars[CONTENTS] = contents
        return cell

    def by_identity(self, items: list[Binding], node: Any) -> dict[Any, Binding]:
        """Items by the objects that they are in each run; the first of equal ones."""
        found: dict[Any, Binding] = {}
        for item in items:
            key = self.identity(item)
            if key is UNKNOWN:
                raise self.unsupported(
                    node,
                    "a set of values that are only known at run time",
                    "use np.unique on an array",
                )
            found.setdefault(key, item)
        return found

    def identity(self, binding: Binding) -> Any:
        """What tells a binding from others in each run; UNKNOWN if only the run knows."""
        if isinstance(binding, Cell) and isinstance(binding.kind, type):
            return binding if attribute_of(binding.kind, "__eq__") is object.__eq__ else UNKNOWN
        return self.literal(binding)

    def in_order(self, items: Items, node: Any) -> Items:
        """What is about to be run over, in an order that must be known."""
        if items.kind not in SETS or items.kind == "ordered" or len(items.items) < 2:
            return items
        known = self.by_identity(items.items, node)
        if items.kind == "unordered" or not all(map(has_fixed_hash, known)):
            raise self.unsupported(
                node,
                "the order of the items of this set is not the same in each run",
                "run over sorted(...) of it, or over a tuple",
            )
        made: set[Any] = set()
        for key in known:
            made.add(key)  # not all at once: the order follows from how often the set became larger
        return Items([known[key] for key in made], "ordered")

    def of_sets(self, op: str, a: Items, b: Items, node: Any) -> Items:
        """a | b, a & b, a - b, a ^ b"""
        one, two = (self.by_identity(items.items, node) for items in (a, b))
        keys = OPERATIONS[op](one.keys(), two.keys())
        return set_of({k: v for k, v in {**two, **one}.items() if k in keys}, in_turn=False)

    def set_method(
        self, receiver: Cell | Items, name: str, args: list[Binding], node: Any
    ) -> Binding | None:
        """A method of a set; None if it is not followed."""
        contents = self.sequence(receiver)
        assert contents is not None
        if name == "copy" and not args:
            whole = set_of(self.by_identity(contents.items, node), in_turn=False)
            return self.set_cell(whole) if isinstance(receiver, Cell) else whole
        if name in NAMED or name in IN_PLACE or name in QUESTIONS:
            others = [self.sequence(a) for a in args]
            if None in others or (name in QUESTIONS and len(others) != 1):
                return None
            made = contents
            for other in others:
                assert other is not None
                if name in QUESTIONS:
                    sides = (self.by_identity(x.items, node).keys() for x in (contents, other))
                    return self.const(QUESTIONS[name](*sides), node)
                made = self.of_sets((NAMED | IN_PLACE)[name], made, other, node)
            if name in NAMED:
                return self.set_cell(made) if isinstance(receiver, Cell) else made
            return self.set_changed(receiver, made, node)
        if name == "clear" and not args:
            return self.set_changed(receiver, Items([], "set"), node)
        if name not in ("add", "discard", "remove") or len(args) != 1:
            return None
        items = self.by_identity([*contents.items, *args], node)
        key = self.identity(args[0])
        there = len(items) == len(contents.items)
        if name == "add":
            if there:
                return self.const(None, node)
            in_turn = contents.kind == "set"
            return self.set_changed(receiver, set_of(items, in_turn), node)
        if name == "remove" and not there:
            raise self.raises(KeyError, node, "the set does not have this item", "use discard")
        left = {k: v for k, v in items.items() if k != key}
        return self.set_changed(receiver, set_of(left, in_turn=False), node)

    def set_changed(self, receiver: Cell | Items, contents: Items, node: Any) -> Binding:
        if not isinstance(receiver, Cell):
            raise self.unsupported(
                node, "a set that was not made in this function is changed", "work on a copy"
            )
        if receiver in self.held_sets:
            raise self.unsupported(
                node,
                "a set changes in a loop whose iterations are only known at run time",
                "use an array of flags",
            )
        self.change(receiver, contents, node)
        return self.const(None, node)
