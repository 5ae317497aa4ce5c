"""Random programs that do little but change lists, dicts and tuples, in branches and loops, and read all of them.

What a list is after such a sequence (known item by item, put on a tape, held in an array, one object or two) takes
many ways through the compiler, which programs with more arithmetic reach seldom.
"""

from __future__ import annotations

from tests.properties.programs import Choices, Program, arguments

HEAD = """\
import math

import numpy as np


def g(a, *others):
    return a + sum(others)


def f(x, y, v, m, n):
    d = {"a": x, "b": y * 2}
    l = [x, y, 1.5]
    t = (y, x * x)
    a = v * x
    e = [[x, y], [1.0, x]]
    q = [0.5, y]
"""
TAIL = """\
    total = sum(d.values()) + l[0] * 2 + sum(l) * 1.5 + sum(q) * 0.7 + t[0] * 3 + sum(t)
    total += np.sum(a * np.array([1.0, 2.0, 3.0])) + len(l) + len(q)
    return total + sum(p * (i + 1) + r for i, (p, r) in enumerate(e))
"""
NUMBERS = (
    "x", "y", "x * y", "v[0]", "v[1] * x", "2.0", 'd["a"]', "l[0]", "l[-1]", "t[1]", "len(l) * x", 'd.get("z", y)',
    'd["b"]', "a[0]", "e[0][1]", "e[1][0]", "q[0] * 2", "m[0, 1]", "0.1 * sum(l)", "0.5 * max(l)", "0.5 * min(l)",
    "float(np.sum(a))", "0.1 * np.sum(l)", "np.mean(l)", "0.1 * sum(p * p for p in l)", "0.1 * sum(l[1:])",
    "0.1 * sum(list(l))", "0.1 * g(*l)", "l[len(l) // 2]", "0.1 * float(np.dot(l, l))", "sorted(l)[0]", "l[::-1][0]",
)  # fmt: skip
STATEMENTS = (
    'd["a"] = {}', 'd["c"] = {}', 'd["z"] = {}', 'd["a"] += {}', "d.update(b={}, c={})", 'd = {{**d, "a": {}}}',
    'd |= {{"c": {}}}', "d = {{k: p * x for k, p in d.items()}}", "l.append({})", "l.insert(0, {})", "l.insert(-1, {})",
    "l.reverse()", "l.sort()", "l[0] = {}", "l[-1] = {}", "l[1] = {}", "l[-1] *= {}", "l.extend(t)", "l += [{}]",
    "l = l + [{}]", "l[1:2] = [{}, {}]", "l = l[::-1]", "l = sorted(l, reverse=True)", "l = [p * x for p in l]",
    "t = t[1:] + t[:1]", "t = (*t, {})", "t = tuple(sorted(t))", "q = l", "q.append({})", "q = list(l)", "q[0] = {}",
    "e[0][1] = {}", "e.reverse()", "e[0], e[1] = e[1], e[0]", "e[1] = e[0]", "e = [list(row) for row in e]",
    "e[1] = [{}, {}]", "a[0] = {}", "a[-1] = {}", "a += {}", "a[a > 0] *= {}", "a[range(2)] = {}",
)  # fmt: skip
TESTS = ("x > 0", "y < x", "l[0] > 0", "len(l) > 3", '"c" in d', 'd["a"] > x', "t[0] < l[-1]")
LOOPS = (
    "for i in range(2):", "for i in range(n):", "for u in (x, y):", "for u in v:", "for k in list(d):",
    "for i, u in enumerate(t):", "for u in l[:2]:", "for u, w in zip(l, t):", "while len(l) < 5:",
)  # fmt: skip


def sequence(choices: Choices, size: int) -> Program:
    """A random program of `size` statements or more."""

    def one(options: tuple[str, ...]) -> str:
        return options[choices.integer(0, len(options) - 1)]

    def statement(depth: int) -> list[str]:
        form = choices.integer(0, 9) if depth < 2 else 9
        if form == 0:
            lines = [f"if {one(TESTS)}:", *inner(depth)]
            return [*lines, "else:", *inner(depth)] if choices.integer(0, 1) else lines
        if form == 1:
            head = one(LOOPS)
            first = ["    l.append(x * len(l))"] if head.startswith("while") else []
            return [head, *first, *inner(depth)]
        text = one(STATEMENTS)
        return [text.format(*(one(NUMBERS) for _ in range(text.count("{}"))))]

    def inner(depth: int) -> list[str]:
        return [f"    {line}" for line in statement(depth + 1)]

    lines = [line for _ in range(choices.integer(4, 4 + size)) for line in statement(0)]
    body = "".join(f"    {line}\n" for line in lines)
    return Program(HEAD + body + TAIL, arguments(choices), (0, 1, 2, 3))
