"""Lists and dicts of known length: their items, and the methods that read and change them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from s2sad.frontend.keys import Keys
from s2sad.frontend.listed import IN_ARRAY_METHODS
from s2sad.frontend.scope import (
    CONTENTS,
    FROZEN,
    GROWN,
    SETS,
    Binding,
    Cell,
    Collected,
    Columns,
    Generator,
    Grown,
    Items,
    Static,
    Table,
    View,
)
from s2sad.frontend.sets import UNKNOWN, Sets
from s2sad.ir.core import Value


class Containers(Keys, Sets):
    """The part of `Lowering` that handles lists and dicts."""

    # --- making and reading -----------------------------------------------------------------------------

    def new_list(self, items: list[Binding], kind: Any = list) -> Cell:
        cell: Cell = self.state.add(Cell(kind))
        cell.vars[CONTENTS] = Items(items, "list")
        return cell

    def made_list(self, items: list[Binding], node: Any) -> Cell:
        """The list that an expression makes; in an array, where an item is written at a place only the run knows."""
        cell = self.new_list(items)
        cell.made = self.place_of(node)
        if cell.made in self.by_place:
            held = self.numbers_in(cell.contents, node) or self.columns_in(cell.contents, node)
            cell.vars[CONTENTS] = held or cell.contents
        return cell

    def new_dict(self, items: dict[Any, Binding]) -> Cell:
        cell: Cell = self.state.add(Cell(dict))
        cell.vars[CONTENTS] = Table(items)
        return cell

    def sequence(self, binding: Binding) -> Items | None:
        """The items of a tuple, list or dict (its keys); None for anything else."""
        if isinstance(binding, Items):
            return binding
        if isinstance(binding, Cell) and isinstance(binding.contents, Items):
            return binding.contents
        if isinstance(binding, Cell) and isinstance(binding.contents, Table):
            return Items([self.key(k) for k in binding.contents.items], "list")
        if isinstance(binding, View):
            pairs = binding.cell.contents.items.items()
            shown: dict[str, list[Binding]] = {
                "keys": [self.key(k) for k, _ in pairs],
                "values": [b for _, b in pairs],
                "items": [Items([self.key(k), b]) for k, b in pairs],
            }
            return Items(shown[binding.form])
        return None

    def key(self, key: Any) -> Binding:
        """A key of a dict as a binding."""
        if isinstance(key, tuple):
            return Items([self.key(k) for k in key])
        if key is None or isinstance(key, (bool, int, float, str)):
            return self.const(key, self.here)
        return Static(key)

    def literal(self, binding: Binding) -> Any:
        """The Python object that a binding stands for in each run, or UNKNOWN."""
        if isinstance(binding, Items):
            parts = [self.literal(b) for b in binding.items]
            made = frozenset if binding.kind in SETS else tuple
            return UNKNOWN if UNKNOWN in parts else made(parts)
        if isinstance(binding, Static):
            return binding.value
        if isinstance(binding, Value) and binding.op is not None:
            if binding.op.name == "const":
                value = binding.op.value
                return UNKNOWN if isinstance(value, (np.ndarray, np.generic)) else value
            if binding.op.name == "slice":
                parts = [self.literal(v) for v in binding.op.operands]
                fine = all(p is None or isinstance(p, int) for p in parts)
                return slice(*parts) if fine else UNKNOWN
        return UNKNOWN

    def item(self, binding: Items | Cell, index: Binding, node: Any) -> Binding:
        """container[index]"""
        index = self.as_place(binding, index, node)
        key = self.literal(index)
        if isinstance(binding, Cell) and isinstance(binding.contents, Table):
            if key is UNKNOWN and isinstance(index, Value):
                found = self.entry_by_key(binding.contents, index, node)
                if found is not None:
                    return found
            return self.entry(binding.contents, key, node)
        if isinstance(binding, Cell) and isinstance(binding.contents, (Grown, Columns)):
            found = self.grown_item(binding.contents, index, node)
            if isinstance(found, Cell):
                found.made = found.made or binding.made
            return found
        if isinstance(binding, Cell) and isinstance(binding.contents, Collected):
            return self.collected_item(binding, index, node)
        items = self.sequence(binding)
        assert items is not None
        if not isinstance(key, (int, slice)):
            made = binding.made if isinstance(binding, Cell) else None
            return self.item_by_place(items, index, made or self.place_of(node), node)
        if isinstance(key, slice):
            part = items.items[key]
            return self.made_list(part, node) if items.kind == "list" else Items(part, items.kind)
        if not -len(items.items) <= key < len(items.items):
            raise self.raises(
                IndexError, node, f"the index {key} is outside of {len(items.items)} items"
            )
        return items.items[key]

    def item_by_place(self, items: Items, index: Binding, place: Any, node: Any) -> Binding:
        """list[index] at a place that only the run knows: an item of an array of the numbers.

        `place` is where the list is made, so that the array is made once, or else where it is read.
        """
        if (chosen := self.chosen_by_truth(items, index, node)) is not None:
            return chosen
        numbers = self.numbers_in(items, node) if isinstance(index, Value) else None
        if numbers is None or place not in self.by_place:
            error = self.unsupported(
                node,
                f"a {items.kind} is indexed by what is only known at run time",
                "use a NumPy array",
            )
            # First, the loops around it are written out: then the place may be known.
            error.by_place = None if numbers is None else place
            raise error
        return self.grown_item(numbers, index, node)

    def entry(self, table: Table, key: Any, node: Any) -> Binding:
        if key is UNKNOWN:
            raise self.unsupported(
                node,
                "a dict is read at a key that is only known at run time",
                "use a NumPy array, or keys that are literals",
            )
        try:
            if key in table.items:
                return table.items[key]
        except TypeError:
            pass
        raise self.raises(KeyError, node, f"the dict has no key {key!r} here", "check the key")

    def contains(self, key: Binding, binding: Binding, node: Any) -> bool | None:
        """Whether `key in container` is known, and what it is."""
        wanted = self.identity(key)
        items = self.sequence(binding)
        if items is None or wanted is UNKNOWN:
            return None
        known = [self.identity(b) for b in items.items]
        if any(k is wanted or (k is not UNKNOWN and k == wanted) for k in known):
            return True
        return None if UNKNOWN in known else False

    # --- changing ---------------------------------------------------------------------------------------

    def change(self, cell: Cell, contents: Binding, node: Any) -> None:
        """Give a list or dict other contents; every name that holds it sees them."""
        self.may_change(cell, node)
        if isinstance(cell.contents, Grown) and cell.contents.row:
            raise self.aliasing(
                node,
                "this list is an item of another list, and becomes longer, shorter or another one",
            )
        cell.vars[CONTENTS] = contents

    def may_change(self, cell: Cell, node: Any) -> None:
        held = cell.vars.get(FROZEN)
        why = cell.frozen or (held.value if isinstance(held, Static) else "")
        if why:
            error = self.aliasing(node, why)
            if isinstance(cell.contents, Items) and cell.made is not None:
                error.by_place, error.last_resort = cell.made, True
            raise error

    def set_item(self, cell: Cell, index: Binding, value: Binding, node: Any) -> None:
        """container[index] = value"""
        index = self.as_place(cell, index, node)
        key, contents = self.literal(index), cell.contents
        if isinstance(contents, Collected) and self.set_new_item(cell, key, value, node):
            return
        if isinstance(contents, GROWN):
            self.set_grown_item(cell, index, value, node)
            return
        if isinstance(contents, Table):
            if key is UNKNOWN and isinstance(index, Value):
                if self.set_by_key(cell, contents, index, value, node):
                    return
            if key is UNKNOWN:
                raise self.unsupported(
                    node,
                    "a dict is written at a key that is only known at run time",
                    "use a NumPy array, or keys that are literals",
                )
            self.change(cell, Table({**contents.items, key: value}), node)
            return
        if not isinstance(key, (int, slice)):
            error = self.unsupported(
                node,
                "a list is written at an index that is only known at run time",
                "use a NumPy array",
            )
            error.by_place = cell.made if self.numbers_in(contents, node) is not None else None
            raise error
        items = list(contents.items)
        if isinstance(key, slice):
            items[key] = self.given(value, node)
        elif -len(items) <= key < len(items):
            items[key] = value
        else:
            raise self.unsupported(node, f"the index {key} is outside of {len(items)} items")
        self.change(cell, Items(items, "list"), node)

    def delete_item(self, cell: Cell, index: Binding, node: Any) -> None:
        self.item(cell, index, node)
        key, contents = self.literal(self.as_place(cell, index, node)), cell.contents
        if isinstance(contents, GROWN):
            self.shortened(cell, key, node)
        elif isinstance(contents, Table):
            if key is UNKNOWN:
                raise self.unsupported(
                    node,
                    "an item of a dict is taken out at a key that is only known at run time",
                    "use keys that are literals",
                )
            rest = {k: b for k, b in contents.items.items() if k != key}
            self.change(cell, Table(rest), node)
        else:
            items = list(contents.items)
            del items[key]
            self.change(cell, Items(items, "list"), node)

    def append_to(self, cell: Cell, item: Binding, node: Any) -> None:
        self.container_method(cell, "append", [item], {}, node)

    def given(self, binding: Binding, node: Any) -> list[Binding]:
        """The items of something that is iterated over at once."""
        binding = self.iterator_of(binding, node)
        if isinstance(binding, Generator):
            binding = self.collected(binding, node)
        items = self.items_or_shape(binding, node)
        if items is None and isinstance(text := self.literal(binding), str):
            return [self.const(letter, node) for letter in text]
        if items is None:
            raise self.unsupported(
                node,
                "the number of items is only known at run time here",
                "use a NumPy array, or a list or tuple of known length",
            )
        return list(self.in_order(items, node).items)

    # --- methods ----------------------------------------------------------------------------------------

    def container_method(
        self, receiver: Cell | Items, name: str, args: list[Binding], kwargs: Any, node: Any
    ) -> Binding:
        contents = self.sequence(receiver)
        if contents is not None and contents.kind in SETS:
            found = None if kwargs else self.set_method(receiver, name, args, node)
            if found is None:
                raise self.unsupported(
                    node, f"the method {name!r} of a set is not supported yet", "use operators"
                )
            return found
        table, what = IN_ARRAY_METHODS, "list that grows in a loop"
        if isinstance(receiver, Cell) and isinstance(receiver.contents, (Grown, Columns)):
            pass
        elif isinstance(receiver, Cell) and isinstance(receiver.contents, Collected):
            table = COLLECTED_METHODS
        elif isinstance(receiver, Items):
            table, what = TUPLE_METHODS, "tuple"
        elif isinstance(receiver.contents, Table):
            table, what = DICT_METHODS, "dict"
        else:
            table, what = LIST_METHODS, "list"
        method = table.get(name)
        if method is None or (kwargs and name not in ("update", "sort", "_replace")):
            raise self.unsupported(
                node, f"the method {name!r} of a {what} is not supported yet", "use a loop"
            )
        result: Binding | None = method(self, receiver, args, kwargs, node)
        return self.const(None, node) if result is None else result

    def pairs(
        self, args: list[Binding], kwargs: dict[str, Binding], node: Any
    ) -> dict[Any, Binding]:
        """The items that dict(...) or update(...) is given."""
        out: dict[Any, Binding] = {}
        for arg in args:
            if isinstance(arg, Cell) and isinstance(arg.contents, Table):
                out.update(arg.contents.items)
                continue
            for pair in self.given(arg, node):
                key, value = self.given(pair, node)
                name = self.literal(key)
                if name is UNKNOWN:
                    raise self.unsupported(node, "a key of a dict is only known at run time")
                out[name] = value
        return out | kwargs

    def order(self, items: list[Binding], kwargs: dict[str, Binding], node: Any) -> list[Binding]:
        """Items in the order of `sorted`: known where they, or their keys, are literals."""
        key, reverse = kwargs.get("key"), self.literal(kwargs.get("reverse", Static(False)))
        keys = items
        if key is not None and self.literal(key) is not None:
            keys = [self.call(key, [b], {}, node) for b in items]
        known = [self.literal(k) for k in keys]
        if UNKNOWN in known:
            # Tuples, of which the first items decide where these are known and differ.
            rows = [self.sequence(k) for k in keys]
            firsts = [self.literal(r.items[0]) for r in rows if r is not None and r.items]
            if len(firsts) == len(rows) and UNKNOWN not in firsts and len(set(firsts)) == len(rows):
                known = firsts
        if UNKNOWN in known or reverse is UNKNOWN:
            raise self.unsupported(
                node,
                "the order of these items is only known at run time",
                "use np.sort on an array",
            )
        places = sorted(range(len(items)), key=lambda i: known[i], reverse=bool(reverse))
        return [items[i] for i in places]


def _append(low: Containers, cell: Cell, args: list[Binding], kwargs: Any, node: Any) -> None:
    low.change(cell, Items([*cell.contents.items, args[0]], "list"), node)


def _replace(low: Containers, items: Items, args: list[Binding], kwargs: Any, node: Any) -> Items:
    """A named tuple with other values for some of its fields."""
    fields = items.named._fields
    if args or not set(kwargs) <= set(fields):
        raise low.raises(ValueError, node, f"_replace takes the fields {', '.join(fields)}")
    values = [kwargs.get(f, old) for f, old in zip(fields, items.items, strict=True)]
    return Items(values, items.kind, items.named)


def _asdict(low: Containers, items: Items, args: list[Binding], kwargs: Any, node: Any) -> Binding:
    return low.new_dict(dict(zip(items.named._fields, items.items, strict=True)))


def _append_collected(
    low: Containers, cell: Cell, args: list[Binding], kwargs: Any, node: Any
) -> None:
    low.append_collected(cell, args[0], node)


def _extend_collected(
    low: Containers, cell: Cell, args: list[Binding], kwargs: Any, node: Any
) -> None:
    for item in low.given(args[0], node):
        low.append_collected(cell, item, node)


def _extend(low: Containers, cell: Cell, args: list[Binding], kwargs: Any, node: Any) -> None:
    low.change(cell, Items([*cell.contents.items, *low.given(args[0], node)], "list"), node)


def _insert(low: Containers, cell: Cell, args: list[Binding], kwargs: Any, node: Any) -> None:
    place = low.literal(args[0])
    if not isinstance(place, int):
        raise low.unsupported(node, "insert at a place that is only known at run time")
    items = list(cell.contents.items)
    items.insert(place, args[1])
    low.change(cell, Items(items, "list"), node)


def _pop(low: Containers, cell: Cell, args: list[Binding], kwargs: Any, node: Any) -> Binding:
    index = args[0] if args else low.const(-1, node)
    value = low.item(cell, index, node)
    low.delete_item(cell, index, node)
    return value


def _clear(low: Containers, cell: Cell, args: list[Binding], kwargs: Any, node: Any) -> None:
    empty: Binding = Table({}) if isinstance(cell.contents, Table) else Items([], "list")
    low.change(cell, empty, node)


def _reverse(low: Containers, cell: Cell, args: list[Binding], kwargs: Any, node: Any) -> None:
    low.change(cell, Items(cell.contents.items[::-1], "list"), node)


def _sort(low: Containers, cell: Cell, args: list[Binding], kwargs: Any, node: Any) -> None:
    if "key" not in kwargs and low.are_numbers(cell.contents):
        low.change(cell, low.sorted_numbers(cell, kwargs, node).contents, node)  # type: ignore[union-attr]
        return
    low.change(cell, Items(low.order(cell.contents.items, kwargs, node), "list"), node)


def _copy(low: Containers, cell: Cell, args: list[Binding], kwargs: Any, node: Any) -> Binding:
    contents = cell.contents
    if isinstance(contents, Table):
        return low.new_dict(dict(contents.items))
    return low.made_list(list(contents.items), node)


def _index(low: Containers, items: Any, args: list[Binding], kwargs: Any, node: Any) -> Binding:
    found = low.sequence(items)
    assert found is not None
    wanted, known = low.literal(args[0]), [low.literal(b) for b in found.items]
    if UNKNOWN in known or wanted is UNKNOWN or wanted not in known:
        raise low.unsupported(node, "which item this is is only known at run time")
    return low.const(known.index(wanted), node)


def _count(low: Containers, items: Any, args: list[Binding], kwargs: Any, node: Any) -> Binding:
    found = low.sequence(items)
    assert found is not None
    wanted, known = low.literal(args[0]), [low.literal(b) for b in found.items]
    if UNKNOWN in known or wanted is UNKNOWN:
        raise low.unsupported(node, "how many items are equal is only known at run time")
    return low.const(known.count(wanted), node)


def _get(low: Containers, cell: Cell, args: list[Binding], kwargs: Any, node: Any) -> Binding:
    key = low.literal(args[0])
    other = args[1] if len(args) > 1 else low.const(None, node)
    if key is UNKNOWN and isinstance(args[0], Value):
        found = low.get_by_key(cell.contents, args[0], other, node)
        if found is not None:
            return found
    if key is UNKNOWN or key in cell.contents.items:
        return low.entry(cell.contents, key, node)
    return other


def _setdefault(
    low: Containers, cell: Cell, args: list[Binding], kwargs: Any, node: Any
) -> Binding:
    key = low.literal(args[0])
    if key is not UNKNOWN and key not in cell.contents.items:
        value = args[1] if len(args) > 1 else low.const(None, node)
        low.set_item(cell, args[0], value, node)
    return low.entry(cell.contents, key, node)


def _dict_pop(low: Containers, cell: Cell, args: list[Binding], kwargs: Any, node: Any) -> Binding:
    key = low.literal(args[0])
    if len(args) > 1 and key is not UNKNOWN and key not in cell.contents.items:
        return args[1]
    value = low.entry(cell.contents, key, node)
    low.delete_item(cell, args[0], node)
    return value


def _dict_popitem(
    low: Containers, cell: Cell, args: list[Binding], kwargs: Any, node: Any
) -> Binding:
    if args or not cell.contents.items:
        raise low.raises(KeyError, node, "popitem takes an item of a dict that has one")
    key = low.key(list(cell.contents.items)[-1])
    return Items([key, _dict_pop(low, cell, [key], {}, node)])


def _view(form: str) -> Callable[..., Binding]:
    def method(low: Containers, cell: Cell, args: list[Binding], kwargs: Any, node: Any) -> Binding:
        return View(cell, form)

    return method


def _update(
    low: Containers, cell: Cell, args: list[Binding], kwargs: dict[str, Binding], node: Any
) -> None:
    low.change(cell, Table({**cell.contents.items, **low.pairs(args, kwargs, node)}), node)


MethodTable = dict[str, Callable[..., Binding | None]]
COLLECTED_METHODS: MethodTable = {"append": _append_collected, "extend": _extend_collected}
COUNTS: MethodTable = {"index": _index, "count": _count}
TUPLE_METHODS: MethodTable = {**COUNTS, "_replace": _replace, "_asdict": _asdict}
LIST_METHODS: MethodTable = {
    **COUNTS, "append": _append, "extend": _extend, "insert": _insert, "pop": _pop, "clear": _clear,
    "reverse": _reverse, "copy": _copy, "sort": _sort,
}  # fmt: skip
DICT_METHODS: MethodTable = {
    "get": _get, "setdefault": _setdefault, "pop": _dict_pop, "popitem": _dict_popitem, "keys": _view("keys"),
    "values": _view("values"),
    "items": _view("items"), "update": _update, "copy": _copy, "clear": _clear,
}  # fmt: skip
