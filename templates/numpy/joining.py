"""Arrays joined to one, and the parts that give each operand its adjoint."""

import numpy as np

from s2sad.rules import helper, nondifferentiable, rule


@rule(np.concatenate, np.concat, linear_in="arrays", shape="concatenate")
def concatenate(*arrays, axis=0):
    y = np.concatenate(arrays, axis=axis)
    arrays_bar[i] += part(y_bar, arrays, i, axis)


@rule(np.stack, linear_in="arrays", shape="stack")
def stack(*arrays, axis=0):
    y = np.stack(arrays, axis=axis)
    arrays_bar[i] += layer(y_bar, i, axis)


@rule(np.vstack, linear_in="arrays")
def vstack(*arrays):
    y = np.vstack(arrays)
    arrays_bar[i] += slab(y_bar, arrays, i, 0)


@rule(np.hstack, linear_in="arrays")
def hstack(*arrays):
    y = np.hstack(arrays)
    arrays_bar[i] += slab(y_bar, arrays, i, 1)


@rule(np.dstack, linear_in="arrays")
def dstack(*arrays):
    y = np.dstack(arrays)
    arrays_bar[i] += slab(y_bar, arrays, i, 2)


@rule(np.column_stack, linear_in="arrays")
def column_stack(*arrays):
    y = np.column_stack(arrays)
    arrays_bar[i] += slab(y_bar, arrays, i, 1)


@helper
def part(y_bar, arrays, i, axis):
    """The part of y_bar that operand i of a concatenation fills."""
    if axis == 0:
        start = offset(arrays, i, 0)
        return y_bar[start : start + np.shape(arrays[i])[0]]
    if axis == 1:
        start = offset(arrays, i, 1)
        return y_bar[:, start : start + np.shape(arrays[i])[1]]
    if axis == -1:
        start = offset(arrays, i, -1)
        return y_bar[..., start : start + np.shape(arrays[i])[-1]]
    return slab(y_bar, arrays, i, axis)


@rule(part, linear_in="y_bar")
def part_rule(y_bar, arrays, i, axis):
    r = part(y_bar, arrays, i, axis)
    y_bar_bar += slab_back(r_bar, y_bar, arrays, i, axis)


@helper
def offset(arrays, i, axis):
    """Where operand i of a concatenation starts."""
    if i == 0:
        return 0
    return offset(arrays, i - 1, axis) + np.shape(arrays[i - 1])[axis]


@helper
def joined_axis(y_bar, axis):
    """The axis, counted from 0, along which arrays were joined; np.hstack joins vectors along axis 0."""
    if axis is None:
        return 0
    return min(axis, np.ndim(y_bar) - 1) if axis >= 0 else axis + np.ndim(y_bar)


nondifferentiable(joined_axis)


@helper
def slab(y_bar, arrays, i, axis):
    """The part of y_bar that operand i of a joined array fills, in the shape of the operand."""
    axis = joined_axis(y_bar, axis)
    across = max(np.size(y_bar) // max(np.shape(y_bar)[axis], 1), 1)
    start = sum(np.size(a) // across for a in arrays[:i])
    stop = start + np.size(arrays[i]) // across
    rows = np.moveaxis(y_bar, axis, 0)[start:stop]
    return np.reshape(np.moveaxis(rows, 0, axis), np.shape(arrays[i]))


@rule(slab, linear_in="y_bar")
def slab_rule(y_bar, arrays, i, axis):
    r = slab(y_bar, arrays, i, axis)
    y_bar_bar += slab_back(r_bar, y_bar, arrays, i, axis)


@helper
def slab_back(r_bar, y_bar, arrays, i, axis):
    """Zeros in the shape of y_bar, with r_bar in the place of operand i."""
    parts = [np.zeros(np.shape(a), dtype=np.result_type(r_bar)) for a in arrays]
    parts[i] = r_bar
    axis = joined_axis(y_bar, axis)
    across = [n for k, n in enumerate(np.shape(y_bar)) if k != axis]
    size = max(np.size(y_bar) // max(np.shape(y_bar)[axis], 1), 1)
    rows = [np.reshape(p, (*across[:axis], np.size(p) // size, *across[axis:])) for p in parts]
    return np.concatenate(rows, axis=axis)


@rule(slab_back, linear_in="r_bar", shape="like:y_bar")
def slab_back_rule(r_bar, y_bar, arrays, i, axis):
    s = slab_back(r_bar, y_bar, arrays, i, axis)
    r_bar_bar += slab(s_bar, arrays, i, axis)


@helper
def layer(y_bar, i, axis):
    """Layer i of a stack of arrays."""
    if axis == 0:
        return y_bar[i]
    if axis == 1:
        return y_bar[:, i]
    if axis == -1:
        return y_bar[..., i]
    return np.moveaxis(y_bar, axis, 0)[i]


@rule(layer, linear_in="y_bar")
def layer_rule(y_bar, i, axis):
    r = layer(y_bar, i, axis)
    y_bar_bar += layer_back(r_bar, y_bar, i, axis)


@helper
def layer_back(r_bar, y_bar, i, axis):
    """Zeros in the shape of y_bar, with r_bar as layer i."""
    s = np.zeros_like(y_bar)
    np.moveaxis(s, axis, 0)[i] = r_bar
    return s


@rule(layer_back, linear_in="r_bar", shape="like:y_bar")
def layer_back_rule(r_bar, y_bar, i, axis):
    s = layer_back(r_bar, y_bar, i, axis)
    r_bar_bar += layer(s_bar, i, axis)
