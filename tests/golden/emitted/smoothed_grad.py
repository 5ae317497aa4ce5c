import numpy as np


def smoothed_grad(prices, weight):
    """Gradient of `smoothed` with respect to (prices, weight), by reverse mode.

    Generated for prices: f8[n].
    """
    # forward sweep
    window = np.zeros(0)
    window_length = 0
    price_tape = []
    for price in prices:
        window2 = np.append(window, weight * price)
        window_length = window_length + 1
        t = window_length > 3
        if t:
            window = window2[1:]
            window_length = len(window)
        else:
            window = window2
        price_tape.append((price, window2, t, window_length))

    # reverse sweep
    window_bar = np.zeros(window.shape)
    prices_bar = np.zeros(prices.shape)
    weight_bar = 0.0
    for i, (
        price, window, t, window_length
    ) in zip(range(len(prices) - 1, -1, -1), reversed(price_tape)):
        # total += sum(window) / len(window)
        window_bar += 1.0 / window_length
        if t:
            # window.pop(0)
            window_bar2 = np.zeros(window.shape)
            window_bar2[1:] += window_bar
        else:
            window_bar2 = window_bar
        # window.append(weight * price)
        window_bar = window_bar2[:-1]
        t_bar = window_bar2[-1]
        weight_bar += t_bar * price
        price_bar = t_bar * weight
        prices_bar[i] += price_bar
    return prices_bar, weight_bar
