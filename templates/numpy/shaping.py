"""The same entries in another shape or order, repeated, or with a border."""

import numpy as np
from s2sad.templates.core import unbroadcast

from s2sad.rules import helper, rule


@rule(np.ravel, np.ndarray.ravel, linear_in="x", shape="ravel", view_of="x")
def ravel(x):
    y = np.ravel(x)
    x_bar += np.reshape(y_bar, np.shape(x))


@rule(np.ndarray.flatten, linear_in="x", shape="ravel")
def flatten(x):
    y = x.flatten()
    x_bar += np.reshape(y_bar, np.shape(x))


@rule(np.squeeze, np.ndarray.squeeze, linear_in="x", shape="squeeze", view_of="x")
def squeeze(x, axis=None):
    y = np.squeeze(x, axis=axis)
    x_bar += np.reshape(y_bar, np.shape(x))


@rule(np.atleast_1d, linear_in="x", shape="atleast", view_of="x")
def atleast_1d(x):
    y = np.atleast_1d(x)
    x_bar += shaped_like(y_bar, x)


@rule(np.ascontiguousarray, linear_in="x", shape="conversion", view_of="x")
def ascontiguousarray(x, dtype=None):
    y = np.ascontiguousarray(x, dtype=dtype)
    x_bar += shaped_like(y_bar, x)


@rule(np.atleast_2d, linear_in="x", shape="atleast", view_of="x")
def atleast_2d(x):
    y = np.atleast_2d(x)
    x_bar += shaped_like(y_bar, x)


@rule(np.atleast_3d, linear_in="x", shape="atleast", view_of="x")
def atleast_3d(x):
    y = np.atleast_3d(x)
    x_bar += shaped_like(y_bar, x)


@helper
def shaped_like(y_bar, x):
    """y_bar in the shape of x, which has as many entries; a number where x is one."""
    if np.ndim(x) == 0:
        return np.sum(y_bar)
    return np.reshape(y_bar, np.shape(x))


@rule(shaped_like, linear_in="y_bar", shape="like:x", view_of="y_bar")
def shaped_like_rule(y_bar, x):
    r = shaped_like(y_bar, x)
    y_bar_bar += np.reshape(r_bar, np.shape(y_bar))


@rule(np.moveaxis, linear_in="x", shape="moveaxis", view_of="x")
def moveaxis(x, source, destination):
    y = np.moveaxis(x, source, destination)
    x_bar += np.moveaxis(y_bar, destination, source)


@rule(np.rollaxis, linear_in="x", view_of="x")
def rollaxis(x, axis, start=0):
    y = np.rollaxis(x, axis, start)
    x_bar += rollaxis_back(y_bar, axis, start)


@helper
def rollaxis_back(y_bar, axis, start):
    """Adjoint of np.rollaxis: the axis moved back to its place."""
    axis = axis % np.ndim(y_bar)
    start = start + np.ndim(y_bar) if start < 0 else start
    return np.moveaxis(y_bar, start - 1 if axis < start else start, axis)


@rule(rollaxis_back, linear_in="y_bar", view_of="y_bar")
def rollaxis_back_rule(y_bar, axis, start):
    r = rollaxis_back(y_bar, axis, start)
    y_bar_bar += np.rollaxis(r_bar, axis, start)


@rule(np.matrix_transpose, np.linalg.matrix_transpose, linear_in="x", view_of="x")
def matrix_transpose(x):
    y = np.matrix_transpose(x)
    x_bar += np.matrix_transpose(y_bar)


@rule(np.flip, linear_in="x", shape="like", view_of="x")
def flip(x, axis=None):
    y = np.flip(x, axis=axis)
    x_bar += np.flip(y_bar, axis=axis)


@rule(np.fliplr, linear_in="x", shape="like", view_of="x")
def fliplr(x):
    y = np.fliplr(x)
    x_bar += np.fliplr(y_bar)


@rule(np.flipud, linear_in="x", shape="like", view_of="x")
def flipud(x):
    y = np.flipud(x)
    x_bar += np.flipud(y_bar)


