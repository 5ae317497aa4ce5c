"""Programs with known derivatives, as their users would write them."""

from __future__ import annotations

import math

import numpy as np


def updates_in_place(t, x, y, b):
    n = len(t)
    e = np.zeros(n)
    for i in range(n):
        e[i] += t[i] * x[i]
    for i in range(n):
        e[i] -= y[i] - b
    for i in range(n):
        e[i] *= e[i]
    return np.sqrt(np.sum(e))


def updates_in_a_list(t, x, y, b):
    n = len(t)
    e = [0.0] * n
    for i in range(n):
        e[i] += t[i] * x[i]
    for i in range(n):
        e[i] -= y[i] - b
    for i in range(n):
        e[i] *= e[i]
    return math.sqrt(sum(e))


def halvings(x, tolerance):
    if x < tolerance:
        return x * x
    return x + halvings(0.5 * x, tolerance) * halvings(0.3 * x, tolerance)


def distance(x, t, y):
    return np.sqrt(np.sum((x * t - y) ** 2))


def squares(x):
    return x**2


def logistic(x, n):
    for _ in range(n - 1):
        x = 4.0 * x * (1.0 - x)
    return x


def logistic_or_input(x, n):
    if n == 1:
        return x
    y = x
    for _ in range(n - 1):
        y = 4.0 * y * (1.0 - y)
    return y


def logistic_closed(x, n):
    return math.sin(2.0 ** (n - 1) * math.asin(math.sqrt(x))) ** 2


def fourth_logistic(x):
    return 64.0 * x * (1.0 - x) * (1.0 - 2.0 * x) ** 2 * (1.0 - 8.0 * x + 8.0 * x * x) ** 2


def sine(x):
    return np.sin(x)


def announced(v):
    print("evaluated")
    return np.sum(v * v * v)


def with_while(x):
    y = x
    while y < 10.0:
        y = y * y + x
    return y


def with_nested_for(x, n):
    total = 0.0
    for i in range(n):
        for j in range(i + 1):
            total += x ** (j + 1) / (i + 1.0)
    return total


def with_branch(x):
    if x < 0.0:
        y = x * x
    elif x < 1.0:
        y = math.sin(x)
    else:
        y = math.log(x)
    return y * x


def pendulum(q, p, damping):
    return p, -damping * p - 9.81 * np.sin(q)


def rk4(q, p, damping, steps, h):
    for _ in range(steps):
        k1q, k1p = pendulum(q, p, damping)
        k2q, k2p = pendulum(q + 0.5 * h * k1q, p + 0.5 * h * k1p, damping)
        k3q, k3p = pendulum(q + 0.5 * h * k2q, p + 0.5 * h * k2p, damping)
        k4q, k4p = pendulum(q + h * k3q, p + h * k3p, damping)
        q = q + h / 6.0 * (k1q + 2.0 * (k2q + k3q) + k4q)
        p = p + h / 6.0 * (k1p + 2.0 * (k2p + k3p) + k4p)
    return q * q + p


def product_plus_sine(x, y):
    return x * y + math.sin(x)


def product_plus_sine_in_steps(x, y):
    a = x * y
    b = math.sin(x)
    z = a + b
    return z


def path_x(t):
    return math.sin(t)


def path_y(t):
    return t * t


def several_paths(t):
    return t * path_x(t) + path_y(t) ** 2


def two_outputs(x):
    z = 2.0 * x + math.sin(x)
    v = 4.0 * x + math.sin(x)
    return z, v


def plane_map(x1, x2):
    y1 = math.sin(x1 * x2)
    y2 = x1 * x2 + math.log(x2)
    return y1, y2


def vector_map(v):
    return np.sin(v) * v[::-1]


def elementary(x1, x2):
    return math.log(x1) + x1 * x2 - math.sin(x2)


def six_times(x1, x2, x3):
    return 6.0 * (x1 + x2**2 * x3)


def mlp(w1, b1, w2, b2, x, target):
    hidden = np.maximum(0.0, w1 @ x + b1)
    y = w2 @ hidden + b2
    return np.sum((y - target) ** 2)


def affine(x, weights, bias=None):
    y = x @ weights
    if bias is not None:
        y = y + bias
    return np.sum(y * y)


def affine_linear(x, weights, bias):
    y = x @ weights + bias
    return np.sum(y)


def quaternion_layer(x, r, i, j, k):
    top = np.concatenate((r, -i, -j, -k), axis=1)
    second = np.concatenate((i, r, -k, j), axis=1)
    third = np.concatenate((j, k, r, -i), axis=1)
    last = np.concatenate((k, -j, i, r), axis=1)
    weights = np.concatenate((top, second, third, last), axis=0)
    return x @ weights


def softmax(x):
    e = np.exp(x)
    return e / np.sum(e, axis=0)


def sum_of_sines(w, b):
    return np.sum(np.sin(3.0 * w + b))


def cosine_of_square(x):
    return math.cos(x**2)


def geometric(x, n):
    y = x
    for _ in range(n):
        y = 0.5 * y + x
    return y


def quadratic_loop(x, n):
    y = x
    for _ in range(n):
        y = 0.5 * y * y + x
    return y


def branch_in_loop(x, n, up):
    y = 1.0
    for i in range(n):
        if up:
            y = y * (1.0 + x / (i + 1.0))
        else:
            y = y - x * x / (i + 1.0)
    return y


def overwritten_later(x):
    a = 1.0
    y = np.sum(a * x * x)
    a *= 5.0
    return y


def overwritten_array_later(x, a):
    scale = a.copy()
    y = np.sum(scale * x * x)
    scale *= 5.0
    return y


def overwritten_argument_later(x, a):
    y = np.sum(a * x * x)
    a *= 5.0
    return y


def write_through_view(v, x):
    a = v * 1.0
    b = a[1:]
    b[0] = x
    return np.sum(a * a)


def product_of_two(a, b):
    return np.sum(a * b)


def log_or_sine(a, b):
    c = a * b
    if c <= 0.0:
        y = math.sin(c)
    else:
        y = math.log(c)
    return y


def normal_density(x, mu, sigma):
    z = (x - mu) / sigma
    return math.exp(-0.5 * z * z) / (sigma * math.sqrt(2.0 * math.pi))


def logistic_loss(w, x, y):
    return np.mean(np.log1p(np.exp(-y * (x @ w))))


def absolute(x):
    return np.abs(x)


def sign(x):
    return np.sign(x)


def maximum(x, y):
    return np.maximum(x, y)


def root(x):
    return np.sqrt(x)


def largest(v):
    return np.max(v)


def safe_root(x):
    return np.where(x > 0.0, np.sqrt(x), 0.0)


def matrix_product(a, b):
    return a @ b


def hadamard(a, b):
    return a * b


def transposed(a, b):
    return (a @ b).T


def add(x, y):
    return x + y


def subtract(x, y):
    return x - y


def multiply(x, y):
    return x * y


def divide(x, y):
    return x / y


def power(x, y):
    return x**y
