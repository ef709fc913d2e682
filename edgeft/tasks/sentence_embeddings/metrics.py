"""How far two models' vectors of the same texts say the same, with bootstrap intervals."""

import numpy as np
from scipy.stats import rankdata

from edgeft.intervals import RESAMPLES, edges
from edgeft.tasks import Scores

PAIRS = 4000
"""pairs of texts whose similarities are compared; all of them where there are fewer"""
AT_ONCE = 250
"""resamples at a time"""
TINY = 1e-9
"""variance of ranks, whose steps are halves, that is none"""


def score(reference: np.ndarray, vectors: np.ndarray) -> Scores:
    """Score vectors (rows, hidden) against those of another model of the same rows.

    `similarity` is Spearman's correlation of the two models' cosines over pairs of rows, `cosine`
    the mean cosine of the two models' vectors. Intervals are of resampled rows: a pair counts as
    often as both of its rows were drawn.
    """
    n = len(vectors)
    same = cosines(reference, vectors)
    pairs = pairs_of(n)
    before, after = ranks_of(reference, pairs), ranks_of(vectors, pairs)
    drawn: dict[str, list[np.ndarray]] = {"similarity": [], "cosine": []}
    random = np.random.default_rng(0)
    for _ in range(RESAMPLES // AT_ONCE if n > 1 else 0):
        counts = random.multinomial(n, np.full(n, 1 / n), size=AT_ONCE)
        weights = counts[:, pairs[0]] * counts[:, pairs[1]]
        drawn["similarity"].append(correlation(before, after, weights))
        drawn["cosine"].append(counts @ same / n)
    return Scores(
        n=n,
        metrics={
            "similarity": plain(before, after),
            "cosine": float(same.mean()) if n else 1.0,
        },
        intervals={name: edges(np.concatenate(found)) for name, found in drawn.items() if found},
    )


def similarity(reference: np.ndarray, vectors: np.ndarray) -> float:
    """Spearman's correlation of two models' cosines over pairs of their rows (rows, hidden)."""
    pairs = pairs_of(len(vectors))
    return plain(ranks_of(reference, pairs), ranks_of(vectors, pairs))


def plain(one: np.ndarray, other: np.ndarray) -> float:
    """Pearson's correlation of two lists (pairs,), each pair counted once; 1 of none."""
    return float(correlation(one, other, np.ones((1, len(one))))[0]) if len(one) else 1.0


def cosines(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """The cosine of each row's two vectors, both (rows, hidden): float64 (rows,)."""
    found: np.ndarray = (unit(one) * unit(other)).sum(axis=1)
    return found


def pairs_of(n: int, seed: int = 0) -> np.ndarray:
    """Different pairs of n rows, int64 (2, pairs): all of them, or PAIRS drawn at random."""
    if n * (n - 1) // 2 <= PAIRS:
        return np.stack(np.triu_indices(n, k=1))
    random = np.random.default_rng(seed)
    first = random.integers(0, n, 2 * PAIRS)
    second = (first + random.integers(1, n, 2 * PAIRS)) % n
    both = np.unique(np.sort(np.stack([first, second]), axis=0), axis=1)
    return both[:, random.permutation(both.shape[1])[:PAIRS]]


def ranks_of(vectors: np.ndarray, pairs: np.ndarray) -> np.ndarray:
    """The ranks (pairs,) of the cosines of pairs (2, pairs) of rows; equal ones share theirs."""
    found: np.ndarray = rankdata(cosines(vectors[pairs[0]], vectors[pairs[1]]).round(9))
    return found


def correlation(one: np.ndarray, other: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Pearson's correlation of two lists (pairs,) for each list of weights (resamples, pairs).

    1 where neither varies, and 0 where only one does.
    """
    one, other = one - one.mean(), other - other.mean()
    total = np.maximum(weights.sum(axis=1), 1e-12)
    sums = weights @ np.stack([one, other, one**2, other**2, one * other], axis=1)
    first, second, of_one, of_other, of_both = (sums / total[:, None]).T
    varies, other_varies = of_one - first**2, of_other - second**2
    flat, other_flat = varies <= TINY, other_varies <= TINY
    size = np.sqrt(np.where(flat | other_flat, 1.0, varies * other_varies))
    alike = np.where(flat | other_flat, flat & other_flat, (of_both - first * second) / size)
    found: np.ndarray = np.clip(alike, -1.0, 1.0)
    return found


def unit(vectors: np.ndarray) -> np.ndarray:
    """Vectors (rows, hidden) of length 1, float64."""
    whole = vectors.astype(np.float64)
    lengths = np.linalg.norm(whole, axis=1, keepdims=True)
    found: np.ndarray = np.divide(whole, lengths, out=np.zeros_like(whole), where=lengths > 0)
    return found
