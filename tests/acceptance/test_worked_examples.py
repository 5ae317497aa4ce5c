"""Examples with numbers known from papers, tutorials and closed forms."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import s2sad
from s2sad.check import difference, flat
from tests.acceptance import programs
from tests.acceptance.elementary import TABLE
from tests.acceptance.functions import M, V
from tests.acceptance.rows import row


def complex_step(f: Any, args: tuple[Any, ...], i: int) -> float:
    return float(difference(f, args, (i,), [1.0], "complex")[0])


@row("Program with loops and in-place")
@pytest.mark.parametrize("n", [4, 1000])
@pytest.mark.parametrize("program", [programs.updates_in_place, programs.updates_in_a_list])
def test_updates_in_place(program: Any, n: int) -> None:
    rng = np.random.default_rng(n)
    t, x, y = rng.normal(size=(3, n))
    b = 0.3
    gradient = s2sad.grad(program, wrt=("t", "b"))
    e = t * x - (y - b)
    root = math.sqrt(np.sum(e * e))
    t_bar, b_bar = gradient(t, x, y, b)
    np.testing.assert_allclose(t_bar, e * x / root, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(b_bar, np.sum(e) / root, rtol=1e-12, atol=1e-12)


@row("Expression swell")
def test_logistic_map() -> None:
    gradient = s2sad.value_and_grad(programs.logistic)
    value, slope = gradient(0.2, 4)
    assert value == pytest.approx(0.28901376, abs=1e-8)
    assert slope == pytest.approx(9.0660864, abs=1e-7)
    assert gradient(0.2, 3)[1] == pytest.approx(-2.688, rel=1e-12)
    assert "for" in gradient.source
    lines = len(gradient.source.splitlines())
    gradient(0.2, 1000)
    assert len(gradient.source.splitlines()) == lines


@row("Closed form can be differentiated")
def test_a_loop_has_the_derivative_of_its_closed_form() -> None:
    x = 0.2
    for n in range(1, 9):
        loop = s2sad.grad(programs.logistic_or_input)(x, n)
        closed = s2sad.grad(programs.logistic_closed)(x, n)
        assert loop == pytest.approx(closed, rel=1e-10)


@row("Recursion, conditionals, loops")
def test_loops_and_branches() -> None:
    s2sad.check_grads(programs.with_while, (1.3,))
    s2sad.check_grads(programs.with_nested_for, (0.8, 3), wrt=(0,))
    for x in (-0.5, 0.5, 1.5):
        s2sad.check_grads(programs.with_branch, (x,))


@row("Recursion, conditionals, loops")
def test_recursion_is_a_recursive_adjoint() -> None:
    s2sad.check_grads(programs.halvings, (1.3, 0.1))
    gradient = s2sad.grad(programs.halvings)
    gradient(1.3, 0.1)
    assert gradient.source.count("halvings_reverse(") > 2


@row("ODE solver")
def test_runge_kutta() -> None:
    args = (0.9, 0.1, 0.2, 100, 0.02)
    gradient = s2sad.grad(programs.rk4, wrt=(0, 1, 2, 4))(*args)
    for i, bar in zip((0, 1, 2, 4), gradient, strict=True):
        assert bar == pytest.approx(complex_step(programs.rk4, args, i), rel=1e-12)


@row("Multivariate chain rule")
def test_a_variable_used_twice() -> None:
    x_bar, y_bar = s2sad.grad(programs.product_plus_sine, wrt=("x", "y"))(0.5, 4.2)
    assert (x_bar, y_bar) == pytest.approx((5.077582561890373, 0.5), rel=1e-15)


@row("Total derivative with several paths")
def test_several_paths() -> None:
    t = 0.7
    by_hand = math.sin(t) + t * math.cos(t) + 4.0 * t**3
    assert s2sad.grad(programs.several_paths)(t) == pytest.approx(by_hand, rel=1e-14)


@row("MLP loss")
@row("GPU: VJPs and JVPs as linear algebra")
def test_multilayer_perceptron() -> None:
    rng = np.random.default_rng(0)
    shapes = ((5, 3), (5,), (2, 5), (2,))
    args = (*(rng.normal(size=s) for s in shapes), V, np.array([0.3, -0.4]))
    assert np.min(np.abs(args[0] @ V + args[1])) > 1e-3  # away from the kink
    gradient = s2sad.grad(programs.mlp, wrt=(0, 1, 2, 3))
    bars = gradient(*args)
    for i, bar in enumerate(bars):
        direction = rng.normal(size=args[i].shape)
        expected = difference(programs.mlp, args, (i,), [direction])[0]
        assert np.sum(bar * direction) == pytest.approx(expected, rel=1e-6, abs=1e-6)
    assert "for " not in gradient.source.split('"""', 2)[2]


