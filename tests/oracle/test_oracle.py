"""The oracle against itself: dual numbers, complex steps and differences agree with one another."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tests.oracle import numeric, program
from tests.oracle.dual import Dual, kinks

PROGRAMS = {
    "arithmetic": "return x * y - x / y + (x + 2.0) ** 3 - y ** x + 1.5 ** y - 3.0 / x",
    "powers": "return x ** 2 + x ** -1.5 + x ** 0 + 2 ** x + np.power(y, 3) + math.pow(x, y)",
    "exponential": "return np.exp(x) * np.log(y) + np.log1p(x) + np.expm1(y) + np.exp2(x) + np.log2(y)",
    "logarithms": "return np.log10(x) + np.sqrt(y) + np.square(x) + math.log(x) * math.exp(y) + np.cbrt(x)",
    "trigonometric": "return np.sin(x) * np.cos(y) + np.tan(x) + np.arcsin(x) + np.arccos(x) + np.arctan(y)",
    "hyperbolic": "return np.sinh(x) + np.cosh(y) * np.tanh(x) + np.arcsinh(y) + np.arctanh(x)",
    "two": "return np.arctan2(x, y) + np.hypot(x, y) + np.logaddexp(x, y) + np.arccosh(y + 1.0)",
    "arrays": "return np.sum(v * x + np.sin(v)) + np.mean(v * v) + v @ v + np.dot(m @ v, m @ v)",
    "reductions": "return np.sum(np.var(m, axis=1)) + np.std(m) + np.sum(m.mean(axis=0) ** 2) + v.var()",
    "shapes": "return np.sum(np.concatenate([v, v[::-1] * x]) ** 2) + np.sum(m.T @ m * y) + np.stack([v, v])[1, 0]",
    "stores": """
    u = np.zeros(3)
    for i in range(3):
        u[i] += v[i] * x
        u[1:] += u[:-1] * y
    return np.sum(u ** 2)""",
    "selection": "return np.max(v) * x + np.min(m) + np.sum(np.where(v > 0.1, v * v, np.sin(v))) + max(x, y)",
    "kinks": "return abs(x - 2.0) + np.sum(np.abs(v)) + np.clip(x, 0.1, 0.4) + np.sum(np.maximum(v, 0.3))",
    "control": """
    a, b = x, y
    for i in range(4):
        if a < b and not i == 2:
            a, b = b, a * 0.5
            continue
        a = np.sin(a) + float(v[0])
    while a < 3.0:
        a = a * 1.7 + 0.3
    return a * b""",
    "remainder": "return (7.0 * x) % y + x // 0.3 + np.floor(4.3 * y) * x + math.floor(9.1 * x)",
}
ANALYTIC = ("arithmetic", "exponential", "trigonometric", "hyperbolic", "arrays", "shapes")
ARGS = (0.37, 1.83, np.array([0.4, -0.7, 0.9]), np.array([[0.3, 0.5, -0.2], [1.1, -0.4, 0.6]]))
WRT = (0, 1, 2, 3)


def text(body: str) -> str:
    return f"import math\nimport numpy as np\n\n\ndef f(x, y, v, m):\n    {body.strip()}\n"


def plain_function(body: str) -> Callable[..., Any]:
    namespace: dict[str, Any] = {}
    exec(text(body), namespace)
    return namespace["f"]


@pytest.mark.parametrize("name", PROGRAMS)
def test_dual_numbers_agree_with_differences(name: str) -> None:
    f, g = plain_function(PROGRAMS[name]), program.on_duals(text(PROGRAMS[name]), "f")
    found = program.gradient(g, ARGS, WRT)
    assert np.isclose(found.value, f(*ARGS), rtol=1e-14)
    assert found.nearest_kink > 0.03, "the program has no kink within the reach of the differences"
    expected = numeric.flat(numeric.gradient(f, ARGS, WRT, numeric.richardson))
    np.testing.assert_allclose(numeric.flat(found.gradient), expected, rtol=1e-8, atol=1e-8)


@pytest.mark.parametrize("name", ANALYTIC)
def test_dual_numbers_agree_with_complex_steps(name: str) -> None:
    f, g = plain_function(PROGRAMS[name]), program.on_duals(text(PROGRAMS[name]), "f")
    expected = numeric.flat(numeric.gradient(f, ARGS, WRT, numeric.complex_step))
    found = program.gradient(g, ARGS, WRT)
    np.testing.assert_allclose(numeric.flat(found.gradient), expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("name", PROGRAMS)
def test_hyper_duals_agree_with_differences_of_duals(name: str) -> None:
    g = program.on_duals(text(PROGRAMS[name]), "f")
    rng = np.random.default_rng(3)
    dots = [rng.normal(size=np.shape(a)) * 0.5 for a in ARGS]

    def gradient(*args: Any) -> Any:
        return numeric.flat(program.gradient(g, args, WRT).gradient)

    expected = numeric.richardson(gradient, ARGS, WRT, numeric.flat(dots), step=8e-3)
    found = numeric.flat(program.hessian_times(g, ARGS, WRT, dots))
    np.testing.assert_allclose(found, expected, rtol=2e-7, atol=2e-7)


def test_the_tangent_is_the_gradient_along_a_direction() -> None:
    g = program.on_duals(text(PROGRAMS["arrays"]), "f")
    dots = (0.3, -1.0, np.array([0.1, 0.2, 0.3]), np.ones((2, 3)))
    _, y_dot = program.tangent(g, ARGS, WRT, dots)
    by_gradient = numeric.flat(program.gradient(g, ARGS, WRT).gradient) @ numeric.flat(dots)
    assert np.isclose(y_dot, by_gradient, rtol=1e-13)


def test_a_decision_near_its_kink_is_noted() -> None:
    kinks.reset()
    assert Dual(1.0, 2.0) < 1.25
    assert kinks.nearest == 0.25
    assert not Dual(1.0, 2.0) < Dual(1.0, 2.0), "both sides move alike: no kink"
    assert kinks.nearest == 0.25


def test_imports_under_other_names_are_replaced_too() -> None:
    source = "import numpy as xp\nfrom math import sin as s\n\n\ndef f(x):\n    return s(x) * xp.exp(x)\n"
    found = program.gradient(program.on_duals(source, "f"), (0.5,), (0,))
    assert np.isclose(found.gradient[0], np.exp(0.5) * (np.sin(0.5) + np.cos(0.5)))


def test_higher_orders() -> None:
    f = program.on_duals("import math\n\n\ndef f(x):\n    return x * math.exp(6.0 * x)\n", "f")
    for order in range(1, 5):
        expected = np.exp(3.0) * (order * 6.0 ** (order - 1) + 6.0**order * 0.5)
        assert np.isclose(program.derivative_of_order(f, (0.5,), 0, order), expected)


def test_an_array_of_integers_cuts_off_what_is_written_into_it() -> None:
    source = "import numpy as np\n\n\ndef f(x):\n    y = np.asarray(2)\n    y[...] = x\n    return y * x\n"
    found = program.gradient(program.on_duals(source, "f"), (3.7,), (0,))
    assert np.isclose(found.value, 3 * 3.7), "the written 3.7 is 3 in an array of integers"
    assert np.isclose(found.gradient[0], 3.0), "what is cut off has no derivative"
