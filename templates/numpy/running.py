"""Running sums and products, differences, and the scans behind their derivatives."""

import numpy as np

from s2sad.rules import helper, rule


@rule(np.cumsum, np.ndarray.cumsum, linear_in="x", shape="cumulative")
def cumsum(x, axis=None):
    y = np.cumsum(x, axis=axis)
    x_bar += sums_to_end(y_bar, x, axis)


@helper
def sums_to_end(y_bar, x, axis):
    """Adjoint of a cumulative sum: the sums from each entry to the end."""
    if axis is None:
        return np.reshape(np.cumsum(y_bar[::-1])[::-1], np.shape(x))
    return np.flip(np.cumsum(np.flip(y_bar, axis), axis=axis), axis)


@rule(sums_to_end, linear_in="y_bar", shape="like:x", view_of="")
def sums_to_end_rule(y_bar, x, axis):
    r = sums_to_end(y_bar, x, axis)
    y_bar_bar += np.cumsum(r_bar, axis=axis)


# A running product is the scan y[i] = x[i] y[i - 1], and so is its derivative: nothing is divided by, so
# zeros in x do no harm.
@rule(np.cumprod, np.ndarray.cumprod, shape="cumulative")
def cumprod(x, axis=None):
    y = np.cumprod(x, axis=axis)
    entries = merge_axes(x, axis)
    earlier = preceding(merge_axes(y, axis), 1.0)
    y_dot = split_axes(linear_scan(entries, merge_axes(x_dot, axis) * earlier), y, axis)
    x_bar += split_axes(scan_back(entries, merge_axes(y_bar, axis)) * earlier, x, axis)


@helper
def linear_scan(a, b):
    """Solution of y[i] = a[i] y[i - 1] + b[i] along the last axis, from y[-1] = 0."""
    y = np.empty(np.shape(b), dtype=np.result_type(a, b))
    value = np.zeros_like(y[..., 0])
    for i in range(np.shape(b)[-1]):
        value = a[..., i] * value + b[..., i]
        y[..., i] = value
    return y


@rule(linear_scan, shape="like:b", fresh=True)
def linear_scan_rule(a, b):
    y = linear_scan(a, b)
    y_dot = linear_scan(a, a_dot * preceding(y, 0.0) + b_dot)
    a_bar += scan_back(a, y_bar) * preceding(y, 0.0)
    b_bar += scan_back(a, y_bar)


@helper
def scan_back(a, y_bar):
    """Adjoint of linear_scan: b[i] = a[i + 1] b[i + 1] + y_bar[i], from the end to the start."""
    return np.flip(linear_scan(preceding(np.flip(a, -1), 0.0), np.flip(y_bar, -1)), -1)


@helper
def preceding(x, first):
    """The entry before each entry of the last axis, `first` before the first one."""
    return np.concatenate((np.full_like(x[..., :1], first), x[..., :-1]), axis=-1)


@helper
def merge_axes(x, axis):
    """x with the axes of a reduction made one, the last."""
    if axis is None:
        return np.ravel(x)
    if isinstance(axis, int):
        return np.moveaxis(x, axis, -1)
    rest = [i for i in range(np.ndim(x)) if i not in axis and i - np.ndim(x) not in axis]
    return np.reshape(np.transpose(x, (*rest, *axis)), [*(np.shape(x)[i] for i in rest), -1])


@rule(merge_axes, linear_in="x", view_of="x")
def merge_axes_rule(x, axis):
    y = merge_axes(x, axis)
    x_bar += split_axes(y_bar, x, axis)


@helper
def split_axes(y, x, axis):
    """The inverse of merge_axes: y in the shape of x."""
    if axis is None:
        return np.reshape(y, np.shape(x))
    if isinstance(axis, int):
        return np.moveaxis(y, -1, axis)
    rest = [i for i in range(np.ndim(x)) if i not in axis and i - np.ndim(x) not in axis]
    order = [*rest, *(i % np.ndim(x) for i in axis)]
    return np.transpose(np.reshape(y, [np.shape(x)[i] for i in order]), np.argsort(order))


@rule(split_axes, linear_in="y", shape="like:x", view_of="y")
def split_axes_rule(y, x, axis):
    z = split_axes(y, x, axis)
    y_bar += merge_axes(z_bar, axis)


@rule(np.diff, linear_in="x")
def diff(x, n=1, axis=-1):
    y = np.diff(x, n=n, axis=axis)
    x_bar += differences_back(y_bar, x, n, axis)


@helper
def differences_back(y_bar, x, n, axis):
    """Adjoint of np.diff: the differences of y_bar between zeros, n times, with the sign turned."""
    if np.shape(x)[axis] <= n:
        return np.zeros(np.shape(x), dtype=np.result_type(x, 0.0))
    if n == 1 and np.ndim(x) == 1:
        return -np.diff(np.pad(y_bar, 1))
    widths = [(0, 0)] * np.ndim(x)
    widths[axis] = (n, n)
    return (-1.0) ** n * np.diff(np.pad(y_bar, widths), n=n, axis=axis)


@rule(differences_back, linear_in="y_bar", shape="like:x", view_of="")
def differences_back_rule(y_bar, x, n, axis):
    r = differences_back(y_bar, x, n, axis)
    y_bar_bar += np.diff(r_bar, n=n, axis=axis)
