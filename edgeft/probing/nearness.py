"""How near vectors lie to examples of each label.

See `edgeft.architectures.remembering` for what that is, and where it comes from.
"""

from dataclasses import dataclass

import numpy as np

from edgeft.architectures.remembering import ABSENT
from edgeft.probing.heads import Examples

SHARPNESS = 15.0
"""what cosines are multiplied by. 10 to 20 do alike for vectors that were trained on such examples:
eight texts a label of Banking77, of BBC News and of tweets"""


@dataclass(frozen=True)
class Kept:
    """Examples of each label, as a head keeps them."""

    vectors: np.ndarray
    """float32 (labels, places, hidden), of length 1, or 0 where there is none"""
    shares: np.ndarray
    """float32 (labels, places): logarithms of how much each counts among those of its label"""


def kept(examples: Examples, most: int) -> Kept:
    """The examples by label: of each at most so many, the first ones.

    The name of a label is one of its examples where names are examples; a row of weight 0 is none.
    """
    weights = np.ones(len(examples.targets)) if examples.weights is None else examples.weights
    found: list[list[tuple[np.ndarray, float]]] = [[] for _ in range(examples.labels)]
    if examples.names is not None:
        for of_label, name in zip(found, examples.names, strict=True):
            of_label.append((name, 1.0))
    for vector, target, weight in zip(examples.vectors, examples.targets, weights, strict=True):
        if weight > 0 and len(found[target]) < most:
            found[target].append((vector, float(weight)))
    places = max(map(len, found))
    vectors = np.zeros((examples.labels, places, examples.vectors.shape[1]), np.float32)
    shares = np.full((examples.labels, places), ABSENT, np.float32)
    for label, of_label in enumerate(found):
        if of_label:
            of_these = np.array([weight for _, weight in of_label])
            vectors[label, : len(of_label)] = unit(np.array([vector for vector, _ in of_label]))
            shares[label, : len(of_label)] = np.log(of_these / of_these.sum())
    return Kept(vectors, shares)


def unit(vectors: np.ndarray) -> np.ndarray:
    """The vectors with a length of 1."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    found: np.ndarray = (vectors / np.maximum(lengths, 1e-12)).astype(np.float32)
    return found
