"""Trains a two-layer perceptron on scikit-learn's handwritten digits.

The gradient is `digits_grad.py`, which s2sad generated from `digits_loss.py` and which stands on its own: this
program does not import s2sad. To make it again:

    s2sad emit digits_loss.py:loss --mode value --wrt w1,b1,w2,b2 -o digits_grad.py \
        --args "w1: f8[n,h], b1: f8[h], w2: f8[h,k], b2: f8[k], x: f8[m,n], labels: f8[m,k]"
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
import matplotlib
import numpy as np
from digits_grad import loss_value_and_grad
from scipy.optimize import minimize
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

matplotlib.use("Agg")
import matplotlib.pyplot as plt

HIDDEN = 48
DECAY = 1e-3
SHAPES = [(64, HIDDEN), (HIDDEN,), (HIDDEN, 10), (10,)]


def unpack(theta: np.ndarray) -> list[np.ndarray]:
    """The parameters w1, b1, w2, b2 from one flat vector."""
    parts, start = [], 0
    for shape in SHAPES:
        size = int(np.prod(shape))
        parts.append(theta[start : start + size].reshape(shape))
        start += size
    return parts


def predict(theta: np.ndarray, x: np.ndarray) -> np.ndarray:
    w1, b1, w2, b2 = unpack(theta)
    return np.argmax(np.tanh(x @ w1 + b1) @ w2 + b2, axis=1)


def train(x: np.ndarray, y: np.ndarray, steps: int) -> tuple[np.ndarray, list[float]]:
    """Fitted parameters, and the loss after each step of L-BFGS."""
    labels = np.eye(10)[y]
    rng = np.random.default_rng(0)
    theta = np.concatenate([rng.normal(scale=0.1, size=shape).ravel() for shape in SHAPES])
    history: list[float] = []

    def objective(theta: np.ndarray) -> tuple[float, np.ndarray]:
        value, bars = loss_value_and_grad(*unpack(theta), x, labels, DECAY)
        return float(value), np.concatenate([bar.ravel() for bar in bars])

    def report(theta: np.ndarray) -> None:
        history.append(objective(theta)[0])
        if len(history) % 10 == 0:
            print(f"step {len(history):4d}  loss {history[-1]:.4f}")

    result = minimize(objective, theta, method="L-BFGS-B", jac=True, callback=report, options={"maxiter": steps})
    return result.x, history


def draw(folder: Path, history: list[float], images: np.ndarray, guesses: Any, truth: Any) -> None:
    """The loss curve and some predictions, as PNG files."""
    folder.mkdir(parents=True, exist_ok=True)
    figure, axes = plt.subplots(figsize=(6, 4), layout="constrained")
    axes.semilogy(range(1, len(history) + 1), history)
    axes.set(xlabel="step of L-BFGS", ylabel="loss", title="Training loss")
    axes.grid(alpha=0.3)
    figure.savefig(folder / "loss.png", dpi=120)
    figure, grid = plt.subplots(3, 8, figsize=(8, 3.6), layout="constrained")
    for axes, image, guess, true in zip(grid.ravel(), images, guesses, truth, strict=False):
        axes.imshow(image.reshape(8, 8), cmap="gray_r")
        axes.set_title(str(guess), color="black" if guess == true else "red", fontsize=10)
        axes.axis("off")
    figure.suptitle("Test digits with their predictions (red: wrong)")
    figure.savefig(folder / "predictions.png", dpi=120)
    plt.close("all")


@click.command()
@click.option("--out", type=click.Path(path_type=Path), default=Path(__file__).parent / "out", show_default=True)
@click.option("--steps", default=120, show_default=True, help="Steps of L-BFGS.")
def main(out: Path, steps: int) -> None:
    """Train, report the accuracy on unseen digits, and save two figures."""
    digits = load_digits()
    split = train_test_split(digits.data / 16.0, digits.target, test_size=0.25, random_state=0)
    x, x_test, y, y_test = split
    theta, history = train(x, y, steps)
    guesses = predict(theta, x_test)
    print(f"train accuracy {np.mean(predict(theta, x) == y):.3f}")
    print(f"test accuracy {np.mean(guesses == y_test):.3f}")
    draw(out, history, x_test, guesses, y_test)
    print(f"figures: {out / 'loss.png'}, {out / 'predictions.png'}")


if __name__ == "__main__":
    main()
