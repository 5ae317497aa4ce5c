import numpy as np


def packed_grad(x, width):
    """Gradient of `packed` with respect to (x, width), by reverse mode.

    Generated for x: f8[n].
    """
    # forward sweep
    n = len(x)
    entries = np.zeros(n * n)
    matrix = entries.reshape(n, n)
    tape_tape = []
    for i in range(n):
        tape = []
        tape2 = []
        for j in range(i + 1):
            t = (x[i] - x[j]) / width
            tape.append(t)
            exp = np.exp(-t ** 2)
            tape2.append(exp)
            matrix[i, j] = exp
            matrix[j, i] += matrix[i, j]
        tape_tape.append((tape, tape2))
    entries = np.reshape(matrix, entries.shape)

    # reverse sweep
    # return entries @ entries
    entries_bar = 2.0 * entries
    # matrix = entries.reshape(n, n)
    matrix_bar = np.reshape(entries_bar, matrix.shape)
    x_bar = np.zeros(x.shape)
    width_bar = 0.0
    for i, (tape, tape2) in zip(range(n - 1, -1, -1), reversed(tape_tape)):
        for j, t, t2 in zip(range(i, -1, -1), reversed(tape), reversed(tape2)):
            # matrix[j, i] += matrix[i, j]
            matrix_bar[i, j] += matrix_bar[j, i]
            # matrix[i, j] = np.exp(-(((x[i] - x[j]) / width) ** 2))
            t_bar = matrix_bar[i, j]
            matrix_bar[i, j] = 0.0
            t_bar = -2.0 * (t_bar * t2 * t) / width
            width_bar -= t_bar * t
            x_bar[j] -= t_bar
            x_bar[i] += t_bar
    return x_bar, width_bar
