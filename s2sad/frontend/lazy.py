"""What is computed when it is asked for: zip, enumerate, map and filter as values, and the iterators of itertools.

Each becomes a generator of a few statements, which are written here as Python. So a loop over
`itertools.combinations(range(n), 2)` is two loops, and what the loop's body does stands inside of them.
"""

from __future__ import annotations

import itertools
import operator
from collections.abc import Callable
from textwrap import indent
from typing import Any

import gast
import numpy as np

from s2sad.frontend.containers import UNKNOWN
from s2sad.frontend.joined import WRAPPERS, MayNotEnd
from s2sad.frontend.ordered import Ordered
from s2sad.frontend.scope import Binding, Generator, Items, Static
from s2sad.frontend.written import hidden, written
from s2sad.ir.core import Value

MOST = 6  # loops in loops of one product or combination


class Lazy(Ordered):
    """The part of `Lowering` that makes generators of calls."""

    def lazy_call(self, callee: Binding, node: Any) -> Binding | None:
        """range as a value: its items; zip, map, itertools.product and the like: generators."""
        if not isinstance(callee, Static):
            return None
        if callee.value is filter:
            return self.filter_(node)
        if callee.value is range:
            over = self.range_(node)
            known = self.counted_items(over, node)
            if known is None:
                return self.range_list(over.domain, node)
            return Items([known.element(k) for k in range(known.length)], "range")
        if (
            (callee.value is any or callee.value is all)
            and len(node.args) == 1
            and not node.keywords
        ):
            return self.any_all(callee, node)
        given = {k.arg for k in node.keywords}
        if callee.value is sorted and given <= {"key", "reverse"} and len(node.args) == 1:
            return self.sorted_by(callee, node)
        extreme = callee.value is max or callee.value is min
        if extreme and (given == {"key"} or not given and len(node.args) == 1):
            return self.extreme_by(callee, node)
        if callee.value is next:
            return self.first_item(node)
        if any(callee.value is w for w in WRAPPERS):
            variables = {f"S{k}": v for k, v in enumerate(self.each(node.args))}
            named = self.keywords(node)
            words = [*variables, *(f"{k}=K{k}" for k in named)]
            variables |= {f"K{k}": v for k, v in named.items()}
            text = f"for T in F({', '.join(words)}):\n    yield T"
            return self.generator(text, {**variables, "F": callee}, node)
        for fn, make in ITERATORS:
            if type(callee.value) is type(fn) and callee.value == fn:
                return make(self, node)
        return None

    def first_item(self, node: Any) -> Binding:
        """next(...) of an iterator that nothing else holds: a loop that is left at its first item."""
        fresh = isinstance(node.args[0], gast.GeneratorExp) if node.args else False
        items = self.expression(node.args[0]) if fresh else None
        if not fresh and node.args and isinstance(node.args[0], gast.Call):
            made = node.args[0]
            callee = self.expression(made.func)
            if isinstance(callee, Static) and callee.value is iter and len(made.args) == 1:
                items = self.expression(made.args[0])
        if items is None or (isinstance(items, Generator) and not fresh) or node.keywords:
            raise self.unsupported(
                node,
                "next of an iterator that is held in a variable",
                "loop over it, or unpack it: first, *rest = ...",
            )
        first, over, found = (f"{name}{node.lineno}_{node.col_offset}" for name in "FSB")
        names = {over: items}
        text = f"for T in {over}:\n    {first} = T\n    break"
        if len(node.args) == 2:
            names[first] = self.expression(node.args[1])
        else:
            names[found] = self.const(False, node)
            text = text.replace("break", f"{found} = True\n    break")
            text += f"\nif not {found}:\n    raise StopIteration"
        self.scope.vars |= hidden(names)
        self.statements(written(text, node))
        return self.scope.vars[f"${first}"]

    def filter_(self, node: Any) -> Binding:
        """filter(function, items): those for which the function is true, when they are asked for."""
        test, over = self.each(node.args)
        condition = "T" if self.is_none(test) else "F(T)"
        text = f"for T in S0:\n    if {condition}:\n        yield T"
        return self.generator(text, {"F": test, "S0": over}, node)

    def generator(self, text: str, variables: dict[str, Binding], node: Any) -> Generator:
        """A generator of Python statements whose names are their own."""
        return self.deferred(written(text, node), hidden(variables), node)

    def stepped(
        self, nodes: list[Any], variables: dict[str, Binding], made: str, node: Any
    ) -> Generator:
        """`made` of the items of a generator that may not end and of those at the same places of others."""
        sources = self.run_over(nodes, variables)
        steps: list[int] = []
        endless: list[int] = []
        items = [source.item("K") for source in sources]
        for k in range(len(sources)):
            held = variables.get(f"S{k}")
            if not isinstance(held, Generator):
                continue
            if held.item is not None:
                self.start(held, node)
                variables[f"S{k}"], items[k] = held.item, f"S{k}(K)"
                endless.append(k)
                continue
            block, mark, before = self.block, len(self.block.ops), self.state.take()
            try:
                variables[f"S{k}"] = self.all_of(held, node)
            except MayNotEnd as error:
                if steps:
                    raise self.refused(error, node) from None
                self.block = block
                del block.ops[mark:]
                self.state.restore(before)
                items[k] = "T"
                steps.append(k)
        ends = [s.length for k, s in enumerate(sources) if k not in (*steps, *endless)]
        end = ends[0] if len(ends) == 1 else "N"
        ended = f"if K >= {end}:\n    break\n" if ends else ""
        step = f"yield {made.replace('ITEMS', ', '.join(items))}\nK = K + 1\n"
        first = steps[0] == 0  # Python asks the generator before it sees that another has ended
        body = ended + step if first else step + ended
        text = f"K = 0\nfor T in S{steps[0]}:\n{indent(body, '    ')}"
        if ends and not first:
            text = f"if {end} > 0:\n{indent(text, '    ')}"
        if len(ends) > 1:
            text = f"N = min({', '.join(ends)})\n{text}"
        return self.holding(text, variables, node)

    def holding(self, text: str, variables: dict[str, Binding], node: Any) -> Generator:
        """A generator for what in Python takes all items at its start, or keeps one from step to step."""
        made = self.generator(text, variables, node)
        made.pool = tuple(f"${name}" for name in variables if name.startswith("S"))
        return made

    def count_of(self, node: Any, what: str) -> int:
        """An argument that is a number of loops."""
        count = self.literal(self.expression(node))
        if count is UNKNOWN or not isinstance(count, int) or not 0 < count <= MOST:
            raise self.unsupported(
                node, f"{what} is a number that is only known at run time, or large", "write it out"
            )
        return count

    def plain_call(self, node: Any, least: int, most: int, keywords: tuple[str, ...] = ()) -> None:
        given = [k.arg for k in node.keywords]
        if not least <= len(node.args) <= most or not set(given) <= set(keywords):
            raise self.unsupported(
                node, "this form of a call of itertools is not supported", "write the loops out"
            )


