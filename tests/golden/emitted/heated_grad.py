import numpy as np


def heated_grad(u, k, steps):
    """Gradient of `heated` with respect to u, by reverse mode.

    Generated for u: f8[n].
    """
    # forward sweep
    old = u.copy()
    new = np.zeros_like(u)
    for _ in range(steps):
        t = old[1:-1]
        new[1:-1] = t + k * (old[2:] - 2.0 * t + old[:-2])
        new, old = old, new

    # reverse sweep
    # return np.sum(old * old)
    old_bar = 2.0 * old
    new_bar = np.zeros(new.shape)
    for _ in range(steps):
        # new[1:-1] = old[1:-1] + k * (old[2:] - 2.0 * old[1:-1] + old[:-2])
        t_bar = np.copy(old_bar[1:-1])
        old_bar[1:-1] = 0.0
        t_bar2 = t_bar * k
        new_bar[:-2] += t_bar2
        new_bar[1:-1] -= 2.0 * t_bar2
        new_bar[2:] += t_bar2
        new_bar[1:-1] += t_bar
        new_bar, old_bar = old_bar, new_bar
    return old_bar