@row("softmax with axis=0")
@pytest.mark.parametrize("shape", [(5,), (5, 3), (5, 1)])
def test_softmax(shape: tuple[int, ...]) -> None:
    rng = np.random.default_rng(1)
    x, y_bar = rng.normal(size=(2, *shape))
    y, pullback = s2sad.vjp(programs.softmax, x, wrt=0)
    by_hand = y * (y_bar - np.sum(y * y_bar, axis=0))
    np.testing.assert_allclose(pullback(y_bar), by_hand, rtol=1e-13, atol=1e-13)


@row("w, b = linspace")
def test_sum_of_sines() -> None:
    w = b = np.linspace(0.0, 2.0 * np.pi, 25)
    w_bar = s2sad.grad(programs.sum_of_sines)(w, b)
    np.testing.assert_allclose(w_bar, 3.0 * np.cos(4.0 * w), rtol=1e-13, atol=1e-13)
    np.testing.assert_allclose(w_bar[:4], [3.0, 1.5, -1.5, -3.0], rtol=1e-13)


@row("f = 6(x1 + x2^2 x3)")
def test_six_times() -> None:
    f, x = programs.six_times, (1.0, 2.0, 3.0)
    assert s2sad.value_and_grad(f, wrt=(0, 1, 2))(*x) == (78.0, (6.0, 72.0, 24.0))
    assert tuple(s2sad.jvp(f, x, e)[1] for e in np.eye(3)) == (6.0, 72.0, 24.0)


@row("Table of elementary derivatives")
@pytest.mark.parametrize("name", sorted(TABLE))
def test_elementary_functions(name: str) -> None:
    f, by_hand, points = TABLE[name]
    for x in points:
        slope = s2sad.grad(f)(x)
        assert slope == pytest.approx(by_hand(x), rel=1e-12, abs=1e-14)
        assert s2sad.jvp(f, (x,), (1.0,))[1] == pytest.approx(slope, rel=1e-14, abs=1e-15)


@row("Chain rule with cos")
def test_cosine_of_square() -> None:
    for x in (-1.3, 0.4, 2.0):
        by_hand = -2.0 * x * math.sin(x**2)
        assert s2sad.grad(programs.cosine_of_square)(x) == pytest.approx(by_hand, rel=1e-15)


@row("Rules for + - * /")
@pytest.mark.parametrize("name", ["add", "subtract", "multiply", "divide", "power"])
def test_operators(name: str) -> None:
    f = getattr(programs, name)
    rng = np.random.default_rng(2)
    for x, y in ((0.7, 1.9), (np.abs(M), np.abs(V)), (np.abs(V), 2.5), (1.3, M)):
        z = f(x, y)
        x_dot, y_dot = (rng.normal(size=np.shape(a)) if np.shape(a) else 0.3 for a in (x, y))
        z_bar = rng.normal(size=np.shape(z)) if np.shape(z) else 1.1
        along = np.sum(z_bar * s2sad.jvp(f, (x, y), (x_dot, y_dot))[1])
        x_bar, y_bar = s2sad.vjp(f, x, y)[1](z_bar)
        assert np.shape(x_bar) == np.shape(x) and np.shape(y_bar) == np.shape(y)
        assert np.sum(x_bar * x_dot) + np.sum(y_bar * y_dot) == pytest.approx(along, rel=1e-13)
        s2sad.check_grads(f, (x, y))


@row("Rules for + - * /")
def test_powers_at_zero_and_below() -> None:
    slope = s2sad.grad(programs.power)
    assert slope(-2.0, 3) == 12.0
    assert slope(0.0, 2) == 0.0
    assert slope(0.0, 1) == 1.0
    assert slope(-0.5, 2.0) == -1.0
    assert slope(np.float64(0.0), 0) == 0.0


