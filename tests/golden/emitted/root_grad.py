def root_adjoint(x, guess, tol, y_bar):
    """Adjoint of `root` with respect to (x, guess)."""
    # forward sweep
    try:
        0.5 * (guess + x / guess)
        failed = False
    except ZeroDivisionError:
        failed = True

    # reverse sweep
    if failed:
        # return root(x, 1.0, tol)
        x_bar, _ = root_adjoint(x, 1.0, tol, y_bar)
        return x_bar, 0.0
    t = x / guess
    new = 0.5 * (guess + t)
    if abs(new - guess) < tol:
        new_bar = y_bar
        x_bar = 0.0
    else:
        # return root(x, new, tol)
        x_bar, new_bar = root_adjoint(x, new, tol, y_bar)
    # new = 0.5 * (guess + x / guess)
    guess_bar = 0.5 * new_bar
    t2 = guess_bar / guess
    x_bar = x_bar + t2
    guess_bar -= t2 * t
    return x_bar, guess_bar


def root_grad(x, guess, tol):
    """Gradient of `root` with respect to x, by reverse mode."""
    # forward sweep
    try:
        0.5 * (guess + x / guess)
        failed = False
    except ZeroDivisionError:
        failed = True

    # reverse sweep
    if failed:
        # return root(x, 1.0, tol)
        x_bar, _ = root_adjoint(x, 1.0, tol, 1.0)
        return x_bar
    new = 0.5 * (guess + x / guess)
    if abs(new - guess) < tol:
        new_bar = 1.0
        x_bar = 0.0
    else:
        # return root(x, new, tol)
        x_bar, new_bar = root_adjoint(x, new, tol, 1.0)
    # new = 0.5 * (guess + x / guess)
    x_bar = x_bar + 0.5 * new_bar / guess
    return x_bar
