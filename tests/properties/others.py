"""Programs of the table with other arguments: arrays of no item, one item, an axis more or less; other integers.

What a program asserts by its code alone holds for all of these; what it happens to do with arrays of three items
need not. Most refuse some of them, as NumPy does: those say nothing.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from tests.language.constructs import CONSTRUCTS, RIGHT, Construct
from tests.properties.check import copies, load
from tests.properties.programs import Choices, Program

# Shapes of arrays, and other values.
OTHERS: tuple[dict[str, Any], ...] = (
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
    {"n": 0, "k": 0},
    {"n": -2, "k": -1},
    {"n": 5, "k": 1, "p": 2, "axis": 1, "flag": False},
    {"mask": np.array([False, False, False]), "index": np.array([], dtype=int)},
    {"mask": np.array([True, True, True]), "index": np.array([2, -1, 1, 1])},
)


def with_others(construct: Construct, others: dict[str, Any]) -> Program | None:
    """The program with these arguments; None where it does not run on them, or takes none of them."""
    if construct.expected != (RIGHT,) or not set(others) & set(construct.parameters):
        return None
    numbers = np.random.default_rng(5)
    args = [
        others.get(n, a) for n, a in zip(construct.parameters, copies(construct.args), strict=True)
    ]
    args = [numbers.uniform(-1.2, 1.4, a) if isinstance(a, tuple) else a for a in args]
    try:
        with np.errstate(all="ignore"), warnings.catch_warnings(action="ignore"):
            result = load(construct.text).f(*copies(args))
    except Exception:
        return None
    if np.ndim(result) or isinstance(result, tuple | list | dict | str) or result is None:
        return None
    return Program(construct.text, tuple(args), construct.positions)


def with_other_arguments(choices: Choices) -> Program:
    """A program of the table, with arguments of other shapes or values."""
    while True:
        construct = CONSTRUCTS[choices.integer(0, len(CONSTRUCTS) - 1)]
        program = with_others(construct, OTHERS[choices.integer(0, len(OTHERS) - 1)])
        if program is not None:
            return program
