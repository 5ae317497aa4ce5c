"""Arrays joined to one, and the parts that give each operand its adjoint; arrays cut into equal parts."""

import numpy as np
from s2sad.templates.numpy.shaping import shaped_like

from s2sad.rules import helper, intrinsic, nondifferentiable, rule


@rule(np.concatenate, np.concat, linear_in="arrays", shape="concatenate")
def concatenate(*arrays, axis=0):
    y = np.concatenate(arrays, axis=axis)
    arrays_bar[i] += part(y_bar, arrays, i, axis)


# Rows one after the other, as they are appended to a list; of no rows it is not known how long they would be.
@rule(intrinsic.joined, linear_in="arrays", shape="joined")
def joined(*arrays):
    y = joined(*arrays)
    arrays_bar[i] += np.reshape(part(y_bar, arrays, i, 0), np.shape(arrays[i]))


@rule(np.stack, linear_in="arrays", shape="stack")
def stack(*arrays, axis=0):
    y = np.stack(arrays, axis=axis)
    arrays_bar[i] += layer(y_bar, i, axis)


@helper
def split_like(x, parts):
    """Parts of x that are as long as the arrays of a list, joined end to end."""
    ends = np.cumsum([len(p) for p in parts], dtype=int)
    return np.split(x, ends)[:-1]


@rule(np.vstack, linear_in="arrays")
def vstack(*arrays):
    y = np.vstack(arrays)
    arrays_bar[i] += rows_part(y_bar, arrays[i], rows_before(arrays, i))


@rule(np.column_stack, linear_in="arrays")
def column_stack(*arrays):
    y = np.column_stack(arrays)
    arrays_bar[i] += columns_part(y_bar, arrays[i], columns_before(arrays, i))


@rule(np.hstack, linear_in="arrays")
def hstack(*arrays):
    y = np.hstack(arrays)
    arrays_bar[i] += width_part(y_bar, arrays[i], width_before(arrays, i))


@rule(np.dstack, linear_in="arrays")
def dstack(*arrays):
    y = np.dstack(arrays)
    arrays_bar[i] += slab(y_bar, arrays[i], entries_before(arrays, i), 2)


@helper
def part(y_bar, arrays, i, axis):
    """The part of y_bar that operand i of a concatenation fills."""
    if axis == 0:
        start = start_of_part(arrays, i, 0)
        return y_bar[start : start + np.shape(arrays[i])[0]]
    if axis == 1:
        start = start_of_part(arrays, i, 1)
        return y_bar[:, start : start + np.shape(arrays[i])[1]]
    if axis == -1:
        start = start_of_part(arrays, i, -1)
        return y_bar[..., start : start + np.shape(arrays[i])[-1]]
    return slab(y_bar, arrays[i], entries_before(arrays, i), axis)


@rule(part, linear_in="y_bar", view_of="y_bar")
def part_rule(y_bar, arrays, i, axis):
    r = part(y_bar, arrays, i, axis)
    y_bar_bar += slab_back(r_bar, y_bar, entries_before(arrays, i), axis)


@helper
def start_of_part(arrays, i, axis):
    """Where operand i of a concatenation starts."""
    if i == 0:
        return 0
    return start_of_part(arrays, i - 1, axis) + np.shape(arrays[i - 1])[axis]


@helper
def rows_part(y_bar, x, start):
    """The rows of np.vstack that x fills; a vector is one row."""
    if np.ndim(x) == 0:
        return np.sum(y_bar[start])
    if np.ndim(x) == 1:
        return y_bar[start]
    return y_bar[start : start + np.shape(x)[0]]


@rule(rows_part, linear_in="y_bar", shape="like:x", view_of="y_bar")
def rows_part_rule(y_bar, x, start):
    r = rows_part(y_bar, x, start)
    y_bar_bar[start : start + row_count(x)] += r_bar


@helper
def row_count(x):
    """The number of rows that x fills in np.vstack."""
    if np.ndim(x) <= 1:
        return 1
    return np.shape(x)[0]


@helper
def rows_before(arrays, i):
    """The number of rows of np.vstack before operand i."""
    if i == 0:
        return 0
    return rows_before(arrays, i - 1) + row_count(arrays[i - 1])


@helper
def columns_part(y_bar, x, start):
    """The columns of np.column_stack that x fills; a vector is one column."""
    if np.ndim(x) == 0:
        return np.sum(y_bar[:, start])
    if np.ndim(x) == 1:
        return y_bar[:, start]
    return y_bar[:, start : start + np.shape(x)[1]]


@rule(columns_part, linear_in="y_bar", shape="like:x", view_of="y_bar")
def columns_part_rule(y_bar, x, start):
    r = columns_part(y_bar, x, start)
    y_bar_bar[:, start : start + column_count(x)] += np.reshape(
        r_bar, (np.shape(y_bar)[0], column_count(x))
    )


@helper
def column_count(x):
    """The number of columns that x fills in np.column_stack."""
    if np.ndim(x) <= 1:
        return 1
    return np.shape(x)[1]


@helper
def columns_before(arrays, i):
    """The number of columns of np.column_stack before operand i."""
    if i == 0:
        return 0
    return columns_before(arrays, i - 1) + column_count(arrays[i - 1])


