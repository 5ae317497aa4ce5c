"""Functions of the math module, which take Python floats, or a vector, and give a Python float.

At the ends of a domain they raise where NumPy gives inf or nan, and so do their derivatives.
"""

import math

import numpy as np
from s2sad.templates.numpy.reductions import product_of_others

from s2sad.rules import helper, rule


@rule(math.sin)
def sin(x):
    y = math.sin(x)
    y_dot = math.cos(x) * x_dot


@rule(math.cos)
def cos(x):
    y = math.cos(x)
    y_dot = -math.sin(x) * x_dot


@rule(math.tan)
def tan(x):
    y = math.tan(x)
    y_dot = (1.0 + y * y) * x_dot


@rule(math.asin)
def asin(x):
    y = math.asin(x)
    y_dot = x_dot / math.sqrt((1.0 - x) * (1.0 + x))


@rule(math.acos)
def acos(x):
    y = math.acos(x)
    y_dot = -x_dot / math.sqrt((1.0 - x) * (1.0 + x))


@rule(math.atan)
def atan(x):
    y = math.atan(x)
    y_dot = x_dot / (1.0 + x * x)


@rule(math.atan2)
def atan2(y, x):
    z = math.atan2(y, x)
    squared = x * x + y * y
    z_dot = (x * y_dot - y * x_dot) / squared


@rule(math.sinh)
def sinh(x):
    y = math.sinh(x)
    y_dot = math.cosh(x) * x_dot


@rule(math.cosh)
def cosh(x):
    y = math.cosh(x)
    y_dot = math.sinh(x) * x_dot


@rule(math.tanh)
def tanh(x):
    y = math.tanh(x)
    y_dot = (1.0 - y * y) * x_dot


@rule(math.asinh)
def asinh(x):
    y = math.asinh(x)
    y_dot = x_dot / math.sqrt(1.0 + x * x)


@rule(math.acosh)
def acosh(x):
    y = math.acosh(x)
    y_dot = x_dot / math.sqrt((x - 1.0) * (x + 1.0))


@rule(math.atanh)
def atanh(x):
    y = math.atanh(x)
    y_dot = x_dot / ((1.0 - x) * (1.0 + x))


# pi / 180 and 180 / pi.
@rule(math.radians)
def radians(x):
    y = math.radians(x)
    y_dot = 0.017453292519943295 * x_dot


@rule(math.degrees)
def degrees(x):
    y = math.degrees(x)
    y_dot = 57.29577951308232 * x_dot


@rule(math.exp)
def exp(x):
    y = math.exp(x)
    y_dot = y * x_dot


# log(2).
@rule(math.exp2)
def exp2(x):
    y = math.exp2(x)
    y_dot = 0.6931471805599453 * y * x_dot


@rule(math.expm1)
def expm1(x):
    y = math.expm1(x)
    y_dot = (y + 1.0) * x_dot


@rule(math.log)
def log(x, base=None):
    y = math.log(x, base)
    y_dot = x_dot / log_scale(x, base) - y * base_dot / log_scale(base, base)


@helper
def log_scale(x, base):
    """What divides the rate of x in the rate of math.log(x, base)."""
    if base is None:
        return x
    return x * math.log(base)


@rule(log_scale, shape="elementwise")
def log_scale_rule(x, base):
    y = log_scale(x, base)
    y_dot = y / x * x_dot + x / base * base_dot


# 1 / log(2) and 1 / log(10).
@rule(math.log2)
def log2(x):
    y = math.log2(x)
    y_dot = 1.4426950408889634 * x_dot / x


@rule(math.log10)
def log10(x):
    y = math.log10(x)
    y_dot = 0.4342944819032518 * x_dot / x


@rule(math.log1p)
def log1p(x):
    y = math.log1p(x)
    y_dot = x_dot / (1.0 + x)


@rule(math.sqrt)
def sqrt(x):
    y = math.sqrt(x)
    y_dot = 0.5 * x_dot / y


@rule(math.cbrt)
def cbrt(x):
    y = math.cbrt(x)
    y_dot = x_dot / (3.0 * y * y)


# x + (x == 0) makes 0**y independent of y.
@rule(math.pow)
def pow(x, y):
    z = math.pow(x, y)
    z_dot = pow_slope(x, y) * x_dot + z * math.log(x + (x == 0)) * y_dot


