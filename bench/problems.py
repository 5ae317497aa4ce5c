"""The problems: each a primal, its arguments, what to differentiate, and an adjoint written by hand."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from examples.digits_loss import loss as mlp_loss
from examples.logistic import logistic


@dataclass(frozen=True)
class Problem:
    """`repeats`: calls in one measurement. `by_hand` returns the gradient as s2sad's code does."""

    name: str
    primal: Callable[..., Any]
    args: tuple[Any, ...]
    wrt: tuple[int, ...]
    by_hand: Callable[..., Any]
    repeats: int


def scalar(x: float, y: float, z: float):
    return math.sin(x * y) + x * math.exp(-z) + y / z


def scalar_by_hand(x, y, z):
    c = math.cos(x * y)
    e = math.exp(-z)
    return y * c + e, x * c + 1.0 / z, -x * e - y / (z * z)


def logistic_by_hand(x, n):
    v = x
    tape = []
    for _ in range(1, n):
        tape.append(v)
        v = 4.0 * v * (1.0 - v)
    v_bar = 1.0
    for v in reversed(tape):
        v_bar = (4.0 - 8.0 * v) * v_bar
    return (v_bar,)


def mlp_by_hand(w1, b1, w2, b2, x, labels, decay):
    hidden = np.tanh(x @ w1 + b1)
    logits = hidden @ w2 + b2
    peak = np.max(logits, axis=1, keepdims=True)
    exps = np.exp(logits - peak)
    total = np.sum(exps, axis=1, keepdims=True)
    log_probs_bar = labels * (-1.0 / labels.shape[0])
    total_bar = -np.sum(log_probs_bar, axis=1, keepdims=True) / total
    shifted_bar = log_probs_bar + exps * total_bar
    peak_bar = -np.sum(shifted_bar, axis=1, keepdims=True)
    at_peak = logits == peak
    logits_bar = shifted_bar + at_peak * (peak_bar / np.sum(at_peak, axis=1, keepdims=True))
    b2_bar = np.sum(logits_bar, axis=0)
    w2_bar = hidden.T @ logits_bar + decay * w2
    t_bar = (logits_bar @ w2.T) * (1.0 - hidden * hidden)
    b1_bar = np.sum(t_bar, axis=0)
    w1_bar = x.T @ t_bar + decay * w1
    return w1_bar, b1_bar, w2_bar, b2_bar


def chain(x):
    return np.sum(np.sin(x) * np.exp(-x * x) + x / (1.0 + x * x))


def chain_by_hand(x):
    square = x * x
    e = np.exp(-square)
    s = np.sin(x)
    d = 1.0 + square
    return ((np.cos(x) - 2.0 * x * s) * e + (1.0 - square) / (d * d),)


def lorenz_rate(x, y, z, sigma, rho, beta):
    return sigma * (y - x), x * (rho - z) - y, x * y - beta * z


def lorenz(sigma: float, rho: float, beta: float, dt: float, n: int):
    """Distance of the Lorenz system's state from the origin after n Runge-Kutta steps."""
    x, y, z = 1.0, 1.0, 1.0
    h = 0.5 * dt
    w = dt / 6.0
    for _ in range(n):
        k1x, k1y, k1z = lorenz_rate(x, y, z, sigma, rho, beta)
        k2x, k2y, k2z = lorenz_rate(x + h * k1x, y + h * k1y, z + h * k1z, sigma, rho, beta)
        k3x, k3y, k3z = lorenz_rate(x + h * k2x, y + h * k2y, z + h * k2z, sigma, rho, beta)
        k4x, k4y, k4z = lorenz_rate(x + dt * k3x, y + dt * k3y, z + dt * k3z, sigma, rho, beta)
        x = x + w * (k1x + 2.0 * (k2x + k3x) + k4x)
        y = y + w * (k1y + 2.0 * (k2y + k3y) + k4y)
        z = z + w * (k1z + 2.0 * (k2z + k3z) + k4z)
    return x * x + y * y + z * z


