"""Random programs that write arrays through their views, and that change shapes in loops.

Which function gives a view, and of which array it is one in any case, decides whether a program is right or has to be
refused.
"""

from __future__ import annotations

from tests.properties.programs import Choices, Program, arguments

HEAD = """\
import numpy as np


def put(a, t):
    a[0] = t
    a[1:] *= 0.5


def f(x, y, v, m, n):
"""
BASES = (
    "z = m.copy()", "z = np.zeros((2, 3)) + 0.0", "z = np.zeros((2, 3)); z += m", "z = np.array([v, v * x])",
    "z = np.ones((2, 3)); z[0] = v", "z = np.copy(m)", "z = m * 2.0", "z = np.outer(v[:2], v)", "z = m",
    "b = np.zeros((2, 2, 3)); b[0] = m; z = b[0]", "b = np.ones((3, 2, 3)); z = b[1:, 1]",
    "b = np.ones((3, 2)); b[0, 0] = x; z = b.T", "b = np.full(6, x); z = b.reshape(2, 3)",
    "b = np.zeros(12); b[3:] = x; z = b[::2].reshape(2, 3)", "b = np.zeros(12); b[3:] = x; z = b[:6].reshape(2, 3)",
)  # fmt: skip
VIEWS = (
    "r = z.ravel()", "r = z.reshape(-1)", "r = z.reshape(3, 2)", "r = z.T", "r = np.transpose(z)",
    "r = np.swapaxes(z, 0, 1)", "r = np.moveaxis(z, 0, 1)", "r = z.transpose(1, 0)", "r = z[::-1]", "r = np.flip(z)",
    "r = np.flip(z, 0)", "r = np.fliplr(z)", "r = np.rot90(z)", "r = np.expand_dims(z, 0)", "r = z[None]",
    "r = np.squeeze(z[None])", "r = np.atleast_2d(z)", "r = z.reshape(1, -1)[0]", "r = z.T.ravel()",
    "r = z.ravel()[1:]", "r = z[1].reshape(3, 1)", "r = np.ravel(z)[::-1]", "s = z.ravel(); r = s.reshape(3, 2)",
    "r = z.reshape(6, 1).T", "r = z[1:].ravel()", "r = z.ravel().reshape(2, 3)", "r = z", "r = np.asarray(z)",
    "r = z[0]", "r = z[:, 1]", "r = z.flatten()", "r = z.ravel(order='F')", "r = np.asarray(z, order='F')",
    "r = np.ascontiguousarray(z)", "r = z.flat", "r = z.flat[1:]",
)  # fmt: skip
WRITES = (
    "r[0] = x", "r[-1] *= x", "r[...] = r * x", "r += x", "r *= r", "r[r > 0.5] = x", "r[[0, 0]] += x",
    "r[:1] = r[-1:] * x", "np.add.at(r, 0, x)", "r.fill(x)", "for i in range(len(r)):; r[i] *= x + i",
    "for i in range(2):; r[i] = r[i] * x; z[0] = z[0] * 2.0", "if x > 0:; r[0] = x",
    "if x > 0:; z[0] = x * v", "put(r, x)", "np.multiply(r, x, out=r)", "h = [r]; h[0][0] = x", "w = r; w[0] *= x",
    "for q in r:; q *= x", "z[0] = x; r[0] *= 2.0", "z *= x; r -= x", "r, w = r * 2.0, r; w[0] = x",
    "for i in range(2):; t = z.ravel(); t[i] *= x", "d = {'a': r}; d['a'][0] = x", "r[0], r[-1] = r[-1] * x, r[0] * 1.0",
    "z.flat[2] = x; z.flat[3:] *= x", "z.T[0] = x", "z.ravel()[1] = x", "z.reshape(-1)[1:3] *= x", "z = z + x; r[0] = x",
    "for i in range(3):; r[i % len(r)] *= x; z = z * 1.0",
)  # fmt: skip
READS = (
    "np.sum(z * z)", "np.sum(r * r)", "np.sum(z * z) + np.sum(r * r)", "np.sum(z ** 3) * np.sum(m) + np.sum(r)",
    "np.sum(z * z) + np.sum(q * q)", "np.sum(np.reshape(z, -1) ** 2 * 2.0) + r.ravel() @ r.ravel()",
)  # fmt: skip
SHAPED = ("z = m.copy()", "z = np.zeros((2, 3)) + m", "z = m * x", "z = np.ones((k, 3)) * x")
LOOPS = (
    "for i in range(2):",
    "for i in range(k):",
    "for i, w in enumerate(v[:2]):",
    "i = -1; while i < 1:",
)
SHAPES = (
    "z = z.reshape(z.shape[1], z.shape[0])", "z = z.T * 1.0", "z = np.concatenate([z, z * x])", "z = z * np.sin(x)",
    "r = z.ravel() * x", "r = np.reshape(z, -1)", "s += np.sum(r * r)", "s += np.sum(z.reshape(-1) ** 3)",
    "z = r[:z.size].reshape(z.shape) if r.size >= z.size else z", "z = np.reshape(z.ravel() * 2.0, np.shape(z))",
    "z = z[:2]", "z[0] *= x", "r[0] = x", "z = z.ravel()[:6].reshape(2, 3)", "z = z.reshape((2, -1))",
    "if i == 1:; z = z.T.copy()", "y = z; z = z + y", "a, b = z.shape; z = z.reshape(a, b) * x; z = z.reshape(b, a)",
    "r = z.reshape(-1); r *= x", "for j in range(2):; q = z.reshape(-1); q[j] *= x; s += q @ q",
    "s += np.sum(np.squeeze(z[:1]))", "z = np.expand_dims(z, 0).reshape(z.shape) * s", "z = np.tanh(z)",
    "r = np.sort(z.ravel())", "z = np.array([w * x for w in z])", "z += z.ravel()[0]", "r = z.flatten()", "z = z.copy()",
    "z = np.zeros(z.shape) + r[0]", "z = np.zeros((2, 3)) + z.ravel()[:3]",
)  # fmt: skip


def about_views(choices: Choices, size: int) -> Program:
    """A random program of `size` statements or more."""

    def one(options: tuple[str, ...]) -> str:
        return options[choices.integer(0, len(options) - 1)]

    def lines(text: str) -> list[str]:
        """Statements; those behind a header are its body."""
        out: list[str] = []
        for part in text.split("; "):
            out.append(f"    {part}" if any(o.endswith(":") for o in out) else part)
        return out

    some = [lines(one(WRITES)) for _ in range(choices.integer(1, size))]
    if choices.integer(0, 1):
        held = one(("q = z[0]", "q = v"))
        body = [
            *lines(one(BASES)),
            held,
            *lines(one(VIEWS)),
            *sum(some, []),
            f"return {one(READS)}",
        ]
    else:
        *before, header = lines(one(LOOPS))
        inner = ["i += 1"] if before else []
        for _ in range(choices.integer(1, size + 1)):
            inner += lines(one(SHAPES))
        start = ["k = 2", one(SHAPED), "r = z.ravel() * 1.0", "s = x", *before, header.strip()]
        body = [*start, *(f"    {line}" for line in inner), "return s + np.sum(z * z) + np.sum(r)"]
    text = HEAD + "".join(f"    {line}\n" for line in body)
    return Program(text, arguments(choices), (0, 1, 2, 3))
