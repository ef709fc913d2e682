"""Keeps one label from taking over what a model says of texts that have none."""

import numpy as np

TURNS = 50
LEAST = 1e-6


def balanced(shares: np.ndarray, prior: np.ndarray, strength: float) -> np.ndarray:
    """The shares (texts, labels), their means over the texts drawn to a prior (labels,).

    With a strength of 1 they become the prior, with 0 they stay; between, the target is the
    geometric mean of both. Columns and rows are scaled in turn (Sinkhorn and Knopp 1967).
    """
    mean = np.maximum(shares.mean(axis=0), LEAST)
    wanted = mean ** (1 - strength) * np.maximum(prior, LEAST) ** strength
    wanted = wanted / wanted.sum()
    found = shares.astype(np.float64)
    for _ in range(TURNS if strength else 0):
        found *= wanted / np.maximum(found.mean(axis=0), LEAST)
        found /= found.sum(axis=1, keepdims=True)
    return found.astype(np.float32)


def surest(shares: np.ndarray, prior: np.ndarray, confidence: float, strength: float) -> np.ndarray:
    """Places of the texts to believe, sorted: those surer than `confidence`, no label too often.

    With a strength of 1 a label gets at most its part of the prior (labels,) of the confident,
    the surest first; with 0 as many as there are.
    """
    answers, sure = shares.argmax(axis=1), shares.max(axis=1)
    confident = np.flatnonzero(sure >= confidence)
    taken = []
    for label, part in enumerate(prior):
        of_label = confident[answers[confident] == label]
        of_label = of_label[np.argsort(-sure[of_label], kind="stable")]
        too_many = max(0.0, len(of_label) - part * len(confident))
        taken.append(of_label[: round(len(of_label) - strength * too_many)])
    return np.sort(np.concatenate(taken))
