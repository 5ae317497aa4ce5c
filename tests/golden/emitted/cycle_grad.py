import math


def pressure_forward(t, v):
    """Value of `pressure`, and the tape that its adjoint reads."""
    a = 0.42 + 0.03 * t - 0.002 * t * t
    exp = math.exp(-0.1 * t)
    b = 0.08 * exp
    if v > 2.0:
        sqrt_t = math.sqrt(t)
        a = a / sqrt_t
        v2 = v + 0.5 * math.log(v)
    else:
        v2 = v
        sqrt_t = None
    t2 = v2 - b
    return t / t2 - a / (v2 * v2), (t, v, exp, v2, sqrt_t, a, t2)


def pressure_reverse(tape, y_bar):
    """Adjoint of `pressure` with respect to (t, v)."""
    t, v, t2, v2, t3, a, t4 = tape
    # return t / (v - b) - a / (v * v)
    t5 = v2 * v2
    t6 = y_bar / t5
    a_bar = -t6
    v_bar = 2.0 * (t6 * (a / t5) * v2)
    t_bar = y_bar / t4
    b_bar = t_bar * (t / t4)
    v_bar -= b_bar
    if v > 2.0:
        # v = v + 0.5 * math.log(v)
        v_bar += 0.5 * v_bar / v
        # a = a / math.sqrt(t)
        t4 = t6 / t3
        a_bar = -t4
        t_bar += 0.5 * (t4 * a / t3)
    # a = 0.42 + 0.03 * t - 0.002 * t * t
    t_bar += a_bar * (0.03 - 0.004 * t) - 0.008 * (b_bar * t2)
    return t_bar, v_bar


def cycle_grad(t, v, ratio):
    """Gradient of `cycle` with respect to (t, v), by reverse mode."""
    # forward sweep
    first, first_tape = pressure_forward(t, v)
    t2 = ratio * v
    second, second_tape = pressure_forward(t, t2)
    t = ratio * t
    third, third_tape = pressure_forward(t, v)
    fourth, fourth_tape = pressure_forward(t, t2)

    # reverse sweep
    # fourth = pressure(ratio * t, ratio * v)
    t, t2 = pressure_reverse(fourth_tape, third)
    # third = pressure(ratio * t, v)
    t3, t4 = pressure_reverse(third_tape, fourth)
    # second = pressure(t, ratio * v)
    t5, t6 = pressure_reverse(second_tape, first)
    # first = pressure(t, v)
    t7, t8 = pressure_reverse(first_tape, second)
    t_bar = t5 + t7 + ratio * (t + t3)
    v_bar = t4 + t8 + ratio * (t2 + t6)
    return t_bar, v_bar
