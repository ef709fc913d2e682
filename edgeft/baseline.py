"""What a user would have got for nothing: TF-IDF and linear models, from scikit-learn.

Words (1-2) and characters within words (2-5), sublinear term frequencies; on them multinomial
logistic regression for one label, one logistic regression a label for several, and ridge regression
for numbers. A distilled model has to beat this, and a report says where it does not.
"""

import time
from dataclasses import dataclass
from typing import Any

import datasets
import numpy as np
import pyarrow.compute as pc
from pydantic import BaseModel, Field
from scipy import sparse
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression, Ridge

from edgeft.artifacts import Dataset
from edgeft.data.rows import open_split, truth_of, weights_of
from edgeft.errors import DataError
from edgeft.letters import WORD
from edgeft.progress import Progress, Silence
from edgeft.runtime.outputs import Outputs
from edgeft.tasks import Scores, Task
from edgeft.training.encoding import texts_of

CHARACTERS = 10_000_000
"""fit on no more characters than this: the memory of the vectorizers grows with them"""
FEATURES = 2**17
"""the most frequent words, and as many character sequences, at most"""
STRENGTH = 30.0
"""inverse of the L2 penalty; Banking77: 0.914 at 10, 0.918 at 30"""
CHUNK = 1000
TIMED, TRIES = 200, 3
"""texts whose answer is timed, and how often each"""


class Baseline(BaseModel):
    """What the baseline got, how large it is and how fast it answers on this machine."""

    split: str = Field(description="split that `scores` are of: test, or else validation")
    scores: Scores
    validation_scores: Scores
    rows: int = Field(description="training texts that it was fitted on")
    features: int
    size_bytes: int = Field(description="float32 weights and the vocabulary's bytes")
    fit_seconds: float
    texts_per_second: float = Field(description="over all of `split`, on one thread")
    p50_ms: float = Field(description="median milliseconds for one text, end to end")


def fit_baseline(
    data: Dataset,
    *,
    task: Task,
    seed: int,
    limit: int = 100_000,
    progress: Progress | None = None,
) -> tuple[Baseline, Outputs]:
    """Fit the baseline on the labelled training texts and score it on the held-out split.

    The second is what it says of that split: outputs (rows, labels) as decided. Augmented copies
    are left out. Of more than `limit` texts or 10 million characters a random part is taken. Raises
    DataError where the training texts have fewer than two labels.
    """
    with (progress or Silence()).bar("baseline", 3, "steps") as bar:
        train = fitting_rows(open_split(data, "train"), seed, limit)
        started = time.perf_counter()
        vectorizers = tf_idf()
        parts = [each.fit_transform(texts_of(train)) for each in vectorizers]
        features = sparse.hstack(parts, format="csr")
        bar.advance()
        model = fitted(features, truth_of(train, task, data.labels), weights_of(train), task, seed)
        if model is None:
            raise DataError(
                f"{data.path} has training texts of one label only", hint="add texts of another"
            )
        fit_seconds = time.perf_counter() - started
        bar.advance()

        held_out = open_split(data, data.held_out)
        started = time.perf_counter()
        outputs = Outputs(logits_of(vectorizers, model, held_out, len(data.labels)))
        seconds = time.perf_counter() - started
        validation = open_split(data, "validation")
        on_validation = outputs
        if data.held_out != "validation":
            found = logits_of(vectorizers, model, validation, len(data.labels))
            on_validation = Outputs(found)
        truths = [truth_of(rows, task, data.labels) for rows in (held_out, validation)]
        both = list(zip(truths, (outputs, on_validation), strict=True))
        if task.decides:
            decoding = task.calibrated(truths[1], on_validation, data.labels)
            scores = [task.judged(truth, each, decoding, data.labels) for truth, each in both]
            outputs = task.decided(outputs, decoding)
        else:
            scores = [task.score(truth, each, data.labels) for truth, each in both]
        bar.advance()
    baseline = Baseline(
        split=data.held_out,
        scores=scores[0],
        validation_scores=scores[1],
        rows=len(train),
        features=features.shape[1],
        size_bytes=size_bytes(vectorizers, model),
        fit_seconds=round(fit_seconds, 2),
        texts_per_second=round(len(held_out) / seconds, 1),
        p50_ms=p50_ms(vectorizers, model, held_out),
    )
    return baseline, outputs


@dataclass(frozen=True)
class Linear:
    """A linear map from features to logits."""

    weights: np.ndarray
    """(outputs, features)"""
    offsets: np.ndarray
    """(outputs,)"""
    columns: np.ndarray
    """the place of each output among the labels"""


