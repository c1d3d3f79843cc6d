"""Fit the confidence: python -m llmauto_agent.planner.neural.calibrate OUTCOMES --weights FOLDER

OUTCOMES are JSON lines of `benchmarks/written/run.py --planner network --outcomes FILE`: requests that no training
saw, each with the features of its reading and whether it was right. A logistic model (Platt 1999) is fitted
by Newton's method with a small ridge and written into the weights' model.json. Printed are the expected
calibration error over ten folds (Guo et al. 2017, ten bins of equal size), and what would be answered, and
how much of it rightly, from each confidence.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from llmauto_agent.planner.neural.reader import FEATURES

RIDGE = 1.0
FOLDS, BINS = 10, 10
LEVELS = (0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95)


def fit(x: np.ndarray, y: np.ndarray, ridge: float = RIDGE, steps: int = 50) -> np.ndarray:
    """Weights, the bias first, of the logistic model of y (0 or 1, n) by x (n × features)."""
    design = np.column_stack([np.ones(len(x)), x])
    penalty = ridge * np.eye(design.shape[1])
    penalty[0, 0] = 1e-6
    weights = np.zeros(design.shape[1])
    for _ in range(steps):
        p = said(weights, x)
        gradient = design.T @ (y - p) - penalty @ weights
        hessian = (design * (p * (1 - p))[:, None]).T @ design + penalty
        change = np.linalg.solve(hessian, gradient)
        weights += change
        if float(abs(change).max()) < 1e-8:
            break
    return weights


def said(weights: np.ndarray, x: np.ndarray) -> np.ndarray:
    """The probabilities of a fitted model."""
    return np.asarray(1 / (1 + np.exp(-np.clip(weights[0] + x @ weights[1:], -30, 30))))


def out_of_fold(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Each probability by a model that was fitted without its tenth."""
    place = np.arange(len(y)) % FOLDS
    found = np.zeros(len(y))
    for fold in range(FOLDS):
        found[place == fold] = said(fit(x[place != fold], y[place != fold]), x[place == fold])
    return found


def calibration_error(p: np.ndarray, y: np.ndarray) -> float:
    """Mean distance of confidence and accuracy over bins of equal size."""
    parts = np.array_split(np.argsort(p), BINS)
    return float(sum(abs(p[i].mean() - y[i].mean()) * len(i) for i in parts if len(i)) / len(p))


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("outcomes", type=Path)
    parser.add_argument("--weights", type=Path, help="the folder whose model.json gets the calibration")
    args = parser.parse_args(arguments)
    lines = [json.loads(line) for line in args.outcomes.read_text("utf-8").splitlines()]
    lines = [o for o in lines if o["planner"] == "network" and o["features"]]
    x = np.array([o["features"] for o in lines], dtype=np.float64)
    y = np.array([o["state"] == "right" for o in lines], dtype=np.float64)
    p = out_of_fold(x, y)
    print(f"{len(y)} requests, {y.mean():.1%} right, calibration error {calibration_error(p, y):.3f}")
    for level in LEVELS:
        answered = p >= level
        if answered.any():
            share, right = answered.mean(), y[answered].mean()
            print(
                f"from {level:.2f}: {share:6.1%} answered, {right:6.1%} of them right, {share * (1 - right):5.1%} wrong in all"
            )
    weights = fit(x, y)
    print(dict(zip(("bias", *FEATURES), weights.round(3).tolist(), strict=True)))
    if args.weights:
        path = args.weights / "model.json"
        card = json.loads(path.read_text("utf-8"))
        card["calibration"] = weights.round(4).tolist()
        path.write_text(json.dumps(card, ensure_ascii=False, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
