import numpy as np


def similarity_grad(x, y, kind="gauss", scale=None):
    """Gradient of `similarity` with respect to (x, y), by reverse mode.

    Generated for x: f8[n], y: f8[n].
    """
    with np.errstate(divide="ignore"):
        # forward sweep
        if kind != "gauss" or scale is not None:
            raise ValueError("this derivative is made for kind='gauss', scale=None")
        if x.shape != y.shape:
            raise ValueError(f"expected two vectors of one length, got {x.shape}")
        scale_ = 1.0
        t = x - y
        sqrt = np.sqrt(np.sum(t ** 2))
        r = sqrt / scale_

        # reverse sweep
        # return np.exp(-(r**2))
        r_bar = -2.0 * (np.exp(-r ** 2) * r)
        # r = np.sqrt(np.sum((x - y) ** 2)) / scale
        t = 0.5 * (r_bar / sqrt) * t
        x_bar = 2.0 * t
        y_bar = -2.0 * t
        return x_bar, y_bar
