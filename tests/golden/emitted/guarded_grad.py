import math


def guarded_grad(x, y):
    """Gradient of `guarded` with respect to x, by reverse mode."""
    # forward sweep
    try:
        math.exp(x * y)
        failed = False
    except OverflowError:
        failed = True
    if failed:
        return 0.0

    # reverse sweep
    # return math.exp(x * y)
    x_bar = math.exp(x * y) * y
    return x_bar
