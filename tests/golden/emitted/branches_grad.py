def branches_grad(x, y):
    """Gradient of `branches` with respect to (x, y), by reverse mode."""
    # forward sweep
    t = x > y
    if t:
        z = x * y
    elif x < 0.0:
        z = x - y
    else:
        z = y

    # reverse sweep
    # return z * z
    z_bar = 2.0 * z
    if t:
        # z = x * y
        x_bar = z_bar * y
        y_bar = z_bar * x
        return x_bar, y_bar
    if x < 0.0:
        # z = x - y
        y_bar = -z_bar
        return z_bar, y_bar
    return 0.0, z_bar
