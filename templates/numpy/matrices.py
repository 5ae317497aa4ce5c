"""Diagonals, traces and triangles."""

import numpy as np
from s2sad.templates.core import unbroadcast

from s2sad.rules import helper, rule


@rule(np.diagonal, np.ndarray.diagonal, linear_in="x", view_of="x")
def diagonal(x, offset=0, axis1=0, axis2=1):
    y = np.diagonal(x, offset=offset, axis1=axis1, axis2=axis2)
    x_bar += on_diagonal(y_bar, x, offset, axis1, axis2)


@helper
def on_diagonal(y_bar, x, offset, axis1, axis2):
    """Zeros in the shape of x, with y_bar on the diagonal."""
    x_bar = np.zeros(np.shape(x), dtype=y_bar.dtype)
    matrices = np.moveaxis(x_bar, (axis1, axis2), (-2, -1))
    k = np.arange(np.shape(y_bar)[-1])
    matrices[..., k + max(-offset, 0), k + max(offset, 0)] = y_bar
    return x_bar


@rule(on_diagonal, linear_in="y_bar", shape="like:x", view_of="")
def on_diagonal_rule(y_bar, x, offset, axis1, axis2):
    r = on_diagonal(y_bar, x, offset, axis1, axis2)
    y_bar_bar += np.diagonal(r_bar, offset, axis1, axis2)


@rule(np.trace, np.ndarray.trace, linear_in="x")
def trace(x, offset=0, axis1=0, axis2=1):
    y = np.trace(x, offset=offset, axis1=axis1, axis2=axis2)
    x_bar += trace_back(y_bar, x, offset, axis1, axis2)


@helper
def trace_back(y_bar, x, offset, axis1, axis2):
    """Adjoint of np.trace: zeros in the shape of x, with y_bar all along the diagonal."""
    x_bar = np.zeros(np.shape(x), dtype=np.result_type(x, 0.0))
    matrices = np.moveaxis(x_bar, (axis1, axis2), (-2, -1))
    rows, columns = np.shape(matrices)[-2:]
    k = np.arange(min(rows - max(-offset, 0), columns - max(offset, 0)))
    matrices[..., k + max(-offset, 0), k + max(offset, 0)] = np.expand_dims(y_bar, -1)
    return x_bar


@rule(trace_back, linear_in="y_bar", shape="like:x", view_of="")
def trace_back_rule(y_bar, x, offset, axis1, axis2):
    r = trace_back(y_bar, x, offset, axis1, axis2)
    y_bar_bar += np.trace(r_bar, offset, axis1, axis2)


@rule(np.diag, linear_in="x", view_of="x")
def diag(x, k=0):
    y = np.diag(x, k)
    x_bar += diag_back(y_bar, x, k)


@helper
def diag_back(y_bar, x, k):
    """Adjoint of np.diag, which reads the diagonal of a matrix, or makes a matrix with it."""
    if np.ndim(x) == 1:
        return np.diag(y_bar, k)
    return on_diagonal(y_bar, x, k, 0, 1)


@rule(diag_back, linear_in="y_bar", shape="like:x")
def diag_back_rule(y_bar, x, k):
    r = diag_back(y_bar, x, k)
    y_bar_bar += np.diag(r_bar, k)


@rule(np.diagflat, linear_in="x")
def diagflat(x, k=0):
    y = np.diagflat(x, k)
    x_bar += np.reshape(np.diagonal(y_bar, k), np.shape(x))


@rule(np.tril, linear_in="x", shape="triangle")
def tril(x, k=0):
    y = np.tril(x, k)
    x_bar += unbroadcast(np.tril(y_bar, k), x)


@rule(np.triu, linear_in="x", shape="triangle")
def triu(x, k=0):
    y = np.triu(x, k)
    x_bar += unbroadcast(np.triu(y_bar, k), x)
