def early_return_grad(x, n):
    """Gradient of `early_return` with respect to x, by reverse mode."""
    # forward sweep
    t = False
    x_tape = []
    for _ in range(n):
        x = x * 1.5
        x_tape.append(x)
        t = x > 10.0
        if t:
            break

    # reverse sweep
    if t:
        t = 1.0
        x_bar = 0.0
    else:
        t = 0.0
        x_bar = 1.0
    for x in reversed(x_tape):
        if x > 10.0:
            # return x * x
            t = t * x
            x_bar += t
            x_bar += t
            t = 0.0
        # x = x * 1.5
        x_bar = 1.5 * x_bar
    return x_bar
