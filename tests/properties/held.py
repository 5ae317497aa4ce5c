"""Random programs about lists that hold arrays, which are written afterwards.

A list holds the arrays themselves: what is written into an array changes it in the list, and the other way round. An
array that stands for the list has copies of them, so each such write has to be seen, or refused.
"""

from __future__ import annotations

from tests.properties.programs import Choices, Program, arguments

HEAD = """\
import numpy as np


def f(x, y, v, m, n):
    u, w, z = v * 0.5, v * 1.0, v + x
    P, R, s = [v * y], [v * 1.0], 0.0
"""
LISTS = (
    "Q = [r * x for r in m]; w = Q[0]",
    "Q = []; for r in m:; . w = r * x; . Q.append(w)",
    "Q = []; for r in m:; . w = r * x; . if r[0] > 0.0:; . . Q.append(w); Q.append(u)",
    "Q = [w]; for r in m:; . Q.append(r * x)",
    "Q = [w]; for r in m:; . if r[1] > 0.0:; . . Q.append(r * x)",
    "w = m.copy(); Q = list(w); w = w[0]",
    "Q = []; for r in m:; . Q.append(r * x); for r in m:; . w = r * y; . Q.append(w)",
    "Q = [r + 0.0 for r in m]; for r in m:; . w = r * y; . if r[1] < 0.5:; . . Q.append(w)",
    "Q = []; for r in m:; . w = r * y; . Q.append(w); . Q.append(r * 0.5)",
    "Q = []; for r in m:; . Q.append(w)",
    "Q = []; for r in m:; . Q.append(r)",
    "w = m * x; Q = []; for i in range(len(w)):; . Q.append(w[i])",
    "w = m * x; Q = []; for i in range(len(w)):; . w[i] += y; . Q.append(w[i])",
    "Q = []; t = 0.0; while t < 2.0:; . w = v * t; . Q.append(w); . t += 0.7",
    "d = {'k': []}; Q = d['k']; for r in m:; . w = r + v; . d['k'].append(w)",
    "Q = []; for r in m:; . w = w * r; . Q.append(w)",
    "Q = []; for r in m:; . w = w * r; . Q.append(w); . w = w + 1.0; . w[0] = x",
    "Q = []; put = Q.append; for r in m:; . w = r * x; . put(w)",
    "Q = tuple(r * x for r in m); w = Q[-1]",
    "Q = list(map(lambda r: r + w, m))",
    "P = [r * x for r in m]; w = P[0]; Q = [q for q in P if q[0] > -9.0]",
    "P = [r * x for r in m]; w = P[0]; Q = sorted(P, key=lambda q: q[0])",
    "P = [r * x for r in m]; w = P[0]; Q = [q for q, r in zip(P, m)]",
    "P = [r * x for r in m]; w = P[0]; Q = [q for i, q in enumerate(P) if i < 2]",
    "P = [r * x for r in m]; w = P[0]; Q = P[::-1]",
    "P = [r * x for r in m]; w = P[0]; Q = list(reversed(P))",
    "P = [r * x for r in m]; w = P[0]; Q = P[:2]",
    "P = [r * x for r in m]; w = P[0]; Q = P.copy()",
    "P = [r * x for r in m]; w = P[0]; Q = [*P]",
    "P = [r * x for r in m]; w = P[0]; Q = P if x > 0.0 else [u, u]",
    "Q = [(w if r[0] > 0.0 else r * x) for r in m]",
    "Q = [(r if r[0] > 0.0 else r * x) for r in m.copy()]",
    "Q = []; for r in m:; . Q += [w * r[0]]; Q += [w]",
    "T = []; for r in m:; . w = r * x; . T.append((w, r[0])); Q = [a for a, b in T]",
    "T = [(r * x, r[0]) for r in m]; w, b = T[0]; Q = [a for a, b in T]",
    "T = [(r * x, r * y) for r in m]; w, b = T[0]; Q = [a for a, b in T]; R = [b for a, b in T]",
    "Q = [w.reshape(3, 1)[:, 0] for r in m]",
    "Q = [w[::-1] * r for r in m]; w = Q[0][::-1]",
    "Q = [r * x for r in m]; w = Q[0].reshape(3, 1)",
    "w = np.concatenate([w, u]); Q = []; for i in range(n):; . Q.append(w[i : i + 3])",
    "Q = []; for i in range(n):; . Q.append(v * i); . if i > 0:; . . w = Q[-1]",
    "Q = [v * 1.0, w]; for r in m:; . Q[0] = Q[0] + r",
)  # fmt: skip
CHANGES = (
    "u = v * y; Q.append(u)", "Q.append(w)", "z = Q.pop()", "z = Q.pop(0)", "Q.extend([u, w])", "del Q[0]", "u = Q[-1]",
    "u = Q[0]", "R = list(Q)", "R = np.array(Q)", "for r in m:; . u = r * y; . Q.append(u)",
    "for r in m:; . u = r * y; . if r[2] > 0.0:; . . Q.append(u)", "u, *R = Q", "if x > 0.0:; . Q.append(w)", "z = sum(Q)",
    "u = np.asarray(Q[0])", "R = Q[1:]", "u = min(Q, key=lambda q: q[0])", "Q.insert(0, w)", "Q.append(Q.pop(0))", "R = Q",
    "for q in Q:; . s += q @ q", "for i in range(n):; . Q.append(w)", "for r in m:; . Q.append(w); . w = w * r",
    "for r in m:; . t = r * 1.0; . for q in Q:; . . t -= 0.1 * (q @ r) * q; . Q.append(t)", "w = Q[0][::-1]", "u = w",
    "R = [q * 1.0 for q in Q]", "R = [q for q in Q]", "Q = Q + [u]", "T = list(zip(Q, R)); u, z = T[0]",
)  # fmt: skip
WRITES = (
    "w *= y", "w[0] = x", "u *= y", "u[0] = x", "for q in Q:; . q *= y", "for q in Q:; . q[1] = x", "Q[0][1] = x",
    "Q[-1][:] = v", "z += x", "z[0] = x", "R[0][1] = x", "for q in R:; . q *= y", "k = w[1:]; k *= y", "R[0] *= x",
    "for i, q in enumerate(Q):; . q[0] = x * i", "np.sin(w, out=w)", "m[0] *= x", "v *= x", "P[0][0] = x",
    "for i in range(len(Q)):; . Q[i][0] += x", "for p, q in zip(P, Q):; . p += q", "w.fill(x)", "u.sort()", "w += Q[0]",
    "if x > 0.0:; . w *= y", "for r in m:; . w += r", "for r in m:; . Q.append(w); . w *= y", "Q[0] += Q[-1]",
    "for r in m:; . u = r * x; . Q.append(u); . u[0] = y", "Q[0], Q[-1] = Q[-1], Q[0]", "w, u = u, w; w *= x",
    "np.add(w, 1.0, out=u)", "while w[0] < 1.0 and s < 4.0:; . w += 0.6; . s += 1.0", "Q[0] = w", "w[w > 0.0] = y",
)  # fmt: skip
READS = (
    "sum(np.sum(q ** 2) * (i + 1) for i, q in enumerate(Q))", "np.sum(np.array(Q) ** 2)", "np.sum(w ** 3) + np.sum(Q[0])",
    "np.sum(u ** 3) + np.sum(Q[0] ** 2) + np.sum(Q[-1])", "np.sum(z ** 3) + np.sum(Q[0])", "np.sum(w) + sum(q @ q for q in Q)",
    "sum(np.sum(q ** 2) for q in R) + np.sum(Q[0])", "sum(np.sum(q ** 2) for q in P) + np.sum(Q[0])",
    "np.sum(m ** 2) + np.sum(Q[-1])", "np.sum(v ** 2) + np.sum(Q[0] ** 3)", "np.sum(w * u * z) + np.sum(Q[0] * w)",
)  # fmt: skip


