"""How near vectors lie to examples of each label, and how sharply that should tell labels apart.

See `edgeft.architectures.remembering` for what it is, and where it comes from.
"""

from dataclasses import dataclass

import numpy as np

from edgeft.architectures.remembering import ABSENT
from edgeft.probing.heads import Examples, folds, out_of_fold

SHARPNESS = (10.0, 20.0)
"""what cosines are multiplied by, tried in turn: of Banking77's 77 labels 20 is best, of few broad
ones 10 at most"""
PLACES = 32
"""examples of a label that are kept at most"""
FEW = 2000
"""rows up to which examples are kept at all: of more, a linear map says what there is to say"""


@dataclass(frozen=True)
class Kept:
    """Examples of each label, as a head keeps them."""

    vectors: np.ndarray
    """float32 (labels, places, hidden), of length 1, or 0 where there is none"""
    shares: np.ndarray
    """float32 (labels, places): logarithms of how much each counts among those of its label"""

    def logits(self, vectors: np.ndarray, sharpness: float) -> np.ndarray:
        """How near vectors (rows, hidden) lie to the examples of each label: (rows, labels)."""
        near = np.einsum("rh,lph->rlp", unit(vectors), self.vectors, optimize=True)
        weighed = sharpness * near + self.shares
        top = weighed.max(axis=-1, keepdims=True)
        found: np.ndarray = np.log(np.exp(weighed - top).sum(axis=-1)) + top[..., 0]
        return found


def kept(examples: Examples, rows: np.ndarray | None = None) -> Kept:
    """The examples, or some rows of them, by label; of one that has too many, the first ones.

    The name of a label is one of its examples where names are examples; a row of weight 0 is none.
    """
    rows = np.arange(len(examples.targets)) if rows is None else rows
    weights = np.ones(len(examples.targets)) if examples.weights is None else examples.weights
    found: list[list[tuple[np.ndarray, float]]] = [[] for _ in range(examples.labels)]
    if examples.names is not None:
        for of_label, name in zip(found, examples.names, strict=True):
            of_label.append((name, 1.0))
    for row in rows:
        of_label = found[examples.targets[row]]
        if weights[row] > 0 and len(of_label) < PLACES:
            of_label.append((examples.vectors[row], float(weights[row])))
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


def best_sharpness(examples: Examples, strength: float, seed: int = 0) -> float:
    """How sharp a head's examples should be; 0 where it should keep none.

    That is where cross-validation is not better with them by more than its standard error, for
    some dozens of texts say little, or where there are more than FEW rows.
    """
    targets = examples.targets
    if len(targets) > FEW:
        return 0.0
    linear = out_of_fold(examples, strength, seed)
    alone = linear.argmax(axis=1) == targets
    gains = {}
    for sharpness in SHARPNESS:
        both = linear.copy()
        for train, held_out in folds(targets, seed):
            near = kept(examples, train).logits(examples.vectors[held_out], sharpness)
            both[held_out] += near
        right = both.argmax(axis=1) == targets
        gain = right.astype(float) - alone
        gains[sharpness] = float(gain.mean() - gain.std() / np.sqrt(len(gain)))
    best = max(gains, key=lambda sharpness: gains[sharpness])
    return best if gains[best] > 0 else 0.0
