"""Functions whose results have derivative zero: integers, truth values, positions, steps."""

import bisect
import builtins
import math

import numpy as np

from s2sad.rules import nondifferentiable, rule


# Steps: constant between their jumps.
@rule(np.floor, np.ceil, np.trunc, np.fix, np.rint, np.sign, np.spacing, shape="elementwise")
def step(x):
    y = np.floor(x)


@rule(np.round, np.around, np.ndarray.round, shape="elementwise")
def round(x, decimals=0):
    y = np.round(x, decimals)


@rule(np.floor_divide, shape="elementwise")
def floor_divide(x, y):
    z = np.floor_divide(x, y)


# Truth values of entries.
@rule(
    np.isnan, np.isinf, np.isfinite, np.isposinf, np.isneginf, np.isreal, np.iscomplex, np.signbit,
    np.logical_not, shape="comparison",
)  # fmt: skip
def is_such(x):
    y = np.isnan(x)


@rule(
    np.equal, np.not_equal, np.less, np.less_equal, np.greater, np.greater_equal, np.logical_and,
    np.logical_or, np.logical_xor, shape="comparison",
)  # fmt: skip
def are_such(x, y):
    z = np.equal(x, y)


@rule(np.isclose, shape="comparison")
def is_close(x, y, rtol=1e-05, atol=1e-08, equal_nan=False):
    z = np.isclose(x, y, rtol=rtol, atol=atol, equal_nan=equal_nan)


# Python's own numbers.
@rule(math.floor, math.ceil, math.trunc, math.factorial, math.isqrt, shape="integer")
def whole(x):
    y = math.floor(x)


@rule(math.comb, shape="integer")
def comb(n, k):
    y = math.comb(n, k)


@rule(math.isnan, math.isinf, math.isfinite, shape="test")
def is_such_number(x):
    y = math.isnan(x)


@rule(np.any, np.ndarray.any, np.all, np.ndarray.all, shape="reduction")
def any(x, axis=None, out=None, keepdims=False, *, where=True):
    y = np.any(x, axis=axis, out=out, keepdims=keepdims, where=where)


# True or False of Python.
nondifferentiable(
    np.allclose, np.array_equal, np.array_equiv, np.isrealobj, np.iscomplexobj, np.isscalar,
    np.iterable, np.issubdtype, np.can_cast, np.shares_memory, np.may_share_memory, math.isclose,
    builtins.callable, builtins.issubclass, builtins.all, builtins.any, shape="test",
)  # fmt: skip

# Steps and truth values of other kinds.
nondifferentiable(np.isin, math.ulp)

# Positions and counts.
@rule(np.flatnonzero, shape="places")
def flatnonzero(x):
    y = np.flatnonzero(x)


@rule(np.argsort, np.ndarray.argsort, shape="positions")
def argsort(x, axis=-1, kind=None, order=None, stable=None):
    y = np.argsort(x, axis=axis, kind=kind, order=order, stable=stable)


@rule(np.lexsort, shape="lexsorted")
def lexsort(keys, axis=-1):
    y = np.lexsort(keys, axis=axis)


@rule(np.argmax, np.ndarray.argmax, shape="place")
def argmax(x, axis=None):
    y = np.argmax(x, axis=axis)


@rule(np.argmin, np.ndarray.argmin, shape="place")
def argmin(x, axis=None):
    y = np.argmin(x, axis=axis)


@rule(np.nanargmax, shape="place")
def nanargmax(x, axis=None):
    y = np.nanargmax(x, axis=axis)


@rule(np.nanargmin, shape="place")
def nanargmin(x, axis=None):
    y = np.nanargmin(x, axis=axis)


@rule(np.searchsorted, np.ndarray.searchsorted, shape="found")
def searchsorted(x, v, side="left", sorter=None):
    y = np.searchsorted(x, v, side=side, sorter=sorter)


@rule(np.count_nonzero, shape="place")
def count_nonzero(x, axis=None):
    y = np.count_nonzero(x, axis=axis)


nondifferentiable(
    np.argpartition, np.argwhere, np.ndarray.argpartition,
    np.nonzero, np.ndarray.nonzero, np.digitize, np.unravel_index, np.ravel_multi_index,
    np.diag_indices, np.diag_indices_from, np.tril_indices, np.triu_indices, np.tril_indices_from,
    np.triu_indices_from, np.mask_indices, np.broadcast_shapes, np.ndindex,
    bisect.bisect, bisect.bisect_left, bisect.bisect_right,
)  # fmt: skip

# Integers and bits.
nondifferentiable(
    np.int8, np.int16, np.int32, np.int64, np.intp, np.uint8, np.uint16, np.uint32, np.uint64, np.bool_,
    np.bitwise_and, np.bitwise_or, np.bitwise_xor, np.bitwise_not, np.invert, np.left_shift,
    np.right_shift, np.gcd, np.lcm, math.gcd, math.lcm, math.perm,
)  # fmt: skip

# Random numbers that depend on nothing but a shape. Those with parameters (normal, uniform, ...) are not
# here: with a location or scale that is differentiated, their derivative is not zero.
nondifferentiable(
    np.random.rand, np.random.randn, np.random.random, np.random.random_sample, np.random.standard_normal,
    np.random.standard_exponential, np.random.randint, np.random.seed, np.random.default_rng,
    np.random.Generator.random, np.random.Generator.standard_normal,
    np.random.Generator.standard_exponential, np.random.Generator.integers,
)  # fmt: skip

# What an array is like.
nondifferentiable(
    np.dtype, np.finfo, np.iinfo, np.promote_types, np.min_scalar_type, builtins.type, builtins.id,
    builtins.hash, builtins.hasattr, builtins.format,
)  # fmt: skip