# The same of lists that hold lists of numbers, and arrays without dimensions.
INNER = (
    "Q = [[a * x, a] for a in v]; w = Q[0]", "Q = []; for a in v:; . w = [a * x, y]; . Q.append(w)",
    "Q = [[x, y]]; for a in v:; . Q.append([a, x])", "Q = [(a * x, a) for a in v]; w = list(Q[0])",
    "Q = [[-x, y] for a in v]; for i in range(len(v)):; . Q[i][0] = v[i]", "Q = [list(r) for r in m]; w = Q[-1]",
    "Q = []; for a in v:; . w = [a, x]; . w[1] = a * y; . Q.append(w)", "Q = [[a, x] for a in v if a < 9.0]; w = Q[0]",
    "Q = [[(a, x), [y, a]] for a in v]; Q = [q[1] for q in Q]", "T = [(a, [x, a]) for a in v]; Q = [q for a, q in T]; w = Q[0]",
    "Q = []; for a in v:; . Q.append(w)", "Q = []; for r in m:; . Q.append([a * x for a in r][:2])",
    "Q = [[np.asarray(a * x), y] for a in v]; w = Q[0]", "w = np.asarray(x); Q = []; for a in v:; . Q.append((w, a))",
    "Q = []; for a in v:; . z = np.asarray(a * x); . Q.append((z, y))", "Q = sorted([[a, x] for a in v]); w = Q[0]",
    "Q = [[a, x] for a in v]; w = Q[0]; Q = Q[::-1]", "Q = [[a, x] for a in v]; w = Q[0]; Q = [q for q in Q]",
    "T = []; for a in v:; . T.append(np.asarray(a * y)); Q = [(t, y) for t in T]; w = [x, T[0]]",
)  # fmt: skip
INNER_CHANGES = (
    "u = [x, y]; Q.append(u)", "Q.append(w)", "z = Q.pop()", "z = Q.pop(0)", "Q.extend([u, w])", "del Q[0]", "u = Q[-1]",
    "u = Q[0]", "R = list(Q)", "for a in v:; . u = [a * y, x]; . Q.append(u)", "u, *R = Q", "if x > 0.0:; . Q.append(w)",
    "R = Q[1:]", "u = min(Q)", "Q.insert(0, w)", "Q.append(Q.pop(0))", "R = Q", "for a in v:; . if a > 0.0:; . . Q.append(u)",
    "for i in range(n):; . Q.append(w)", "u = w", "R = [q[:] for q in Q]", "R = [q for q in Q]", "Q = Q + [u]", "w = w[:]",
    "u = Q[0][0]", "z = [np.asarray(x), y]; Q.append(z)", "z = Q[0]; u = z[0]", "R = [a for a, b in Q]", "Q.append((x, y))",
)  # fmt: skip
INNER_WRITES = (
    "w[0] = x", "u[0] = y", "for q in Q:; . q[0] *= y", "Q[0][1] = x", "Q[-1][0] = y", "z[0] = x", "R[0][1] = x", "w[1] += x",
    "for q in R:; . q[1] = y", "for i, q in enumerate(Q):; . q[0] = x * i", "for i in range(len(Q)):; . Q[i][0] += x",
    "w, u = u, w; w[0] = y", "if x > 0.0:; . w[0] = y", "for a in v:; . w[0] += a", "for a in v:; . Q.append(w); . w[0] *= y",
    "for a in v:; . u = [a, y]; . Q.append(u); . u[0] = y", "Q[0], Q[-1] = Q[-1], Q[0]", "Q[0] = w", "Q[0] = w; w[0] = y",
    "Q[0][:] = u", "for q in Q:; . t = q[0]; . t += 1.0", "for t, a in Q:; . t += a", "w += u", "w.append(x)", "u = u * 2",
    "for q in Q:; . q.reverse()", "w[0], w[1] = w[1], w[0]", "Q[0] = Q[-1]; Q[0][0] = x", "Q[0][0] += y", "u += x",
)  # fmt: skip
INNER_READS = (
    "sum(q[0] * q[1] * (i + 1) for i, q in enumerate(Q))", "sum(a * a + b for a, b in Q)", "w[0] ** 3 + Q[0][0]",
    "u[0] ** 3 + Q[0][0] ** 2 + Q[-1][1]", "z[0] ** 3 + Q[0][1]", "w[1] + sum(q[0] for q in Q)", "np.sum(np.array(Q) ** 2)",
    "sum(q[0] * q[1] for q in R) + Q[0][1]", "w[0] * u[0] * z[1] + Q[0][0] * w[1]", "u + Q[0][0]", "sum(R) + Q[-1][0]",
)  # fmt: skip


def about_held(choices: Choices, size: int) -> Program:
    """A random program with `size` changes and writes, or fewer."""

    def one(options: tuple[str, ...]) -> list[str]:
        """Statements; a dot is an indentation."""
        text = options[choices.integer(0, len(options) - 1)]
        return [part.replace(". ", "    ") for part in text.split("; ")]

    arrays = choices.integer(0, 2) > 0
    lists, changes, writes, reads = (
        (LISTS, CHANGES, WRITES, READS)
        if arrays
        else (INNER, INNER_CHANGES, INNER_WRITES, INNER_READS)
    )
    body = (
        one(lists)
        if arrays
        else [
            "x, y = np.float64(x), np.float64(y)",
            "u, w, z, R = [x, -y], [y, x], [x, y], [[y, x]]",
            *one(lists),
        ]
    )
    for _ in range(choices.integer(0, size)):
        body += one(changes)
    for _ in range(choices.integer(1, size)):
        body += one(writes)
    if choices.integer(0, 2) == 0:
        body += one(changes)
    text = HEAD + "".join(f"    {line}\n" for line in body) + f"    return s + {one(reads)[0]}\n"
    return Program(text, arguments(choices), (0, 1, 2, 3))
