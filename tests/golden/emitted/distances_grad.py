import numpy as np


def split_like(x, parts):
    """Parts of x that are as long as the arrays of a list, joined end to end."""
    ends = np.cumsum([len(p) for p in parts], dtype=int)
    return np.split(x, ends)[:-1]


def distances_grad(x, y):
    """Gradient of `distances` with respect to (x, y), by reverse mode.

    Generated for x: f8[n], y: f8[m].
    """
    # forward sweep
    found = []
    tape_tape = []
    for i in range(len(x)):
        found2 = []
        tape = []
        tape2 = []
        for j in range(i):
            t = x[i] - x[j]
            tape.append(t)
            t2 = y[i] - y[j]
            tape2.append(t2)
            found_item = t ** 2 + t2 ** 2
            found2.append(found_item)
        tape_tape.append((tape, tape2))
        found2 = np.array(found2)
        found.append(found2)
    found2 = np.concatenate([[], *found])

    # reverse sweep
    # return np.sum(np.sqrt(np.array(found)))
    found_bar = 0.5 * (1.0 / np.sqrt(found2))
    x_bar = np.zeros(x.shape)
    y_bar = np.zeros(y.shape)
    for i, found_bar2, (tape, tape2) in zip(
        range(len(x) - 1, -1, -1), reversed(split_like(found_bar, found)), reversed(tape_tape)
    ):
        for j, found_item_bar, t, t2 in zip(
            range(i - 1, -1, -1), reversed(found_bar2), reversed(tape), reversed(tape2)
        ):
            # found.append((x[i] - x[j]) ** 2 + (y[i] - y[j]) ** 2)
            t2 = found_item_bar * t2
            y_bar[j] -= 2.0 * t2
            y_bar[i] += 2.0 * t2
            t = found_item_bar * t
            x_bar[j] -= 2.0 * t
            x_bar[i] += 2.0 * t
    return x_bar, y_bar
