def branch_length_adjoint(size, ratio, least, y_bar):
    """Adjoint of `branch_length` with respect to (size, ratio)."""
    # forward sweep
    if size < least:
        return 0.0, 0.0

    # reverse sweep
    # return size + 2.0 * branch_length(size * ratio, ratio, least)
    t, ratio_bar = branch_length_adjoint(size * ratio, ratio, least, 2.0 * y_bar)
    size_bar = y_bar + t * ratio
    ratio_bar = ratio_bar + t * size
    return size_bar, ratio_bar


def branch_length_grad(size, ratio, least):
    """Gradient of `branch_length` with respect to (size, ratio), by reverse mode."""
    # forward sweep
    if size < least:
        return 0.0, 0.0

    # reverse sweep
    # return size + 2.0 * branch_length(size * ratio, ratio, least)
    t, ratio_bar = branch_length_adjoint(size * ratio, ratio, least, 2.0)
    size_bar = 1.0 + t * ratio
    ratio_bar = ratio_bar + t * size
    return size_bar, ratio_bar
