"""Arithmetic by the names of its functions, and selection of the larger or smaller value."""

import numpy as np
from s2sad.templates.core import unbroadcast

from s2sad.rules import helper, nondifferentiable, rule


@rule(np.add)
def add(x, y):
    z = np.add(x, y)
    z_dot = x_dot + y_dot


@rule(np.subtract)
def subtract(x, y):
    z = np.subtract(x, y)
    z_dot = x_dot - y_dot


@rule(np.multiply)
def multiply(x, y):
    z = np.multiply(x, y)
    z_dot = x_dot * y + x * y_dot


@rule(np.divide, np.true_divide)
def divide(x, y):
    z = np.divide(x, y)
    z_dot = (x_dot - z * y_dot) / y


@rule(np.negative)
def negative(x):
    y = np.negative(x)
    y_dot = -x_dot


@rule(np.positive)
def positive(x):
    y = np.positive(x)
    y_dot = x_dot


@rule(np.mod, np.remainder)
def mod(x, y):
    z = np.mod(x, y)
    z_dot = x_dot - np.floor_divide(x, y) * y_dot


@rule(np.fmod)
def fmod(x, y):
    z = np.fmod(x, y)
    z_dot = x_dot - np.rint((x - z) / y) * y_dot


# At 0 the derivative is 0, the middle of the subgradients.
@rule(np.abs, np.absolute)
def absolute(x):
    y = np.abs(x)
    y_dot = np.sign(x) * x_dot


@rule(np.fabs)
def fabs(x):
    y = np.fabs(x)
    y_dot = np.sign(x) * x_dot


@rule(np.copysign, zero_in="y")
def copysign(x, y):
    z = np.copysign(x, y)
    z_dot = np.sign(x) * np.copysign(1.0, y) * x_dot


@rule(np.heaviside, zero_in="x")
def heaviside(x, middle):
    y = np.heaviside(x, middle)
    y_dot = (x == 0) * middle_dot


# Ties share equally.
@rule(np.maximum, shape="elementwise")
def maximum(x, y):
    z = np.maximum(x, y)
    z_dot = np.where(x > y, x_dot, np.where(x < y, y_dot, 0.5 * (x_dot + y_dot)))
    x_bar += unbroadcast(np.where(x > y, z_bar, np.where(x < y, 0.0, 0.5 * z_bar)), x)
    y_bar += unbroadcast(np.where(x < y, z_bar, np.where(x > y, 0.0, 0.5 * z_bar)), y)


@rule(np.minimum, shape="elementwise")
def minimum(x, y):
    z = np.minimum(x, y)
    z_dot = np.where(x < y, x_dot, np.where(x > y, y_dot, 0.5 * (x_dot + y_dot)))
    x_bar += unbroadcast(np.where(x < y, z_bar, np.where(x > y, 0.0, 0.5 * z_bar)), x)
    y_bar += unbroadcast(np.where(x > y, z_bar, np.where(x < y, 0.0, 0.5 * z_bar)), y)


# The derivative follows the operand that is not nan.
@rule(np.fmax, shape="elementwise")
def fmax(x, y):
    z = np.fmax(x, y)
    first = np.logical_or(x > y, np.isnan(y))
    second = np.logical_or(x < y, np.isnan(x))
    z_dot = np.where(first, x_dot, np.where(second, y_dot, 0.5 * (x_dot + y_dot)))
    x_bar += unbroadcast(np.where(first, z_bar, np.where(second, 0.0, 0.5 * z_bar)), x)
    y_bar += unbroadcast(np.where(first, 0.0, np.where(second, z_bar, 0.5 * z_bar)), y)


@rule(np.fmin, shape="elementwise")
def fmin(x, y):
    z = np.fmin(x, y)
    first = np.logical_or(x < y, np.isnan(y))
    second = np.logical_or(x > y, np.isnan(x))
    z_dot = np.where(first, x_dot, np.where(second, y_dot, 0.5 * (x_dot + y_dot)))
    x_bar += unbroadcast(np.where(first, z_bar, np.where(second, 0.0, 0.5 * z_bar)), x)
    y_bar += unbroadcast(np.where(first, 0.0, np.where(second, z_bar, 0.5 * z_bar)), y)


# An x that lies on a bound counts as inside. Where the bounds are in the wrong order, NumPy gives the upper one.
@rule(np.clip)
def clip(x, a_min, a_max):
    y = np.clip(x, a_min, a_max)
    above = is_above(x, a_min, a_max)
    y_dot = np.where(above, a_max_dot, np.where(is_below(x, a_min), a_min_dot, x_dot))


@rule(np.ndarray.clip)
def clip_method(x, min=None, max=None):
    y = np.clip(x, min=min, max=max)
    above = is_above(x, min, max)
    y_dot = np.where(above, max_dot, np.where(is_below(x, min), min_dot, x_dot))


@helper
def is_below(x, bound):
    """Where x is below a bound; nowhere if there is none."""
    if bound is None:
        return False
    return x < bound


@helper
def is_above(x, low, bound):
    """Where x, or what it is raised to, is above a bound; nowhere if there is none."""
    if bound is None:
        return False
    if low is None:
        return x > bound
    return np.maximum(x, low) > bound


nondifferentiable(is_below, is_above)


@rule(np.nan_to_num)
def nan_to_num(x, *, nan=0.0, posinf=None, neginf=None):
    y = np.nan_to_num(x, nan=nan, posinf=posinf, neginf=neginf)
    y_dot = np.where(
        np.isfinite(x),
        x_dot,
        np.where(np.isnan(x), nan_dot, np.where(x > 0, posinf_dot, neginf_dot)),
    )


@rule(np.ldexp, linear_in="x", shape="elementwise")
def ldexp(x, exponent):
    y = np.ldexp(x, exponent)
    x_bar += unbroadcast(np.ldexp(y_bar, exponent), x)


@rule(np.real, linear_in="x", shape="like", view_of="x")
def real(x):
    y = np.real(x)
    x_bar += y_bar


@rule(np.conj, np.conjugate, linear_in="x", shape="like")
def conj(x):
    y = np.conj(x)
    x_bar += np.conj(y_bar)


@rule(np.ndarray.conjugate, np.ndarray.conj, linear_in="x", shape="like", view_of="x")
def conj_method(x):
    y = x.conjugate()
    x_bar += np.conj(y_bar)


@rule(np.float64, linear_in="x", shape="scalar", view_of="x")
def float64(x):
    y = np.float64(x)
    x_bar += y_bar


@rule(np.ndarray.item, shape="scalar")
def item(x):
    y = x.item()
    y_dot = np.sum(x_dot)
    x_bar += np.reshape(y_bar, np.shape(x))
