import numpy as np


def orbit_grad(u, n):
    """Gradient of `orbit` with respect to u, by reverse mode.

    Generated for u: f8[m].
    """
    # forward sweep
    states = [u]
    tape = []
    for _ in range(n):
        t = u[::-1]
        tape.append(t)
        u = u + 0.1 * np.sin(t)
        states.append(u)

    # reverse sweep
    # return np.sum(np.array(states) ** 2)
    t_bar = 2.0 * np.array(states)
    u_bar = t_bar[0]
    u_bar2 = np.zeros(u.shape)
    for u_bar3, t in zip(reversed(t_bar[1:]), reversed(tape)):
        u_bar2 += u_bar3
        # u = u + 0.1 * np.sin(u[::-1])
        u_bar2[::-1] += 0.1 * (u_bar2 * np.cos(t))
    u_bar += u_bar2
    return u_bar
