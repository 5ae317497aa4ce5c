import numpy as np


def smoothed_grad(prices, weight):
    """Gradient of `smoothed` with respect to (prices, weight), by reverse mode.

    Generated for prices: f8[n].
    """
    # forward sweep
    window = np.zeros(0)
    t = 0
    window_tape = []
    for price in prices:
        window2 = np.concatenate((window, np.array([weight * price])))
        t = t + 1
        t2 = t > 3
        if t2:
            t3 = window2[1:]
            t = len(t3)
        else:
            t3 = window2
        window_tape.append((window, price, window2, t2, t))
        window = t3

    # reverse sweep
    window_bar = np.zeros_like(window)
    prices_bar = np.zeros_like(prices)
    weight_bar = 0.0
    for i, (
        window, price, window2, t, t2
    ) in zip(range(len(prices) - 1, -1, -1), reversed(window_tape)):
        # total += sum(window) / len(window)
        window_bar += 1.0 / t2
        if t:
            # window.pop(0)
            window_bar2 = np.zeros_like(window2)
            window_bar2[1:] += window_bar
        else:
            window_bar2 = window_bar
        # window.append(weight * price)
        window_bar = window_bar2[0:window.shape[0]]
        t_bar = window_bar2[window.shape[0]:window.shape[0] + 1][0]
        weight_bar += t_bar * price
        price_bar = t_bar * weight
        prices_bar[i] += price_bar
    return prices_bar, weight_bar
