def fibonacci_grad(x, y):
    """Gradient of `fibonacci` with respect to (x, y), by reverse mode."""
    # forward sweep
    a = x
    b = y
    for _ in range(4):
        b2 = a + b
        a = b
        b = b2

    # reverse sweep
    a_bar = b
    b_bar = a
    for _ in range(4):
        # a, b = b, a + b
        b_bar2 = a_bar + b_bar
        a_bar = b_bar
        b_bar = b_bar2
    return a_bar, b_bar
