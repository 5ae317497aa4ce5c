"""Which arrays NumPy makes in one piece of memory, row after row: what lowering takes for granted, and that alone."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from s2sad.frontend.pieces import ARITHMETIC, MADE, VECTORS

A, V = np.arange(1.0, 13.0).reshape(3, 4), np.arange(1.0, 13.0)
PARTS = [slice(None), slice(None, None, -1), slice(None, None, 2)]
MATRICES = [
    x for rows in PARTS for columns in PARTS for x in (A[rows, columns], A[rows, columns].T)
]
MAKERS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "numpy.zeros": lambda x: np.zeros(x.shape),
    "numpy.ones": lambda x: np.ones(x.shape),
    "numpy.empty": lambda x: np.empty(x.shape),
    "numpy.full": lambda x: np.full(x.shape, 2.0),
    "numpy.eye": lambda x: np.eye(*x.shape[:1]),
    "numpy.identity": lambda x: np.identity(len(x)),
    "intrinsic.array_of": lambda x: np.array([*x]),
    "numpy.ndarray.copy": lambda x: x.copy(),
    "numpy.ndarray.flatten": lambda x: x.flatten(),
    "numpy.array": np.array,
    "numpy.copy": np.copy,
    "numpy.arange": lambda x: np.arange(len(x)),
    "numpy.linspace": lambda x: np.linspace(0.0, 1.0, len(x)),
    "numpy.zeros_like": np.zeros_like,
    "numpy.ones_like": np.ones_like,
    "numpy.empty_like": np.empty_like,
    "numpy.full_like": lambda x: np.full_like(x, 2.0),
    "numpy.concatenate": lambda x: np.concatenate([x, x]),
    "numpy.where": lambda x: np.where(x > 2.0, x, 0.0),
}
UFUNCS = [
    f for f in vars(np).values() if isinstance(f, np.ufunc) and f.nout == 1 and f.signature is None
]


def is_one(x: np.ndarray) -> bool:
    return x.flags.c_contiguous and np.shares_memory(x.ravel(), x)


def test_each_maker_is_tried() -> None:
    assert {*MADE, *VECTORS} == set(MAKERS)
    names = {"add", "subtract", "multiply", "true_divide", "power", "negative"}
    assert len(ARITHMETIC) == len(names) and all(
        isinstance(getattr(np, n), np.ufunc) for n in names
    )


@pytest.mark.parametrize("name", MADE)
def test_made_in_one_piece(name: str) -> None:
    for x in MATRICES:
        assert is_one(MAKERS[name](x))


@pytest.mark.parametrize("name", VECTORS)
def test_vectors_in_one_piece(name: str) -> None:
    for part in PARTS:
        assert is_one(MAKERS[name](V[part]))


def called(f: np.ufunc, *given: np.ndarray) -> np.ndarray | None:
    """What a ufunc gives for floats, or else for integers; None where it takes neither."""
    for dtype in (float, int):
        try:
            return f(*(x.astype(dtype, copy=False) for x in given[: f.nin]))
        except TypeError:
            continue
    return None


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("f", UFUNCS, ids=lambda f: f.__name__)
def test_what_a_ufunc_makes(f: np.ufunc) -> None:
    for first in PARTS:
        for second in PARTS:
            made = called(f, V[first][:4], V[second][:4])
            assert made is None or is_one(made)
    for shape in [(3, 4), (3, 1), (1, 4), (1, 1), (2, 3, 4), (1, 3, 1)]:
        for other in [(3, 4), (1, 4), (3, 1), (1, 1), (2, 1, 4), (2, 1, 1)]:
            made = called(f, np.ones(shape), np.ones(other))
            assert made is None or is_one(made)


@pytest.mark.parametrize("order", ["F", "A", "K"])
def test_other_orders_are_not_known(order: str) -> None:
    assert not is_one(A.T.copy(order=order))
