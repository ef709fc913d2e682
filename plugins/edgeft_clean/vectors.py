"""Texts as vectors, to see which are unlike the others: an encoder's, or words and characters."""

import datasets
import numpy as np
import pyarrow as pa
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfVectorizer

from edgeft.plugin import Context
from edgeft.probing.embeddings import read_by
from edgeft_clean.rows import Rows

FEATURES = 2**16
DIMENSIONS = 256


def vectors(rows: Rows, model: str | None, context: Context) -> np.ndarray:
    """A vector (rows, hidden) of every text: of the encoder `model`, or without it of LSA."""
    if model is None:
        return latent(rows, context.seed)
    table = datasets.Dataset(pa.table({"text": rows.texts}))
    return read_by(context.find_model(model), table, context)


def latent(rows: Rows, seed: int) -> np.ndarray:
    """Latent semantic analysis of words and characters (Deerwester et al. 1990)."""
    texts = rows.texts.to_pylist()
    found = TfidfVectorizer(
        analyzer="char_wb",
        ngram_range=(2, 4),
        sublinear_tf=True,
        max_features=FEATURES,
        dtype=np.float32,
    ).fit_transform(texts)
    dimensions = min(DIMENSIONS, min(found.shape) - 1)
    reduced = TruncatedSVD(max(1, dimensions), random_state=seed).fit_transform(found)
    return np.asarray(reduced, dtype=np.float32)
