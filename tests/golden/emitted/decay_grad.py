import numpy as np


def decay_grad(model, t):
    """Gradient of `decay` with respect to model, by reverse mode.

    Generated for t: f8[n].
    """
    # forward sweep
    amplitude = model["amplitude"]
    rate = model["rate"]
    k_tape = []
    for k in t:
        exp = np.exp(-rate * k)
        k_tape.append((k, exp))

    # reverse sweep
    rate_bar = 0.0
    amplitude_bar = 0.0
    offset_bar = 0.0
    for k, exp in reversed(k_tape):
        # total += model["amplitude"] * np.exp(-model["rate"] * k) + model["offset"]
        offset_bar += 1.0
        amplitude_bar += exp
        rate_bar -= amplitude * exp * k
    return {"amplitude": amplitude_bar, "rate": rate_bar, "offset": offset_bar}
