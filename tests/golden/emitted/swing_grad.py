import math
import numpy as np


def swing_grad(angle, rate, length):
    """Gradient of `swing` with respect to angle, by reverse mode."""
    # forward sweep
    t = 0.0
    times = [0.0]
    angles_last = angle
    angles_last_tape = []
    while t < 1.0:
        t2 = 0.1 * 9.81 / length
        angles_last_tape.append((angles_last, t2))
        rate = rate - t2 * math.sin(angles_last)
        angles_last = angles_last + 0.1 * rate
        t += 0.1
        times.append(t)
    times = np.array(times)

    # reverse sweep
    angle_bar = times[0]
    rate_bar = 0.0
    angles_last_bar = 0.0
    for angles_last_bar2, (angles_last, t) in zip(reversed(times[1:]), reversed(angles_last_tape)):
        angles_last_bar += angles_last_bar2
        # angles.append(angles[-1] + 0.1 * rate)
        rate_bar += 0.1 * angles_last_bar
        # rate = rate - 0.1 * 9.81 / length * math.sin(angles[-1])
        angles_last_bar -= rate_bar * t * math.cos(angles_last)
    angle_bar += angles_last_bar
    return angle_bar
