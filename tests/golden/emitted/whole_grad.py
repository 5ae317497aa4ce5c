import numpy as np


def product_forward(v, first, last):
    """Value of `product`, and the tape that its adjoint reads."""
    t = last - first == 1
    if t:
        return v[first], (v, first, t, None, None, None, None)
    middle = (first + last) // 2
    t3, tape = product_forward(v, first, middle)
    t4, tape2 = product_forward(v, middle, last)
    return t3 * t4, (v, first, t, t4, t3, tape2, tape)


def product_reverse(tape, y_bar):
    """Adjoint of `product` with respect to v."""
    v, first, t, t2, t3, tape2, tape3 = tape
    if t:
        # return v[first]
        v_bar = np.zeros(v.shape)
        v_bar[first] += y_bar
        return v_bar
    # return product(v, first, middle) * product(v, middle, last)
    v_bar = product_reverse(tape2, y_bar * t3)
    v_bar += product_reverse(tape3, y_bar * t2)
    return v_bar


def whole_grad(v):
    """Gradient of `whole` with respect to v, by reverse mode.

    Generated for v: f8[n].
    """
    # forward sweep
    _, tape = product_forward(v, 0, len(v))

    # reverse sweep
    # return product(v, 0, len(v))
    v_bar = product_reverse(tape, 1.0)
    return v_bar
