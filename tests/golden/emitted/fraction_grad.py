def fraction_forward(x, n):
    """Value of `fraction`, and the tape that its adjoint reads."""
    t = n == 0
    if t:
        return 1.0, (x, t, None, None)
    t3, tape = fraction_forward(x, n - 1)
    return 1.0 + x / t3, (x, t, t3, tape)


def fraction_reverse(tape, y_bar):
    """Adjoint of `fraction` with respect to x."""
    x, t, t2, tape2 = tape
    if t:
        return 0.0
    # return 1.0 + x / fraction(x, n - 1)
    x_bar = y_bar / t2
    x_bar += fraction_reverse(tape2, -(x_bar * (x / t2)))
    return x_bar


def fraction_grad(x, n):
    """Gradient of `fraction` with respect to x, by reverse mode."""
    # forward sweep
    if n == 0:
        return 0.0
    t, tape = fraction_forward(x, n - 1)

    # reverse sweep
    # return 1.0 + x / fraction(x, n - 1)
    x_bar = 1.0 / t
    x_bar += fraction_reverse(tape, -(x_bar * (x / t)))
    return x_bar
