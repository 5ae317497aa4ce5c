"""Seeds of an adjoint: what is nested as the value is, as the generated code takes it."""

from __future__ import annotations

from typing import Any

import numpy as np

from s2sad.errors import UsageError
from s2sad.ir.core import Shaped


def flat_seeds(structure: Any, seed: Any, name: str) -> list[Any]:
    """The leaves of `seed`, in the order of a value of this structure (see `Function`)."""
    if structure is None:
        return [seed]
    if isinstance(structure, tuple):
        return _of_parts(structure, _items(seed, len(structure), name), name)
    shape: Shaped = structure
    if shape.form == "items":
        # A list whose length the run decides is held as an array, and so is its adjoint.
        return [np.asarray(seed)]
    if shape.form == "list":
        return _of_parts(shape.parts, _items(seed, len(shape.parts), name), name)
    if isinstance(seed, dict):
        if set(seed) != set(shape.keys):
            keys = ", ".join(map(repr, shape.keys))
            raise UsageError(
                f"the seed of {name} has other keys than its value", help=f"they are: {keys}"
            )
        return _of_parts(shape.parts, [seed[k] for k in shape.keys], name)
    if isinstance(seed, (tuple, list)) or shape.form == "dict":
        return _of_parts(shape.parts, _items(seed, len(shape.parts), name), name)
    return _of_parts(shape.parts, [getattr(seed, k) for k in shape.keys], name)


def _of_parts(structures: Any, seeds: Any, name: str) -> list[Any]:
    parts = zip(structures, seeds, strict=True)
    return [leaf for structure, seed in parts for leaf in flat_seeds(structure, seed, name)]


def _items(seed: Any, count: int, name: str) -> Any:
    try:
        found = len(seed)
    except TypeError:
        found = -1
    if found != count:
        given = f"one of {found} items" if found >= 0 else "a number"
        raise UsageError(
            f"the value of {name} has {count} parts, the seed is {given}",
            help="give one seed for each part, nested as the value is",
        )
    return seed
