"""Reductions over axes: products, extremes, variances, norms."""

import numpy as np
from s2sad.templates.core import count, spread
from s2sad.templates.numpy.running import linear_scan, merge_axes, preceding, split_axes

from s2sad.rules import helper, rule


# Ties share equally.
@rule(np.max, np.amax, np.ndarray.max, shape="reduction")
def max(x, axis=None, *, keepdims=False):
    y = np.max(x, axis=axis, keepdims=keepdims)
    at_peak = x == spread(y, x, axis, keepdims)
    ties = np.sum(at_peak, axis=axis, keepdims=keepdims)
    y_dot = np.sum(at_peak * x_dot, axis=axis, keepdims=keepdims) / ties
    x_bar += at_peak * spread(y_bar / ties, x, axis, keepdims)


@rule(np.min, np.amin, np.ndarray.min, shape="reduction")
def min(x, axis=None, *, keepdims=False):
    y = np.min(x, axis=axis, keepdims=keepdims)
    at_bottom = x == spread(y, x, axis, keepdims)
    ties = np.sum(at_bottom, axis=axis, keepdims=keepdims)
    y_dot = np.sum(at_bottom * x_dot, axis=axis, keepdims=keepdims) / ties
    x_bar += at_bottom * spread(y_bar / ties, x, axis, keepdims)


@rule(np.nansum, shape="reduction")
def nansum(x, axis=None, *, keepdims=False):
    y = np.nansum(x, axis=axis, keepdims=keepdims)
    missing = np.isnan(x)
    y_dot = np.sum(np.where(missing, 0.0, x_dot), axis=axis, keepdims=keepdims)
    x_bar += np.where(missing, 0.0, spread(y_bar, x, axis, keepdims))


@rule(np.var, np.ndarray.var, shape="reduction")
def var(x, axis=None, *, ddof=0, keepdims=False):
    y = np.var(x, axis=axis, ddof=ddof, keepdims=keepdims)
    centred = x - np.mean(x, axis=axis, keepdims=True)
    freedom = count(x, axis) - ddof
    y_dot = 2.0 * np.sum(centred * x_dot, axis=axis, keepdims=keepdims) / freedom
    x_bar += centred * spread(2.0 * y_bar / freedom, x, axis, keepdims)


# Where all entries are equal the derivative is 0: y + (y == 0) is 1 there, and y elsewhere.
@rule(np.std, np.ndarray.std, shape="reduction")
def std(x, axis=None, *, ddof=0, keepdims=False):
    y = np.std(x, axis=axis, ddof=ddof, keepdims=keepdims)
    centred = x - np.mean(x, axis=axis, keepdims=True)
    scale = (y + (y == 0)) * (count(x, axis) - ddof)
    y_dot = np.sum(centred * x_dot, axis=axis, keepdims=keepdims) / scale
    x_bar += centred * spread(y_bar / scale, x, axis, keepdims)


# The Euclidean norm of vectors and the Frobenius norm of matrices; 0 has derivative 0.
@rule(np.linalg.norm, shape="reduction")
def norm(x, *, axis=None, keepdims=False):
    y = np.linalg.norm(x, axis=axis, keepdims=keepdims)
    length = y + (y == 0)
    y_dot = np.sum(x * x_dot, axis=axis, keepdims=keepdims) / length
    x_bar += x * spread(y_bar / length, x, axis, keepdims)


@rule(np.prod, np.ndarray.prod, shape="reduction")
def prod(x, axis=None, *, keepdims=False):
    y = np.prod(x, axis=axis, keepdims=keepdims)
    others = product_of_others(x, axis)
    y_dot = np.sum(others * x_dot, axis=axis, keepdims=keepdims)
    x_bar += others * spread(y_bar, x, axis, keepdims)


@helper
def product_of_others(x, axis):
    """The product of all other entries along the axes, for each entry: right with zeros in x."""
    product = np.prod(x, axis=axis, keepdims=True)
    if np.all(product != 0):
        return product / x
    entries = merge_axes(x, axis)
    ones = np.ones_like(entries[..., :1])
    before = np.cumprod(np.concatenate((ones, entries[..., :-1]), axis=-1), axis=-1)
    after = np.cumprod(np.concatenate((ones, entries[..., :0:-1]), axis=-1), axis=-1)
    return split_axes(before * after[..., ::-1], x, axis)


# The matrix of this derivative is symmetric, so the adjoint is the tangent's formula.
@rule(product_of_others, shape="like:x")
def product_of_others_rule(x, axis):
    y = product_of_others(x, axis)
    y_dot = split_axes(product_of_others_dot(merge_axes(x, axis), merge_axes(x_dot, axis)), x, axis)
    x_bar += split_axes(
        product_of_others_dot(merge_axes(x, axis), merge_axes(y_bar, axis)), x, axis
    )


@helper
def product_of_others_dot(x, v):
    """Derivative of the products of all other entries of the last axis, in the direction v."""
    ahead, behind = preceding(x, 1.0), preceding(np.flip(x, -1), 1.0)
    before, after = np.cumprod(ahead, axis=-1), np.cumprod(behind, axis=-1)
    before_dot = linear_scan(ahead, preceding(v, 0.0) * preceding(before, 1.0))
    after_dot = linear_scan(behind, preceding(np.flip(v, -1), 0.0) * preceding(after, 1.0))
    return before_dot * np.flip(after, -1) + before * np.flip(after_dot, -1)
