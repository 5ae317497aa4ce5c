"""Random programs whose arrays have lengths that the run decides: equal ones, and ones that are broadcast.

A slice, a branch or an item of a list may have one item in this run and several in another; what is known of two
lengths in one branch need not hold in the other. Only programs that run are given, as NumPy broadcasts few shapes.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.properties.programs import Choices, Program, arguments

HEAD = """\
import numpy as np


def f(x, y, v, m, n):
    k, j, s = n // 2, n % 2, x * y
    a, b, c = v * x, v[k:] + y, np.array([y])
    d, e = m * y, m[j:] * x
"""
TRIES = 100
# What stands for V is a vector, for M a matrix, for S a number, for P a place, for I a name of a vector.
VECTORS = (
    "I", "I[k:]", "I[:k + 1]", "I[j:j + 1]", "I[[j]]", "I[[k, j, k]]", "I[v > y]", "I[::2]", "I[::-1]", "I[-1:]",
    "(V + V)", "(V * V)", "(V - S)", "(S * V)", "np.sin(V)", "np.concatenate((V, V))", "np.cumsum(V)", "np.full(k + 1, S)",
    "np.where(V > 0.1, V, S)", "np.where(V > V, V, V)", "M[0]", "M[-1]", "M[:, P]", "M.sum(axis=0)", "np.max(M, axis=1)",
    "(M @ V)", "(V @ M)", "M.ravel()", "np.mean(M, axis=P)", "np.array([S])", "np.array([S, y])", "I.reshape(-1)",
    "np.append(V, S)", "np.repeat(V, P + 1)", "np.array([t * x for t in V])", "(V if x > P else V)", "np.diff(V)",
)  # fmt: skip
MATRICES = (
    "d", "e", "m", "d[k:]", "m[:, j:]", "e[:1]", "(M * M)", "(M + V)", "(M - S)", "M.T", "I[:, None] * V", "np.outer(V, V)",
    "V.reshape(1, -1)", "V.reshape(-1, 1)", "np.vstack((V, V))", "np.exp(M)", "M[[P]]", "M.sum(axis=P, keepdims=True)",
    "np.atleast_2d(V)", "(M @ M)", "np.broadcast_to(V, (2, 3))", "(M if y > P else M)", "np.stack([V, V])",
)  # fmt: skip
NUMBERS = (
    "x",
    "y",
    "s",
    "np.sum(V)",
    "(V @ V)",
    "np.mean(V)",
    "I[P]",
    "np.dot(V, V)",
    "np.sum(M)",
    "M[P, P]",
    "len(I) * x",
)
PLACES = ("0", "k", "j", "-1")
NAMES = ("a", "b", "c", "v")
STATEMENTS = (
    "a = V", "b = V", "c = V", "d = M", "e = M", "s = s + S", "a = V", "b = V", "c = V", "a, b = b, a", "s += S",
    "a = a * V", "b += V", "c *= S", "a[k:] = V", "b[:] = V", "a[v > 0] *= S", "d[P] = V", "e[:, P] += V", "d += V",
)  # fmt: skip
TESTS = (
    "k == 0",
    "j == k",
    "x > 0",
    "y > x",
    "len(a) == 1",
    "len(b) == len(c)",
    "a.size > 2",
    "d.shape == m.shape",
)
LOOPS = ("for k in range(2):", "for j in range(n):", "for k in range(j, 3):", "for i in range(2):")
TAIL = "    return s + S + np.sum(a * I) + np.sum(d * V) + 0.5 * np.sum(M)\n"
ARGUMENTS = {"V": VECTORS, "M": MATRICES, "S": NUMBERS, "P": PLACES, "I": NAMES}


class Lengths:
    def __init__(self, choices: Choices) -> None:
        self.choices = choices

    def one(self, options: tuple[str, ...]) -> str:
        return options[self.choices.integer(0, len(options) - 1)]

    def filled(self, text: str, depth: int = 0) -> str:
        """The text with expressions in place of its capital letters; deep down, these are names."""
        out = ""
        for letter, after in zip(text, [*text[1:], " "], strict=True):
            # "np.array" and "axis" are words, "V", "M" and "S" stand alone.
            if letter not in ARGUMENTS or after.isalnum():
                out += letter
            elif letter in "PI" or depth < 3 and self.choices.integer(0, 2):
                out += self.filled(self.one(ARGUMENTS[letter]), depth + 1)
            else:
                out += {"V": self.one(NAMES), "M": self.one(("d", "e", "m")), "S": "x"}[letter]
        return out

    def block(self, depth: int) -> list[str]:
        lines: list[str] = []
        for _ in range(self.choices.integer(1, 3)):
            kind = self.choices.integer(0, 9) if depth else 0
            if kind < 6:
                lines.append(self.filled(self.one(STATEMENTS)))
            elif kind < 9:
                lines += [f"if {self.one(TESTS)}:", *inside(self.block(depth - 1))]
                if self.choices.integer(0, 2):
                    lines += ["else:", *inside(self.block(depth - 1))]
            else:
                lines += [self.one(LOOPS), *inside(self.block(depth - 1))]
        return lines

    def text(self, size: int) -> str:
        lines = [line for _ in range(size) for line in self.block(2)]
        return HEAD + "".join(f"    {line}\n" for line in lines) + self.filled(TAIL)


def inside(lines: list[str]) -> list[str]:
    return ["    " + line for line in lines]


def runs(text: str, args: tuple[Any, ...]) -> bool:
    names: dict[str, Any] = {}
    exec(text, names)
    try:
        with np.errstate(all="ignore"):
            value = names["f"](*(a.copy() if isinstance(a, np.ndarray) else a for a in args))
    except (ValueError, IndexError, TypeError, ZeroDivisionError):
        return False
    return bool(np.ndim(value) == 0 and np.abs(value) < 1e6)


def about_lengths(choices: Choices, size: int = 2) -> Program:
    """A random program of `size` blocks which runs, or the last of those that were tried."""
    for _ in range(TRIES):
        args = arguments(choices)
        text = Lengths(choices).text(size)
        if runs(text, args):
            break
    return Program(text, args, (0, 1, 2, 3))
