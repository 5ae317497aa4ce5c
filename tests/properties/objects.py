"""Random programs about objects: fields, methods, properties, operators, containers of objects and second names."""

from __future__ import annotations

from tests.properties.names import indented
from tests.properties.programs import Choices, Program, arguments

HEAD = """\
import copy
import numpy as np


class A:
    rate = 0.5

    def __init__(self, x, w=None):
        self.x = x
        self.w = [x, 1.0] if w is None else w
        self.a = np.array([0.3, -0.2])
        self.next = None

    @property
    def size(self):
        return self.x * self.rate + self.w[0]

    @size.setter
    def size(self, s):
        self.x = s * 0.5

    def step(self, t, k=1.0):
        self.x = self.x * 0.5 + t * k
        return self.x

    def push(self, t):
        self.w.append(t)
        return self

    def scale(self, t):
        self.a *= t
        self.a[0] += self.x
        return self.a

    def __add__(self, o):
        return A(self.x + o.x, [self.w[0], o.w[0]])

    def __iadd__(self, t):
        self.x += t
        return self

    def __mul__(self, t):
        return type(self)(self.x * t)

    def __getitem__(self, i):
        return self.w[i]

    def __setitem__(self, i, t):
        self.w[i] = t * 0.9

    def __len__(self):
        return len(self.w)

    def __iter__(self):
        return iter(self.w)

    def __call__(self, t):
        return self.x * t


class B(A):
    rate = 0.8

    def step(self, t, k=2.0):
        return super().step(t, k) + self.a[1]

    @property
    def size(self):
        return super().size * 0.5


def change(o, t):
    o.x += t
    o.w[1] = t
    return o


def fresh(o, t):
    o = A(t)
    o.a[1] = t
    return o


def f(x, y, v, m, n):
    o, p, q = A(x), B(y), A(x * y)
    r = [A(0.3 * x), B(y)]
    d = {"k": A(y), "l": o}
    k, w = 0, 0.1 * m[0, 1]
"""
READ = """\
    for i, s in enumerate((o, p, q, r[0], r[-1], d["k"], d["l"])):
        w = w + (i + 1.0) * s.x + (i + 1.5) * s.size + s.w[0] * i + s.w[1] * 0.3 + s.a[0] * 0.7 - s.a[1] + 0.1 * len(s)
"""
TAIL = f"""\
{READ}    o.x, p.w[0], q.a[0] = x, y, 0.3 * x
    r[0].x, d["k"].w[1] = 2.0 * y, x * x
{READ}    return w
"""
OBJECTS = ("o", "p", "q", "r[0]", "r[1]", 'd["k"]', 'd["l"]')
TARGETS = ("o", "p", "q", "r[0]", 'd["k"]')
NUMBERS = (
    "x", "y * 0.5", "P.x", "Q.x * 0.5", "P.size", "P.w[0]", "Q[1]", "P.a[0]", "v[1]", "P(x) * 0.3", "sum(Q.a) * 0.3",
    "P.step(x)", "Q.rate", "np.tanh(P.x)", "getattr(P, 'x')", "sum(P) * 0.1", "max(P.x, Q.x)", "2.0",
)  # fmt: skip
STATEMENTS = (
    "P.x = K", "P.x += K", "P.x *= 0.5", "P.size = K", "P.size += 0.1", "P.w[0] = K", "P[1] = K", "P[0] += 0.2",
    "P.a[1] = K", "P.a *= 0.5", "P.a += K", "P.a = Q.a", "P.a = Q.a.copy()", "P.w = Q.w", "P.w = [K, K]", "P.push(K)",
    "w += P.step(K)", "w += P.step(K, k=0.3)", "w += P.scale(0.5)[0]", "T = A(K)", "T = B(K, [K, 1.0])", "T = Q", "T = P + Q",
    "T = Q * 0.5", "T += K", "change(P, K)", "T = change(P, K)", "T = fresh(P, K)", "P.x, Q.x = Q.x, P.x", "T = copy.copy(Q)",
    "T = copy.deepcopy(Q)", "o, p = p, o", "P.rate = K", "P.next = Q", "w += P.next.x if P.next else K", "z = P; z.x = K",
    "z = P.w; z[0] = K", "z = P.a; z[1] = K", "z = P.step; w += z(K)", "r = [P, Q]", "r.append(A(K))", 'd = {"k": P, "l": Q}',
    "w += sum(t.x for t in r)", "w += sum(s.size for s in (P, Q))", "setattr(P, 'x', K)", "w += isinstance(P, B) * K",
    "w += (P is Q) * K", "w += [t.step(K) for t in (P, Q)][1]", "w += P.w.pop() if len(P.w) > 2 else K", "a, b = P.w[:2]; P.w[0] = b",
    "for t in r:; >t.x += K", "for t in (P, Q):; >t.w[0] *= 0.5", "for t in d.values():; >w += t.step(K)", "for u in v:; >P.x = P.x * 0.5 + u",
    "for i in range(2):; >w += P.step(K)", "for i in range(n):; >P.x = P.x * 0.5 + K", "for i in range(2):; >P.push(K * i)",
    "for i in range(n):; >P.a[i % 2] += 0.3 * P.x", "if P.x > Q.x:; >P.x = K", "if P.x > 0.2:; >P.w[0] = K; else:; >Q.a[1] = K",
    "if x > y:; >w += P.step(K)", "k = 0; while k < 2:; >k += 1; >P.x = 0.5 * P.x + K", "for i in range(n):; >w += change(P, 0.1).x",
    "def g(t):; >P.x += t; >return Q.x; w += g(K) + g(0.2)", "g = lambda t: P.step(t) + Q.x; w += g(K)", "P.f = lambda t: t * P.x; w += P.f(K)",
    "try:; >P.x = 1.0 / (n - 1); except ZeroDivisionError:; >Q.x = K",
)  # fmt: skip


def about_objects(choices: Choices, size: int) -> Program:
    """A random program of `size` statements or fewer."""

    def one(options: tuple[str, ...]) -> str:
        return options[choices.integer(0, len(options) - 1)]

    def filled(text: str, names: dict[str, str]) -> str:
        out = []
        for i, c in enumerate(text):
            alone = not (text[i - 1 : i].isalnum() or text[i + 1 : i + 2].isalnum())
            if c == "K" and alone:
                out.append(filled(one(NUMBERS), {n: one(OBJECTS) for n in "PQ"}))
            else:
                out.append(names[c] if c in names and alone else c)
        return "".join(out)

    lines = []
    for _ in range(choices.integer(2, size)):
        names = {"P": one(OBJECTS), "Q": one(OBJECTS), "T": one(TARGETS)}
        lines += indented(filled(one(STATEMENTS), names))
    return Program(HEAD + "\n".join(lines) + "\n" + TAIL, arguments(choices), (0, 1, 2, 3))