@helper
def width_part(y_bar, x, start):
    """The part of np.hstack that x fills: columns, or entries where it is a vector."""
    if np.ndim(x) == 0:
        return np.sum(y_bar[start])
    if np.ndim(x) == 1:
        return y_bar[start : start + np.shape(x)[0]]
    return y_bar[:, start : start + np.shape(x)[1]]


@rule(width_part, linear_in="y_bar", shape="like:x", view_of="y_bar")
def width_part_rule(y_bar, x, start):
    r = width_part(y_bar, x, start)
    y_bar_bar += width_part_back(r_bar, y_bar, start)


@helper
def width_part_back(r_bar, y_bar, start):
    """Zeros in the shape of y_bar, with r_bar from the given column on."""
    s = np.zeros(np.shape(y_bar), dtype=np.result_type(r_bar))
    if np.ndim(y_bar) == 1:
        s[start : start + np.size(r_bar)] = r_bar
    else:
        s[:, start : start + np.shape(r_bar)[1]] = r_bar
    return s


@rule(width_part_back, linear_in="r_bar", shape="like:y_bar", view_of="")
def width_part_back_rule(r_bar, y_bar, start):
    s = width_part_back(r_bar, y_bar, start)
    r_bar_bar += width_part(s_bar, r_bar, start)


@helper
def width_of(x):
    """The number of columns, or of entries of a vector, that x fills in np.hstack."""
    if np.ndim(x) <= 1:
        return np.size(x)
    return np.shape(x)[1]


@helper
def width_before(arrays, i):
    """The number of columns, or of entries of vectors, of np.hstack before operand i."""
    if i == 0:
        return 0
    return width_before(arrays, i - 1) + width_of(arrays[i - 1])


nondifferentiable(row_count, column_count, width_of)


@helper
def entries_before(arrays, i):
    """The number of entries of the operands before operand i."""
    if i == 0:
        return 0
    return entries_before(arrays, i - 1) + np.size(arrays[i - 1])


@helper
def slab(y_bar, x, before, axis):
    """The part of y_bar that x fills, with so many entries of other operands before it."""
    return shaped_like(y_bar[slab_index(y_bar, x, before, axis)], x)


@rule(slab, linear_in="y_bar", shape="like:x", view_of="y_bar")
def slab_rule(y_bar, x, before, axis):
    r = slab(y_bar, x, before, axis)
    y_bar_bar += slab_back(r_bar, y_bar, before, axis)


@helper
def slab_back(r_bar, y_bar, before, axis):
    """Zeros in the shape of y_bar, with r_bar in the place of the operand."""
    s = np.zeros(np.shape(y_bar), dtype=np.result_type(r_bar))
    index = slab_index(y_bar, r_bar, before, axis)
    s[index] = np.reshape(r_bar, np.shape(s[index]))
    return s


@rule(slab_back, linear_in="r_bar", shape="like:y_bar", view_of="")
def slab_back_rule(r_bar, y_bar, before, axis):
    s = slab_back(r_bar, y_bar, before, axis)
    r_bar_bar += slab(s_bar, r_bar, before, axis)


@helper
def slab_index(y_bar, x, before, axis):
    """Index of the part of y_bar that x fills."""
    rank = np.ndim(y_bar)
    axis = 0 if axis is None else axis % rank
    across = max(np.size(y_bar) // max(np.shape(y_bar)[axis], 1), 1)
    start, stop = before // across, (before + np.size(x)) // across
    return (slice(None),) * axis + (slice(start, stop),)


nondifferentiable(slab_index)


@helper
def layer(y_bar, i, axis):
    """Layer i of a stack of arrays."""
    if axis == 0 or np.ndim(y_bar) == 1:
        return y_bar[i]  # of numbers: y_bar[..., i] would be a view
    if axis == 1:
        return y_bar[:, i]
    if axis == -1:
        return y_bar[..., i]
    return np.moveaxis(y_bar, axis, 0)[i]


@rule(layer, linear_in="y_bar", view_of="y_bar")
def layer_rule(y_bar, i, axis):
    r = layer(y_bar, i, axis)
    y_bar_bar += layer_back(r_bar, y_bar, i, axis)


@helper
def layer_back(r_bar, y_bar, i, axis):
    """Zeros in the shape of y_bar, with r_bar as layer i."""
    s = np.zeros_like(y_bar)
    np.moveaxis(s, axis, 0)[i] = r_bar
    return s


@rule(layer_back, linear_in="r_bar", shape="like:y_bar", view_of="")
def layer_back_rule(r_bar, y_bar, i, axis):
    s = layer_back(r_bar, y_bar, i, axis)
    r_bar_bar += layer(s_bar, i, axis)


@rule(np.split, linear_in="x", shape="split", view_of="x")
def split(x, indices_or_sections, axis=0):
    y = np.array(np.split(x, indices_or_sections, axis=axis))
    x_bar += unsplit(y_bar, x, axis)


@helper
def unsplit(y_bar, x, axis):
    """Adjoint of np.split: the parts, which the first axis counts, put together again."""
    place = axis if axis >= 0 else axis - 1
    return np.reshape(np.moveaxis(y_bar, 0, place), np.shape(x))


@rule(unsplit, linear_in="y_bar", shape="like:x", fresh=True)
def unsplit_rule(y_bar, x, axis):
    r = unsplit(y_bar, x, axis)
    y_bar_bar += np.split(r_bar, np.shape(y_bar)[0], axis=axis)
