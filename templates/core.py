"""Operators, indexing, and the array functions on which all other rules stand."""

import builtins
import math
import operator

import numpy as np

from s2sad.rules import helper, intrinsic, nondifferentiable, passive_only, rule

# --- reading and writing items --------------------------------------------------------------------------


@rule(operator.getitem, linear_in="x", shape="getitem", view_of="x")
def getitem(x, index):
    y = x[index]
    x_bar[index] += y_bar


@rule(intrinsic.store, joint_in=("x", "value"), shape="like:x")
def store(x, index, value):
    y = store(x, index, value)
    x_bar += intrinsic.store(y_bar, index, 0.0)
    value_bar += unbroadcast(stays(y_bar[index], y_bar, index), value)


@helper
def stays(g, array, index):
    """g for what is written at an index and stays: the last of the items at one place; else 0."""
    order = np.arange(np.size(g)).reshape(np.shape(g))
    last = np.zeros(np.shape(array), int)
    last[index] = order
    return np.where(last[index] == order, g, 0.0)


@rule(stays, linear_in="g", shape="like:g")
def stays_(g, array, index):
    y = stays(g, array, index)
    g_bar += stays(y_bar, array, index)


@rule(intrinsic.index_add, joint_in=("x", "value"), shape="like:x")
def index_add(x, index, value):
    y = index_add(x, index, value)
    x_bar += y_bar
    value_bar += unbroadcast(y_bar[index], value)


# --- broadcasting -----------------------------------------------------------------------------------------


@helper
def unbroadcast(g, x):
    """The adjoint of a broadcast operand: g summed over the axes along which x was repeated."""
    shape = np.shape(x)
    if not shape:
        return np.sum(g)
    if np.shape(g) == shape:
        return g
    lead = np.ndim(g) - len(shape)
    axes = tuple(i for i in range(np.ndim(g)) if i < lead or shape[i - lead] == 1)
    return np.sum(g, axis=axes).reshape(shape)


@rule(unbroadcast, linear_in="g", shape="like:x")
def unbroadcast_rule(g, x):
    y = unbroadcast(g, x)
    g_bar += np.broadcast_to(y_bar, np.shape(g))


@rule(np.broadcast_to, linear_in="x", shape="broadcast_to", view_of="x")
def broadcast_to(x, shape):
    y = np.broadcast_to(x, shape)
    x_bar += unbroadcast(y_bar, x)


@helper
def spread(y_bar, x, axis, keepdims):
    """The adjoint of a sum: y_bar repeated along the axes over which x was summed."""
    if axis is None or keepdims:
        return np.broadcast_to(y_bar, np.shape(x))
    return np.broadcast_to(np.expand_dims(y_bar, axis), np.shape(x))


@rule(spread, linear_in="y_bar", shape="like:x")
def spread_rule(y_bar, x, axis, keepdims):
    r = spread(y_bar, x, axis, keepdims)
    y_bar_bar += np.sum(r_bar, axis=axis, keepdims=keepdims)


@rule(np.expand_dims, linear_in="x", shape="expand_dims", view_of="x")
def expand_dims(x, axis):
    y = np.expand_dims(x, axis)
    x_bar += np.reshape(y_bar, np.shape(x))


# --- sums ---------------------------------------------------------------------------------------------------


@rule(np.sum, np.ndarray.sum, linear_in="x", shape="reduction")
def sum(x, axis=None, *, keepdims=False):
    y = np.sum(x, axis=axis, keepdims=keepdims)
    x_bar += spread(y_bar, x, axis, keepdims)


@rule(np.mean, np.ndarray.mean, linear_in="x", shape="reduction")
def mean(x, axis=None, *, keepdims=False):
    y = np.mean(x, axis=axis, keepdims=keepdims)
    x_bar += spread(y_bar / count(x, axis), x, axis, keepdims)