def _nested(heads: list[str], inner: str) -> str:
    lines = ["    " * depth + head for depth, head in enumerate([*heads, inner])]
    return "\n".join(lines)


def _product(low: Lazy, node: Any) -> Binding:
    low.plain_call(node, 1, MOST, ("repeat",))
    variables: dict[str, Binding] = {}
    sources = low.run_over(node.args, variables)
    for keyword in node.keywords:
        sources = sources * low.count_of(keyword.value, "repeat")
    heads = [f"for T{k} in {s.text}:" for k, s in enumerate(sources)]
    items = "".join(f"T{k}, " for k in range(len(sources)))
    return low.holding(_nested(heads, f"yield ({items})"), variables, node)


def _chosen(ordered: bool, again: bool) -> Callable[[Lazy, Any], Binding]:
    """combinations, combinations_with_replacement (`again`), and permutations (not `ordered`)."""

    def make(low: Lazy, node: Any) -> Binding:
        low.plain_call(node, 2, 2)
        variables: dict[str, Binding] = {}
        (source,) = low.run_over(node.args[:1], variables)
        count = low.count_of(node.args[1], "how many are chosen")
        heads: list[str] = []
        for k in range(count):
            first = (
                "0, " if k == 0 or not ordered else f"I{k - 1}, " if again else f"I{k - 1} + 1, "
            )
            heads.append(f"for I{k} in range({first}{source.length}):")
            if not ordered and k:
                heads.append("if " + " and ".join(f"I{j} != I{k}" for j in range(k)) + ":")
        items = "".join(f"{source.item(f'I{k}')}, " for k in range(count))
        return low.holding(_nested(heads, f"yield ({items})"), variables, node)

    return make


def _ndindex(low: Lazy, node: Any) -> Binding:
    """np.ndindex(n, m), or of a tuple: loops in loops."""
    low.plain_call(node, 1, MOST)
    sizes = low.each(node.args)
    if len(sizes) == 1 and (shape := low.sequence(sizes[0])) is not None:
        sizes = list(shape.items)
    heads = [f"for I{k} in range(N{k}):" for k in range(len(sizes))]
    places = "".join(f"I{k}, " for k in range(len(sizes)))
    variables = {f"N{k}": size for k, size in enumerate(sizes)}
    return low.generator(_nested(heads, f"yield ({places})"), variables, node)


