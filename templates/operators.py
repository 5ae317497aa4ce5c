"""Operators of Python, on numbers and arrays."""

import operator

import numpy as np

from s2sad.rules import helper, intrinsic, rule


@rule(operator.add)
def add(x, y):
    z = x + y
    z_dot = x_dot + y_dot


@rule(operator.sub)
def sub(x, y):
    z = x - y
    z_dot = x_dot - y_dot


@rule(operator.mul)
def mul(x, y):
    z = x * y
    z_dot = x_dot * y + x * y_dot


@rule(operator.truediv)
def truediv(x, y):
    z = x / y
    z_dot = (x_dot - z * y_dot) / y


@rule(operator.neg)
def neg(x):
    y = -x
    y_dot = -x_dot


@rule(operator.pos, shape="elementwise")
def pos(x):
    y = +x
    y_dot = x_dot


@rule(operator.pow)
def pow(x, n):
    y = x**n
    y_dot = power_slope(x, n) * x_dot + y * power_log(x) * n_dot


@helper
def power_slope(x, n):
    """Derivative of x ** n with respect to x: n x^(n-1), and 0 where n is 0."""
    if isinstance(n, (int, float)):
        if n == 0:
            return 0.0 * x
        if n == 2:
            return 2.0 * x
        return n * x ** (n - 1)
    return n * x ** np.where(n == 0, 1.0, n - 1)


@rule(power_slope)
def power_slope_rule(x, n):
    y = power_slope(x, n)
    y_dot = (
        n * power_slope(x, np.where(n == 0, 0.0, n - 1)) * x_dot
        + (1.0 + n * power_log(x)) * x ** (n - 1) * n_dot
    )


@helper
def power_log(x):
    """Logarithm of the base of a power, with 0 at 0, where x ** n does not depend on n (n > 0)."""
    return np.log(np.where(x == 0, 1.0, x))


@rule(operator.mod)
def mod(x, y):
    z = x % y
    z_dot = x_dot - (x // y) * y_dot


@rule(operator.floordiv, shape="elementwise")
def floordiv(x, y):
    z = x // y


@rule(abs)
def abs(x):
    y = abs(x)
    y_dot = np.sign(x) * x_dot


@rule(operator.lt, shape="comparison")
def lt(x, y):
    z = x < y


@rule(operator.le, shape="comparison")
def le(x, y):
    z = x <= y


@rule(operator.gt, shape="comparison")
def gt(x, y):
    z = x > y


@rule(operator.ge, shape="comparison")
def ge(x, y):
    z = x >= y


@rule(operator.eq, shape="comparison")
def eq(x, y):
    z = x == y


@rule(operator.ne, shape="comparison")
def ne(x, y):
    z = x != y


@rule(operator.is_, shape="test")
def is_(x, y):
    z = x is y


@rule(operator.is_not, shape="test")
def is_not(x, y):
    z = x is not y


@rule(operator.contains, shape="test")
def contains(x, y):
    z = x in y


@rule(intrinsic.not_contains, shape="test")
def not_contains(x, y):
    z = x not in y


@rule(operator.not_, shape="test")
def not_(x):
    y = not x


@rule(operator.and_, shape="elementwise")
def and_(x, y):
    z = x & y


@rule(operator.or_, shape="elementwise")
def or_(x, y):
    z = x | y


@rule(operator.xor, shape="elementwise")
def xor(x, y):
    z = x ^ y


@rule(operator.invert, shape="like")
def invert(x):
    y = ~x


@rule(operator.lshift, shape="elementwise")
def lshift(x, y):
    z = x << y


@rule(operator.rshift, shape="elementwise")
def rshift(x, y):
    z = x >> y