@helper
def count(x, axis):
    """The number of elements over which a reduction of x along axis runs."""
    if axis is None:
        return np.size(x)
    if isinstance(axis, int):
        return np.shape(x)[axis]
    return math.prod([np.shape(x)[i] for i in axis])


@rule(count, shape="integer")
def count_rule(x, axis):
    n = count(x, axis)


# --- products -----------------------------------------------------------------------------------------------


@rule(operator.matmul, np.matmul, linear_in=("x", "y"), shape="matmul")
def matmul(x, y):
    z = x @ y
    x_bar += matmul_left(z_bar, x, y)
    y_bar += matmul_right(z_bar, x, y)


@helper
def matmul_left(z_bar, x, y):
    """Adjoint of x in z = x @ y."""
    if np.ndim(y) == 1:
        if np.ndim(x) == 1:
            return z_bar * y
        return np.expand_dims(z_bar, -1) * y
    if np.ndim(x) == 1:
        if np.ndim(y) == 2:
            return y @ z_bar
        return unbroadcast((y @ np.expand_dims(z_bar, -1))[..., 0], x)
    return unbroadcast(z_bar @ np.swapaxes(y, -1, -2), x)


@rule(matmul_left, linear_in=("z_bar", "y"), shape="like:x", fresh=True)
def matmul_left_rule(z_bar, x, y):
    r = matmul_left(z_bar, x, y)
    z_bar_bar += r_bar @ y
    y_bar += matmul_right(z_bar, r_bar, y)


@helper
def matmul_right(z_bar, x, y):
    """Adjoint of y in z = x @ y."""
    if np.ndim(x) == 1:
        if np.ndim(y) == 1:
            return x * z_bar
        if np.ndim(y) == 2:
            return np.expand_dims(x, -1) * z_bar
        return unbroadcast(np.expand_dims(x, -1) * np.expand_dims(z_bar, -2), y)
    if np.ndim(y) == 1:
        if np.ndim(x) == 2:
            return z_bar @ x
        return unbroadcast((np.swapaxes(x, -1, -2) @ np.expand_dims(z_bar, -1))[..., 0], y)
    return unbroadcast(np.swapaxes(x, -1, -2) @ z_bar, y)


@rule(matmul_right, linear_in=("z_bar", "x"), shape="like:y", fresh=True)
def matmul_right_rule(z_bar, x, y):
    r = matmul_right(z_bar, x, y)
    z_bar_bar += x @ r_bar
    x_bar += matmul_left(z_bar, x, r_bar)


@rule(np.dot, np.ndarray.dot, linear_in=("x", "y"), shape="dot")
def dot(x, y):
    z = np.dot(x, y)
    x_bar += dot_left(z_bar, x, y)
    y_bar += dot_right(z_bar, x, y)


@helper
def dot_left(z_bar, x, y):
    """Adjoint of x in z = np.dot(x, y)."""
    if np.ndim(x) == 0:
        return np.sum(z_bar * y)
    if np.ndim(y) == 0:
        return z_bar * y
    if np.ndim(y) <= 2:
        return matmul_left(z_bar, x, y)
    return np.tensordot(z_bar, np.swapaxes(y, -1, -2), axes=np.ndim(y) - 1)


@rule(dot_left, linear_in=("z_bar", "y"), shape="like:x", fresh=True)
def dot_left_rule(z_bar, x, y):
    r = dot_left(z_bar, x, y)
    z_bar_bar += np.dot(r_bar, y)
    y_bar += dot_right(z_bar, r_bar, y)


@helper
def dot_right(z_bar, x, y):
    """Adjoint of y in z = np.dot(x, y)."""
    if np.ndim(y) == 0:
        return np.sum(x * z_bar)
    if np.ndim(x) == 0:
        return x * z_bar
    if np.ndim(x) <= 2 and np.ndim(y) <= 2:
        return matmul_right(z_bar, x, y)
    rank = np.ndim(x) - 1
    if np.ndim(y) == 1:
        return np.tensordot(x, z_bar, axes=[range(rank), range(rank)])
    g = np.tensordot(x, z_bar, axes=[range(rank), range(rank)])
    return np.moveaxis(g, 0, -2)


