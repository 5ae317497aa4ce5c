import numpy as np


def loss(w1, b1, w2, b2, x, labels, decay: float):
    """Mean softmax cross-entropy of a two-layer perceptron, with weight decay."""
    hidden = np.tanh(x @ w1 + b1)
    logits = hidden @ w2 + b2
    shifted = logits - np.max(logits, axis=1, keepdims=True)
    log_probs = shifted - np.log(np.sum(np.exp(shifted), axis=1, keepdims=True))
    fit = -np.mean(np.sum(labels * log_probs, axis=1))
    return fit + 0.5 * decay * (np.sum(w1 * w1) + np.sum(w2 * w2))
