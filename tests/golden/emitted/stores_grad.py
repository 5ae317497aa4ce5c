import numpy as np


def stores_grad(x):
    """Gradient of `stores` with respect to x, by reverse mode.

    Generated for x: f8[n].
    """
    # forward sweep
    y = np.zeros(4)
    y[0] = x[0]
    tape = []
    for i in range(1, 4):
        t = y[i - 1]
        sin_t = np.sin(t)
        tape.append((t, sin_t))
        y[i] = sin_t * x[i % 3]

    # reverse sweep
    # return y.sum()
    y_bar = np.full(y.shape, 1.0)
    x_bar = np.zeros(x.shape)
    for i, (t, sin_t) in zip(range(3, 0, -1), reversed(tape)):
        # y[i] = np.sin(y[i - 1]) * x[i % 3]
        t2 = i % 3
        t_bar = y_bar[i]
        y_bar[i] = 0.0
        x_bar[t2] += t_bar * sin_t
        y_bar[i - 1] += t_bar * x[t2] * np.cos(t)
    # y[0] = x[0]
    x_bar[0] += y_bar[0]
    return x_bar
