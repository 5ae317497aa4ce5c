import math


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
        left_bar = y_bar
        right_bar = y_bar
        gm_bar = 0.0
        gb_bar = 0.0
        gr_bar = 0.0
        rate_bar = 0.0
        ga_bar = 0.0
        gl_bar = 0.0
    else:
        # return simpson(a, m, ga, gm, gl, left, 0.5 * eps) + simpson( m, b, gm, gb, gr, right, ...
        t5 = 0.5 * eps
        gm_bar, gb_bar, gr_bar, right_bar, rate_bar = simpson_adjoint(
            m, b, gm, gb, gr, right, t5, rate, y_bar
        )
        ga_bar, t5, gl_bar, left_bar, t6 = simpson_adjoint(a, m, ga, gm, gl, left, t5, rate, y_bar)
        gm_bar = gm_bar + t5
        rate_bar = rate_bar + t6
    # right = (b - m) / 6.0 * (gm + 4.0 * gr + gb)
    t_bar = right_bar * t4
    gb_bar = gb_bar + t_bar
    gm_bar += t_bar
    gr_bar = gr_bar + 4.0 * t_bar
    # left = (m - a) / 6.0 * (ga + 4.0 * gl + gm)
    t_bar = left_bar * t2
    gm_bar += t_bar
    ga_bar = ga_bar + t_bar
    gl_bar = gl_bar + 4.0 * t_bar
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

    # reverse sweep
    # return simpson(a, b, ga, gb, gm, (b - a) / 6.0 * (ga + 4.0 * gm + gb), 1e-3)
    ga_bar, gb_bar, gm_bar, t3, rate_bar = simpson_adjoint(
        a, b, ga, gb, gm, t * (ga + 4.0 * gm + gb), 0.001, rate, 1.0
    )
    t_bar = t3 * t
    gb_bar = gb_bar + t_bar
    ga_bar = ga_bar + t_bar
    gm_bar = gm_bar + 4.0 * t_bar
    # return math.exp(-rate * t) * math.cos(t)
    rate_bar = rate_bar - gm_bar * cos_t2 * exp3 * t2
    rate_bar -= gb_bar * cos_b * exp2 * b
    rate_bar -= ga_bar * cos_a * exp * a
    return rate_bar