@rule(dot_right, linear_in=("z_bar", "x"), shape="like:y", fresh=True)
def dot_right_rule(z_bar, x, y):
    r = dot_right(z_bar, x, y)
    z_bar_bar += np.dot(x, r_bar)
    x_bar += dot_left(z_bar, x, r_bar)


# --- choice ---------------------------------------------------------------------------------------------------


@rule(np.where, shape="select", zero_in="condition")
def where(condition, x, y):
    z = np.where(condition, x, y)
    x_bar += unbroadcast(np.where(condition, z_bar, 0.0), x)
    y_bar += unbroadcast(np.where(condition, 0.0, z_bar), y)
    z_dot = np.where(condition, x_dot, y_dot)


# Python takes y where it is the greater one, and else x: also where one of them is nan.
@rule(max, view_of=("x", "y"))
def max_(x, y):
    z = max(x, y)
    z_dot = np.where(x == y, 0.5 * (x_dot + y_dot), np.where(y > x, y_dot, x_dot))


@rule(min, view_of=("x", "y"))
def min_(x, y):
    z = min(x, y)
    z_dot = np.where(x == y, 0.5 * (x_dot + y_dot), np.where(y < x, y_dot, x_dot))


# --- shape ------------------------------------------------------------------------------------------------------


@rule(np.reshape, linear_in="x", shape="reshape", view_of="x")
def reshape(x, shape):
    y = np.reshape(x, shape)
    x_bar += np.reshape(y_bar, np.shape(x))


@rule(np.ndarray.reshape, linear_in="x", shape="reshape", view_of="x")
def ndarray_reshape(x, shape):
    y = x.reshape(shape)
    x_bar += np.reshape(y_bar, np.shape(x))


@rule(np.transpose, np.ndarray.transpose, linear_in="x", shape="transpose", view_of="x")
def transpose(x, axes=None):
    y = np.transpose(x, axes)
    x_bar += untranspose(y_bar, axes)


@rule(np.ndarray.T, linear_in="x", shape="transpose", view_of="x")
def T(x):
    y = x.T
    x_bar += y_bar.T


@helper
def untranspose(y_bar, axes):
    """Adjoint of a transposition: the axes put back."""
    if axes is None:
        return np.transpose(y_bar)
    return np.transpose(y_bar, axes_back(axes))


@helper
def axes_back(axes):
    """The axes that undo a transposition; an axis that is not in a tuple is that of a vector."""
    if isinstance(axes, int):
        return axes
    return tuple(int(k) for k in np.argsort([k % len(axes) for k in axes]))


nondifferentiable(axes_back)


@rule(untranspose, linear_in="y_bar", shape="unknown", view_of="y_bar")
def untranspose_rule(y_bar, axes):
    r = untranspose(y_bar, axes)
    y_bar_bar += np.transpose(r_bar, axes)


@rule(np.swapaxes, np.ndarray.swapaxes, linear_in="x", shape="swapaxes", view_of="x")
def swapaxes(x, axis1, axis2):
    y = np.swapaxes(x, axis1, axis2)
    x_bar += np.swapaxes(y_bar, axis1, axis2)


@rule(intrinsic.shape, shape="tuple")
def shape(x):
    y = np.shape(x)


@rule(intrinsic.dim, shape="integer")
def dim(x, axis):
    y = np.shape(x)[axis]


@rule(intrinsic.ndim, shape="integer")
def ndim(x):
    y = np.ndim(x)


@rule(intrinsic.size, shape="integer")
def size(x):
    y = np.size(x)


@rule(intrinsic.dtype)
def dtype(x):
    y = x.dtype


@rule(intrinsic.defined, shape="test")
def defined(x):
    y = x is not None


@rule(intrinsic.trips, shape="integer")
def trips(start, stop, step):
    y = len(range(start, stop, step))


