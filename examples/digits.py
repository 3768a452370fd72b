"""Train small neural networks on scikit-learn's digits and log everything a person would want to see.

Three learning rates and three seeds give nine runs: loss and accuracy on training and validation data, a confusion
matrix as an image, text logs, and the fitted model as a file. A minute on a laptop.
"""

from __future__ import annotations

import argparse
import itertools
import pickle
import tempfile
from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits
from sklearn.metrics import confusion_matrix, log_loss
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier
from sklearn.preprocessing import StandardScaler

import runicorn as rn

CLASSES = np.arange(10)


def train(learning_rate: float, seed: int, epochs: int, hidden: int = 32, batch: int = 64) -> None:
    """Train one network and log it as one run of the project `digits`."""
    data, labels = load_digits(return_X_y=True)
    parts = train_test_split(data, labels, test_size=0.25, random_state=0, stratify=labels)
    x_train, x_valid, y_train, y_valid = parts
    scaler = StandardScaler().fit(x_train)
    x_train, x_valid = scaler.transform(x_train), scaler.transform(x_valid)

    config = {"lr": learning_rate, "seed": seed, "hidden": hidden, "batch": batch, "epochs": epochs}
    model = MLPClassifier((hidden,), solver="sgd", learning_rate_init=learning_rate, random_state=seed)
    order = np.random.default_rng(seed)
    with rn.init(project="digits", name="mlp", config=config, tags=["demo"]) as run:
        run.set_primary_metric("valid/acc", mode="max")
        run.log_text(f"{len(x_train)} training and {len(x_valid)} validation images of 8 × 8 pixels")
        step = 0
        for epoch in range(1, epochs + 1):
            shuffled = order.permutation(len(x_train))
            for start in range(0, len(shuffled), batch):
                picked = shuffled[start : start + batch]
                model.partial_fit(x_train[picked], y_train[picked], classes=CLASSES)
                step += 1
                run.log({"train/loss": float(model.loss_)}, step=step)
            valid = {
                "valid/loss": log_loss(y_valid, model.predict_proba(x_valid), labels=CLASSES),
                "valid/acc": model.score(x_valid, y_valid),
                "train/acc": model.score(x_train, y_train),
            }
            run.log(valid, step=step)
            run.log_text(f"epoch {epoch:2d}  valid loss {valid['valid/loss']:.4f}  acc {valid['valid/acc']:.4f}")
        run.log_image("confusion", picture(confusion_matrix(y_valid, model.predict(x_valid))), step=step)
        save(run, model)
        run.summary({"parameters": sum(weights.size for weights in (*model.coefs_, *model.intercepts_))})


def picture(matrix: np.ndarray, cell: int = 24) -> np.ndarray:
    """Return a confusion matrix as an RGB image, brighter where more digits fell; rows are the truth."""
    share = matrix / matrix.sum(axis=1, keepdims=True)
    low, high = np.array([247, 250, 252]), np.array([31, 79, 139])
    pixels = low + (high - low) * np.sqrt(share)[..., None]
    return np.kron(pixels, np.ones((cell, cell, 1))).astype(np.uint8)


def save(run: rn.Run, model: MLPClassifier) -> None:
    """Keep the fitted model beside the run."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "model.pkl")
        file.write_bytes(pickle.dumps(model))
        run.log_file("model", file)


def main() -> None:
    """Train the whole grid."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--epochs", type=int, default=25)
    parser.add_argument("--rates", type=float, nargs="+", default=[0.003, 0.03, 0.3])
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    options = parser.parse_args()
    for learning_rate, seed in itertools.product(options.rates, options.seeds):
        train(learning_rate, seed, options.epochs)


if __name__ == "__main__":
    main()