@row("f(a,b) = log(ab)")
def test_a_branch() -> None:
    both = s2sad.value_and_grad(programs.log_or_sine, wrt=(0, 1))
    value, gradient = both(2.0, 3.0)
    assert value == pytest.approx(1.791759469, abs=1e-9)
    assert gradient == pytest.approx((0.5, 1.0 / 3.0), rel=1e-15)
    value, gradient = both(2.0, -1.0)
    assert value == pytest.approx(-0.909297427, abs=1e-9)
    assert gradient == pytest.approx((0.416146837, -0.832293673), abs=1e-9)


@row("R2 -> R2 worked example")
def test_a_map_of_the_plane() -> None:
    f, x = programs.plane_map, (2.0, 3.0)
    expected = [[2.880510859951098, 1.920340573300732], [3.0, 2.333333333333333]]
    columns = [s2sad.jvp(f, x, e)[1] for e in ((1.0, 0.0), (0.0, 1.0))]
    np.testing.assert_allclose(np.transpose(columns), expected, rtol=1e-15)
    _, pullback = s2sad.vjp(f, *x)
    rows = [pullback(e) for e in ((1.0, 0.0), (0.0, 1.0))]
    np.testing.assert_allclose(rows, expected, rtol=1e-15)


@row("Normal PDF backprop")
def test_normal_density() -> None:
    bars = s2sad.grad(programs.normal_density, wrt=(0, 1, 2))(0.7, 0.2, 1.3)
    expected = (-0.084319425781, 0.084319425781, -0.186799958654)
    assert bars == pytest.approx(expected, abs=1e-12)


@row("Gradient descent and stochastic objective")
def test_gradient_descent() -> None:
    rng = np.random.default_rng(3)
    x = rng.normal(size=(80, 4))
    y = np.sign(x @ np.array([1.0, -2.0, 0.5, 0.0]) + 0.5 * rng.normal(size=80))
    value_and_grad = s2sad.value_and_grad(programs.logistic_loss)
    w = np.zeros(4)
    losses = []
    for step in range(200):
        part = slice(20 * (step % 4), 20 * (step % 4) + 20)
        _, w_bar = value_and_grad(w, x[part], y[part])
        w = w - 0.05 * w_bar
        losses.append(programs.logistic_loss(w, x, y))
    assert np.all(np.diff(losses[19::20]) < 0.0)


@row("Matrix identities")
def test_matrix_products() -> None:
    rng = np.random.default_rng(4)
    a, b = rng.normal(size=(3, 4)), rng.normal(size=(4, 2))
    for f, args in (
        (programs.matrix_product, (a, b)),
        (programs.transposed, (a, b)),
        (programs.hadamard, (a, a[::-1].copy())),
    ):
        dots = tuple(rng.normal(size=x.shape) for x in args)
        z, z_dot = s2sad.jvp(f, args, dots)
        z_bar = rng.normal(size=z.shape)
        bars = s2sad.vjp(f, *args)[1](z_bar)
        assert flat(bars) @ flat(dots) == pytest.approx(np.sum(z_bar * z_dot), rel=1e-13)


@row("In-place operations that invalidate")
def test_what_is_overwritten_later() -> None:
    assert s2sad.grad(programs.overwritten_later)(1.0) == 2.0
    x, a = np.array([1.0]), np.array([1.0])
    assert s2sad.grad(programs.overwritten_array_later)(x, a) == np.array([2.0])
    at_argument = s2sad.grad(programs.overwritten_argument_later)(x, a)
    assert at_argument == np.array([2.0])
    assert a[0] == 1.0


@row("Aliasing errors")
def test_a_write_through_a_view() -> None:
    v_bar, x_bar = s2sad.grad(programs.write_through_view, wrt=(0, 1))(V, 0.4)
    np.testing.assert_array_equal(v_bar, [2.0 * V[0], 0.0, *(2.0 * V[2:])])
    assert x_bar == 0.8


@row("Aliasing errors")
def test_two_arguments_that_share_memory() -> None:
    a_bar, b_bar = s2sad.grad(programs.product_of_two, wrt=(0, 1))(V, V)
    np.testing.assert_array_equal(a_bar, V)
    np.testing.assert_array_equal(b_bar, V)
    assert not np.shares_memory(a_bar, b_bar)
