import math
import numpy as np


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


def simpson(a, b, ga, gb, gm, whole, eps, rate):
    """The function `simpson` itself."""
    m = 0.5 * (a + b)
    t = 0.5 * (a + m)
    t2 = -rate
    gl = math.exp(t2 * t) * math.cos(t)
    t = 0.5 * (m + b)
    gr = math.exp(t2 * t) * math.cos(t)
    left = (m - a) / 6.0 * (ga + 4.0 * gl + gm)
    right = (b - m) / 6.0 * (gm + 4.0 * gr + gb)
    t = left + right
    if abs(t - whole) < 15.0 * eps:
        return t
    t = 0.5 * eps
    return simpson(a, m, ga, gm, gl, left, t, rate) + simpson(m, b, gm, gb, gr, right, t, rate)


def simpson_adjoint(a, b, ga, gb, gm, whole, eps, rate, y_bar):
    """Adjoint of `simpson` with respect to (ga, gb, gm, whole, rate)."""
    # forward sweep
    m = 0.5 * (a + b)
    t = 0.5 * (a + m)
    t2 = -rate
    exp = math.exp(t2 * t)
    cos_t = math.cos(t)
    gl = exp * cos_t
    t3 = 0.5 * (m + b)
    exp2 = math.exp(t2 * t3)
    cos_t3 = math.cos(t3)
    gr = exp2 * cos_t3
    t2 = (m - a) / 6.0
    left = t2 * (ga + 4.0 * gl + gm)
    t4 = (b - m) / 6.0
    right = t4 * (gm + 4.0 * gr + gb)

    # reverse sweep
    if abs(left + right - whole) < 15.0 * eps:
        # return left + right
        left_bar = unbroadcast(y_bar, left)
        right_bar = unbroadcast(y_bar, right)
        gm_bar = 0.0
        gb_bar = 0.0
        gr_bar = 0.0
        rate_bar = 0.0
        ga_bar = 0.0
        gl_bar = 0.0
    else:
        t5 = 0.5 * eps
        # return simpson(a, m, ga, gm, gl, left, 0.5 * eps) + simpson( m, b, gm, gb, gr, right, ...
        t6 = 0.5 * eps
        gm_bar, gb_bar, gr_bar, right_bar, rate_bar = simpson_adjoint(
            m, b, gm, gb, gr, right, t6, rate,
            unbroadcast(y_bar, simpson(m, b, gm, gb, gr, right, t5, rate))
        )
        ga_bar, t5, gl_bar, left_bar, t6 = simpson_adjoint(
            a, m, ga, gm, gl, left, t6, rate,
            unbroadcast(y_bar, simpson(a, m, ga, gm, gl, left, t5, rate))
        )
        gm_bar += t5
        rate_bar += t6
    # right = (b - m) / 6.0 * (gm + 4.0 * gr + gb)
    t_bar = right_bar * t4
    gb_bar += t_bar
    gm_bar += t_bar
    gr_bar += 4.0 * t_bar
    # left = (m - a) / 6.0 * (ga + 4.0 * gl + gm)
    t_bar = left_bar * t2
    gm_bar += t_bar
    ga_bar += t_bar
    gl_bar += 4.0 * t_bar
    # return math.exp(-rate * t) * math.cos(t)
    rate_bar -= gr_bar * cos_t3 * exp2 * t3
    rate_bar -= gl_bar * cos_t * exp * t
    return ga_bar, gb_bar, gm_bar, 0.0, rate_bar


def quadrature_grad(rate, a, b):
    """Gradient of `quadrature` with respect to rate, by reverse mode."""
    # forward sweep
    t = -rate
    exp = math.exp(t * a)
    cos_a = math.cos(a)
    ga = exp * cos_a
    exp2 = math.exp(t * b)
    cos_b = math.cos(b)
    gb = exp2 * cos_b
    t2 = 0.5 * (a + b)
    exp3 = math.exp(t * t2)
    cos_t2 = math.cos(t2)
    gm = exp3 * cos_t2
    t = (b - a) / 6.0
    t3 = t * (ga + 4.0 * gm + gb)
    if np.ndim(simpson(a, b, ga, gb, gm, t3, 0.001, rate)):
        raise ValueError("quadrature must return a number")

    # reverse sweep
    # return simpson(a, b, ga, gb, gm, (b - a) / 6.0 * (ga + 4.0 * gm + gb), 1e-3)
    ga_bar, gb_bar, gm_bar, t3, rate_bar = simpson_adjoint(a, b, ga, gb, gm, t3, 0.001, rate, 1.0)
    t_bar = t3 * t
    gb_bar += t_bar
    ga_bar += t_bar
    gm_bar += 4.0 * t_bar
    # return math.exp(-rate * t) * math.cos(t)
    rate_bar -= gm_bar * cos_t2 * exp3 * t2
    rate_bar -= gb_bar * cos_b * exp2 * b
    rate_bar -= ga_bar * cos_a * exp * a
    return rate_bar
