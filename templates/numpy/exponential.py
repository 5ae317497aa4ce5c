"""Exponentials, logarithms, roots and powers."""

import numpy as np
from s2sad.templates.core import power_log, power_slope

from s2sad.rules import rule


@rule(np.exp)
def exp(x):
    y = np.exp(x)
    y_dot = y * x_dot


# 0.693... is log(2), as a Python float so that float32 stays float32.
@rule(np.exp2)
def exp2(x):
    y = np.exp2(x)
    y_dot = 0.6931471805599453 * y * x_dot


@rule(np.expm1)
def expm1(x):
    y = np.expm1(x)
    y_dot = (y + 1.0) * x_dot


@rule(np.log)
def log(x):
    y = np.log(x)
    y_dot = x_dot / x


# 1 / log(2) and 1 / log(10).
@rule(np.log2)
def log2(x):
    y = np.log2(x)
    y_dot = 1.4426950408889634 * x_dot / x


@rule(np.log10)
def log10(x):
    y = np.log10(x)
    y_dot = 0.4342944819032518 * x_dot / x


@rule(np.log1p)
def log1p(x):
    y = np.log1p(x)
    y_dot = x_dot / (1.0 + x)


# Where both operands are -inf the result is -inf, and -inf - -inf would be nan: the shares are 0 there.
@rule(np.logaddexp)
def logaddexp(x, y):
    z = np.logaddexp(x, y)
    finite = np.where(np.isfinite(z), z, 0.0)
    z_dot = np.exp(x - finite) * x_dot + np.exp(y - finite) * y_dot


@rule(np.logaddexp2)
def logaddexp2(x, y):
    z = np.logaddexp2(x, y)
    finite = np.where(np.isfinite(z), z, 0.0)
    z_dot = np.exp2(x - finite) * x_dot + np.exp2(y - finite) * y_dot


@rule(np.sqrt)
def sqrt(x):
    y = np.sqrt(x)
    y_dot = 0.5 * x_dot / y


@rule(np.cbrt)
def cbrt(x):
    y = np.cbrt(x)
    y_dot = x_dot / (3.0 * y * y)


@rule(np.square)
def square(x):
    y = np.square(x)
    y_dot = 2.0 * x * x_dot


@rule(np.reciprocal)
def reciprocal(x):
    y = np.reciprocal(x)
    y_dot = -y * y * x_dot


# At x = 0 the slope of x**0 is 0, and so is the derivative of 0**y in y: see the helpers.
@rule(np.power, np.pow)
def power(x, y):
    z = np.power(x, y)
    z_dot = power_slope(x, y) * x_dot + z * power_log(x) * y_dot


@rule(np.float_power)
def float_power(x, y):
    z = np.float_power(x, y)
    z_dot = power_slope(x, y) * x_dot + z * power_log(x) * y_dot
