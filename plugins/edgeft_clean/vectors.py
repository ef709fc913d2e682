"""Texts as vectors, to see which are unlike the others: an encoder's, or words and characters."""

import datasets
import numpy as np
import pyarrow as pa
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfVectorizer

from edgeft.architectures import trained_pooling
from edgeft.plugin import Context
from edgeft.probing.embeddings import kept_embeddings
from edgeft.training.encoding import choose_max_length, load_tokenizer, position_limit
from edgeft_clean.rows import Rows

FEATURES = 2**16
DIMENSIONS = 256
LONGEST = 128
"""tokens of a text that an encoder reads here"""


def vectors(rows: Rows, model: str | None, context: Context) -> np.ndarray:
    """A vector (rows, hidden) of every text: of the encoder `model`, or without it of LSA."""
    if model is None:
        return latent(rows, context.seed)
    source = context.find_model(model)
    encoder = context.task.load_model(source, pooling=trained_pooling(source) or "mean")
    tokenizer = load_tokenizer(source)
    table = datasets.Dataset(pa.table({"text": rows.texts}))
    limit = min(LONGEST, position_limit(encoder))
    length = choose_max_length(table, tokenizer, limit, seed=context.seed)
    return kept_embeddings(source, encoder, tokenizer, table, length, context)


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