@helper
def pow_slope(x, y):
    """Derivative of math.pow(x, y) with respect to x, 0 where y is 0."""
    if y == 0:
        return 0.0
    return y * math.pow(x, y - 1.0)


@rule(pow_slope, shape="elementwise")
def pow_slope_rule(x, y):
    z = pow_slope(x, y)
    growth = (1.0 + y * math.log(x + (x == 0))) * math.pow(x, y - 1.0)
    z_dot = y * pow_slope(x, y - (y != 0)) * x_dot + growth * y_dot


# The length of a vector has derivative 0 at the origin: z + (z == 0) is 1 there, and z elsewhere.
@rule(math.hypot)
def hypot(x, y=0.0, z=0.0, w=0.0):
    r = math.hypot(x, y, z, w)
    length = r + (r == 0)
    r_dot = (x * x_dot + y * y_dot + z * z_dot + w * w_dot) / length


@rule(math.dist, shape="scalar")
def dist(p, q):
    r = math.dist(p, q)
    length = r + (r == 0)
    r_dot = np.sum((p - q) * (p_dot - q_dot)) / length
    p_bar += (p - q) * (r_bar / length)
    q_bar += (q - p) * (r_bar / length)


@rule(math.fsum, linear_in="x", shape="float")
def fsum(x):
    y = math.fsum(x)
    x_bar += np.broadcast_to(y_bar, np.shape(x))


@rule(math.prod, shape="over_items")
def prod(x):
    y = math.prod(x)
    y_dot = np.sum(product_of_others(x, 0) * x_dot, axis=0)
    x_bar += product_of_others(x, 0) * y_bar


@rule(math.fabs)
def fabs(x):
    y = math.fabs(x)
    y_dot = math.copysign(x != 0, x) * x_dot


@rule(math.copysign, zero_in="y")
def copysign(x, y):
    z = math.copysign(x, y)
    z_dot = math.copysign(x != 0, x) * math.copysign(1.0, y) * x_dot


@rule(math.fmod)
def fmod(x, y):
    z = math.fmod(x, y)
    z_dot = x_dot - round((x - z) / y) * y_dot


@rule(math.remainder)
def remainder(x, y):
    z = math.remainder(x, y)
    z_dot = x_dot - round((x - z) / y) * y_dot


@rule(math.ldexp, linear_in="x")
def ldexp(x, exponent):
    y = math.ldexp(x, exponent)
    x_bar += math.ldexp(y_bar, exponent)


# 2 / sqrt(pi).
@rule(math.erf)
def erf(x):
    y = math.erf(x)
    y_dot = 1.1283791670955126 * math.exp(-x * x) * x_dot


@rule(math.erfc)
def erfc(x):
    y = math.erfc(x)
    y_dot = -1.1283791670955126 * math.exp(-x * x) * x_dot


@rule(math.fma)
def fma(x, y, z):
    w = math.fma(x, y, z)
    w_dot = x_dot * y + x * y_dot + z_dot


@rule(math.gamma)
def gamma(x):
    y = math.gamma(x)
    y_dot = y * polygamma(0, x) * x_dot


@rule(math.lgamma)
def lgamma(x):
    y = math.lgamma(x)
    y_dot = polygamma(0, x) * x_dot


@helper
def polygamma(n, x):
    """Derivative n of the digamma function: recurrence to x >= 15, and the asymptotic series there.

    Abramowitz and Stegun, Handbook of Mathematical Functions (1964), 6.3.18, 6.4.6 and 6.4.11.
    """
    sign = 1.0 if n % 2 else -1.0
    total = 0.0
    while x < 15.0:
        total += sign * math.factorial(n) / x ** (n + 1)
        x += 1.0
    total += sign * math.factorial(n - 1) / x**n if n else math.log(x)
    total += sign * math.factorial(n) / (2.0 * x ** (n + 1))
    bernoulli = (1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730, 7 / 6)
    for k, b in enumerate(bernoulli, start=1):
        ratio = math.factorial(2 * k + n - 1) / math.factorial(2 * k)
        total += sign * b * ratio / x ** (2 * k + n)
    return total


@rule(polygamma, zero_in="n", shape="scalar")
def polygamma_rule(n, x):
    y = polygamma(n, x)
    y_dot = polygamma(n + 1, x) * x_dot


@rule(math.nextafter, zero_in="y")
def nextafter(x, y, *, steps=None):
    z = math.nextafter(x, y, steps=steps)
    z_dot = x_dot
