"""Fits the three parameters of the Lorenz system through a 200-step Runge-Kutta loop.

The loop is plain Python on floats; its gradient is the adjoint loop that s2sad writes.
"""

from __future__ import annotations

import numpy as np
from scipy.optimize import minimize

import s2sad

DT = 0.01
STEPS = 200
TRUE = (10.0, 28.0, 8.0 / 3.0)


def lorenz(x, y, z, sigma, rho, beta):
    """Right-hand side of the Lorenz system (Lorenz 1963)."""
    return sigma * (y - x), x * (rho - z) - y, x * y - beta * z


def rk4_step(x, y, z, sigma, rho, beta, dt):
    """One step of the classical Runge-Kutta method."""
    k1x, k1y, k1z = lorenz(x, y, z, sigma, rho, beta)
    h = 0.5 * dt
    k2x, k2y, k2z = lorenz(x + h * k1x, y + h * k1y, z + h * k1z, sigma, rho, beta)
    k3x, k3y, k3z = lorenz(x + h * k2x, y + h * k2y, z + h * k2z, sigma, rho, beta)
    k4x, k4y, k4z = lorenz(x + dt * k3x, y + dt * k3y, z + dt * k3z, sigma, rho, beta)
    w = dt / 6.0
    return (
        x + w * (k1x + 2.0 * (k2x + k3x) + k4x),
        y + w * (k1y + 2.0 * (k2y + k3y) + k4y),
        z + w * (k1z + 2.0 * (k2z + k3z) + k4z),
    )


@s2sad.value_and_grad(wrt=("sigma", "rho", "beta"))
def misfit(sigma: float, rho: float, beta: float, observed, dt: float):
    """Mean squared distance of the computed path from the observed one."""
    x, y, z = 1.0, 1.0, 1.0
    total = 0.0
    for i in range(len(observed)):
        x, y, z = rk4_step(x, y, z, sigma, rho, beta, dt)
        dx = x - observed[i, 0]
        dy = y - observed[i, 1]
        dz = z - observed[i, 2]
        total += dx * dx + dy * dy + dz * dz
    return total / len(observed)


def observations(noise: float = 0.05) -> np.ndarray:
    """The path of the true system, with noise."""
    rng = np.random.default_rng(0)
    state = (1.0, 1.0, 1.0)
    rows = []
    for _ in range(STEPS):
        state = rk4_step(*state, *TRUE, DT)
        rows.append(state)
    return np.array(rows) + noise * rng.normal(size=(STEPS, 3))


def fit(start: tuple[float, float, float] = (9.0, 25.0, 2.0)) -> np.ndarray:
    """The parameters that fit the observations best."""
    observed = observations()

    def objective(p: np.ndarray) -> tuple[float, np.ndarray]:
        value, bars = misfit(float(p[0]), float(p[1]), float(p[2]), observed, DT)
        return float(value), np.array(bars)

    def report(p: np.ndarray) -> None:
        print(f"sigma {p[0]:8.4f}  rho {p[1]:8.4f}  beta {p[2]:7.4f}  misfit {objective(p)[0]:.3e}")

    result = minimize(objective, np.array(start), method="L-BFGS-B", jac=True, callback=report)
    fitted: np.ndarray = result.x
    return fitted


def main() -> None:
    fitted = fit()
    for name, value, true in zip(("sigma", "rho", "beta"), fitted, TRUE, strict=True):
        print(f"{name:>5}: fitted {value:.4f}, true {true:.4f}")


if __name__ == "__main__":
    main()