def fitted(
    features: Any, truth: np.ndarray, weights: np.ndarray | None, task: Task, seed: int
) -> Linear | None:
    """The linear model of a task's answers, by `truth` (rows, ...); None without a choice.

    Labels that all rows have, or none, are never answered.
    """
    logistic = {"C": STRENGTH, "max_iter": 500, "random_state": seed}
    if task.answer == "number":
        ridge = Ridge(alpha=1 / STRENGTH).fit(features, truth, sample_weight=weights)
        return Linear(ridge.coef_[None], np.atleast_1d(ridge.intercept_), np.zeros(1, np.int64))
    if task.answer == "label":
        if len(np.unique(truth)) < 2:
            return None
        model = LogisticRegression(**logistic).fit(features, truth, sample_weight=weights)
        if len(model.classes_) > 2:
            return Linear(model.coef_, model.intercept_, model.classes_)
        return Linear(  # scikit-learn gives two classes one column
            np.concatenate([np.zeros_like(model.coef_), model.coef_]),
            np.concatenate([[0.0], model.intercept_]),
            model.classes_,
        )
    columns = np.flatnonzero((truth > 0).any(axis=0) & (truth <= 0).any(axis=0))
    if not len(columns):
        return None
    models = [
        LogisticRegression(**logistic).fit(features, truth[:, place] > 0, sample_weight=weights)
        for place in columns
    ]
    return Linear(
        np.concatenate([each.coef_ for each in models]),
        np.concatenate([each.intercept_ for each in models]),
        columns,
    )


def tf_idf() -> list[TfidfVectorizer]:
    """The features: words and pairs of words, and 2 to 5 characters within a word.

    Where a script puts no spaces between words, characters and pairs of them stand for words.
    """
    shared = {"sublinear_tf": True, "dtype": np.float32, "max_features": FEATURES}
    words = TfidfVectorizer(ngram_range=(1, 2), token_pattern=WORD, **shared)
    characters = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), **shared)
    return [words, characters]


def fitting_rows(train: datasets.Dataset, seed: int, limit: int) -> datasets.Dataset:
    """The rows to fit on: no augmented copies, and a random part of what is too much."""
    columns = train.with_format("arrow")[:]
    originals = np.flatnonzero(pc.is_null(columns["parent"]).to_numpy(zero_copy_only=False))
    lengths = pc.utf8_length(columns["text"]).to_numpy()[originals]
    order = np.random.default_rng(seed).permutation(len(originals))[:limit]
    order = order[: max(2, int(np.searchsorted(np.cumsum(lengths[order]), CHARACTERS, "right")))]
    return train.select(originals[np.sort(order)])


def logits_of(
    vectorizers: list[TfidfVectorizer], model: Linear, rows: datasets.Dataset, labels: int
) -> np.ndarray:
    """Logits (rows, labels) float32; a label that was not fitted on gets minus infinity."""
    logits = np.full((len(rows), labels), -np.inf, dtype=np.float32)
    for start in range(0, len(rows), CHUNK):
        texts = rows[start : start + CHUNK]["text"]
        logits[start : start + len(texts), model.columns] = decisions(vectorizers, model, texts)
    return logits


def decisions(vectorizers: list[TfidfVectorizer], model: Linear, texts: list[str]) -> np.ndarray:
    """What the model says of texts, (texts, outputs)."""
    features = sparse.hstack([each.transform(texts) for each in vectorizers], format="csr")
    found: np.ndarray = features @ model.weights.T + model.offsets
    return found


def size_bytes(vectorizers: list[TfidfVectorizer], model: Linear) -> int:
    """Float32 weights and offsets, one float32 idf a feature, and the vocabulary as UTF-8."""
    vocabulary = [len(name.encode()) for each in vectorizers for name in each.vocabulary_]
    outputs = np.any(model.weights != 0, axis=1)  # that of the first of two classes costs nothing
    numbers = model.weights[outputs].size + int(outputs.sum()) + len(vocabulary)
    return 4 * int(numbers) + sum(vocabulary)


def p50_ms(vectorizers: list[TfidfVectorizer], model: Linear, rows: datasets.Dataset) -> float:
    """The median time to answer one text, in milliseconds, over at most 200 texts.

    Of each the shortest of several, which is to the baseline's advantage: nothing takes turns with
    it here, and other programs would make it look slow.
    """
    texts = rows[:TIMED]["text"]
    times = np.empty((TRIES, len(texts)))
    for tried in times:
        for place, text in enumerate(texts):
            started = time.perf_counter()
            decisions(vectorizers, model, [text]).argmax()
            tried[place] = time.perf_counter() - started
    return round(1000 * float(np.median(times.min(axis=0))), 4)
