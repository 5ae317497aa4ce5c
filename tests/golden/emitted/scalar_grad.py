import numpy as np


def f_grad(x1, x2):
    """Gradient of `f` with respect to (x1, x2), by reverse mode."""
    # return np.log(x1) + x1 * x2 - np.sin(x2)
    x2_bar = x1 - np.cos(x2)
    x1_bar = x2 + 1.0 / x1
    return x1_bar, x2_bar
