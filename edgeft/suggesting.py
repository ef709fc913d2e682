"""Which texts to label next: those that a model is least sure of, no two of them alike.

Uncertain texts are picked first, then spread: k-means over what the texts are about, each text
weighed by its uncertainty, and one text a cluster (Zhdanov 2019, "Diverse mini-batch active
learning", https://arxiv.org/abs/1901.05954).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from scipy.special import softmax
from sklearn.cluster import KMeans
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.preprocessing import normalize

from edgeft.data.likeness import compare
from edgeft.progress import Progress, Silence

AMONG = 10
"""times as many uncertain texts as are wanted, to choose from"""
DIMENSIONS = 64
FEATURES = 2**15


@dataclass(frozen=True)
class Suggestion:
    """A text whose label would teach most, and what the model says of it now."""

    place: int
    """of the text in the list that was given"""
    text: str
    uncertainty: float
    """1 minus the difference of its two greatest probabilities: 1 where the model cannot decide"""
    label: str
    probability: float
    second: str


def suggest(
    texts: Sequence[str],
    logits: np.ndarray,
    labels: list[str],
    count: int,
    *,
    known: Sequence[str] = (),
    seed: int = 0,
    progress: Progress | None = None,
) -> list[Suggestion]:
    """The `count` texts to label next by a model's logits (texts, labels), least certain first.

    Of texts that are nearly the same one is taken, and none that is nearly one of the `known`, for
    these have labels already. Fewer come where there are not so many different texts.
    """
    probabilities = softmax(np.asarray(logits, dtype=np.float64), axis=1)
    order = np.argsort(-probabilities, axis=1)[:, :2]
    rows = np.arange(len(texts))
    first, second = probabilities[rows, order[:, 0]], probabilities[rows, order[:, -1]]
    uncertainty = 1 - (first - second)
    left = different(texts, known, uncertainty, progress or Silence())
    among = left[np.argsort(-uncertainty[left], kind="stable")][: AMONG * count]
    chosen = spread([texts[place] for place in among], uncertainty[among], count, seed)
    return [
        Suggestion(
            place=int(place),
            text=texts[place],
            uncertainty=float(uncertainty[place]),
            label=labels[order[place, 0]],
            probability=float(first[place]),
            second=labels[order[place, -1]],
        )
        for place in sorted(among[chosen], key=lambda place: -uncertainty[place])
    ]


def different(
    texts: Sequence[str], known: Sequence[str], uncertainty: np.ndarray, progress: Progress
) -> np.ndarray:
    """Places of texts: the least certain of those that are nearly the same, and none known."""
    everything = pa.chunked_array([pa.array([*texts, *known], pa.string())])
    with progress.bar("comparing", len(everything), "texts") as bar:
        groups = compare(everything, bar).near
    own, taken = groups[: len(texts)], groups[len(texts) :]
    order = np.argsort(-uncertainty, kind="stable")
    _, firsts = np.unique(own[order], return_index=True)
    places = np.sort(order[firsts])
    found: np.ndarray = places[~np.isin(own[places], taken)]
    return found


def spread(texts: Sequence[str], weights: np.ndarray, count: int, seed: int) -> np.ndarray:
    """Places of `count` texts that are about different things, the heaviest of each cluster."""
    if len(texts) <= count:
        return np.arange(len(texts))
    vectorizer = TfidfVectorizer(
        analyzer="char_wb",
        ngram_range=(2, 4),
        sublinear_tf=True,
        max_features=FEATURES,
        dtype=np.float32,
    )
    found = vectorizer.fit_transform(texts)
    dimensions = max(1, min(DIMENSIONS, *(size - 1 for size in found.shape)))
    vectors = normalize(TruncatedSVD(dimensions, random_state=seed).fit_transform(found))
    clusters = KMeans(count, n_init=4, random_state=seed).fit_predict(
        vectors, sample_weight=np.maximum(weights, 1e-6)
    )
    heaviest = np.argsort(-weights, kind="stable")
    _, firsts = np.unique(clusters[heaviest], return_index=True)
    places: np.ndarray = heaviest[firsts]
    return places
