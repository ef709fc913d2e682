"""Rows of tables as codes: product quantization (Jégou, Douze and Schmid 2011).

A row is cut into parts of four values, and each part is the nearest of 256 that k-means found for
its place: a byte for four values, two bits a weight. The 256 of all places are the code book.
"""

import warnings

import numpy as np
from sklearn.cluster import KMeans
from sklearn.exceptions import ConvergenceWarning

PART = 4
"""values that share a code"""
CODES = 256
"""parts that a place may choose from: as many as a byte has values"""
FEWEST_ROWS = 8 * CODES
"""rows from which codes and their book are a quarter smaller than int4"""
SEEN = 65_536
"""most rows that k-means looks at: 256 a code"""
PASSES = 25
"""of k-means, at most"""


def fits(rows: int, width: int) -> bool:
    """Whether a table of that shape is smaller as codes than as int4, by enough to be worth it."""
    return rows >= FEWEST_ROWS and width % PART == 0


def product_codes(table: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Codes (rows, places) as uint8, the book (places, 256, 4) as int8, scales (places, 1, 1).

    The part of a row at a place is what the book has there under its code, times the place's
    scale.
    """
    parts = table.reshape(len(table), -1, PART)
    codes = np.empty(parts.shape[:2], np.uint8)
    book = np.empty((parts.shape[1], CODES, PART), np.float32)
    seen = np.arange(len(table))
    if len(table) > SEEN:
        seen = np.sort(np.random.default_rng(0).choice(seen, SEEN, replace=False))
    for place in range(parts.shape[1]):
        values = np.ascontiguousarray(parts[:, place])
        means = KMeans(CODES, init="random", n_init=1, max_iter=PASSES, random_state=0)
        with warnings.catch_warnings():  # of fewer different parts than codes
            warnings.simplefilter("ignore", ConvergenceWarning)
            means.fit(values[seen])
        codes[:, place] = means.predict(values)
        book[place] = means.cluster_centers_
    scales = np.abs(book).max(axis=(1, 2), keepdims=True) / 127
    scales[scales == 0] = 1
    return codes, np.round(book / scales).astype(np.int8), scales.astype(np.float32)
