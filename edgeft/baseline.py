"""What a user would have got for nothing: TF-IDF and logistic regression, from scikit-learn.

Words (1-2) and characters within words (2-5), sublinear term frequencies, multinomial logistic
regression. A distilled model has to beat this, and a report says where it does not.
"""

import time

import datasets
import numpy as np
import pyarrow.compute as pc
from pydantic import BaseModel, Field
from scipy import sparse
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from edgeft.artifacts import Dataset
from edgeft.data.rows import label_indices, open_split, weights_of
from edgeft.errors import DataError
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
TIMED = 200


class Baseline(BaseModel):
    """What the baseline got, how large it is and how fast it answers on this machine."""

    split: str = Field(description="split that `scores` are of: test, or else validation")
    scores: Scores
    validation_scores: Scores
    correct: list[bool] = Field(description="whether each text of `split` got its label")
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
) -> Baseline:
    """Fit the baseline on the labelled training texts and score it on the held-out split.

    Augmented copies are left out. Of more than `limit` texts or 10 million characters a random
    part is taken. Raises DataError where the training texts have fewer than two labels.
    """
    with (progress or Silence()).bar("baseline", 3, "steps") as bar:
        train = fitting_rows(open_split(data, "train"), seed, limit)
        started = time.perf_counter()
        vectorizers = tf_idf()
        parts = [each.fit_transform(texts_of(train)) for each in vectorizers]
        features = sparse.hstack(parts, format="csr")
        bar.advance()
        labels = label_indices(train, data.labels)
        if len(np.unique(labels)) < 2:
            raise DataError(
                f"{data.path} has training texts of one label only", hint="add texts of another"
            )
        model = LogisticRegression(C=STRENGTH, max_iter=500, random_state=seed)
        model.fit(features, labels, sample_weight=weights_of(train))
        fit_seconds = time.perf_counter() - started
        bar.advance()

        held_out = open_split(data, data.held_out)
        started = time.perf_counter()
        logits = logits_of(vectorizers, model, held_out, len(data.labels))
        seconds = time.perf_counter() - started
        truth = label_indices(held_out, data.labels)
        scores = validation_scores = task.score(truth, Outputs(logits), data.labels)
        if data.held_out != "validation":
            validation = open_split(data, "validation")
            validation_scores = task.score(
                label_indices(validation, data.labels),
                Outputs(logits_of(vectorizers, model, validation, len(data.labels))),
                data.labels,
            )
        bar.advance()
    return Baseline(
        split=data.held_out,
        scores=scores,
        validation_scores=validation_scores,
        correct=(logits.argmax(axis=1) == truth).tolist(),
        rows=len(train),
        features=features.shape[1],
        size_bytes=size_bytes(vectorizers, model),
        fit_seconds=round(fit_seconds, 2),
        texts_per_second=round(len(held_out) / seconds, 1),
        p50_ms=p50_ms(vectorizers, model, held_out),
    )


def tf_idf() -> list[TfidfVectorizer]:
    """The features: words and pairs of words, and 2 to 5 characters within a word."""
    shared = {"sublinear_tf": True, "dtype": np.float32, "max_features": FEATURES}
    words = TfidfVectorizer(ngram_range=(1, 2), token_pattern=r"(?u)\b\w+\b", **shared)
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
    vectorizers: list[TfidfVectorizer],
    model: LogisticRegression,
    rows: datasets.Dataset,
    labels: int,
) -> np.ndarray:
    """Logits (rows, labels) float32; a label that was not fitted on gets minus infinity."""
    logits = np.full((len(rows), labels), -np.inf, dtype=np.float32)
    for start in range(0, len(rows), CHUNK):
        texts = rows[start : start + CHUNK]["text"]
        found = decisions(vectorizers, model, texts)
        logits[start : start + len(texts), model.classes_] = found
    return logits


def decisions(
    vectorizers: list[TfidfVectorizer], model: LogisticRegression, texts: list[str]
) -> np.ndarray:
    """One column a fitted class, (texts, classes); scikit-learn gives two classes one column."""
    features = sparse.hstack([each.transform(texts) for each in vectorizers], format="csr")
    found = np.asarray(model.decision_function(features))
    return np.stack([np.zeros_like(found), found], axis=1) if found.ndim == 1 else found


def size_bytes(vectorizers: list[TfidfVectorizer], model: LogisticRegression) -> int:
    """Float32 weights and offsets, one float32 idf a feature, and the vocabulary as UTF-8."""
    vocabulary = [len(name.encode()) for each in vectorizers for name in each.vocabulary_]
    numbers = model.coef_.size + model.intercept_.size + len(vocabulary)
    return 4 * int(numbers) + sum(vocabulary)


def p50_ms(
    vectorizers: list[TfidfVectorizer], model: LogisticRegression, rows: datasets.Dataset
) -> float:
    """The median time to answer one text, in milliseconds, over at most 200 texts."""
    times = []
    for text in rows[:TIMED]["text"]:
        started = time.perf_counter()
        decisions(vectorizers, model, [text]).argmax()
        times.append(time.perf_counter() - started)
    return round(1000 * float(np.median(times)), 4)