@rule(np.rot90, linear_in="x", view_of="x")
def rot90(x, k=1, axes=(0, 1)):
    y = np.rot90(x, k=k, axes=axes)
    x_bar += np.rot90(y_bar, -k, axes)


@rule(np.roll, linear_in="x", shape="like")
def roll(x, shift, axis=None):
    y = np.roll(x, shift, axis=axis)
    x_bar += roll_back(y_bar, shift, axis)


@helper
def roll_back(y_bar, shift, axis):
    """Adjoint of np.roll: rolled the other way."""
    if isinstance(shift, int):
        return np.roll(y_bar, -shift, axis=axis)
    return np.roll(y_bar, np.negative(shift), axis=axis)


@rule(roll_back, linear_in="y_bar", shape="like:y_bar", view_of="")
def roll_back_rule(y_bar, shift, axis):
    r = roll_back(y_bar, shift, axis)
    y_bar_bar += np.roll(r_bar, shift, axis=axis)


@rule(np.tile, linear_in="x")
def tile(x, reps):
    y = np.tile(x, reps)
    x_bar += tile_back(y_bar, x, reps)


@helper
def tile_back(y_bar, x, reps):
    """Adjoint of np.tile: the sum of the tiles."""
    reps = [int(n) for n in np.ravel(reps)]
    rank = max(len(reps), np.ndim(x))
    counts = [1] * (rank - len(reps)) + reps
    shape = [1] * (rank - np.ndim(x)) + list(np.shape(x))
    tiles = np.reshape(y_bar, sum(zip(counts, shape), ()))
    return shaped_like(np.sum(tiles, axis=tuple(range(0, 2 * rank, 2))), x)


@rule(tile_back, linear_in="y_bar", shape="like:x", view_of="")
def tile_back_rule(y_bar, x, reps):
    r = tile_back(y_bar, x, reps)
    y_bar_bar += np.tile(r_bar, reps)


@rule(np.resize, linear_in="x", shape="broadcast_to")
def resize(x, new_shape):
    y = np.resize(x, new_shape)
    x_bar += resize_back(y_bar, x)


