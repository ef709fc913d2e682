"""Linear heads on frozen vectors: logistic regression, its penalty chosen by cross-validation.

A linear probe (Alain and Bengio 2016, https://arxiv.org/abs/1610.01644) costs seconds, and with a
handful of texts a label it is hard to beat. Out-of-fold logits are what label errors are found
with, and say how well a head would do on texts that it has not seen.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import KFold, StratifiedKFold

from edgeft.errors import TrainingError

STRENGTHS = (1.0, 3.0, 10.0, 30.0, 100.0)
"""inverses of the L2 penalty that are tried, for vectors of length 1 on average"""
FOLDS = 5
SEARCHED = 4000
"""rows that the penalty is chosen on, at most"""
ENOUGH = 3
"""folds to choose the penalty by where there are more rows than SEARCHED: each judges very many"""
FITTED = 30_000
"""rows that a head is fitted on to judge others, at most"""
NEVER = -100.0
"""bias of a label that no row has"""


@dataclass(frozen=True)
class Head:
    """A linear classifier of vectors as they are: logits = vectors @ weight.T + bias."""

    weight: np.ndarray
    """float32 (labels, hidden)"""
    bias: np.ndarray
    """float32 (labels,)"""

    def logits(self, vectors: np.ndarray) -> np.ndarray:
        """Logits (rows, labels) of vectors (rows, hidden)."""
        found: np.ndarray = vectors @ self.weight.T + self.bias
        return found

    def less(self, offsets: np.ndarray) -> "Head":
        """The head whose logits are less by offsets (labels,)."""
        return Head(self.weight, self.bias - offsets)


def mean_of(*heads: Head) -> Head:
    """The head whose logits are the mean of those of several heads of the same vectors."""
    weights, biases = [each.weight for each in heads], [each.bias for each in heads]
    return Head(np.mean(weights, axis=0), np.mean(biases, axis=0))


@dataclass(frozen=True)
class Examples:
    """What heads are fitted on."""

    vectors: np.ndarray
    """float32 (rows, hidden)"""
    targets: np.ndarray
    """label indices, int64 (rows,)"""
    labels: int
    """how many labels there are, whether they have rows or not"""
    names: np.ndarray | None = None
    """a vector of what each label is called, (labels, hidden): one more example of each, which
    nothing is judged on"""
    weights: np.ndarray | None = None
    """how much each row counts in a fit, (rows,); None where all count alike"""

    def fitted(
        self, strength: float, rows: np.ndarray | None = None, weights: np.ndarray | None = None
    ) -> Head:
        """The head of some rows, or of all; `weights` (rows,) are others than the examples' own.

        A label without an example is never answered.
        """
        vectors = self.vectors if rows is None else self.vectors[rows]
        targets = self.targets if rows is None else self.targets[rows]
        if weights is None and self.weights is not None:
            weights = self.weights if rows is None else self.weights[rows]
        if self.names is not None:
            vectors = np.concatenate([vectors, self.names])
            targets = np.concatenate([targets, np.arange(self.labels)])
            if weights is not None:
                weights = np.concatenate([weights, np.ones(self.labels)])
        if len(np.unique(targets)) == 1:  # nothing to tell it from
            weight = np.zeros((self.labels, vectors.shape[1]), dtype=np.float32)
            bias = np.full(self.labels, NEVER, dtype=np.float32)
            bias[targets[0]] = 0.0
            return Head(weight, bias)
        scale = float(np.linalg.norm(vectors, axis=1).mean()) or 1.0
        model = LogisticRegression(C=strength, max_iter=2000)
        model.fit(vectors / scale, targets, sample_weight=weights)
        coefficients, intercepts = model.coef_, model.intercept_
        if len(model.classes_) == 2:  # scikit-learn gives the second label's row alone
            coefficients = np.vstack([-coefficients, coefficients]) / 2
            intercepts = np.concatenate([-intercepts, intercepts]) / 2
        weight = np.zeros((self.labels, vectors.shape[1]), dtype=np.float32)
        bias = np.full(self.labels, NEVER, dtype=np.float32)
        weight[model.classes_] = coefficients / scale
        bias[model.classes_] = intercepts
        return Head(weight, bias)

    def some(self, seed: int) -> "Examples":
        """As many of the rows as a search takes time for."""
        if len(self.targets) <= SEARCHED:
            return self
        rows = spread_evenly(self.targets, SEARCHED, np.random.default_rng(seed))
        weights = None if self.weights is None else self.weights[rows]
        return Examples(self.vectors[rows], self.targets[rows], self.labels, self.names, weights)


def best_strength(
    examples: Examples, among: Sequence[float] = STRENGTHS, *, seed: int = 0
) -> tuple[float, float]:
    """The strength whose heads are most often right on rows they have not seen, and how often.

    Of several alike the greatest: its probabilities are the least shy.
    """
    some = examples.some(seed)
    parts = FOLDS if some is examples else ENOUGH
    right = {each: share_right(out_of_fold(some, each, seed, parts), some) for each in among}
    best = max(sorted(among, reverse=True), key=lambda strength: right[strength])
    return best, right[best]


def out_of_fold(
    examples: Examples, strength: float, seed: int = 0, most: int = FOLDS
) -> np.ndarray:
    """Logits (rows, labels) of each row by a head that was fitted on the other folds."""
    random = np.random.default_rng(seed)
    found = np.empty((len(examples.targets), examples.labels), dtype=np.float32)
    for train, held_out in folds(examples.targets, seed, most):
        if len(train) > FITTED:
            train = train[spread_evenly(examples.targets[train], FITTED, random)]
        head = examples.fitted(strength, train)
        found[held_out] = head.logits(examples.vectors[held_out])
    return found


def spread_evenly(targets: np.ndarray, count: int, random: np.random.Generator) -> np.ndarray:
    """Places of `count` rows: of each label as large a share, and two rows if it has so many."""
    order = random.permutation(len(targets))
    by_label = [order[targets[order] == label] for label in np.unique(targets)]
    first = np.concatenate([rows[:2] for rows in by_label])
    rest = np.concatenate([rows[2:] for rows in by_label])
    return np.concatenate([first, random.permutation(rest)])[: max(count, len(first))]


def share_right(logits: np.ndarray, examples: Examples) -> float:
    """The share of the rows whose largest logit is their label's."""
    return float((logits.argmax(axis=1) == examples.targets).mean())


def folds(
    targets: np.ndarray, seed: int = 0, most: int = FOLDS
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Rows to fit on and rows to judge on; each label spread evenly, if all have two or more.

    Raises TrainingError for fewer than two rows.
    """
    if len(targets) < 2:
        raise TrainingError(
            "one row cannot be parted in some to learn from and some to judge by",
            hint="label a few more texts",
        )
    rarest = int(np.bincount(targets)[np.unique(targets)].min())
    if rarest < 2:
        splitter = KFold(min(most, len(targets)), shuffle=True, random_state=seed)
    else:
        splitter = StratifiedKFold(min(most, rarest), shuffle=True, random_state=seed)
    return list(splitter.split(np.zeros(len(targets)), targets))
