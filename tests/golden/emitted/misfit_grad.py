import dataclasses
import numpy as np


def misfit_grad(line, x, y):
    """Gradient of `misfit` with respect to line, by reverse mode.

    Generated for x: f8[n], y: f8[n].
    """
    # forward sweep
    slope = line.slope
    offset = line.offset
    r = slope * x + offset - y

    # reverse sweep
    # return np.mean(r * r)
    t = 1.0 / x.shape[0]
    r_bar = 2.0 * t * r
    # r = line.slope * x + line.offset - y
    offset_bar = 2.0 * (t * np.sum(r))
    slope_bar = np.sum(r_bar * x)
    return dataclasses.replace(line, slope=slope_bar, offset=offset_bar)
