"""What an integer or truth-valued dtype cuts off has no derivative; what a dtype makes a float of has one.

Dual numbers have no dtypes, so these programs are compared with central differences, at points where none is cut.
"""

from __future__ import annotations

import re
from functools import partial
from typing import Any

import numpy as np
import pytest

import s2sad
from tests.oracle import numeric
from tests.properties.check import load

V, X = np.array([0.43, -0.81, 1.12]), 0.71
PROGRAMS = """
asarray_int: np.sum(np.asarray(v * 3, dtype=int) * v) * x
astype_int: np.sum((v * 3).astype(int) * v) * x
astype_name: np.sum((v * 3).astype("i4") * v) * x
astype_bool: np.sum(np.floor(v * 3).astype(bool) * v) * x
array_int: np.sum(np.array(v * 3, dtype=int) * v) * x
array_of_numbers_int: np.sum(np.array([x * 3, v[0] * 4], dtype=int) * x)
dtype_of_an_array: np.sum((v * 3).astype(np.arange(2).dtype) * v) * x
fraction: np.sum((v * 3 - (v * 3).astype(int)) ** 2) * x
numpy_integer: np.int64(x * 13.7) * x
full_int: np.sum(np.full(3, x * 13.7, dtype=int) * v)
full_float: np.sum(np.full(3, x, dtype=float) * v) * x
full_like_int: np.sum(np.full_like(v, x * 13.7, dtype=int) * v)
truth_as_float: np.sum((v > 0).astype(float) * v) * x
written_float_of_integers: written(np.asarray(np.arange(3), dtype=float), x)
written_float_of_a_list: written(np.array([1, 2, 3], dtype=float), x)
written_float_range: written(np.arange(3, dtype=float), x)
written_astype_float: written(np.arange(3).astype(np.float64), x)
written_zeros_int: written(np.zeros(3, dtype=int), x * 13.7) * x
written_empty_int: written(np.zeros_like(v, dtype=int), x * 13.7) * x
written_integers: written(np.array([1, 2, 3]), x * 13.7) * x
written_ones_like: written(np.ones_like(np.arange(3), dtype=float), x)
written_truths: written(np.array(v > 0, dtype=float), x)
"""
ROWS = dict(re.findall(r"(?m)^(\w+): (.*)$", PROGRAMS))


@pytest.mark.parametrize("name", ROWS)
def test_dtype(name: str) -> None:
    f = load(
        "import numpy as np\n\n\ndef written(a, x):\n    a[1] = x * x\n    return np.sum(a * a)\n\n\n"
        f"def f(v, x):\n    return {ROWS[name]}\n"
    ).f
    expected = numeric.gradient(f, (V, X), (0, 1), partial(numeric.richardson, step=1e-3))
    gradient = s2sad.grad(f, wrt=(0, 1))
    assert close(gradient(V, X), expected)
    both = s2sad.value_and_grad(f, wrt=(0, 1))
    names: dict[str, object] = {}
    exec(both.emit(None), names)
    value, bars = names["f_value_and_grad"](V, X)  # type: ignore[operator]
    assert value == f(V, X) and close(bars, expected)
    dots = (np.array([0.3, -0.2, 0.5]), 0.7)
    _, along = s2sad.tangent(f, wrt=(0, 1))(V, X, *dots)
    assert np.isclose(along, numeric.flat(expected) @ numeric.flat(dots), rtol=1e-6)
    _, second = s2sad.tangent(gradient, wrt=(0, 1))(V, X, *dots)
    step = 1e-6
    ahead, behind = (gradient(V + s * dots[0], X + s * dots[1]) for s in (step, -step))
    difference = (numeric.flat(ahead) - numeric.flat(behind)) / (2 * step)
    assert np.allclose(numeric.flat(second), difference, rtol=1e-5, atol=1e-6)


