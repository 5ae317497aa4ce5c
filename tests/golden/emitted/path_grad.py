import numpy as np


def path_grad(x, n):
    """Gradient of `path` with respect to x, by reverse mode."""
    # forward sweep
    xs = np.empty(1 + len(range(1, n)))
    xs[0] = x
    tape = []
    for i in range(1, n):
        t = xs[i - 1]
        tape.append(t)
        xs[i] = np.sin(t) + x

    # reverse sweep
    xs_bar = 2.0 * xs
    x_bar = 0.0
    for i, t in zip(range(n - 1, 0, -1), reversed(tape)):
        # xs.append(np.sin(xs[-1]) + x)
        t_bar = xs_bar[i]
        xs_bar[i] = 0.0
        x_bar += t_bar
        xs_bar[i - 1] += t_bar * np.cos(t)
    x_bar += xs_bar[0]
    return x_bar
