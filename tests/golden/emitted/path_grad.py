import numpy as np


def path_grad(x, n):
    """Gradient of `path` with respect to x, by reverse mode."""
    # forward sweep
    xs = [x]
    xs_last = x
    xs_last_tape = []
    for _ in range(1, n):
        xs_last_tape.append(xs_last)
        xs_last = np.sin(xs_last) + x
        xs.append(xs_last)
    xs = np.array(xs)

    # reverse sweep
    # return np.sum(np.array(xs) ** 2)
    xs_bar = 2.0 * xs
    x_bar = xs_bar[0]
    xs_last_bar = 0.0
    for xs_last_bar2, xs_last in zip(reversed(xs_bar[1:]), reversed(xs_last_tape)):
        xs_last_bar += xs_last_bar2
        # xs.append(np.sin(xs[-1]) + x)
        x_bar += xs_last_bar
        xs_last_bar = xs_last_bar * np.cos(xs_last)
    x_bar += xs_last_bar
    return x_bar
