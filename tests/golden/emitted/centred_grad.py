import numpy as np


def centred_grad(a):
    """Gradient of `centred` with respect to a, by reverse mode.

    Generated for a: f8[n, m].
    """
    # forward sweep
    a2 = np.copy(a)
    for i, row in enumerate(a2):
        a2[i] -= np.mean(row)

    # reverse sweep
    # return np.sum(a**4)
    a_bar = 4 * a2 ** 3
    for i in range(len(a2) - 1, -1, -1):
        a_bar[i] -= np.sum(a_bar[i]) / a.shape[1]
    return a_bar