@helper
def resize_back(y_bar, x):
    """Adjoint of np.resize: the sum over the copies of each entry; the last ones may be cut off."""
    entries, n = np.ravel(y_bar), np.size(x)
    copies = -(-len(entries) // max(n, 1))
    filled = np.zeros(copies * n, entries.dtype)
    if n:
        filled[: len(entries)] = entries
    return shaped_like(np.sum(np.reshape(filled, (copies, n)), axis=0), x)


@rule(resize_back, linear_in="y_bar", shape="like:x", view_of="")
def resize_back_rule(y_bar, x):
    r = resize_back(y_bar, x)
    y_bar_bar += np.resize(r_bar, np.shape(y_bar))


@rule(np.repeat, np.ndarray.repeat, linear_in="x")
def repeat(x, repeats, axis=None):
    y = np.repeat(x, repeats, axis=axis)
    x_bar += repeat_back(y_bar, x, repeats, axis)


@helper
def repeat_back(y_bar, x, repeats, axis):
    """Adjoint of np.repeat: the sum over the copies of each entry."""
    if axis is None:
        return shaped_like(repeat_back(y_bar, np.ravel(x), repeats, 0), x)
    copies = np.moveaxis(y_bar, axis, 0)
    n = np.shape(x)[axis]
    if np.ndim(repeats) == 0:
        entries = np.sum(np.reshape(copies, (n, repeats, *np.shape(copies)[1:])), axis=1)
    else:
        entries = np.zeros((n, *np.shape(copies)[1:]), dtype=y_bar.dtype)
        np.add.at(entries, np.repeat(np.arange(n), repeats), copies)
    return np.moveaxis(entries, 0, axis)


@rule(repeat_back, linear_in="y_bar", shape="like:x", view_of="")
def repeat_back_rule(y_bar, x, repeats, axis):
    r = repeat_back(y_bar, x, repeats, axis)
    y_bar_bar += np.repeat(r_bar, repeats, axis=axis)


# The other modes of np.pad (mean, maximum, ...) are not copies of entries; they raise.
@rule(np.pad, shape="padded")
def pad(x, pad_width, mode="constant", *, constant_values=0):
    y = np.pad(x, pad_width, mode=mode, constant_values=constant_values)
    y_dot = padded(x_dot, pad_width, mode) + border(constant_values_dot, x, pad_width)
    x_bar += unpad(y_bar, x, pad_width, mode)
    constant_values_bar += border_sum(y_bar, x, pad_width, constant_values)


@helper
def border(value, x, pad_width):
    """Zeros in the shape of x, with a border of one value around them."""
    return np.pad(np.zeros_like(x), pad_width, constant_values=value)


@helper
def border_sum(y_bar, x, pad_width, value):
    """The sum of y_bar over the border that np.pad added to x, or over the part of each of the values in it.

    Corners have the value of their last axis.
    """
    if np.ndim(value) == 0:
        return np.sum(y_bar) - np.sum(unpad(y_bar, x, pad_width, "constant"))
    widths = np.broadcast_to(pad_width, (np.ndim(x), 2))
    inner = tuple(slice(b, b + n) for b, n in zip(widths[:, 0], np.shape(x)))
    sums = np.zeros((np.ndim(x), 2), dtype=y_bar.dtype)
    for k in range(np.ndim(x)):
        part = y_bar[(slice(None),) * (k + 1) + inner[k + 1 :]]
        before, after = np.split(part, [inner[k].start, inner[k].stop], axis=k)[::2]
        sums[k] = np.sum(before), np.sum(after)
    return unbroadcast(sums, value)


@rule(border_sum, linear_in="y_bar", shape="like:value", view_of="")
def border_sum_rule(y_bar, x, pad_width, value):
    r = border_sum(y_bar, x, pad_width, value)
    y_bar_bar += border(r_bar, x, pad_width)


@helper
def padded(x, pad_width, mode):
    """np.pad as a linear function: a border of zeros, or of copies of entries of x."""
    if mode == "constant":
        return np.pad(x, pad_width)
    if mode in ("edge", "reflect", "symmetric", "wrap"):
        return np.pad(x, pad_width, mode=mode)
    raise ValueError(f"np.pad has no derivative rule for the mode {mode!r}")


@rule(padded, linear_in="x", view_of="")
def padded_rule(x, pad_width, mode):
    y = padded(x, pad_width, mode)
    x_bar += unpad(y_bar, x, pad_width, mode)


@helper
def unpad(y_bar, x, pad_width, mode):
    """Adjoint of np.pad: the inner part, and what the border copied from it."""
    if mode == "constant":
        if isinstance(pad_width, int) and pad_width > 0 and np.ndim(x) == 1:
            return y_bar[pad_width:-pad_width]
        if isinstance(pad_width, int) and pad_width > 0 and np.ndim(x) == 2:
            return y_bar[pad_width:-pad_width, pad_width:-pad_width]
        before = np.broadcast_to(pad_width, (np.ndim(x), 2))[:, 0]
        return y_bar[tuple(slice(b, b + n) for b, n in zip(before, np.shape(x)))]
    if mode not in ("edge", "reflect", "symmetric", "wrap"):
        raise ValueError(f"np.pad has no derivative rule for the mode {mode!r}")
    widths = np.broadcast_to(pad_width, (np.ndim(x), 2))
    sources = [np.pad(np.arange(n), w, mode=mode) for n, w in zip(np.shape(x), widths)]
    x_bar = np.zeros(np.shape(x), dtype=y_bar.dtype)
    np.add.at(x_bar, np.ix_(*sources), y_bar)
    return x_bar


@rule(unpad, linear_in="y_bar", shape="like:x", view_of="y_bar")
def unpad_rule(y_bar, x, pad_width, mode):
    r = unpad(y_bar, x, pad_width, mode)
    y_bar_bar += padded(r_bar, pad_width, mode)
