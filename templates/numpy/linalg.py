"""Inverses, linear systems and determinants: M. Giles, Collected Matrix Derivative Results for Forward and Reverse
Mode Algorithmic Differentiation (2008), section 2.
"""

import numpy as np
from s2sad.templates.core import matmul_left, unbroadcast

from s2sad.rules import helper, rule


@rule(np.linalg.inv, shape="inverse")
def inv(x):
    y = np.linalg.inv(x)
    y_dot = -(y @ x_dot @ y)
    x_bar += -(np.swapaxes(y, -1, -2) @ y_bar @ np.swapaxes(y, -1, -2))


# Of one matrix, or of as many matrices as there are right-hand sides: the frontend refuses others.
@rule(np.linalg.solve, shape="solution")
def solve(a, b):
    x = np.linalg.solve(a, b)
    x_dot = np.linalg.solve(a, b_dot - a_dot @ x)
    a_bar += -matmul_left(np.linalg.solve(np.swapaxes(a, -1, -2), x_bar), a, x)
    b_bar += unbroadcast(np.linalg.solve(np.swapaxes(a, -1, -2), x_bar), b)


# A singular matrix raises LinAlgError.
@rule(np.linalg.det, shape="determinant")
def det(x):
    y = np.linalg.det(x)
    y_dot = y * np.trace(np.linalg.inv(x) @ x_dot, 0, -2, -1)
    x_bar += times_matrix(y_bar * y, np.swapaxes(np.linalg.inv(x), -1, -2))


@helper
def times_matrix(t, x):
    """Each matrix of a stack times its number."""
    if np.ndim(t) == 0:
        return t * x
    return np.expand_dims(np.expand_dims(t, -1), -1) * x


@rule(times_matrix, linear_in=("t", "x"), shape="like:x")
def times_matrix_rule(t, x):
    r = times_matrix(t, x)
    t_bar += unbroadcast(np.sum(r_bar * x, axis=(-2, -1)), t)
    x_bar += times_matrix(t, r_bar)
