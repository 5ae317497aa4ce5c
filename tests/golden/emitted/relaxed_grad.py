import numpy as np


def relaxed_grad(u, k, steps):
    """Gradient of `relaxed` with respect to u, by reverse mode.

    Generated for u: f8[n].
    """
    # forward sweep
    u = np.copy(u)
    for _ in range(steps):
        u[1:-1] += k * (u[2:] - 2.0 * u[1:-1] + u[:-2])

    # reverse sweep
    # return np.sum(u * u)
    u_bar = 2.0 * u
    for _ in range(steps):
        # u[1:-1] += k * (u[2:] - 2.0 * u[1:-1] + u[:-2])
        t_bar = u_bar[1:-1] * k
        u_bar[:-2] += t_bar
        u_bar[1:-1] -= 2.0 * t_bar
        u_bar[2:] += t_bar
    return u_bar
