def partial_sums_grad(x, n):
    """Gradient of `partial_sums` with respect to x, by reverse mode."""
    # forward sweep
    k = 1
    term = x
    term_tape = []
    while True:
        t = abs(term) < 1e-06
        if t:
            term2 = term
            t2 = None
        else:
            k += 2
            t2 = k * (k - 1)
            term2 = -term * x * x / t2
        term_tape.append((term, t, t2))
        term = term2
        if t:
            break

    # reverse sweep
    # return total * n
    total_bar = 1.0 * n
    term_bar = 0.0
    x_bar = 0.0
    for term, t, t2 in reversed(term_tape):
        if not t:
            # term = -term * x * x / (k * (k - 1))
            t_bar = term_bar / t2 * x
            x_bar -= term * (2.0 * t_bar)
            term_bar = -(t_bar * x)
        # total += term
        term_bar += total_bar
    x_bar += term_bar
    return x_bar
