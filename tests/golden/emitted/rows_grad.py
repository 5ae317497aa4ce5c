import numpy as np


def rows_grad(x):
    """Gradient of `rows` with respect to x, by reverse mode.

    Generated for x: f8[n, m].
    """
    # forward sweep
    tape = []
    for row in x:
        sum_ = np.sum(row ** 2)
        t = row[0]
        tape.append((sum_, t))

    # reverse sweep
    x_bar = np.zeros(x.shape)
    for i, (sum_, t) in zip(range(len(x) - 1, -1, -1), reversed(tape)):
        row = x[i]
        # s = s + np.sum(row**2) * row[0]
        row_bar = np.zeros(row.shape)
        row_bar[0] += sum_
        row_bar += 2.0 * t * row
        x_bar[i] += row_bar
    return x_bar