def _chain(low: Lazy, node: Any) -> Binding:
    low.plain_call(node, 0, 100)
    variables: dict[str, Binding] = {}
    sources = low.run_over(node.args, variables)
    text = "\n".join(f"for T in {s.text}:\n    yield T" for s in sources) or "if 0:\n    yield 0"
    return low.generator(text, variables, node)


def _from_iterable(low: Lazy, node: Any) -> Binding:
    low.plain_call(node, 1, 1)
    text = "for A in S0:\n    for T in A:\n        yield T"
    return low.generator(text, {"S0": low.expression(node.args[0])}, node)


def _pairwise(low: Lazy, node: Any) -> Binding:
    low.plain_call(node, 1, 1)
    variables: dict[str, Binding] = {}
    (source,) = low.run_over(node.args, variables)
    pair = f"({source.item('I')}, {source.item('(I + 1)')})"
    return low.holding(f"for I in range({source.length} - 1):\n    yield {pair}", variables, node)


def _accumulate(low: Lazy, node: Any) -> Binding:
    if any(isinstance(a, gast.Starred) for a in node.args) or not 1 <= len(node.args) <= 2:
        low.plain_call(node, 0, 0)
    variables: dict[str, Binding] = {}
    (source,) = low.run_over(node.args[:1], variables)
    given = dict(zip(("func",), low.each(node.args[1:]), strict=False)) | low.keywords(node)
    if set(given) - {"func", "initial"}:
        low.plain_call(node, 0, 0)
    item, total = source.item("I"), f"T + {source.item('I')}"
    if not low.is_none_or_absent(given.get("func")):
        variables["F"] = given["func"]
        total = f"F(T, {item})"
    if not low.is_none_or_absent(given.get("initial")):
        variables["T"] = given["initial"]
        text = f"yield T\nfor I in range({source.length}):\n    T = {total}\n    yield T"
        return low.generator(text, variables, node)
    text = f"""
if {source.length} > 0:
    T = {source.item("0")}
    yield T
    for I in range(1, {source.length}):
        T = {total}
        yield T
"""
    return low.generator(text, variables, node)


def _itemgetter(low: Lazy, node: Any) -> Binding:
    low.plain_call(node, 1, 100)
    keys = {f"K{k}": key for k, key in enumerate(low.each(node.args))}
    items = ", ".join(f"T[{name}]" for name in keys)
    return low.function_of(
        f"lambda T: {items}" if len(keys) == 1 else f"lambda T: ({items})", keys, node
    )


def _attrgetter(low: Lazy, node: Any) -> Binding:
    low.plain_call(node, 1, 100)
    names = [low.literal(a) for a in low.each(node.args)]
    if not all(isinstance(n, str) and n.replace(".", "_").isidentifier() for n in names):
        raise low.unsupported(node, "the name of an attribute is not known here", "write a lambda")
    items = ", ".join(f"T.{name}" for name in names)
    return low.function_of(
        f"lambda T: {items}" if len(names) == 1 else f"lambda T: ({items})", {}, node
    )


def _zip_longest(low: Lazy, node: Any) -> Binding:
    low.plain_call(node, 0, 100, ("fillvalue",))
    rows = [low.given(a, node) for a in low.each(node.args)]
    fill = low.keywords(node).get("fillvalue", low.const(None, node))
    return Items([Items(list(row)) for row in itertools.zip_longest(*rows, fillvalue=fill)])


def _fromkeys(low: Lazy, node: Any) -> Binding:
    """dict.fromkeys(keys, value)"""
    low.plain_call(node, 1, 2)
    keys, *value = low.each(node.args)
    held = value[0] if value else low.const(None, node)
    return low.new_dict(
        low.pairs([Items([Items([k, held]) for k in low.given(keys, node)])], {}, node)
    )


def _islice(low: Lazy, node: Any) -> Binding:
    low.plain_call(node, 2, 3)
    variables: dict[str, Binding] = {}
    (source,) = low.run_over(node.args[:1], variables)
    ends = [low.expression(a) for a in node.args[1:]]
    variables |= {f"E{k}": end for k, end in enumerate(ends)}
    start, stop = ("0", "E0") if len(ends) == 1 else ("E0", "E1")
    given = variables.get("S0")
    if isinstance(given, Generator):
        return _first_of(
            low, given, start, None if low.is_none(ends[-1]) else stop, variables, node
        )
    if low.is_none(ends[-1]):
        stop = source.length
    text = f"for I in range({start}, min({stop}, {source.length})):\n    yield {source.item('I')}"
    return low.generator(text, variables, node)