def lorenz_by_hand(sigma, rho, beta, dt, n):
    """The stages' states are stored; the rates' adjoints are written out."""
    x = y = z = 1.0
    h = 0.5 * dt
    w = dt / 6.0
    tape = []
    for _ in range(n):
        k1x, k1y, k1z = sigma * (y - x), x * (rho - z) - y, x * y - beta * z
        x2, y2, z2 = x + h * k1x, y + h * k1y, z + h * k1z
        k2x, k2y, k2z = sigma * (y2 - x2), x2 * (rho - z2) - y2, x2 * y2 - beta * z2
        x3, y3, z3 = x + h * k2x, y + h * k2y, z + h * k2z
        k3x, k3y, k3z = sigma * (y3 - x3), x3 * (rho - z3) - y3, x3 * y3 - beta * z3
        x4, y4, z4 = x + dt * k3x, y + dt * k3y, z + dt * k3z
        k4x, k4y, k4z = sigma * (y4 - x4), x4 * (rho - z4) - y4, x4 * y4 - beta * z4
        tape.append((x, y, z, x2, y2, z2, x3, y3, z3, x4, y4, z4))
        x += w * (k1x + 2.0 * (k2x + k3x) + k4x)
        y += w * (k1y + 2.0 * (k2y + k3y) + k4y)
        z += w * (k1z + 2.0 * (k2z + k3z) + k4z)
    xb, yb, zb = 2.0 * x, 2.0 * y, 2.0 * z
    sb = rb = bb = 0.0
    for x1, y1, z1, x2, y2, z2, x3, y3, z3, x4, y4, z4 in reversed(tape):
        u, v, t = w * xb, w * yb, w * zb
        a, b, c = u, v, t
        sb += a * (y4 - x4)
        rb += b * x4
        bb -= c * z4
        p, q, r = b * (rho - z4) - sigma * a + c * y4, sigma * a - b + c * x4, -b * x4 - beta * c
        xb, yb, zb = xb + p, yb + q, zb + r
        a, b, c = 2.0 * u + dt * p, 2.0 * v + dt * q, 2.0 * t + dt * r
        sb += a * (y3 - x3)
        rb += b * x3
        bb -= c * z3
        p, q, r = b * (rho - z3) - sigma * a + c * y3, sigma * a - b + c * x3, -b * x3 - beta * c
        xb, yb, zb = xb + p, yb + q, zb + r
        a, b, c = 2.0 * u + h * p, 2.0 * v + h * q, 2.0 * t + h * r
        sb += a * (y2 - x2)
        rb += b * x2
        bb -= c * z2
        p, q, r = b * (rho - z2) - sigma * a + c * y2, sigma * a - b + c * x2, -b * x2 - beta * c
        xb, yb, zb = xb + p, yb + q, zb + r
        a, b, c = u + h * p, v + h * q, t + h * r
        sb += a * (y1 - x1)
        rb += b * x1
        bb -= c * z1
        p, q, r = b * (rho - z1) - sigma * a + c * y1, sigma * a - b + c * x1, -b * x1 - beta * c
        xb, yb, zb = xb + p, yb + q, zb + r
    return sb, rb, bb


def _mlp(batch: int) -> tuple[Any, ...]:
    rng = np.random.default_rng(0)
    shapes = [(64, 32), (32,), (32, 10), (10,), (batch, 64)]
    weights = [0.1 * rng.normal(size=s) for s in shapes]
    return (*weights, np.eye(10)[rng.integers(0, 10, batch)], 1e-3)


def problems(quick: bool = False) -> list[Problem]:
    """All problems, or two small ones."""
    first = [
        Problem(
            "scalar function of 3 floats", scalar, (0.7, 1.3, 2.1), (0, 1, 2), scalar_by_hand, 20000
        ),
        Problem("logistic map, 1000 steps", logistic, (0.2, 1000), (0,), logistic_by_hand, 50),
    ]
    if quick:
        return first
    rng = np.random.default_rng(1)
    chains = [
        Problem(
            f"elementwise chain, n = {n}",
            chain,
            (rng.normal(size=n),),
            (0,),
            chain_by_hand,
            repeats,
        )
        for n, repeats in ((10, 5000), (1000, 1000), (1000000, 2))
    ]
    return [
        *first,
        Problem("digits MLP, batch 32", mlp_loss, _mlp(32), (0, 1, 2, 3), mlp_by_hand, 200),
        Problem("digits MLP, batch 1024", mlp_loss, _mlp(1024), (0, 1, 2, 3), mlp_by_hand, 20),
        Problem(
            "Lorenz, 200 steps of RK4",
            lorenz,
            (10.0, 28.0, 2.6, 0.01, 200),
            (0, 1, 2),
            lorenz_by_hand,
            30,
        ),
        *chains,
    ]
