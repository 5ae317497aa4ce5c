"""Random programs in which lists get second names (in lists, dicts, objects, loops and branches) and are written.

What is known to be one object, and what may be one, decides whether a program is right or has to be refused.
"""

from __future__ import annotations

from tests.properties.programs import Choices, Program, arguments

HEAD = """\
import numpy as np


class O:
    def __init__(self, l):
        self.l = l


def h(p, q):
    p[0] = q[1] * 1.1
    return q


def f(x, y, v, m, n):
    a, b, c = [x, y], [1.0, x], [y * y, 0.3]
    e = [[x, 2.0], [0.4, y]]
    d = {"p": [x * y, 1.0], "q": [0.2, x]}
    o = O([y, x])
"""
READ = """\
    for i, s in enumerate((a, b, c, e[0], e[1], d["p"], d["q"], o.l)):
        w = w + (i + 1.0) * s[0] + (i + 1.5) * s[1]
"""
TAIL = f"""\
    w = 0.1 * m[0, 1]
{READ}    a[0] = 3.0 * x
    e[0][1] = 2.0 * y
    d["p"][0] = x * x
{READ}    return w
"""
LISTS = ("a", "b", "c", "e[0]", "e[1]", 'd["p"]', 'd["q"]', "o.l")
NUMBERS = (
    "x",
    "y",
    "x * y",
    "v[1]",
    "2.0",
    "a[0]",
    "b[1]",
    "e[0][1]",
    'd["p"][0]',
    "o.l[1]",
    "c[0] * x",
)
STATEMENTS = (
    "P = Q", "P = Q", "P = list(Q)", "P[0] = K", "P[1] += K", "P, Q = Q, P", "P = [K, K]", "P[0], Q[1] = Q[1], P[0]",
    "P[1] = K * 0.5", "z = P; z[0] = K", "e = [P, Q]", 'd = {"p": P, "q": Q}', "P.reverse()", "h(a, P)", "P = h(Q, b)",
)  # fmt: skip
HEADERS = (
    "if x > 0:", "if a[0] > b[0]:", "if e[0][0] > 1.0:", "for u in v:", "for i in range(2):", "for i in range(n):",
    "for row in e:", "for row in d.values():", "k = 0; while k < 2:",
)  # fmt: skip


def second_names(choices: Choices, size: int) -> Program:
    """A random program of `size` statements or more."""

    def one(options: tuple[str, ...]) -> str:
        return options[choices.integer(0, len(options) - 1)]

    def statement(depth: int) -> list[str]:
        if depth < 2 and choices.integer(0, 9) < 3:
            *before, header = one(HEADERS).split("; ")
            inner = ["    k += 1"] if before else []
            for _ in range(choices.integer(1, 2)):
                inner += [f"    {line}" for line in statement(depth + 1)]
            return [*before, header, *inner]
        text = one(STATEMENTS)
        p, q = one(LISTS), one(LISTS)
        parts = [
            q if c == "Q" else p if c == "P" else one(NUMBERS) if c == "K" else c for c in text
        ]
        return "".join(parts).split("; ")

    lines = [line for _ in range(choices.integer(3, 3 + size)) for line in statement(0)]
    body = "".join(f"    {line}\n" for line in lines)
    return Program(HEAD + body + TAIL, arguments(choices), (0, 1, 2, 3))
