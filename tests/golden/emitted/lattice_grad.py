import numpy as np


def lattice_grad(right, up):
    """Gradient of `lattice` with respect to (right, up), by reverse mode.

    Generated for right: f8[n], up: f8[m].
    """
    # forward sweep
    t = len(up) + 1
    t2 = len(right) + 1
    weight = np.full((t, t2), 1.0)
    tape_tape = []
    for i in range(1, t):
        tape = []
        tape2 = []
        for j in range(1, t2):
            t = j - 1
            t3 = weight[i, t]
            tape.append(t3)
            t4 = i - 1
            t5 = weight[t4, j]
            tape2.append(t5)
            weight[i, j] = t3 * right[t] + t5 * up[t4]
        tape_tape.append((tape, tape2))

    # reverse sweep
    # return weight[-1][-1]
    weight_bar = np.zeros(weight.shape)
    weight_bar[-1, -1] += 1.0
    right_bar = np.zeros(right.shape)
    up_bar = np.zeros(up.shape)
    for i, (tape, tape2) in zip(range(len(up), 0, -1), reversed(tape_tape)):
        for j, t, t2 in zip(range(len(right), 0, -1), reversed(tape), reversed(tape2)):
            # weight[i][j] = weight[i][j - 1] * right[j - 1] + weight[i - 1][j] * up[i - 1]
            t3 = j - 1
            t4 = i - 1
            t_bar = weight_bar[i, j]
            weight_bar[i, j] = 0.0
            up_bar[t4] += t_bar * t2
            weight_bar[t4, j] += t_bar * up[t4]
            right_bar[t3] += t_bar * t
            weight_bar[i, t3] += t_bar * right[t3]
    return right_bar, up_bar
