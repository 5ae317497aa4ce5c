"""sorted, max and min by a key that only the run knows, any and all; and what is run over by index."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import gast
import numpy as np

from s2sad.errors import UnsupportedSyntaxError
from s2sad.frontend.columns import columns_of
from s2sad.frontend.containers import UNKNOWN
from s2sad.frontend.in_python import itself
from s2sad.frontend.joined import Joined
from s2sad.frontend.scope import (
    SETS,
    Binding,
    Cell,
    Generator,
    Items,
    Static,
    Table,
    View,
)
from s2sad.frontend.written import hidden, written
from s2sad.ir.core import Value
from s2sad.ir.kinds import TRUTH_DTYPES


@dataclass
class Source:
    """One of the things that are run over, as text: in a loop, its length, and the item at a place."""

    text: str
    length: str
    start: str | None = None  # of a range

    def item(self, place: str) -> str:
        if self.start is None:
            return f"{self.text}[{place}]"
        return place if self.start == "0" else f"{self.start} + {place}"


class Ordered(Joined):
    """The part of `Lowering` that puts things in order, or chooses one of them."""

    def any_all(self, callee: Static, node: Any) -> Binding:
        """any(...), all(...): `or` and `and` of items that are known, else a loop that is left early."""
        result, _ = self.called_plainly(callee, node)
        if result is not None:
            return result
        found, over, item = (f"{name}{node.lineno}_{node.col_offset}" for name in "AST")
        items = self.expression(node.args[0])
        self.scope.vars |= hidden({over: items, found: self.const(callee.value is all, node)})
        test, value = (item, True) if callee.value is any else (f"not {item}", False)
        text = f"for {item} in {over}:\n    if {test}:\n        {found} = {value}\n        break"
        self.statements(written(text, node))
        return self.scope.vars[f"${found}"]

    def called_plainly(
        self, callee: Static, node: Any
    ) -> tuple[Binding | None, UnsupportedSyntaxError | None]:
        """The result of a call whose items are known before the run, or why they are not; then nothing is done."""
        block, mark, before = self.block, len(self.block.ops), self.state.take()
        try:
            return self.call(callee, self.each(node.args), self.keywords(node), node), None
        except UnsupportedSyntaxError as error:
            self.block = block
            del block.ops[mark:]
            self.state.restore(before)
            return None, error

    def arrays_of_keys(self, key: Binding, place: Any, node: Any) -> tuple[Source, list[str], bool]:
        """What is run over, the text of an array of its keys, or of one for each part, and whether keys are tuples.

        `place` is G in what is written with it.
        """
        variables: dict[str, Binding] = {"F": key, "A": Static(np.array), "G": Static(place)}
        (source,) = self.run_over(node.args, variables)
        items = variables.get("S0")
        if isinstance(items, Generator):
            variables["S0"] = self.collected(items, node)
        self.scope.vars |= hidden(variables)
        one = self.one_key(source, node)
        parts = self.sequence(one)
        numbers = parts is None or all(isinstance(part, Value) for part in parts.items)
        if not numbers or parts is not None and not parts.items:
            raise self.unsupported(
                node, "the order of keys that hold other things than numbers", "use np.lexsort"
            )
        key_of = f"F({source.item('I')})"
        names = [key_of] if parts is None else [f"{key_of}[{k}]" for k in range(len(parts.items))]
        keys = [
            f"1 * {name}" if isinstance(part, Value) and part.kind.dtype in TRUTH_DTYPES else name
            for name, part in zip(names, [one] if parts is None else parts.items, strict=True)
        ]
        arrays = [f"A([{name} for I in range({source.length})])" for name in keys]
        held = variables.get("S0")
        columns = list(columns_of(held.contents)) if isinstance(held, Cell) else []
        if key == Static(itself) and len(columns) == len(keys) and source.start is None:
            # The items are their own keys: what holds them is in order of places already.
            arrays = [f"K{k}" for k in range(len(columns))]
            self.scope.vars |= hidden({f"K{k}": c.array for k, c in enumerate(columns)})
        return source, arrays, parts is not None

    def one_key(self, source: Source, node: Any) -> Binding:
        """The key of the first thing: it is made, looked at, and left out again."""
        block, mark, before = self.block, len(self.block.ops), self.state.take()
        self.statements(written(f"K = F({source.item('0')})", node))
        key = self.scope.vars["$K"]
        del block.ops[mark:]
        self.state.restore(before)
        return key

    def sorted_by(self, callee: Static, node: Any) -> Binding:
        """sorted(items, key=f): known before the run, or by the order of an array of the keys."""
        result, error = self.called_plainly(callee, node)
        if result is not None:
            return result
        given = self.keywords(node)
        backwards = self.literal(given.pop("reverse", Static(False)))
        if backwards is UNKNOWN:
            raise self.unsupported(node, "this form of sorted is not supported", "use np.argsort")
        turned = "[::-1]" if backwards else ""
        place = "len(O) - 1 - P" if backwards else "P"
        key = given.get("key", Static(itself))
        source, keys, tuples = self.arrays_of_keys(key, np.argsort, node)
        if error is not None and not given and not tuples:
            raise error
        text = f"Q = {keys[0]}\nO = G(Q{turned}, kind='stable'){turned}"
        if tuples:
            self.scope.vars |= hidden({"L": Static(np.lexsort)})
            last_first = ", ".join(f"{key}{turned}" for key in reversed(keys))
            text = f"O = L(({last_first},)){turned}"
        self.statements(written(text, node))
        order = self.scope.vars["$O"]
        sorted_ = f"[{source.item(f'({place})')} for P in O]"
        if source.start is not None and isinstance(order, Value) and order.kind.ndim == 1:
            sorted_ = f"list({source.item(place.replace('P', 'O'))})"
        self.statements(written(f"R = {sorted_}", node))
        return self.scope.vars["$R"]

    def extreme_by(self, callee: Static, node: Any) -> Binding:
        """max(items, key=f), min(items, key=f): known before the run, or by an array of the keys."""
        result, error = self.called_plainly(callee, node)
        if result is not None:
            return result
        if error is not None and len(node.args) != 1:
            raise error
        place = np.argmax if callee.value is max else np.argmin
        key = self.keywords(node).get("key", Static(itself))
        source, keys, tuples = self.arrays_of_keys(key, place, node)
        if error is not None and not node.keywords and not tuples:
            raise error
        text = f"P = int(G({keys[0]}))"
        if tuples:
            sign = ">" if callee.value is max else "<"
            text = (
                f"P = 0\nK = F({source.item('0')})\nfor I in range(1, {source.length}):\n"
                f"    C = F({source.item('I')})\n    if C {sign} K:\n        P, K = I, C"
            )
        self.statements(written(f"{text}\nR = {source.item('P')}", node))
        return self.scope.vars["$R"]

    def run_over(self, nodes: list[Any], variables: dict[str, Binding]) -> list[Source]:
        """What is run over; a range is not computed, but written into the loops."""
        found: list[Source] = []
        for node in nodes:
            name = f"S{len(found)}"
            called = isinstance(node, gast.Call) and isinstance(node.func, gast.Name)
            callee = self.lookup(node.func) if called else None
            if isinstance(callee, Static) and callee.value is range and len(node.args) < 3:
                ends = [self.expression(a) for a in node.args]
                names = [f"{name}_{k}" for k in range(len(ends))]
                variables.update(zip(names, ends, strict=True))
                start = names[0] if len(names) > 1 else "0"
                length = names[-1] if start == "0" else f"{names[1]} - {start}"
                found.append(Source(f"range({', '.join(names)})", length, start))
                continue
            for value in self.each([node]):
                variables[f"S{len(found)}"] = self.read_by_index(value, node)
                found.append(Source(f"S{len(found)}", f"len(S{len(found)})"))
        return found

    def read_by_index(self, binding: Binding, node: Any) -> Binding:
        """What is run over, where it is read by index: the keys of a dict, the items of a set in their order."""
        made = self.iterator_of(binding, node)
        if made is not binding:
            binding = self.all_of(made, node) if isinstance(made, Generator) else made
        items = self.sequence(binding)
        table = binding.contents if isinstance(binding, Cell) else None
        keyed = isinstance(binding, View) or isinstance(table, Table)
        if items is None or not (keyed or items.kind in SETS):
            return binding
        return Items(self.in_order(items, node).items)
