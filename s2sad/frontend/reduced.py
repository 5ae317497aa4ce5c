"""functools.reduce and math.prod."""

from __future__ import annotations

import math

import numpy as np

from s2sad.frontend.base import Base
from s2sad.frontend.scope import Binding, Cell, Generator, Items, Static
from s2sad.frontend.written import written
from s2sad.ir.core import Value


def reduce(low: Base, args: list[Binding], kwargs: dict[str, Binding], node: object) -> Binding:
    """functools.reduce(function, iterable, initial), `initial` by name since Python 3.14."""
    given = dict(zip(("function", "iterable", "initial"), args, strict=False)) | kwargs
    if not {"function", "iterable"} <= set(given) <= {"function", "iterable", "initial"}:
        raise low.unsupported(node, "this form of functools.reduce is not supported yet")
    over = given["iterable"]
    if isinstance(over, Generator):
        over = low.collected(over, node)
    known = low.items_or_shape(over, node)
    if known is None:
        return _in_a_loop(low, "F(A, T)", given | {"iterable": over}, node)
    items = list(low.in_order(known, node).items)
    first = [given["initial"]] if "initial" in given else []
    if not first and not items:
        raise low.raises(TypeError, node, "reduce() of empty iterable with no initial value")
    result, *rest = [*first, *items]
    for item in rest:
        result = low.call(given["function"], [result, item], {}, node)
    return result


def product(
    low: Base, args: list[Binding], kwargs: dict[str, Binding], node: object
) -> Binding | None:
    """math.prod; of arrays alone it has a rule."""
    if len(args) != 1 or set(kwargs) - {"start"}:
        return None
    over = args[0]
    if isinstance(over, Value) and not kwargs and low.items_or_shape(over, node) is None:
        return None
    if isinstance(over, Generator):
        over = low.collected(over, node)
    known = low.items_or_shape(over, node)
    if known is None and isinstance(over, (Items, Cell)) and not kwargs:
        array = low.call(Static(np.array), [over], {}, node)
        return low.call(Static(math.prod), [array], {}, node)
    if known is None:
        given = {"iterable": over, "initial": kwargs.get("start", low.const(1, node))}
        return _in_a_loop(low, "A * T", given, node)
    factors = [*kwargs.values(), *low.in_order(known, node).items]
    if not factors:
        return low.const(1, node)
    result, *rest = factors
    for item in rest:
        result = low.computed("A * T", {"A": result, "T": item}, node)
    return result


def _in_a_loop(low: Base, step: str, given: dict[str, Binding], node: object) -> Binding:
    names = {"S": given["iterable"]} | ({"F": given["function"]} if "function" in given else {})
    if "initial" in given:
        names["I"] = given["initial"]
        text = f"A = I\nfor T in S:\n    A = {step}\n"
    else:
        text = f"A = S[0]\nfor J in range(1, len(S)):\n    A = {step.replace('T', 'S[J]')}\n"
    with low.with_hidden(names):
        low.statements(written(text, node))
    found, *_ = [low.scope.vars.pop(n, None) for n in ("$A", "$T", "$J")]
    assert found is not None
    return found
