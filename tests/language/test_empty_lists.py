"""Lists of arrays that are empty in this run: np.array gives them one axis, for which the code is not made."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

import s2sad
from tests.properties.check import Mismatch, Skipped, check, load
from tests.properties.programs import Program

PROGRAM = """\
import numpy as np


def f(v, w, u, x, n):
    r, i = [], 0
    {fill}
    a = np.array(r)
    s = {use}
    return s * s + s + np.sum(w * w)
"""
FILL = (
    "for i in range(n):\n        r.append(v * x * i)",
    "while i < n:\n        r.append(v * x * i)\n        i += 1",
    "r = [[t * x for t in v] for q in u[:n]]",
    "for t in u[:n]:\n        r.append(np.outer(v, v) * t)",
    "for t in u[:n]:\n        r.append((x, t * x, t))",
)
# Where it does not show how many axes there are, and where it does.
HIDDEN = (
    "np.sum(a)", "np.sum(a ** 2) * x", "np.prod(a) * x", "np.sum(np.exp(a) * x)", "np.sum(a.ravel())", "np.sum(a.T)",
    "np.sum(a.reshape(-1))", "np.sum(np.cumsum(a, axis=0))", "np.sum(a[:1])", "np.sum(a[a > 0])", "len(a) * x",
    "a.shape[0] * x", "np.sum(a.copy() * 2)", "np.sum(np.where(a > 0, a, x))", "np.linalg.norm(a) + x",
    "np.sum(np.concatenate([a.ravel(), w]))", "np.sum(np.outer(a, w))", "np.sum(np.zeros(a.shape) + x)",
    "np.sum(np.zeros(w.shape) + sum(a))", "np.sum([np.sum(t * w) for t in a])", "np.sum(np.sort(a, axis=0))",
    "np.sum(a.mean(axis=0) * w) if len(a) else x", "np.max(a) if a.size else x", "np.sum(np.array([*a, w]))",
)  # fmt: skip
SHOWN = (
    "np.sum(w) * a.ndim", "np.sum(w) * np.ndim(a)", "np.sum(w) * len(a.shape)", "np.sum(np.sum(a, axis=0) + w)",
    "np.sum(np.sum(a, axis=0) * w)", "np.sum(np.sum(a, axis=-1) + x)", "np.sum(np.prod(a, axis=0) + w)",
    "np.sum(a.sum(axis=0, keepdims=True) + w)", "np.sum(np.sum(np.exp(a) * x, axis=0) + w)", "a.shape[-1] * x",
    "np.sum(np.sum(a[:2], axis=0) + w)", "np.sum(np.atleast_2d(a).sum(axis=1) + x)", "np.shape(a)[-1] * x",
    "np.sum(np.einsum('ij->j', a)) if a.ndim == 2 else x", "np.trace(a) if a.ndim > 1 else x",
    "np.sum(np.sum(a.T, axis=0) + w)", "np.sum(np.zeros(a.shape[-1:]) + x)", "np.sum(np.ones(len(a)) @ a + w)",
)  # fmt: skip


@pytest.mark.parametrize("use", [*HIDDEN, *SHOWN])
@pytest.mark.parametrize("fill", FILL)
def test_empty_list(fill: str, use: str) -> None:
    text = PROGRAM.format(fill=fill, use=use)
    args = (np.array([0.4, -0.9, 1.2]), np.array([0.3, 0.8, -0.5]), np.array([0.7, 0.2]), 0.7, 0)
    try:
        with warnings.catch_warnings(action="ignore"):
            load(text).f(*args)
    except Exception:
        return  # the program says nothing of empty lists
    try:
        check(Program(text, args, (0, 1, 3)), order=1)
    except Mismatch as error:
        if "raises NotImplementedError" not in error.detail or use in HIDDEN:
            pytest.fail(f"{error}\n\n{text}")
    except (Skipped, s2sad.S2SADError):
        pass


@pytest.mark.parametrize("use", SHOWN)
def test_only_empty_lists_are_refused(use: str) -> None:
    text = PROGRAM.format(fill=FILL[0], use=use)
    args = (np.array([0.4, -0.9, 1.2]), np.array([0.3, 0.8, -0.5]), np.array([0.7, 0.2]), 0.7, 3)
    try:
        check(Program(text, args, (0, 1, 3)), order=1)
    except s2sad.S2SADError as error:
        assert error.help


def first_window(v: np.ndarray, u: np.ndarray) -> float:
    rows = []
    for i in range(len(u)):
        rows.append(v[i : i + 2])
    return float(np.sum(rows[0] ** 2 * v[0]))


def test_windows_that_the_end_cuts_off() -> None:
    """Arrays of one length in a list are right; of several, which only the run knows, NumPy says that they are."""
    v = np.array([0.4, -0.9, 1.2, 0.3])
    s2sad.check_grads(first_window, (v, np.ones(3)), order=2)
    with pytest.raises(ValueError, match="inhomogeneous"):
        s2sad.grad(first_window)(v, np.ones(4))
