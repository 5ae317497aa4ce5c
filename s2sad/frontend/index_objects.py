"""NumPy's objects that make something of what stands in brackets: np.s_, np.index_exp, np.r_, np.c_."""

from __future__ import annotations

from typing import Any

import gast
import numpy as np

from s2sad.frontend.base import Base
from s2sad.frontend.scope import Binding, Static
from s2sad.ir.core import Value
from s2sad.ir.kinds import passive

SLICES = (np.s_, np.index_exp)
JOINED = {id(np.r_): "np.concatenate([{}])", id(np.c_): "np.concatenate([{}], axis=-1)"}


def indexed(low: Base, thing: Any, brackets: Any, node: Any) -> Binding | None:
    """thing[brackets] for one of these objects; None for any other."""
    if any(thing is s for s in SLICES):
        key = low.index(brackets)
        is_tuple = isinstance(brackets, gast.Tuple) or thing is np.s_
        return key if is_tuple else low.op("tuple", [key], passive("tuple"), node)
    if id(thing) not in JOINED:
        return None
    names: dict[str, Binding] = {"np": Static(np)}
    parts = brackets.elts if isinstance(brackets, gast.Tuple) else [brackets]
    texts = [_part(low, p, names, thing is np.c_) for p in parts]
    kinds = [b.kind.dtype for b in names.values() if isinstance(b, Value)]
    if "f4" in kinds and set(kinds) - {"f4"}:
        raise low.unsupported(
            node, "this joins float32 and other numbers", "join arrays of one dtype"
        )
    text = JOINED[id(thing)].format(", ".join(texts))
    return low.call(low.function_of(f"lambda: {text}", names, node), [], {}, node)


def _part(low: Base, part: Any, names: dict[str, Binding], columns: bool) -> str:
    """The text of one array to be joined; `names` gets what it reads."""

    def name(node: Any, default: Any = None) -> str:
        found = f"P{len(names)}"
        names[found] = low.const(default, part) if node is None else low.expression(node)
        return found

    if isinstance(part, gast.Slice):
        start, stop = name(part.lower, 0), name(part.upper)
        step = name(part.step, 1)
        every = low.literal(names[step])
        if isinstance(every, complex):
            names[step] = low.const(int(abs(every)), part)
            text = f"np.linspace({start}, {stop}, {step})"
        else:
            text = f"np.arange({start}, {stop}, {step})"
        return f"{text}[:, None]" if columns else text
    given = name(part)
    binding = names[given]
    if isinstance(low.literal(binding), str):
        raise low.unsupported(
            part, "a text in these brackets is not followed", "use np.concatenate"
        )
    if isinstance(binding, Value) and binding.kind.is_scalar:
        return f"np.array([[{given}]])" if columns else f"np.array([{given}])"
    if not isinstance(binding, Value):
        names[given] = binding = low.call(Static(np.asarray), [binding], {}, part)
    ndim = binding.kind.ndim if isinstance(binding, Value) else None
    if columns:
        if ndim is None:
            raise low.unsupported(part, "np.c_ of what may have any number of axes", "use np.stack")
        return given if ndim > 1 else f"np.reshape({given}, (-1, 1))"
    return given if ndim else f"np.atleast_1d({given})"
