import numpy as np


def loss_grad(w1, b1, w2, b2, x, labels, decay):
    """Gradient of `loss` with respect to (w1, b1, w2, b2), by reverse mode.

    Generated for w1: f8[n, m], b1: f8[m], w2: f8[m, k], b2: f8[k], x: f8[p, n], labels:
    f8[p, k].
    """
    # forward sweep
    hidden = np.tanh(x @ w1 + b1)
    logits = hidden @ w2 + b2
    max_logits = np.max(logits, axis=1, keepdims=True)
    shifted = logits - max_logits
    exp_shifted = np.exp(shifted)

    # reverse sweep
    # fit = -np.mean(np.sum(labels * log_probs, axis=1))
    t = -1.0 / x.shape[0]
    log_probs_bar = t * labels
    # log_probs = shifted - np.log(np.sum(np.exp(shifted), axis=1, keepdims=True))
    t = (
        t * np.sum(labels, axis=1, keepdims=True) / np.sum(exp_shifted, axis=1, keepdims=True)
        * exp_shifted
    )
    shifted_bar = log_probs_bar - t
    # shifted = logits - np.max(logits, axis=1, keepdims=True)
    t2 = logits == max_logits
    logits_bar = (
        shifted_bar
        + t2
        * (np.sum(t - log_probs_bar, axis=1, keepdims=True) / np.sum(t2, axis=1, keepdims=True))
    )
    # logits = hidden @ w2 + b2
    b2_bar = np.sum(logits_bar, axis=0)
    hidden_bar = logits_bar @ w2.T
    w2_bar = decay * w2 + hidden.T @ logits_bar
    # hidden = np.tanh(x @ w1 + b1)
    t_bar = hidden_bar * (1.0 - hidden * hidden)
    b1_bar = np.sum(t_bar, axis=0)
    w1_bar = decay * w1 + x.T @ t_bar
    return w1_bar, b1_bar, w2_bar, b2_bar
