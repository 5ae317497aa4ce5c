"""Trigonometric and hyperbolic functions, angles, and what is close to them."""

import numpy as np

from s2sad.rules import helper, rule


@rule(np.sin)
def sin(x):
    y = np.sin(x)
    y_dot = np.cos(x) * x_dot


@rule(np.cos)
def cos(x):
    y = np.cos(x)
    y_dot = -np.sin(x) * x_dot


@rule(np.tan)
def tan(x):
    y = np.tan(x)
    y_dot = (1.0 + y * y) * x_dot


# (1 - x)(1 + x) in place of 1 - x * x keeps all digits next to the ends of the domain.
@rule(np.arcsin, np.asin)
def arcsin(x):
    y = np.arcsin(x)
    y_dot = x_dot / np.sqrt((1.0 - x) * (1.0 + x))


@rule(np.arccos, np.acos)
def arccos(x):
    y = np.arccos(x)
    y_dot = -x_dot / np.sqrt((1.0 - x) * (1.0 + x))


@rule(np.arctan, np.atan)
def arctan(x):
    y = np.arctan(x)
    y_dot = x_dot / (1.0 + x * x)


# At x = y = 0 the angle has no derivative: the result is nan there, as NumPy's 0 / 0 is.
@rule(np.arctan2, np.atan2)
def arctan2(y, x):
    z = np.arctan2(y, x)
    squared = x * x + y * y
    z_dot = (x * y_dot - y * x_dot) / squared


# The length of a vector has derivative 0 at the origin: z + (z == 0) is 1 there, and z elsewhere.
@rule(np.hypot)
def hypot(x, y):
    z = np.hypot(x, y)
    length = z + (z == 0)
    z_dot = (x * x_dot + y * y_dot) / length


@rule(np.sinh)
def sinh(x):
    y = np.sinh(x)
    y_dot = np.cosh(x) * x_dot


@rule(np.cosh)
def cosh(x):
    y = np.cosh(x)
    y_dot = np.sinh(x) * x_dot


@rule(np.tanh)
def tanh(x):
    y = np.tanh(x)
    y_dot = (1.0 - y * y) * x_dot


@rule(np.arcsinh, np.asinh)
def arcsinh(x):
    y = np.arcsinh(x)
    y_dot = x_dot / np.sqrt(1.0 + x * x)


@rule(np.arccosh, np.acosh)
def arccosh(x):
    y = np.arccosh(x)
    y_dot = x_dot / np.sqrt((x - 1.0) * (x + 1.0))


@rule(np.arctanh, np.atanh)
def arctanh(x):
    y = np.arctanh(x)
    y_dot = x_dot / ((1.0 - x) * (1.0 + x))


# pi / 180 and 180 / pi, as Python floats so that float32 stays float32.
@rule(np.deg2rad, np.radians)
def deg2rad(x):
    y = np.deg2rad(x)
    y_dot = 0.017453292519943295 * x_dot


@rule(np.rad2deg, np.degrees)
def rad2deg(x):
    y = np.rad2deg(x)
    y_dot = 57.29577951308232 * x_dot


@rule(np.sinc)
def sinc(x):
    y = np.sinc(x)
    y_dot = sinc_derivative(x, 1) * x_dot


@helper
def sinc_derivative(x, order):
    """Derivative of np.sinc of the given order: a recurrence, and a power series next to zero."""
    u = np.pi * np.asarray(x)
    near = np.abs(u) < order
    far = u + near * (1.0 - u)
    slope = np.sin(far) / far
    for n in range(1, order + 1):
        slope = (np.sin(far + 0.5 * np.pi * n) - n * slope) / far
    small = u * near
    series = np.zeros_like(u)
    term = small ** (order % 2)
    for k in range(order % 2, 20 + 4 * order, 2):
        series = series + (-1.0) ** ((k + order) // 2) * term / (k + order + 1.0)
        term = term * small * small / ((k + 1.0) * (k + 2.0))
    return np.pi**order * np.where(near, series, slope)


@rule(sinc_derivative)
def sinc_derivative_rule(x, order):
    y = sinc_derivative(x, order)
    y_dot = sinc_derivative(x, order + 1) * x_dot
