"""Sorting, and picking entries by their positions."""

import numpy as np

from s2sad.rules import helper, rule


# Equal entries keep their order (a stable sort), and each keeps its own derivative.
@rule(np.sort, shape="cumulative")
def sort(x, axis=-1, kind=None):
    y = np.sort(x, axis=axis, kind=kind)
    order = np.argsort(x, axis=axis, kind="stable")
    y_dot = np.take_along_axis(x_dot, order, axis=axis)
    x_bar += unsort(y_bar, x, order, axis)


@helper
def unsort(y_bar, x, order, axis):
    """Adjoint of sorting: each entry of y_bar goes back to where it came from."""
    x_bar = np.zeros(np.shape(x) if axis is not None else np.size(x), dtype=y_bar.dtype)
    np.put_along_axis(x_bar, order, y_bar, axis=0 if axis is None else axis)
    return np.reshape(x_bar, np.shape(x))


@rule(unsort, linear_in="y_bar", shape="like:x", view_of="")
def unsort_rule(y_bar, x, order, axis):
    r = unsort(y_bar, x, order, axis)
    y_bar_bar += np.take_along_axis(r_bar, order, axis=axis)


@rule(np.take_along_axis, linear_in="x")
def take_along_axis(x, indices, axis=-1):
    y = np.take_along_axis(x, indices, axis=axis)
    x_bar += add_along_axis(y_bar, x, indices, axis)


@helper
def add_along_axis(y_bar, x, indices, axis):
    """Adjoint of np.take_along_axis: each entry of y_bar is added where it was taken from."""
    if axis is None:
        x_bar = np.zeros(np.size(x), dtype=y_bar.dtype)
        np.add.at(x_bar, indices, y_bar)
        return np.reshape(x_bar, np.shape(x))
    x_bar = np.zeros(np.shape(x), dtype=y_bar.dtype)
    places = list(np.indices(np.shape(x), sparse=True))
    places[axis] = indices
    np.add.at(x_bar, tuple(places), y_bar)
    return x_bar


@rule(add_along_axis, linear_in="y_bar", shape="like:x", view_of="")
def add_along_axis_rule(y_bar, x, indices, axis):
    r = add_along_axis(y_bar, x, indices, axis)
    y_bar_bar += np.take_along_axis(r_bar, indices, axis=axis)


@rule(np.take, np.ndarray.take, linear_in="x")
def take(x, indices, axis=None):
    y = np.take(x, indices, axis=axis)
    x_bar += add_at_indices(y_bar, x, indices, axis)


@helper
def add_at_indices(y_bar, x, indices, axis):
    """Adjoint of np.take: each entry of y_bar is added where it was taken from."""
    indices = np.asarray(indices)
    if axis is None:
        x_bar = np.zeros(np.size(x), dtype=np.result_type(x, 0.0))
        np.add.at(x_bar, indices, y_bar)
        return np.reshape(x_bar, np.shape(x))
    x_bar = np.zeros(np.shape(x), dtype=np.result_type(x, 0.0))
    first = axis % np.ndim(x)
    taken = tuple(range(first, first + np.ndim(indices)))
    np.add.at(np.moveaxis(x_bar, axis, 0), indices, np.moveaxis(y_bar, taken, range(len(taken))))
    return x_bar


@rule(add_at_indices, linear_in="y_bar", shape="like:x", view_of="")
def add_at_indices_rule(y_bar, x, indices, axis):
    r = add_at_indices(y_bar, x, indices, axis)
    y_bar_bar += np.take(r_bar, indices, axis=axis)
