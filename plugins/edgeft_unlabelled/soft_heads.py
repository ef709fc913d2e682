"""A linear head fitted on probabilities, where nobody said which label it is."""

import numpy as np
from scipy.optimize import minimize
from scipy.special import log_softmax

from edgeft.probing.heads import Head

STEPS = 60


def soft_head(vectors: np.ndarray, shares: np.ndarray, strength: float, start: Head) -> Head:
    """The head of vectors (texts, hidden) that are each label to some share (texts, labels).

    Minimizes -sum q log p + |W|^2 / (2 strength), for vectors of length 1 on average, by L-BFGS
    from another head: what logistic regression does where all shares are 0 or 1.
    """
    scale = float(np.linalg.norm(vectors, axis=1).mean()) or 1.0
    unit = (vectors / scale).astype(np.float32)
    labels, hidden = start.weight.shape

    def cost(flat: np.ndarray) -> tuple[float, np.ndarray]:
        weight, bias = flat[:-labels].reshape(labels, hidden), flat[-labels:]
        logits = unit @ weight.T.astype(np.float32) + bias.astype(np.float32)
        found = log_softmax(logits, axis=1)
        wrong = np.exp(found) * shares.sum(axis=1, keepdims=True) - shares  # (texts, labels)
        slope = wrong.T @ unit + weight / strength
        value = -float((shares * found).sum()) + float((weight**2).sum()) / (2 * strength)
        return value, np.concatenate([slope.ravel(), wrong.sum(axis=0)]).astype(np.float64)

    first = np.concatenate([(start.weight * scale).ravel(), start.bias]).astype(np.float64)
    best = minimize(cost, first, jac=True, method="L-BFGS-B", options={"maxiter": STEPS}).x
    weight = best[:-labels].reshape(labels, hidden) / scale
    return Head(weight.astype(np.float32), best[-labels:].astype(np.float32))
