def hermite_sum_grad(x, n):
    """Gradient of `hermite_sum` with respect to x, by reverse mode."""
    # forward sweep
    t = 2.0 * x
    values_last = 1.0
    values_last2 = t
    values_last_tape = []
    for k in range(1, n):
        values_last_tape.append(values_last2)
        values_last = t * values_last2 - 2.0 * k * values_last
        values_last, values_last2 = values_last2, values_last

    # reverse sweep
    values_last_bar = 0.0
    values_last_bar2 = 0.0
    x_bar = 0.0
    for k, values_last in zip(range(n - 1, 0, -1), reversed(values_last_tape)):
        values_last_bar3 = values_last_bar2 + 1.0
        # values.append(2.0 * x * values[-1] - 2.0 * k * values[-2])
        values_last_bar4 = -2.0 * (values_last_bar3 * k)
        values_last_bar2 = values_last_bar + 2.0 * (values_last_bar3 * x)
        x_bar += 2.0 * (values_last_bar3 * values_last)
        values_last_bar = values_last_bar4
    # values = [1.0, 2.0 * x]
    x_bar += 2.0 * (1.0 + values_last_bar2)
    return x_bar
