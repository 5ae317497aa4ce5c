"""Programs of the table with arguments of other shapes: no item, one item, an axis more or less, other lengths.

What a program asserts by its code alone holds for all of these; what it happens to do with arrays of three items
need not. Most refuse some of them, as NumPy does: those say nothing.
"""

from __future__ import annotations

import warnings

import numpy as np

from tests.language.constructs import CONSTRUCTS, RIGHT, Construct
from tests.properties.check import copies, load
from tests.properties.programs import Choices, Program

SHAPES: tuple[dict[str, tuple[int, ...]], ...] = (
    {"v": (1,), "w": (1,), "u": (1,), "m": (1, 1)},
    {"v": (0,), "w": (0,), "u": (0,), "m": (0, 3)},
    {"v": (2,), "w": (2,), "m": (2, 2)},
    {"v": (4,), "w": (4,), "u": (4,), "m": (3, 4)},
    {"v": (3, 1), "m": (3, 3)},
    {"v": (2, 3), "m": (1, 3)},
    {"v": (2, 3), "w": (2, 3), "m": (2, 1)},
    {"v": (1,), "m": (3,)},
    {"w": (1,), "x": (3,)},
    {"x": (1,), "y": (1,)},
)


def of_shapes(construct: Construct, shapes: dict[str, tuple[int, ...]]) -> Program | None:
    """The program with arguments of these shapes; None where it does not run on them, or takes none of them."""
    if construct.expected != (RIGHT,) or not set(shapes) & set(construct.parameters):
        return None
    numbers = np.random.default_rng(5)
    args = tuple(
        numbers.uniform(-1.2, 1.4, shapes[name]) if name in shapes else arg
        for name, arg in zip(construct.parameters, copies(construct.args), strict=True)
    )
    try:
        with np.errstate(all="ignore"), warnings.catch_warnings(action="ignore"):
            result = load(construct.text).f(*copies(args))
    except Exception:
        return None
    if np.ndim(result) or isinstance(result, tuple | list | dict | str) or result is None:
        return None
    return Program(construct.text, args, construct.positions)


def of_other_shapes(choices: Choices) -> Program:
    """A program of the table, with arguments of other shapes."""
    while True:
        construct, shapes = choices.one_of(CONSTRUCTS), choices.one_of(SHAPES)
        program = of_shapes(construct, shapes)
        if program is not None:
            return program
