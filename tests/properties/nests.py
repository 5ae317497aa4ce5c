"""Random nests of branches, loops, `try` and `with`, which returns, breaks, continues and exceptions leave early."""

from __future__ import annotations

from tests.properties.programs import Choices, Program, arguments

HEAD = """\
import math
import numpy as np


def each(z):
    for t in z:
        yield t


def f(x, y, v, m, n):
    x, y, t = v[0] * x, v[1] + y, v[2]
    a = [x]
"""
TAIL = """\
    return x * y + a[0] + 0.5 * a[-1] + len(a)
"""
TESTS = (
    "x > 0.5",
    "x > 2.0",
    "x < -1.0",
    "x * x > 1.5",
    "y > x",
    "t > 0.4",
    "x > 100.0",
    "x > -100.0",
    "y < 0.2",
)
STATEMENTS = (
    "x = 0.9 * x + y", "y = y + 0.5 * x", "x = x + v[1]", "y = x * v[0]", "x += 0.3", "y = 0.7 * y + 0.1", "a.append(x)",
    "y = y + 0.3 * sum(u * x for u in each(v))", "x = x + 0.1 * len([u for u in each(v) if u > 0.2])", "y = y + 0.2 * a[-1]",
)  # fmt: skip
LOOPS = (
    ("for t in v:",), ("for t in each(v):",), ("for t in (x, y):",), ("for k in range(3):", "t = v[k]"),
    ("for k, t in enumerate(v):",), ("for t, u in zip(v, each(v)):",), ("n# = 0", "while n# < 3:", "n# = n# + 1"),
)  # fmt: skip
RAISES = (
    'y = y + {"a": x}["b"]', "y = y + [1.0, x][3]", 'raise ValueError("a")', "y = y + math.sqrt(x - 0.3)",
)  # fmt: skip
CAUGHT = "except (ValueError, IndexError, KeyError):"
RETURNS = ("return x", "return x * y", "return y + 1.0")


class Nest:
    def __init__(self, choices: Choices) -> None:
        self.choices = choices
        self.loops = 0  # each counts with a variable of its own, as it ends by that

    def pick(self, options: tuple[str, ...]) -> str:
        return options[self.choices.integer(0, len(options) - 1)]

    def chance(self, percent: int) -> bool:
        return self.choices.integer(1, 100) <= percent

    def block(self, depth: int, loop: bool, least: int = 1) -> list[str]:
        lines: list[str] = []
        for _ in range(least + self.choices.integer(0, 1)):
            lines += self.statement(depth, loop)
        return lines

    def leave(self, loop: bool, percent: int) -> list[str]:
        """A way out of the block, behind a test."""
        if not self.chance(percent):
            return []
        ways = (*RETURNS, "break", "continue", "break") if loop else RETURNS
        return [f"if {self.pick(TESTS)}:", "    " + self.pick(ways)]

    def statement(self, depth: int, loop: bool) -> list[str]:
        kind = self.choices.integer(0, 9) if depth else 0
        if kind < 3:
            return [self.pick(STATEMENTS)]
        if kind < 5:
            lines = [
                f"if {self.pick(TESTS)}:",
                *inside(self.block(depth - 1, loop) + self.leave(loop, 30)),
            ]
            return lines + (
                ["else:", *inside(self.block(depth - 1, loop))] if self.chance(40) else []
            )
        if kind < 7:
            self.loops += 1
            loop_lines = LOOPS[self.choices.integer(0, len(LOOPS) - 1)]
            *before, head = [line.replace("#", str(self.loops)) for line in loop_lines]
            first: list[str] = []
            if not head.endswith(":"):  # what the loop's body begins with
                *before, head, start = *before, head
                first = [start]
            body = first + self.block(depth - 1, True) + self.leave(True, 50)
            lines = [*before, head, *inside(body)]
            return lines + (
                ["else:", *inside(self.block(depth - 1, loop))] if self.chance(40) else []
            )
        if kind == 7:
            body = self.block(depth - 1, loop) + self.leave(loop, 40)
            return ['with np.errstate(all="ignore"):', *inside(body)]
        body = self.block(depth - 1, loop) + self.leave(loop, 40)
        body += [self.pick(RAISES)] if self.chance(40) else []
        lines = ["try:", *inside(body)]
        handled = self.chance(75)
        if handled:
            lines += [CAUGHT, *inside(self.block(depth - 1, loop) + self.leave(loop, 20))]
            lines += ["else:", *inside(self.block(depth - 1, loop))] if self.chance(50) else []
        if not handled or self.chance(30):
            lines += ["finally:", *inside(self.block(depth - 1, False))]
        return lines


def inside(lines: list[str]) -> list[str]:
    return ["    " + line for line in lines]


def nested(choices: Choices, size: int = 3) -> Program:
    """A program with nests that are `size` deep."""
    lines = Nest(choices).block(size, False, least=3)
    return Program(
        HEAD + "".join(f"    {line}\n" for line in lines) + TAIL, arguments(choices), (0, 1, 2)
    )