# --- making and copying -------------------------------------------------------------------------------------


@rule(np.copy, np.ndarray.copy, linear_in="x", shape="copy")
def copy(x):
    y = np.copy(x)
    x_bar += y_bar


@rule(np.array, linear_in="x", shape="conversion")
def array(x, dtype=None):
    y = np.array(x, dtype=dtype)
    x_bar += y_bar


@rule(
    np.asarray,
    np.asanyarray,
    linear_in="x",
    shape="conversion",
    view_of="x",
)
def asarray(x, dtype=None):
    y = np.asarray(x, dtype=dtype)
    x_bar += y_bar


@rule(intrinsic.array_of, linear_in="items", shape="stack")
def array_of(*items, dtype=None):
    y = array_of(*items, dtype=dtype)
    items_bar[i] += y_bar[i]


@rule(intrinsic.append, joint_in=("x", "value"), shape="append")
def append(x, value):
    y = append(x, value)
    x_bar += y_bar[:-1]
    value_bar += y_bar[-1]


# Of no rows it is not known how long they would be: their adjoint has none, of whatever length.
@rule(intrinsic.append_row, joint_in=("rows", "row"), shape="append")
def append_row(rows, row):
    y = append_row(rows, row)
    rows_bar += np.reshape(y_bar[:-1], np.shape(rows))
    row_bar += y_bar[-1]


@rule(np.ndarray.astype, linear_in="x", shape="conversion")
def astype(x, dtype):
    y = x.astype(dtype)
    x_bar += y_bar


@rule(np.zeros, shape="new")
def zeros(shape, dtype=None):
    y = np.zeros(shape, dtype=dtype)


@rule(np.ones, shape="new")
def ones(shape, dtype=None):
    y = np.ones(shape, dtype=dtype)


@rule(np.empty, shape="new")
def empty(shape, dtype=None):
    y = np.empty(shape, dtype=dtype)


@rule(np.zeros_like, shape="like")
def zeros_like(x, dtype=None):
    y = np.zeros_like(x, dtype=dtype)


@rule(np.ones_like, shape="like")
def ones_like(x, dtype=None):
    y = np.ones_like(x, dtype=dtype)


@rule(np.empty_like, shape="like")
def empty_like(x, dtype=None):
    y = np.empty_like(x, dtype=dtype)


@rule(np.full, linear_in="value", shape="new")
def full(shape, value, dtype=None):
    y = np.full(shape, value, dtype=dtype)
    value_bar += unbroadcast(y_bar, value)


@rule(np.full_like, linear_in="value", shape="like:x", zero_in="x")
def full_like(x, value, dtype=None):
    y = np.full_like(x, value, dtype=dtype)
    value_bar += unbroadcast(y_bar, value)


@rule(np.eye, shape="square")
def eye(N, M=None, k=0, dtype=None):
    y = np.eye(N, M, k, dtype=dtype)


@rule(np.identity, shape="square")
def identity(n, dtype=None):
    y = np.identity(n, dtype=dtype)


@rule(len, shape="integer")
def len_(x):
    y = len(x)


# Of a vector: the items are added from the first to the last.
@rule(sum, linear_in="x", shape="reduction")
def sum_(x):
    y = sum(x)
    x_bar += spread(y_bar, x, None, False)


@rule(float, linear_in="x", shape="scalar")
def float_(x):
    y = float(x)
    x_bar += y_bar


nondifferentiable(
    np.tri,
    np.indices,
    np.result_type,
    builtins.int,
    builtins.bool,
    builtins.str,
    builtins.isinstance,
    builtins.range,
    builtins.print,
    builtins.round,
    builtins.repr,
    builtins.type,
    builtins.hasattr,
    builtins.slice,
    builtins.all,
    builtins.any,
)

passive_only(
    np.arange, np.meshgrid, np.ix_, builtins.divmod, builtins.tuple, builtins.list, builtins.sorted
)
