"""The table of rule cases: tiny functions, and the arguments at which their derivatives are checked.

A case is one expression in named arguments with one or several sets of arguments (variants). The parts of
the table are in the files cases_*.py; `CASES` is all of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Case:
    """A function to differentiate.

    `expression` is the body of the function, in the arguments `parameters`. `variants` holds sets of
    arguments. `wrt`: what is differentiated. `analytic`: NumPy evaluates the function at complex arguments
    as an analytic function, so a complex step gives its derivative to rounding; otherwise central
    differences are used. `second`: how many of the variants are checked at second order too.
    """

    name: str
    expression: str
    parameters: tuple[str, ...]
    variants: tuple[tuple[Any, ...], ...]
    wrt: tuple[str, ...]
    analytic: bool = True
    second: int = 1
    tolerance: float = 1e-7

    @property
    def source(self) -> str:
        return f"def {self.name}({', '.join(self.parameters)}):\n    return {self.expression}\n"

    @property
    def scalar_source(self) -> str:
        """A scalar function of the case's result, for second derivatives; `weights` is as the result."""
        arguments = ", ".join(self.parameters)
        return (
            f"def {self.name}_total({arguments}, weights):\n"
            f"    return np.sum(np.sin({self.name}({arguments})) * weights)\n"
        )


def case(
    name: str,
    expression: str,
    *variants: Sequence[Any] | Any,
    wrt: str = "",
    parameters: str = "",
    analytic: bool = True,
    second: int = 1,
    tolerance: float = 1e-7,
) -> Case:
    """A case. Without `parameters` the arguments are called x, y, z; without `wrt` all are differentiated."""
    sets = tuple(tuple(v) if isinstance(v, (tuple, list)) else (v,) for v in variants)
    names = tuple(parameters.split()) or ("x", "y", "z", "u")[: len(sets[0])]
    return Case(
        name, expression, names, sets, tuple(wrt.split()) or names, analytic, second, tolerance
    )


def between(low: float, high: float, *shape: int, seed: int = 0) -> np.ndarray:
    """Random numbers of a shape, well inside the interval, the same on every run."""
    rng = np.random.default_rng([seed, *shape])
    margin = 0.05 * (high - low)
    return rng.uniform(low + margin, high - margin, shape)


def normal(*shape: int, seed: int = 0) -> np.ndarray:
    """Normal random numbers of a shape, the same on every run."""
    return np.random.default_rng([seed, 7, *shape]).normal(size=shape)


def apart(*shape: int, seed: int = 0) -> np.ndarray:
    """Numbers of which no two are close to each other or to zero, in random order."""
    n = int(np.prod(shape))
    values = np.linspace(-2.0, 2.1, n) + 0.013
    return np.random.default_rng([seed, 11, n]).permutation(values).reshape(shape)


def single(x: np.ndarray) -> np.ndarray:
    return x.astype(np.float32)
