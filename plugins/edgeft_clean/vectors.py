"""Texts as vectors, to see which are unlike the others: an encoder's, or words and characters."""

import re
from pathlib import Path

import datasets
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfVectorizer

from edgeft.plugin import Checkpoint, Context
from edgeft.probing.embeddings import read_by
from edgeft_clean.texts import READ

FEATURES = 2**16
DIMENSIONS = 256
DIGEST = re.compile("[0-9a-f]{32}")
"""what stands in a history for a base that a step made"""
FROZEN = ("adapt", "embed", "names", "probe")
"""finetuners that teach the encoder nothing of labels"""


def vectors(texts: pa.ChunkedArray, model: str | None, context: Context) -> np.ndarray:
    """A vector (texts, hidden) of every text: of the encoder `model`, or without it of LSA."""
    if model is None:
        return latent(texts, context.seed)
    table = datasets.Dataset(pa.table({"text": texts}))
    return read_by(context.find_model(model), table, context)


def learnt_by_heart(source: Path) -> str:
    """What to know of an encoder whose vectors were trained on labels; empty where none were.

    A head that never saw a row's label reads it from such vectors all the same, if they did.
    """
    known = Checkpoint.open(source)
    trained = [
        (method, record.inputs.get("base", ""))
        for record in known.manifest.history
        if record.kind == "finetune"
        and (method := record.figures.get("chosen", record.method)) not in FROZEN
    ]
    if not known.labels or not trained:  # one without labels was adapted to texts alone
        return ""
    method, base = trained[0]
    named = base and not DIGEST.fullmatch(base)
    remedy = f"what it was made from, {base}," if named else "an encoder that saw no labels"
    return (
        f"{source} was trained on labels by finetune {method}: of rows that were among them its"
        f" vectors repeat the label, and hide where it is wrong; name {remedy} as the model"
    )


def latent(texts: pa.ChunkedArray, seed: int) -> np.ndarray:
    """Latent semantic analysis of words and characters (Deerwester et al. 1990)."""
    found = TfidfVectorizer(
        analyzer="char_wb",
        ngram_range=(2, 4),
        sublinear_tf=True,
        max_features=FEATURES,
        dtype=np.float32,
    ).fit_transform(pc.utf8_slice_codeunits(texts, 0, READ).to_pylist())
    dimensions = min(DIMENSIONS, min(found.shape) - 1)
    reduced = TruncatedSVD(max(1, dimensions), random_state=seed).fit_transform(found)
    return np.asarray(reduced, dtype=np.float32)
