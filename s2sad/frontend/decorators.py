"""functools.partial, wraps, cache and lru_cache: functions made from functions.

A cache gives what a call with the same arguments has given before. That is what the call would give again, as long as
the function changes nothing, nothing that it reads changes, and nobody changes what it has given; else it is refused.
"""

from __future__ import annotations

import ast
import functools
import symtable
from dataclasses import dataclass, field
from typing import Any

import gast

from s2sad.frontend.base import Base
from s2sad.frontend.scope import (
    CONTENTS,
    FROZEN,
    Binding,
    Closure,
    Generator,
    Method,
    Partial,
    Scope,
    Snapshot,
    Static,
    cells_below,
    is_function,
    values_in,
)
from s2sad.ir.core import Block

HELD = "a function with a cache was called with this, reads it, or gave it"
WITHOUT = "leave out the cache"


@dataclass
class Cached:
    """A function with a cache, where it was made, and what it read when it was called."""

    function: Binding
    home: Block
    read: dict[tuple[Scope, str], Binding] = field(default_factory=dict)


def remembered(*_: Any) -> None:
    """Stands for calling a function through its cache: a `Partial` of this one holds the function."""


def remember(function: Binding, low: Base) -> Partial:
    low.cached[id(function)] = Cached(function, low.block)
    return Partial(Static(remembered), [function], {})


def _partial(low: Base, args: list[Binding], kwargs: dict[str, Binding], node: Any) -> Binding:
    return Partial(args[0], args[1:], kwargs)


def _wraps(low: Base, args: list[Binding], kwargs: dict[str, Binding], node: Any) -> Binding:
    return Partial(Static(functools.wraps), args, kwargs)


def _cache(low: Base, args: list[Binding], kwargs: dict[str, Binding], node: Any) -> Binding:
    """lru_cache(function), or lru_cache(maxsize), which is called with the function."""
    if args and is_function(args[0]):
        return remember(args[0], low)
    return Partial(Static(functools.lru_cache), [], {})


def _remembered(low: Base, args: list[Binding], kwargs: dict[str, Binding], node: Any) -> Binding:
    function, args = args[0], args[1:]
    cached, read = low.cached[id(function)], _read_by(function, {})
    for place, binding in read.items():
        if cached.read.setdefault(place, binding) is not binding or _varies(
            low, cached.home, binding
        ):
            raise low.unsupported(
                node,
                f"{place[1]!r}, which a function with a cache reads, is not the same in all calls of it",
                f"pass {place[1]} as an argument, or {WITHOUT}",
            )
    saved = low.state.take()
    result = low.call(function, args, kwargs, node)
    if isinstance(result, Generator):
        raise low.unsupported(node, "a generator with a cache", WITHOUT)
    _refuse_effects(low, saved, node)
    for binding in (*args, *kwargs.values(), *read.values(), result):
        for cell in cells_below(binding):
            cell.vars.setdefault(FROZEN, Static(HELD))
    held = [result, *(b for cell in cells_below(result) for b in cell.vars.values())]
    for value in (v for b in held for v in values_in(b)):
        if value.op is not None:
            kept = {*value.op.attrs.get("kept", ()), value.op.results.index(value)}
            value.op.attrs["kept"] = tuple(sorted(kept))
    return result


def _read_by(function: Binding, found: dict[tuple[Scope, str], Binding]) -> dict[Any, Binding]:
    """The variables around a function that it reads, or that functions read which it may call."""
    if isinstance(function, (Partial, Method)):
        inner = [function.receiver] if isinstance(function, Method) else function.args
        for binding in (function.function, *inner):
            _read_by(binding, found)
    if not isinstance(function, Closure):
        return found
    for name in sorted(_free_names(function.node)):
        holder: Scope | None = function.scope
        while holder is not None and name not in holder.vars:
            holder = holder.elsewhere.get(name, holder.lexical)
        if holder is not None and (holder, name) not in found:
            found[holder, name] = holder.vars[name]
            _read_by(holder.vars[name], found)
    return found


def _free_names(function: Any) -> set[str]:
    """The names in a function, or in one inside of it, that are not its own."""
    tree = gast.gast_to_ast(function)
    for node in ast.walk(tree):
        if isinstance(node, ast.Nonlocal):
            node.__class__ = ast.Global  # type: ignore[assignment]
    todo = symtable.symtable(ast.unparse(tree), "<function>", "exec").get_children()
    found: set[str] = set()
    while todo:
        table = todo.pop()
        found |= {s.get_name() for s in table.get_symbols() if s.is_global()}
        todo += table.get_children()
    return found


def _varies(low: Base, home: Block, binding: Binding) -> bool:
    """True for what was made in a loop or branch inside of the block in which a function was made."""
    here = {home, *low.sizes.outside(home)}
    held = [binding, *(b for cell in cells_below(binding) for b in cell.vars.values())]
    values = [v for b in held for v in values_in(b)]
    blocks = [v.op.block if v.op is not None else v.owner for v in values]
    return any(block in low.sizes.around and block not in here for block in blocks)


def _refuse_effects(low: Base, before: Snapshot, node: Any) -> None:
    for holder, variables in before.items():
        for name, binding in variables.items():
            own = name.startswith("$") and name != CONTENTS
            if not own and holder.vars.get(name) is not binding:
                raise low.unsupported(
                    node,
                    "a function with a cache changes something, and does so only where it is not in the cache",
                    WITHOUT,
                )


DECORATOR_FORMS = {
    id(functools.partial): _partial,
    id(functools.wraps): _wraps,
    id(functools.lru_cache): _cache,
    id(functools.cache): _cache,
    id(remembered): _remembered,
}
