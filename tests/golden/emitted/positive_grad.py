import numpy as np


def positive_grad(x, v):
    """Gradient of `positive` with respect to x, by reverse mode.

    Generated for v: f8[n].
    """
    # forward sweep
    logs_items = []
    logs_kept = []
    e_tape = []
    for e in v:
        e_tape.append(e)
        t = e > 0.0
        logs_kept.append(t)
        if t:
            logs_item = np.log(e * x)
        else:
            logs_item = 0.0
        logs_items.append(logs_item)
    logs_kept = np.array(logs_kept, dtype=bool)
    logs_items = np.array(logs_items)

    # reverse sweep
    logs_items_bar = np.zeros(logs_items.shape)
    logs_items_bar[logs_kept] += 1.0
    x_bar = 0.0
    for logs_item_bar, e in zip(reversed(logs_items_bar), reversed(e_tape)):
        if e > 0.0:
            # logs.append(np.log(e * x))
            x_bar += logs_item_bar / (e * x) * e
    return x_bar
