"""Laws that derivatives obey, on random programs: linear, product rule, and tangent against adjoint."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import s2sad
from tests.oracle.numeric import flat
from tests.properties.check import Skipped, expect, load
from tests.properties.programs import Program, Seeded, arguments, generate

SEEDS = range(12)
WRT = (0, 1, 2, 3)
PARAMETERS = "x, y, v, m, n"


def two_programs(seed: int) -> tuple[str, tuple[Any, ...], Any, Any]:
    """Imports of two programs, f and g, arguments that both can take, and the two functions."""
    args = arguments(Seeded(seed))
    found = []
    for k in range(seed * 100, seed * 100 + 100):
        program = Program(generate(Seeded(k), size=3).text, args, WRT)
        try:
            _, _, f, _ = expect(program)
            s2sad.grad(f, wrt=WRT)(*args)
        except (Skipped, s2sad.S2SADError):
            continue
        found.append(f)
        if len(found) == 2:
            break
    f, g = found
    imports = (
        f"import numpy as np\nfrom {f.__module__} import f\nfrom {g.__module__} import f as g\n\n\n"
    )
    return imports, args, f, g


def derivative(h: Any, args: tuple[Any, ...]) -> Any:
    """The gradient of a function made of both, which may be refused where each alone is not."""
    try:
        return flat(s2sad.grad(h, wrt=WRT)(*args))
    except s2sad.S2SADError as error:
        pytest.skip(f"refused: {error.message}")


def close(got: Any, want: Any) -> None:
    got, want = flat(got), flat(want)
    scale = max(1.0, float(np.max(np.abs(want))))
    np.testing.assert_allclose(got / scale, want / scale, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("seed", SEEDS)
def test_linear(seed: int) -> None:
    imports, args, f, g = two_programs(seed)
    body = f"def h({PARAMETERS}):\n    return 2.5 * f({PARAMETERS}) - 0.75 * g({PARAMETERS})\n"
    h = load(imports + body).h
    df, dg, dh = (derivative(k, args) for k in (f, g, h))
    close(dh, 2.5 * df - 0.75 * dg)


@pytest.mark.parametrize("seed", SEEDS)
def test_product_rule(seed: int) -> None:
    imports, args, f, g = two_programs(seed)
    h = load(imports + f"def h({PARAMETERS}):\n    return f({PARAMETERS}) * g({PARAMETERS})\n").h
    a, b = f(*args), g(*args)
    df, dg, dh = (derivative(k, args) for k in (f, g, h))
    close(dh, a * dg + b * df)


@pytest.mark.parametrize("seed", SEEDS)
def test_chain_rule(seed: int) -> None:
    imports, args, f, g = two_programs(seed)
    h = load(
        imports + f"def h({PARAMETERS}):\n    return g(np.sin(f({PARAMETERS})), y, v, m, n)\n"
    ).h
    a = f(*args)
    df, dg = derivative(f, args), derivative(g, (float(np.sin(a)), *args[1:]))
    want = np.cos(a) * dg[0] * df
    want[1:] += dg[1:]
    close(derivative(h, args), want)


@pytest.mark.parametrize("seed", SEEDS)
def test_adjoint_against_tangent(seed: int) -> None:
    imports, args, _, _ = two_programs(seed)
    body = f"""
def h({PARAMETERS}):
    a = f({PARAMETERS})
    b = g({PARAMETERS})
    return a * v + np.sin(m[0]) * b, a * b, np.outer(v, m[1]) * b
"""
    h = load(imports + body).h
    rng = np.random.default_rng(seed)
    dots = [rng.normal(size=np.shape(args[i])) if np.shape(args[i]) else 0.7 for i in WRT]
    derivative(
        load(imports + body + f"\n\ndef k({PARAMETERS}):\n    return h({PARAMETERS})[1]\n").k, args
    )
    y, y_dot = s2sad.tangent(h, wrt=WRT)(*args, *dots)
    y_bar = [rng.normal(size=np.shape(part)) if np.shape(part) else -1.3 for part in y]
    bars = s2sad.adjoint(h, wrt=WRT)(*args, *y_bar)
    there, back = flat(y_bar) @ flat(y_dot), flat(bars) @ flat(dots)
    assert abs(there - back) <= 1e-11 * max(1.0, np.abs(flat(y_bar)) @ np.abs(flat(y_dot)))
    value, pullback = s2sad.vjp(h, *args[:4], args[4], wrt=WRT)
    assert all(np.array_equal(p, q) for p, q in zip(value, y, strict=True))
    close(pullback(tuple(y_bar)), bars)
    _, pushed = s2sad.jvp(lambda_free(h, args[4], imports, body), args[:4], tuple(dots))
    close(pushed, y_dot)


def lambda_free(h: Any, n: int, imports: str, body: str) -> Any:
    """h with its integer argument filled in, as jvp moves all arguments."""
    rest = f"\n\ndef k(x, y, v, m):\n    return h(x, y, v, m, {n})\n"
    return load(imports + body + rest).k


@pytest.mark.parametrize("inner", ["2.0 * y", "y * y", "-0.5 * y * y", "y / 3.0"])
@pytest.mark.parametrize("terms", [2, 7, 13, 14, 15, 16, 17, 29, 40])
def test_variable_read_many_times(terms: int, inner: str) -> None:
    """The adjoint of x is a sum with a term for each use, however many there are."""
    uses = "".join(f"    s = s + np.sin({i} + {0.1 * i + 0.2} * x)\n" for i in range(terms))
    f = load(
        f"import numpy as np\n\n\ndef f(y):\n    x = {inner}\n    s = 0.0\n{uses}    return s\n"
    ).f
    exact = f(0.7 + 1e-30j).imag / 1e-30
    assert s2sad.grad(f)(0.7) == pytest.approx(exact, rel=1e-12)
    gradient = s2sad.grad(f)
    by_step = (gradient(0.7 + 1e-5) - gradient(0.7 - 1e-5)) / 2e-5
    assert s2sad.grad(gradient)(0.7) == pytest.approx(by_step, rel=1e-6, abs=1e-6)