def close(got: object, expected: object) -> bool:
    return np.allclose(numeric.flat(got), numeric.flat(expected), rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize(
    "text", ["abs(x + 1j)", "np.sum(np.abs(PHASES * x))", "np.abs(np.exp(1j * x) + x)"]
)
def test_complex_numbers_are_refused(text: str) -> None:
    f = load(
        f"import numpy as np\n\nPHASES = np.array([1j, 2.0])\n\n\ndef f(x):\n    return {text}\n"
    ).f
    with pytest.raises(s2sad.UnsupportedSyntaxError, match="complex"):
        s2sad.grad(f)(X)
    with pytest.raises(s2sad.UnsupportedSyntaxError, match="complex"):
        s2sad.tangent(f).emit(None)


MAKERS = """
np.full(3, 1); np.full(3, n); np.zeros_like(k); np.copy(k); k.copy(); np.array([1, 2, n])
np.eye(3, dtype=int)[0].copy(); np.tile(k, 1); np.repeat(k, 1)
np.concatenate([k[:2], k[2:]]); np.hstack([k[:2], k[2:]])
np.where(v > 0, 1, 0)
np.stack([k, k])[0].copy(); np.diag(k)[0].copy(); np.cumsum(k); np.sort(k); np.argsort(v); k[::-1].copy(); -k; k * 2
k // 2; k % 2; np.mod(k, 2); np.round(k); np.clip(k, 0, 2); k.clip(0, 2); np.abs(k)
np.nan_to_num(k, posinf=1.5); np.eye(3, dtype=int) @ k
np.kron(k, np.array([1])); np.diff(np.array([1, 2, 4, 8])); np.array(range(3)); np.arange(n); np.zeros(3, dtype="i4")
v > 0; np.isfinite(v)
np.rint(v).astype(int); np.nonzero(v)[0]; np.digitize(v, np.sort(v)); np.broadcast_to(1, (3,)).copy(); k[[0, 1, 2]]
np.indices((3,))[0].copy(); np.pad(k[:1], (0, 2)); np.gcd(k, 2); np.nan_to_num(k)
np.moveaxis(np.stack([k]), 0, 1)[:, 0]
"""


@pytest.mark.parametrize("maker", re.split(r"[;\n]\s*", MAKERS.strip()))
def test_what_is_written_into_integers_has_no_derivative(maker: str) -> None:
    """The derivative is right, or the emitted code refuses the array of integers."""
    f = load(
        "import numpy as np\n\n\ndef f(x, v, k, n):\n"
        f"    a = {maker}\n    a[0] = x * 13.7\n    return np.sum(a * v) * x\n"
    ).f
    args = (X, V, np.array([2, 0, 1]), 3)
    expected = numeric.gradient(f, args, (0, 1), partial(numeric.richardson, step=1e-3))
    gradient = s2sad.grad(f, wrt=(0, 1))
    names: dict[str, object] = {}
    for made in ("called", "generic"):
        try:
            if made == "called":
                got = gradient(*args)
            else:
                exec(gradient.emit(None), names)
                got = names["f_grad"](*args)  # type: ignore[operator]
        except s2sad.S2SADError:
            continue
        except TypeError as error:
            assert "array of integers" in str(error)
            continue
        assert close(got, expected), made


TRUTHS = """
products: np.sum(a * v + b * v)
products_of_sums: np.sum(a * v) + np.sum(b * v)
product_of_each: np.sum(a * b * v + a * v)
twice: np.sum(2.0 * a * v + 2.0 * b * v)
differences: np.sum(v * v - a * v - b * v)
chosen: np.sum(np.where(v > 0.0, a, b) * v + np.all(a >= 0) * v)
extremes: np.sum(np.maximum(a, b) * v + np.minimum(a, b) * v)
one_item: v[0] * np.max(a) + v[0] * np.max(b)
beside_a_float: np.sum(a * v + np.exp(v) * b * v)
"""
MASK = np.array([True, False, True])
COUNTS = np.array([200, 100, 250], dtype="u1")


@pytest.mark.parametrize("pair", [(MASK, ~MASK | MASK), (np.True_, MASK), (COUNTS, COUNTS)])
@pytest.mark.parametrize("text", re.findall(r"(?m)^\w+: (.*)$", TRUTHS))
def test_arguments_that_are_not_floats(text: str, pair: tuple[object, object]) -> None:
    """Of truths a sum is their `or`, and of unsigned integers it wraps around: none is added to another one."""
    f = load(f"import numpy as np\n\n\ndef f(v, a, b):\n    return {text}\n").f
    v = np.array([0.43, -0.81, 1.12])
    expected = numeric.gradient(f, (v, *pair), (0,), partial(numeric.richardson, step=1e-3))[0]
    dot = np.array([0.3, -0.2, 0.5])
    assert np.allclose(s2sad.grad(f)(v, *pair), expected)
    assert np.isclose(s2sad.tangent(f)(v, *pair, dot)[1], expected @ dot)
    names: dict[str, Any] = {}
    for derivative in (s2sad.grad(f), s2sad.tangent(f)):
        exec(derivative.emit(None), names)
    bar = names["f_grad"](v, *pair)
    assert np.allclose(bar, expected) and bar.dtype == float
    assert np.isclose(names["f_tangent"](v, *pair, dot)[1], expected @ dot)
