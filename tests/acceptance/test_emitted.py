"""What the emitted source promises."""

from __future__ import annotations

import ast
from typing import Any

import numpy as np
import pytest

import s2sad
from tests.acceptance import programs
from tests.acceptance.functions import M
from tests.acceptance.rows import row


def statements(source: str) -> list[ast.stmt]:
    """The statements of the one function in a generated module, without its docstring."""
    (function,) = (n for n in ast.parse(source).body if isinstance(n, ast.FunctionDef))
    return function.body[1:]


def calls(source: str, name: str) -> int:
    found = 0
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            found += node.func.attr == name
    return found


@row("Source translated line by line")
def test_the_tangent_follows_the_lines() -> None:
    tangent = s2sad.tangent(programs.product_plus_sine_in_steps, wrt=("x", "y"))
    value, z_dot = tangent(0.5, 4.2, 1.0, 0.0)
    text = [ast.unparse(s) for s in statements(tangent.source)]
    assert text == [
        "a = x * y",
        "a_dot = x_dot * y + x * y_dot",
        "b = math.sin(x)",
        "b_dot = math.cos(x) * x_dot",
        "z = a + b",
        "z_dot = a_dot + b_dot",
        "return (z, z_dot)",
    ]
    assert value == programs.product_plus_sine(0.5, 4.2)
    assert z_dot == pytest.approx(4.2 + np.cos(0.5), rel=1e-15)


@row("Dual numbers")
def test_the_tangent_runs_each_primal_statement_once() -> None:
    tangent = s2sad.tangent(programs.product_plus_sine_in_steps, wrt=("x", "y"))
    assert calls(tangent.source, "sin") == 1
    assert calls(tangent.source, "cos") == 1


@row("Reverse program")
def test_the_adjoint_has_at_most_five_assignments() -> None:
    gradient = s2sad.grad(programs.product_plus_sine_in_steps, wrt=("x", "y"))
    assert gradient(0.5, 4.2) == pytest.approx((4.2 + np.cos(0.5), 0.5), rel=1e-15)
    body = statements(gradient.source)
    assert isinstance(body[-1], ast.Return) and len(body) <= 6


@row("ctx.needs_input_grad")
def test_what_is_not_asked_for_is_not_computed() -> None:
    only_bias = s2sad.grad(programs.affine_linear, wrt="bias")
    np.testing.assert_array_equal(only_bias(M, M.T, np.zeros(2)), [2.0, 2.0])
    forward, reverse = only_bias.source.split("# reverse sweep")
    code = [line for line in reverse.splitlines() if not line.lstrip().startswith("#")]
    assert "@" in forward and not any("@" in line or "dot(" in line for line in code)


@row("What happens to control flow")
def test_both_branches_stay() -> None:
    source = s2sad.grad(programs.log_or_sine, wrt=(0, 1)).source
    assert sum(isinstance(s, ast.If) for s in ast.walk(ast.parse(source))) >= 1
    assert "math.cos" in source and " / " in source


@row("'Static means that parameters are fixed")
def test_one_function_serves_all_trip_counts_and_branches() -> None:
    gradient = s2sad.grad(programs.branch_in_loop)
    module: dict[str, Any] = {}
    exec(compile(gradient.emit(None), "emitted", "exec"), module)
    emitted = module["branch_in_loop_grad"]
    for n in (0, 1, 1000):
        for up in (True, False):
            h = 1e-30
            exact = np.imag(programs.branch_in_loop(0.3 + 1j * h, n, up)) / h
            assert emitted(0.3, n, up) == pytest.approx(exact, rel=1e-12)


@row("Wengert list / tape saves space")
def test_only_what_is_needed_is_stored() -> None:
    linear, quadratic = s2sad.grad(programs.geometric), s2sad.grad(programs.quadratic_loop)
    assert linear(0.5, 6) == pytest.approx(2.0 - 0.5**6, rel=1e-15)
    assert "append" not in linear.source
    assert quadratic(0.0, 6) == 1.0
    stored = [
        node.args[0]
        for node in ast.walk(ast.parse(quadratic.source))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "append"
    ]
    assert [type(v) for v in stored] == [ast.Name]


@row("Vectorise rather than loop")
def test_emitted_modules_import_no_device() -> None:
    source = s2sad.grad(programs.mlp, wrt=(0, 1, 2, 3)).source
    imported = [n.names[0].name for n in ast.walk(ast.parse(source)) if isinstance(n, ast.Import)]
    assert imported == ["numpy"]


@row("Inspect backward chain")
def test_adjoints_stand_under_the_lines_they_belong_to() -> None:
    source = s2sad.grad(programs.updates_in_place, wrt=("t", "b")).source
    reverse = source[source.index("# reverse sweep") :]
    for line in (
        "return np.sqrt(np.sum(e))",
        "e[i] *= e[i]",
        "e[i] -= y[i] - b",
        "e[i] += t[i] * x[i]",
    ):
        assert f"# {line}" in reverse


@row("A tape in fifteen lines")
def test_the_gradient_called_twice_gives_the_same() -> None:
    gradient = s2sad.grad(programs.product_plus_sine, wrt=(0, 1))
    assert gradient(0.5, 4.2) == gradient(0.5, 4.2)


@row("Custom gradient to save memory")
def test_a_quaternion_layer() -> None:
    rng = np.random.default_rng(5)
    x, y_bar = rng.normal(size=(2, 6, 8))
    parts = rng.normal(size=(4, 2, 2))
    _, pullback = s2sad.vjp(programs.quaternion_layer, x, *parts)
    x_bar, r_bar, i_bar, j_bar, k_bar = pullback(y_bar)
    weights = programs.quaternion_layer(np.eye(8), *parts)
    np.testing.assert_allclose(x_bar, y_bar @ weights.T, rtol=1e-12, atol=1e-12)
    b = np.reshape(np.transpose(np.reshape(x.T @ y_bar, (4, 2, 4, 2)), (0, 2, 1, 3)), (4, 4, 2, 2))
    np.testing.assert_allclose(r_bar, b[0, 0] + b[1, 1] + b[2, 2] + b[3, 3], rtol=1e-12)
    np.testing.assert_allclose(i_bar, b[1, 0] - b[0, 1] + b[3, 2] - b[2, 3], rtol=1e-12)
    np.testing.assert_allclose(j_bar, b[2, 0] - b[0, 2] + b[1, 3] - b[3, 1], rtol=1e-12)
    np.testing.assert_allclose(k_bar, b[3, 0] - b[0, 3] + b[2, 1] - b[1, 2], rtol=1e-12)


@row("Sum and product rules")
def test_linear_and_product_rule() -> None:
    """The same on random programs stands with the properties."""
    f, g = programs.cosine_of_square, programs.geometric
    x, n = 0.7, 5
    df, dg = s2sad.grad(f)(x), s2sad.grad(g)(x, n)
    assert s2sad.grad(scaled_sum)(x, n) == pytest.approx(2.5 * df - 0.75 * dg, rel=1e-12)
    assert s2sad.grad(product)(x, n) == pytest.approx(df * g(x, n) + f(x) * dg, rel=1e-12)


def scaled_sum(x: Any, n: Any) -> Any:
    return 2.5 * programs.cosine_of_square(x) - 0.75 * programs.geometric(x, n)


def product(x: Any, n: Any) -> Any:
    return programs.cosine_of_square(x) * programs.geometric(x, n)
