"""Outer, inner and tensor products. np.einsum has a file of its own."""

import numpy as np
from s2sad.templates.core import unbroadcast

from s2sad.rules import helper, nondifferentiable, rule


@rule(np.outer, np.linalg.outer, linear_in=("x", "y"), shape="outer")
def outer(x, y):
    z = np.outer(x, y)
    x_bar += np.reshape(z_bar @ np.ravel(y), np.shape(x))
    y_bar += np.reshape(np.ravel(x) @ z_bar, np.shape(y))


# For real operands; a complex x would be conjugated.
@rule(np.vdot, linear_in=("x", "y"), shape="scalar")
def vdot(x, y):
    z = np.vdot(x, y)
    x_bar += z_bar * np.reshape(y, np.shape(x))
    y_bar += z_bar * np.reshape(x, np.shape(y))


# Of vectors in three dimensions, along one axis: a . (b x c) = b . (c x a) = c . (a x b).
@rule(np.cross, np.linalg.cross, linear_in=("x", "y"), shape="cross")
def cross(x, y, *, axis=-1):
    z = np.cross(x, y, axis=axis)
    x_bar += vectors_summed(np.cross(y, z_bar, axis=axis), x, axis)
    y_bar += vectors_summed(np.cross(z_bar, x, axis=axis), y, axis)


@helper
def vectors_summed(g, x, axis):
    """The adjoint of x, of which vectors along an axis have been broadcast."""
    if axis == -1 or np.ndim(g) == np.ndim(x):
        return unbroadcast(g, x)
    summed = unbroadcast(np.moveaxis(g, axis, -1), np.moveaxis(x, axis, -1))
    return np.moveaxis(summed, -1, axis)


@rule(vectors_summed, linear_in="g", shape="like:x")
def vectors_summed_rule(g, x, axis):
    r = vectors_summed(g, x, axis)
    shape = np.shape(np.moveaxis(g, axis, -1))
    g_bar += np.moveaxis(np.broadcast_to(np.moveaxis(r_bar, axis, -1), shape), -1, axis)


@rule(np.convolve, linear_in=("x", "y"), shape="vector")
def convolve(x, y):
    z = np.convolve(x, y)
    x_bar += np.reshape(sliding_products(z_bar, y), np.shape(x))
    y_bar += np.reshape(sliding_products(z_bar, x), np.shape(y))


@helper
def sliding_products(z, y):
    """c[k], the sum over n of z[n + k] y[n]: the adjoint of np.convolve."""
    return np.correlate(z, np.atleast_1d(y), mode="valid")


@rule(sliding_products, linear_in=("z", "y"), shape="vector", fresh=True)
def sliding_products_rule(z, y):
    c = sliding_products(z, y)
    z_bar += np.convolve(c_bar, y)
    y_bar += np.reshape(sliding_products(z, c_bar), np.shape(y))


@rule(np.inner, linear_in=("x", "y"))
def inner(x, y):
    z = np.inner(x, y)
    x_bar += inner_left(z_bar, x, y)
    y_bar += inner_right(z_bar, x, y)


@helper
def inner_left(z_bar, x, y):
    """Adjoint of x in z = np.inner(x, y)."""
    if np.ndim(x) == 0:
        return np.sum(z_bar * y)
    if np.ndim(y) <= 1:
        return np.expand_dims(z_bar, -1) * y if np.ndim(y) == 1 and np.ndim(x) > 1 else z_bar * y
    if np.ndim(y) == 2:
        return z_bar @ y
    return np.tensordot(z_bar, y, axes=np.ndim(y) - 1)


@rule(inner_left, linear_in=("z_bar", "y"), shape="like:x", view_of="")
def inner_left_rule(z_bar, x, y):
    r = inner_left(z_bar, x, y)
    z_bar_bar += np.inner(r_bar, y)
    y_bar += inner_right(z_bar, r_bar, y)


@helper
def inner_right(z_bar, x, y):
    """Adjoint of y in z = np.inner(x, y)."""
    if np.ndim(y) == 0:
        return np.sum(z_bar * x)
    if np.ndim(x) <= 1:
        return np.expand_dims(z_bar, -1) * x if np.ndim(x) == 1 and np.ndim(y) > 1 else z_bar * x
    if np.ndim(x) == 2 and np.ndim(y) == 1:
        return z_bar @ x
    if np.ndim(x) == 2 and np.ndim(y) == 2:
        return z_bar.T @ x
    rows = tuple(range(np.ndim(x) - 1))
    return np.tensordot(z_bar, x, axes=(rows, rows))


@rule(inner_right, linear_in=("z_bar", "x"), shape="like:y", view_of="")
def inner_right_rule(z_bar, x, y):
    r = inner_right(z_bar, x, y)
    z_bar_bar += np.inner(x, r_bar)
    x_bar += inner_left(z_bar, x, r_bar)


@rule(np.tensordot, np.linalg.tensordot, linear_in=("x", "y"))
def tensordot(x, y, axes=2):
    z = np.tensordot(x, y, axes=axes)
    x_bar += tensordot_left(z_bar, x, y, axes)
    y_bar += tensordot_right(z_bar, x, y, axes)


