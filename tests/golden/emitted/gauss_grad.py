import math

NODES = [-0.906179845938664, -0.538469310105683, 0.0, 0.538469310105683, 0.906179845938664]
WEIGHTS = [
    0.236926885056189, 0.478628670499366, 0.568888888888889, 0.478628670499366, 0.236926885056189
]


def gauss_grad(a, b, rate):
    """Gradient of `gauss` with respect to (a, rate), by reverse mode."""
    # forward sweep
    middle = 0.5 * (a + b)
    half = 0.5 * (b - a)
    total = 0.0
    w_tape = []
    for w, t in zip(WEIGHTS, NODES):
        x = middle + half * t
        exp = math.exp(-rate * x * x)
        w_tape.append((w, t, x, exp))
        total += w * exp

    # reverse sweep
    half_bar = total
    middle_bar = 0.0
    rate_bar = 0.0
    for w, t, x, exp in reversed(w_tape):
        # total += w * math.exp(-rate * x * x)
        t_bar = half * w * exp * x
        t2 = rate * (2.0 * t_bar)
        rate_bar -= t_bar * x
        # x = middle + half * t
        middle_bar -= t2
        half_bar -= t2 * t
    # middle, half = 0.5 * (a + b), 0.5 * (b - a)
    a_bar = 0.5 * (middle_bar - half_bar)
    return a_bar, rate_bar
