"""Random programs about names: which variable a function, a comprehension or a generator reads, and when.

A few names are variables, parameters, targets of loops and comprehensions, captures, and what closures read late.
"""

from __future__ import annotations

from tests.properties.programs import Choices, Program, arguments

HEAD = """\
import contextlib
import numpy as np

HALF, TWO = 0.5, 2.0


def f(x, y, v, m, n):
    a, b, c = x, 0.5 * y, x * y
    k, w, q = 0, 0.1 * m[0, 1], ()

    def g():
        return a * 0.5

    def h(b):
        return a + b * 0.3
"""
TAIL = """\
    w += sum(q)
    return w + a + 2.0 * b + 3.0 * c + 0.7 * g() + 0.3 * h(y) + k
"""
NAMES = ("a", "b", "c")
PLAIN = (
    "0.5 * N",
    "N * M * 0.3",
    "N - x",
    "y",
    "0.2 * M + v[1]",
    "np.sin(N) + M",
    "1.5",
    "N",
    "HALF * N * M",
    "TWO * N",
)
CALLING = (*PLAIN, "0.3 * g()", "0.2 * h(N)", "g() - N", "sum(N * 0.2 for N in v)")
# N and M are names; E is an expression, P is one without calls; lines are parted by "; ", and ">" is their depth.
STATEMENTS = (
    "N = E", "N += E", "N, M = M, N", "w += E",
    "for N in v:; >M = M * 0.5 + E", "for N in range(2):; >w += g()", "for N, M in [(x, 1.0), (y, x)]:; >w += h(N) * M",
    "for k in range(2):; >N = E", "k = 0; while k < 2:; >k += 1; >N = M * 0.5 + E",
    "if N > M:; >N = E", "if N > 0.0:; >N = E; else:; >M = E",
    "w += sum(E for N in v)", "w += sum([E for N in (x, y)])", "w += max([E for N in v])", "w += max(E for N in (x, M))",
    "w += sum(E for N in v for M in (x, N))", "w += sum([sum([E for N in (M, y)]) for M in v])",
    "w += {N: E for N in (1, 2)}[2]", "w += np.sum(np.array([E for N in v]))", "w += any(E > 0.4 for N in v)",
    "w += sum([(N := N * 0.5 + P) for _ in range(2)])", "w += (N := P) * 0.5", "w += sum(g() * N for N in v)",
    "w += [h(N) for N in (x, y)][1]", "N = [M * 0.5 for M in v][0]", "w += sum(N * M for N, M in zip(v, (x, y, P)))",
    "def g():; >return P", "def g(N=N):; >return P", "def g(N=E):; >return P", "def h(N):; >return P + g()",
    "def g():; >N = P; >return N", "g = lambda: P", "g = lambda N=E: N * 0.5", "h = lambda N: P + g()",
    "def g():; >nonlocal N; >N = 0.9 * N + 0.1 * M; >return N",
    "def h(M):; >def g():; >>return N * M; >return g()", "def h(M):; >N = M * 0.5; >return sum(N * t for t in v)",
    "def g():; >return sum(P for N in v)", "def h(N):; >return sum([P for M in (N, x)])",
    "q = (P for N in v)", "q = (E for N in (x, y) if N < M)", "w += sum(q); q = ()", "q = [E for N in v]",
    "q = map(lambda N: P, v)", "q = (N * M for N, M in zip(v, (x, y, 1.0)))",
    "with contextlib.nullcontext(E) as N:; >M = N * 0.5", "match E:; >case N:; >>M = N * 0.5",
    "w += (lambda N: P)(M)", "w += sum(map(lambda N: E, v))", "w += sorted([E for N in v])[0]",
    "w += [lambda: N for N in v][0]()", "w += [lambda N=N: N for N in v][0]()", "w += (lambda: N)()",
    "w += next(E for N in v)", "*_, N = [E for M in v]", "N = M = E",
)  # fmt: skip


def indented(statement: str) -> list[str]:
    """The lines of a statement of the body of a function."""
    lines = []
    for line in statement.split("; "):
        depth = len(line) - len(line.lstrip(">"))
        lines.append("    " * (1 + depth) + line[depth:])
    return lines


def about_names(choices: Choices, size: int) -> Program:
    """A random program of `size` statements or fewer."""

    def one(options: tuple[str, ...]) -> str:
        return options[choices.integer(0, len(options) - 1)]

    def filled(text: str, names: dict[str, str]) -> str:
        out = []
        for i, c in enumerate(text):
            alone = not (text[i - 1 : i].isalpha() or text[i + 1 : i + 2].isalpha())
            if c in "EP" and alone:
                out.append(
                    filled(one(CALLING if c == "E" else PLAIN), {n: one(NAMES) for n in "NM"})
                )
            else:
                out.append(names[c] if c in names and alone else c)
        return "".join(out)

    lines = []
    for _ in range(choices.integer(3, size)):
        first = choices.integer(0, 2)
        names = {"N": NAMES[first], "M": NAMES[(first + choices.integer(1, 2)) % 3]}
        lines += indented(filled(one(STATEMENTS), names))
    return Program(HEAD + "\n".join(lines) + "\n" + TAIL, arguments(choices), (0, 1, 2, 3))
