import numpy as np


def network_grad(layers, x):
    """Gradient of `network` with respect to layers, by reverse mode.

    Generated for x: f8[n].
    """
    # forward sweep
    w, b = layers[0]
    w2, b2 = layers[1]
    x2 = np.tanh(x @ w + b)
    x3 = np.tanh(x2 @ w2 + b2)

    # reverse sweep
    # x = np.tanh(x @ w + b)
    b2_bar = 1.0 - x3 * x3
    x_bar = w2 @ b2_bar
    w2_bar = np.expand_dims(x2, -1) * b2_bar
    b_bar = x_bar * (1.0 - x2 * x2)
    w_bar = np.expand_dims(x, -1) * b_bar
    return [(w_bar, b_bar), (w2_bar, b2_bar)]
