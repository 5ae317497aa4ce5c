"""The same gradients by autograd, JAX and PyTorch. Each maker raises ImportError where its package is missing."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from bench.problems import Problem, chain, lorenz, lorenz_rate, mlp_loss, scalar

Gradient = Callable[..., Any]


def _rewritten(function: Any, np: Any, math: Any) -> Any:
    """The same function over another library's `np` and `math`."""
    names = dict(function.__globals__) | {"np": np, "math": math}
    return type(function)(function.__code__, names, function.__name__, function.__defaults__)


def with_autograd(problem: Problem) -> tuple[Gradient, float]:
    import autograd.numpy as anp  # noqa: PLC0415
    from autograd import grad  # noqa: PLC0415

    f = _rewritten(problem.primal, anp, anp)
    gradient = grad(f, problem.wrt)
    return (lambda *args: gradient(*args)), 0.0


def with_jax(problem: Problem) -> tuple[Gradient, float]:
    import jax  # noqa: PLC0415
    import jax.numpy as jnp  # noqa: PLC0415

    jax.config.update("jax_enable_x64", True)
    f = _jax_form(problem, jax, jnp)
    static = tuple(i for i, a in enumerate(problem.args) if isinstance(a, int))
    gradient = jax.jit(jax.grad(f, argnums=problem.wrt), static_argnums=static)
    start = time.perf_counter()
    jax.block_until_ready(gradient(*problem.args))
    compile_time = time.perf_counter() - start
    return (lambda *args: jax.block_until_ready(gradient(*args))), compile_time


def _jax_form(problem: Problem, jax: Any, jnp: Any) -> Any:
    """Loops as JAX wants them: a fori_loop, which compiles once whatever the number of steps."""
    if problem.primal.__name__ == "logistic":
        return lambda x, n: jax.lax.fori_loop(1, n, lambda _, v: 4.0 * v * (1.0 - v), x)
    if problem.primal is lorenz:

        def path(sigma: Any, rho: Any, beta: Any, dt: Any, n: int) -> Any:
            def rate(s: Any) -> Any:
                return jnp.stack(lorenz_rate(s[0], s[1], s[2], sigma, rho, beta))

            def step(_: Any, s: Any) -> Any:
                k1 = rate(s)
                k2 = rate(s + 0.5 * dt * k1)
                k3 = rate(s + 0.5 * dt * k2)
                k4 = rate(s + dt * k3)
                return s + dt / 6.0 * (k1 + 2.0 * (k2 + k3) + k4)

            s = jax.lax.fori_loop(0, n, step, jnp.ones(3))
            return jnp.sum(s * s)

        return path
    return _rewritten(problem.primal, jnp, jnp)


def with_torch(problem: Problem) -> tuple[Gradient, float]:
    import torch  # noqa: PLC0415

    torch.set_num_threads(1)

    class Shim:
        sin, exp, tanh, log, cos = torch.sin, torch.exp, torch.tanh, torch.log, torch.cos

        @staticmethod
        def sum(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
            return torch.sum(x) if axis is None else torch.sum(x, dim=axis, keepdim=keepdims)

        @staticmethod
        def mean(x: Any) -> Any:
            return torch.mean(x)

        @staticmethod
        def max(x: Any, axis: int, keepdims: bool) -> Any:
            return torch.amax(x, dim=axis, keepdim=keepdims)

    f = _rewritten(problem.primal, Shim, Shim)
    fixed = [
        a
        if isinstance(a, int) or (isinstance(a, float) and i not in problem.wrt)
        else torch.tensor(a, dtype=torch.float64)
        for i, a in enumerate(problem.args)
    ]

    def gradient(*args: Any) -> Any:
        values = list(fixed)
        for i in problem.wrt:
            values[i] = values[i].detach().requires_grad_(True)
        y = f(*values)
        return [g.numpy() for g in torch.autograd.grad(y, [values[i] for i in problem.wrt])]

    return gradient, 0.0


OTHERS = {"autograd": with_autograd, "JAX (jitted)": with_jax, "PyTorch": with_torch}

__all__ = ["OTHERS", "chain", "mlp_loss", "scalar"]
