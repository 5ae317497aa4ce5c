def logistic_grad(x, n):
    """Gradient of `logistic` with respect to x, by reverse mode."""
    # forward sweep
    v = x
    v_tape = []
    for _ in range(1, n):
        v_tape.append(v)
        v = 4.0 * v * (1.0 - v)

    # reverse sweep
    v_bar = 1.0
    for v in reversed(v_tape):
        # v = 4.0 * v * (1.0 - v)
        v_bar = v_bar * (4.0 - 8.0 * v)
    return v_bar
