def root_grad(a, tolerance):
    """Gradient of `root` with respect to a, by reverse mode."""
    # forward sweep
    y = a
    y_tape = []
    while True:
        step = (y * y - a) / (2.0 * y)
        y_tape.append((y, step))
        y = y - step
        if abs(step) < tolerance:
            break

    # reverse sweep
    y_bar = 1.0
    a_bar = 0.0
    for y, step in reversed(y_tape):
        # step = (y * y - a) / (2.0 * y)
        t = y_bar / (2.0 * y)
        a_bar += t
        y_bar += 2.0 * (t * (step - y))
    a_bar += y_bar
    return a_bar
