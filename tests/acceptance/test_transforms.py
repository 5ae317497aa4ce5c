"""What the transformations promise: grad, jvp, vjp, nesting, tuples of inputs and outputs."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import s2sad
from s2sad import pipeline
from s2sad.check import difference, flat
from s2sad.rules.registry import default_registry
from tests.acceptance import programs
from tests.acceptance.functions import FUNCTIONS, M, V
from tests.acceptance.rows import row

EACH = pytest.mark.parametrize("name", sorted(FUNCTIONS))
WRONG = """import numpy as np

from s2sad.rules import rule


@rule(np.sin)
def sin(x):
    y = np.sin(x)
    y_dot = -np.cos(x) * x_dot
"""
EPS = float(np.finfo(float).eps)


def case(name: str) -> tuple[Callable[..., Any], tuple[Any, ...], tuple[int, ...]]:
    f, args = FUNCTIONS[name]
    wrt = tuple(i for i, a in enumerate(args) if not isinstance(a, int))
    return f, args, wrt


def random_like(values: Any, seed: int) -> list[Any]:
    rng = np.random.default_rng(seed)
    return [rng.normal(size=np.shape(v)) if np.shape(v) else float(rng.normal()) for v in values]


def along(x_bars: Any, direction: Any) -> float:
    return float(flat(x_bars) @ flat(direction))


def test_there_are_fifty_functions() -> None:
    assert len(FUNCTIONS) >= 50


@row("Two views of AD")
@EACH
def test_value_and_gradient(name: str) -> None:
    f, args, wrt = case(name)
    value, gradient = s2sad.value_and_grad(f, wrt=wrt)(*args)
    assert value == f(*args)
    np.testing.assert_array_equal(flat(gradient), flat(s2sad.grad(f, wrt=wrt)(*args)))


@row("Association order")
@EACH
def test_jvp_and_vjp_are_transposed(name: str) -> None:
    f, args, wrt = case(name)
    v = random_like([args[i] for i in wrt], 1)
    _, y_dot = s2sad.tangent(f, wrt=wrt)(*args, *v)
    _, pullback = s2sad.vjp(f, *args, wrt=wrt)
    w = 0.7
    left, right = w * float(y_dot), along(pullback(w), v)
    scale = abs(left) + float(np.abs(flat(pullback(w))) @ np.abs(flat(v)))
    assert abs(left - right) <= 100 * EPS * scale


@row("JVP from two VJPs")
@EACH
def test_a_tangent_is_the_adjoint_of_the_adjoint(name: str) -> None:
    f, args, wrt = case(name)
    v = random_like([args[i] for i in wrt], 2)
    adjoint = s2sad.adjoint(f, wrt=wrt)
    seed = len(args)
    y_dot = s2sad.adjoint(adjoint, wrt=seed)(*args, 1.0, *v)
    _, expected = s2sad.tangent(f, wrt=wrt)(*args, *v)
    np.testing.assert_allclose(y_dot, expected, rtol=1e-12, atol=1e-12)


@row("Caching grad values")
@EACH
def test_derivatives_are_pure(name: str) -> None:
    f, args, wrt = case(name)
    before = [np.array(a).tobytes() for a in args]
    gradient = s2sad.grad(f, wrt=wrt)
    first = flat(gradient(*args)).tobytes()
    assert flat(gradient(*args)).tobytes() == first
    assert [np.array(a).tobytes() for a in args] == before


@row("Nested modes")
@EACH
def test_second_derivatives_agree_in_all_orders_of_modes(name: str) -> None:
    f, args, wrt = case(name)
    mine = [args[i] for i in wrt]
    v, w = random_like(mine, 3), random_like(mine, 4)
    gradient = s2sad.grad(f, wrt=wrt)
    _, forward_on_reverse = s2sad.tangent(gradient, wrt=wrt)(*args, *v)
    reverse_on_reverse = s2sad.adjoint(gradient, wrt=wrt)(*args, *v)
    np.testing.assert_allclose(
        flat(forward_on_reverse), flat(reverse_on_reverse), rtol=1e-10, atol=1e-10
    )
    pushed = s2sad.tangent(f, wrt=wrt)
    bars = s2sad.adjoint(pushed, wrt=wrt)(*args, *v, 0.0, 1.0)
    np.testing.assert_allclose(along(bars, w), along(forward_on_reverse, w), rtol=1e-10, atol=1e-10)


@row("Reverse mode overwrite")
def test_the_second_call_derives_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []
    generate = pipeline.generate
    monkeypatch.setattr("s2sad.api.generate", lambda *a: calls.append(1) or generate(*a))
    gradient = s2sad.grad(programs.log_or_sine, wrt=(0, 1))
    for a in (2.0, 3.0, 4.0):
        gradient(a, 3.0)
    assert len(calls) == 1


@row("torch.autograd.grad with a tuple")
def test_gradients_come_in_the_order_of_wrt() -> None:
    x, t, y = V, np.array([0.3, 1.1, -0.4]), np.array([0.5, -0.2, 0.8])
    f = programs.distance
    value = f(x, t, y)
    x_bar, t_bar = s2sad.grad(f, wrt=("x", "t"))(x, t, y)
    np.testing.assert_allclose(x_bar, (x * t - y) * t / value, rtol=1e-14)
    np.testing.assert_allclose(t_bar, (x * t - y) * x / value, rtol=1e-14)
    swapped = s2sad.grad(f, wrt=("t", "x"))(x, t, y)
    np.testing.assert_array_equal(swapped[0], t_bar)
    np.testing.assert_array_equal(swapped[1], x_bar)


@row("Hessian only for scalar output")
def test_grad_of_an_array_is_refused() -> None:
    for n in (3, 1):
        with pytest.raises(s2sad.NonScalarOutputError) as caught:
            s2sad.grad(programs.squares)(np.ones(n))
        assert "squares" in str(caught.value) and caught.value.help
        assert ("[0]" in caught.value.help) == (n == 1)


@row("JVP with any direction")
@row("VJP with any cotangent")
def test_rows_and_columns_of_a_jacobian() -> None:
    f, n = programs.vector_map, 3
    jacobian = np.stack([s2sad.jvp(f, (V,), (e,))[1] for e in np.eye(n)], axis=1)
    by_hand = np.diag(np.cos(V) * V[::-1]) + np.fliplr(np.diag(np.sin(V)))
    np.testing.assert_allclose(jacobian, by_hand, rtol=1e-14, atol=1e-15)
    v, w = random_like([V, V], 5)
    np.testing.assert_allclose(s2sad.jvp(f, (V,), (v,))[1], jacobian @ v, rtol=1e-13)
    _, pullback = s2sad.vjp(f, V, wrt=0)
    for i, e in enumerate(np.eye(n)):
        np.testing.assert_allclose(pullback(e), jacobian[i], rtol=1e-14, atol=1e-15)
    np.testing.assert_allclose(pullback(w), w @ jacobian, rtol=1e-13)


@row("Seeds choose the derivative")
def test_seeds_choose_the_derivative() -> None:
    f, x, y = programs.product_plus_sine, 0.5, 4.2
    assert s2sad.jvp(f, (x, y), (1.0, 0.0))[1] == pytest.approx(y + np.cos(x), rel=1e-15)
    assert s2sad.jvp(f, (x, y), (0.0, 1.0))[1] == x
    assert "x_dot" in s2sad.tangent(f, wrt=(0, 1)).source
    assert "y_bar" in s2sad.adjoint(f, wrt=(0, 1)).source


@row("Several outputs")
def test_several_outputs() -> None:
    f, x = programs.two_outputs, 0.8
    z_row, v_row = 2.0 + np.cos(x), 4.0 + np.cos(x)
    _, pullback = s2sad.vjp(f, x, wrt=0)
    assert pullback((1.0, 0.0)) == pytest.approx(z_row, rel=1e-15)
    assert pullback((0.0, 1.0)) == pytest.approx(v_row, rel=1e-15)
    _, (z_dot, v_dot) = s2sad.jvp(f, (x,), (1.0,))
    assert (z_dot, v_dot) == pytest.approx((z_row, v_row), rel=1e-15)


@row("Optional argument bias=None")
def test_an_optional_argument() -> None:
    weights, bias = M.T, np.array([0.2, -0.6])
    y = V @ weights
    w_bar = s2sad.grad(programs.affine, wrt="weights")(V, weights)
    np.testing.assert_allclose(w_bar, np.outer(V, 2.0 * y), rtol=1e-14)
    w_bar, b_bar = s2sad.grad(programs.affine, wrt=("weights", "bias"))(V, weights, bias)
    np.testing.assert_allclose(w_bar, np.outer(V, 2.0 * (y + bias)), rtol=1e-14)
    np.testing.assert_allclose(b_bar, 2.0 * (y + bias), rtol=1e-14)


@row("Finite differences need n+1 evaluations")
def test_differences_evaluate_once_for_each_input_and_reverse_mode_once(
    capsys: pytest.CaptureFixture[str],
) -> None:
    v = np.linspace(-1.0, 1.0, 1000)
    gradient = s2sad.grad(programs.announced)(v)
    assert capsys.readouterr().out.count("evaluated") == 1
    at = programs.announced(v)
    h = 1e-7
    by_differences = [
        (programs.announced(v + h * (np.arange(v.size) == i)) - at) / h for i in range(v.size)
    ]
    assert capsys.readouterr().out.count("evaluated") == v.size + 1
    np.testing.assert_allclose(gradient, by_differences, atol=1e-5)


@row("Forward and central difference formulas")
@row("Richardson extrapolation")
def test_orders_of_differences() -> None:
    x = 0.7

    def error(method: str, h: float) -> float:
        got = difference(programs.sine, (x,), (0,), [1.0], method, h)
        return float(abs(got[0] - np.cos(x)))

    for method, order in (("fd", 1.0), ("central", 2.0)):
        measured = np.log2(error(method, 1e-3) / error(method, 5e-4))
        assert abs(measured - order) < 0.1
    assert error("richardson", 1e-3) < 0.1 * error("central", 1e-3)
    for method in ("fd", "central", "complex", "richardson"):
        tolerance = 1e-4 if method == "fd" else 1e-5
        s2sad.check_grads(programs.sine, (x,), method=method, rtol=tolerance)


def nusselt(d: float, mu: float, re: float = 1e5, *, factor: float = 2.0) -> float:
    return factor * re**0.8 * (mu / d) ** 0.33 + d / mu


def test_check_of_badly_scaled_arguments_and_defaults() -> None:
    s2sad.check_grads(nusselt, (1e-6, 3e7))  # one step for both would be wrong for one of them
    s2sad.check_grads(nusselt, (1e-6, 3e7, 4e4))
    s2sad.check_grads(lambda t: np.sin(1e3 * t), (1e3,))


@row("Error-versus-h picture")
def test_error_against_step() -> None:
    f, x = programs.fourth_logistic, 0.2
    exact = s2sad.grad(f)(x)

    def errors(method: str, steps: Any) -> Any:
        return np.array(
            [abs(difference(f, (x,), (0,), [1.0], method, h)[0] - exact) for h in steps]
        )

    steps = 10.0 ** np.arange(-14.0, -1.0)
    for method, size, at in (("fd", 7e-8, 1e-9), ("central", 6e-11, 1e-7)):
        found = errors(method, steps)
        assert 0.1 * size < found.min() < 10.0 * size
        assert 0.09 < steps[found.argmin()] / at < 11.0
    assert errors("complex", [1e-30])[0] < 1e-14


@row("Differentiable only where evaluated")
def test_conventions_at_ties() -> None:
    grad = s2sad.grad
    assert grad(programs.absolute)(0.0) == 0.0
    assert grad(programs.sign)(0.0) == 0.0
    assert grad(programs.maximum, wrt=(0, 1))(2.0, 2.0) == (0.5, 0.5)
    np.testing.assert_array_equal(
        grad(programs.largest)(np.array([1.0, 3.0, 3.0])), [0.0, 0.5, 0.5]
    )
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        assert grad(programs.root)(0.0) == np.inf
        assert grad(programs.safe_root)(0.0) == 0.0


@row("Quick check of gradient implementations")
def test_a_wrong_rule_is_caught(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "wrong.py"
    path.write_text(WRONG, encoding="utf-8")
    registry = default_registry().copy()
    registry.add_file(path)
    monkeypatch.setattr("s2sad.api.default_registry", lambda: registry)
    for method in ("fd", "central", "complex", "richardson"):
        with pytest.raises(s2sad.GradientCheckError):
            s2sad.check_grads(programs.sine, (0.7,), method=method)
    with pytest.raises(s2sad.GradientCheckError):
        s2sad.check_grads(lambda x: 1e-9 * np.sin(x), (0.7,))
