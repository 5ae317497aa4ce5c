def energy_grad(u0, k, steps):
    """Gradient of `energy` with respect to u0, by reverse mode.

    Generated for u0: f8[n].
    """
    # forward sweep
    u = u0.copy()
    for _ in range(steps):
        u[1:-1] += k * (u[2:] - 2.0 * u[1:-1] + u[:-2])

    # reverse sweep
    # return np.sum(u ** 2)
    u_bar = 2.0 * u
    for _ in range(steps):
        # u[1:-1] += k * (u[2:] - 2.0 * u[1:-1] + u[:-2])
        t_bar = u_bar[1:-1] * k
        u_bar[:-2] += t_bar
        u_bar[1:-1] -= 2.0 * t_bar
        u_bar[2:] += t_bar
    return u_bar
