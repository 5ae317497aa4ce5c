"""Between numbers: in a table, constant outside of it, where a bound counts as inside; and evenly spaced numbers."""

import numpy as np
from s2sad.templates.core import unbroadcast

from s2sad.rules import helper, rule


@rule(np.interp, shape="interpolated")
def interp(x, xp, fp):
    y = np.interp(x, xp, fp)
    y_dot = slope(x, xp, fp) * (x_dot - np.interp(x, xp, xp_dot)) + np.interp(x, xp, fp_dot)
    x_bar += slope(x, xp, fp) * y_bar
    xp_bar += -interp_back(slope(x, xp, fp) * y_bar, x, xp, xp)
    fp_bar += interp_back(y_bar, x, xp, fp)


@helper
def interval(x, xp):
    """The index of the interval of the table in which x lies, or of the nearest one."""
    return np.clip(np.searchsorted(xp, x, side="right") - 1, 0, len(xp) - 2)


@helper
def slope(x, xp, fp):
    """The slope of the interpolation at x."""
    i = interval(x, xp)
    inside = (xp[0] <= x) & (x <= xp[-1])
    return inside * np.diff(fp)[i] / np.diff(xp)[i]


@helper
def slope_back(y_bar, x, xp, table):
    """The adjoint of fp in the slope, of the dtype of `table`."""
    i = interval(x, xp)
    t = ((xp[0] <= x) & (x <= xp[-1])) * y_bar / np.diff(xp)[i]
    bar = np.zeros_like(1.0 * np.asarray(table))
    np.add.at(bar, i, -t)
    np.add.at(bar, i + 1, t)
    return bar


@helper
def interp_back(y_bar, x, xp, table):
    """The adjoint of fp in the interpolation, of the dtype of `table`."""
    i = interval(x, xp)
    t = np.clip((x - np.asarray(xp)[i]) / np.diff(xp)[i], 0.0, 1.0)
    bar = np.zeros_like(1.0 * np.asarray(table))
    np.add.at(bar, i, (1.0 - t) * y_bar)
    np.add.at(bar, i + 1, t * y_bar)
    return bar


@rule(slope, shape="interpolated")
def slope_rule(x, xp, fp):
    y = slope(x, xp, fp)
    y_dot = slope(x, xp, fp_dot) - y * slope(x, xp, xp_dot) + 0.0 * x_dot
    xp_bar += -slope_back(y_bar * y, x, xp, xp)
    fp_bar += slope_back(y_bar, x, xp, fp)


@rule(slope_back, shape="like:table", fresh=True)
def slope_back_rule(y_bar, x, xp, table):
    r = slope_back(y_bar, x, xp, table)
    r_dot = slope_back(y_bar_dot - y_bar * slope(x, xp, xp_dot) + 0.0 * x_dot, x, xp, table)
    y_bar_bar += slope(x, xp, r_bar)
    xp_bar += -slope_back(y_bar * slope(x, xp, r_bar), x, xp, xp)


@rule(interp_back, shape="like:table", fresh=True)
def interp_back_rule(y_bar, x, xp, table):
    r = interp_back(y_bar, x, xp, table)
    r_dot = interp_back(y_bar_dot, x, xp, table) + slope_back(y_bar * (x_dot - np.interp(x, xp, xp_dot)), x, xp, table)
    y_bar_bar += np.interp(x, xp, r_bar)
    x_bar += y_bar * slope(x, xp, r_bar)
    xp_bar += -interp_back(y_bar * slope(x, xp, r_bar), x, xp, xp)


@rule(np.linspace, joint_in=("start", "stop"), shape="spaced")
def linspace(start, stop, num=50, *, endpoint=True):
    y = np.linspace(start, stop, num, endpoint=endpoint)
    start_bar += rows_summed(1.0 - np.linspace(0.0, 1.0, num, endpoint=endpoint), y_bar, start)
    stop_bar += rows_summed(np.linspace(0.0, 1.0, num, endpoint=endpoint), y_bar, stop)


@helper
def rows_summed(weights, y_bar, x):
    """Adjoint of x in y = np.multiply.outer(weights, x), where x may have been broadcast."""
    if np.ndim(y_bar) == 1:
        return np.sum(weights * y_bar)
    if np.ndim(y_bar) == 2:
        return unbroadcast(weights @ y_bar, x)
    return unbroadcast(np.tensordot(weights, y_bar, axes=1), x)


@rule(rows_summed, linear_in="y_bar", shape="like:x", fresh=True)
def rows_summed_rule(weights, y_bar, x):
    r = rows_summed(weights, y_bar, x)
    y_bar_bar += np.tensordot(weights, np.broadcast_to(r_bar, np.shape(y_bar)[1:]), axes=0)
