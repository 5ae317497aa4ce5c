def logistic_grad_grad(x, n):
    """Gradient of the grad of `logistic` with respect to x, by reverse mode."""
    # forward sweep
    v = x
    v_tape = []
    for _ in range(1, n):
        v_tape.append(v)
        v = 4.0 * v * (1.0 - v)

    # reverse sweep
    v_bar = 1.0
    v_bar_tape = []
    for v in reversed(v_tape):
        # v = 4.0 * v * (1.0 - v)
        t = 4.0 - 8.0 * v
        v_bar_tape.append((v_bar, t))
        v_bar = v_bar * t
    v_bar_bar = 1.0
    v_bar_tape2 = []
    for v_bar, t in reversed(v_bar_tape):
        # v = 4.0 * v * (1.0 - v)
        v_bar_bar2 = v_bar_bar * t
        v_bar = -8.0 * (v_bar_bar * v_bar)
        v_bar_tape2.append(v_bar)
        v_bar_bar = v_bar_bar2
    v_bar = 0.0
    for v_bar2, v in zip(reversed(v_bar_tape2), reversed(v_tape)):
        # v = 4.0 * v * (1.0 - v)
        v_bar = v_bar2 + 4.0 * (v_bar * (1.0 - v - v))
    return v_bar