@helper
def tensordot_left(z_bar, x, y, axes):
    """Adjoint of x in z = np.tensordot(x, y, axes)."""
    if isinstance(axes, int) and axes == 1 and np.ndim(x) == 2 and np.ndim(y) == 2:
        return z_bar @ y.T
    if isinstance(axes, int) and axes == 0:
        return np.tensordot(z_bar, y, axes=np.ndim(y))
    of_x, of_y = contracted(x, y, axes)
    free = [k for k in range(np.ndim(y)) if k not in of_y]
    z_axes = range(np.ndim(z_bar) - len(free), np.ndim(z_bar))
    g = np.tensordot(z_bar, y, axes=(list(z_axes), free))
    order = [k for k in range(np.ndim(x)) if k not in of_x]
    order += [of_x[of_y.index(k)] for k in sorted(of_y)]
    return np.transpose(g, np.argsort(order))


@rule(tensordot_left, linear_in=("z_bar", "y"), shape="like:x", view_of="")
def tensordot_left_rule(z_bar, x, y, axes):
    r = tensordot_left(z_bar, x, y, axes)
    z_bar_bar += np.tensordot(r_bar, y, axes=axes)
    y_bar += tensordot_right(z_bar, r_bar, y, axes)


@helper
def tensordot_right(z_bar, x, y, axes):
    """Adjoint of y in z = np.tensordot(x, y, axes)."""
    if isinstance(axes, int) and axes == 1 and np.ndim(x) == 2 and np.ndim(y) == 2:
        return x.T @ z_bar
    if isinstance(axes, int) and axes == 0:
        return np.tensordot(x, z_bar, axes=np.ndim(x))
    of_x, of_y = contracted(x, y, axes)
    free = [k for k in range(np.ndim(x)) if k not in of_x]
    g = np.tensordot(x, z_bar, axes=(free, list(range(len(free)))))
    order = [of_y[of_x.index(k)] for k in sorted(of_x)]
    order += [k for k in range(np.ndim(y)) if k not in of_y]
    return np.transpose(g, np.argsort(order))


@rule(tensordot_right, linear_in=("z_bar", "x"), shape="like:y", view_of="")
def tensordot_right_rule(z_bar, x, y, axes):
    r = tensordot_right(z_bar, x, y, axes)
    z_bar_bar += np.tensordot(x, r_bar, axes=axes)
    x_bar += tensordot_left(z_bar, x, r_bar, axes)


@helper
def contracted(x, y, axes):
    """The axes of x and of y over which np.tensordot sums, counted from 0."""
    if np.ndim(axes) == 0:
        return list(range(np.ndim(x) - axes, np.ndim(x))), list(range(axes))
    of_x, of_y = axes
    of_x = [of_x] if np.ndim(of_x) == 0 else of_x
    of_y = [of_y] if np.ndim(of_y) == 0 else of_y
    return [int(k) % np.ndim(x) for k in of_x], [int(k) % np.ndim(y) for k in of_y]


nondifferentiable(contracted)


@rule(np.kron, linear_in=("x", "y"))
def kron(x, y):
    z = np.kron(x, y)
    x_bar += kron_left(z_bar, x, y)
    y_bar += kron_right(z_bar, x, y)


@helper
def kron_left(z_bar, x, y):
    """Adjoint of x in z = np.kron(x, y)."""
    blocks, odd = kron_blocks(z_bar, x, y)
    y = np.reshape(y, [np.shape(blocks)[k] for k in odd])
    return np.reshape(np.tensordot(blocks, y, axes=(odd, list(range(len(odd))))), np.shape(x))


@rule(kron_left, linear_in=("z_bar", "y"), shape="like:x", view_of="")
def kron_left_rule(z_bar, x, y):
    r = kron_left(z_bar, x, y)
    z_bar_bar += np.kron(r_bar, y)
    y_bar += kron_right(z_bar, r_bar, y)


@helper
def kron_right(z_bar, x, y):
    """Adjoint of y in z = np.kron(x, y)."""
    blocks, odd = kron_blocks(z_bar, x, y)
    even = [k - 1 for k in odd]
    x = np.reshape(x, [np.shape(blocks)[k] for k in even])
    return np.reshape(np.tensordot(x, blocks, axes=(list(range(len(even))), even)), np.shape(y))


@rule(kron_right, linear_in=("z_bar", "x"), shape="like:y", view_of="")
def kron_right_rule(z_bar, x, y):
    r = kron_right(z_bar, x, y)
    z_bar_bar += np.kron(x, r_bar)
    x_bar += kron_left(z_bar, x, r_bar)


@helper
def kron_blocks(z_bar, x, y):
    """z_bar with an axis of x and an axis of y for each of its axes, and where those of y are."""
    rank = np.ndim(z_bar)
    of_x = [1] * (rank - np.ndim(x)) + list(np.shape(x))
    of_y = [1] * (rank - np.ndim(y)) + list(np.shape(y))
    return np.reshape(z_bar, sum(zip(of_x, of_y), ())), list(range(1, 2 * rank, 2))


nondifferentiable(kron_blocks)