def _first_of(
    low: Lazy,
    given: Generator,
    start: str,
    stop: str | None,
    variables: dict[str, Binding],
    node: Any,
) -> Binding:
    """islice of a generator, of which no more is asked for than is needed."""
    if given.item is not None and stop is not None:
        low.start(given, node)
        text = f"for I in range({start}, {stop}):\n    yield S0(I)"
        return low.generator(text, {**variables, "S0": given.item}, node)
    step = "yield T" if start == "0" else f"if K >= {start}:\n    yield T"
    step += "\nK = K + 1" + (f"\nif K >= {stop}:\n    break" if stop else "")
    text = f"K = 0\nfor T in S0:\n{indent(step, '    ')}"
    if stop:
        text = f"if {stop} > 0:\n{indent(text, '    ')}"
    return low.generator(text, variables, node)


def _endless(low: Lazy, text: str, items: dict[str, Binding], item: str, node: Any) -> Generator:
    """An iterator without an end; `item` is that at the place P."""
    made = low.generator(text, items, node)
    made.item = low.function_of(f"lambda P: {item}", items, node)
    return made


def _count(low: Lazy, node: Any) -> Binding:
    given = dict(zip(("start", "step"), low.each(node.args), strict=False)) | low.keywords(node)
    if len(node.args) > 2 or len(given) < len(node.args) + len(node.keywords):
        low.plain_call(node, 0, 2, ("start", "step"))
    start, step = (given.get(k, low.const(v, node)) for k, v in (("start", 0), ("step", 1)))
    text, items = "while True:\n    yield S0\n    S0 = S0 + S1", {"S0": start, "S1": step}
    if not all(isinstance(v, Value) and v.kind.dtype == "int" for v in (start, step)):
        return low.generator(text, items, node)  # rounded at each step
    place = "P" if low.literal(step) == 1 else "P * S1"
    return _endless(low, text, items, place if low.literal(start) == 0 else f"S0 + {place}", node)


def _cycle(low: Lazy, node: Any) -> Binding:
    low.plain_call(node, 1, 1)
    over = low.read_by_index(low.each(node.args)[0], node)
    items = low.sequence(over)
    if items is not None and not items.items:
        return low.generator("for T in S0:\n    yield T", {"S0": over}, node)
    text = "while len(S0) > 0:\n    for T in S0:\n        yield T"
    if isinstance(over, Generator):
        over = low.all_of(over, node)
    elif items is None:
        low.scope.vars |= hidden({"over": over})
        message = "itertools.cycle of an array without items is not supported"
        low.statements(written(f"if len(over) == 0:\n    raise Refused({message!r})", node))
    made = _endless(low, text, {"S0": over}, "S0[P % len(S0)]", node)
    made.pool = ("$S0",)
    return made


def _repeat(low: Lazy, node: Any) -> Binding:
    if len(node.args) == 1 and not node.keywords:
        return _endless(
            low, "while True:\n    yield S0", {"S0": low.each(node.args)[0]}, "S0", node
        )
    return _text("for I in range(S1):\n    yield S0", 2, 2)(low, node)


def _text(text: str, least: int, most: int, **defaults: int) -> Callable[[Lazy, Any], Binding]:
    """An iterator whose arguments are S0, S1, ... in a text; defaults for those left out."""

    def make(low: Lazy, node: Any) -> Binding:
        low.plain_call(node, least, most)
        given = low.each(node.args)
        variables: dict[str, Binding] = {f"S{k}": v for k, v in enumerate(given)}
        for name, value in defaults.items():
            variables.setdefault(name, low.const(value, node))
        return low.generator(text, variables, node)

    return make


ITERATORS: list[tuple[Any, Callable[[Lazy, Any], Binding]]] = [
    (iter, _text("for T in S0:\n    yield T", 1, 1)),
    (itertools.product, _product),
    (np.ndindex, _ndindex),
    (itertools.combinations, _chosen(ordered=True, again=False)),
    (itertools.combinations_with_replacement, _chosen(ordered=True, again=True)),
    (itertools.permutations, _chosen(ordered=False, again=False)),
    (itertools.chain, _chain),
    (itertools.chain.from_iterable, _from_iterable),
    (itertools.pairwise, _pairwise),
    (itertools.accumulate, _accumulate),
    (itertools.islice, _islice),
    (dict.fromkeys, _fromkeys),
    (operator.itemgetter, _itemgetter),
    (operator.attrgetter, _attrgetter),
    (itertools.zip_longest, _zip_longest),
    (itertools.repeat, _repeat),
    (itertools.count, _count),
    (itertools.cycle, _cycle),
    (itertools.starmap, _text("for T in S1:\n    yield S0(*T)", 2, 2)),
    (itertools.takewhile, _text("for T in S1:\n    if not S0(T):\n        break\n    yield T", 2, 2)),
    (itertools.dropwhile, _text(
        "D = True\nfor T in S1:\n    if D:\n        D = S0(T)\n    if not D:\n        yield T", 2, 2
    )),
    (itertools.compress, _text("for T, U in zip(S0, S1):\n    if U:\n        yield T", 2, 2)),
]  # fmt: skip
