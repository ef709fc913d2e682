"""Rows of tables as codes: product quantization (Jégou, Douze and Schmid 2011).

A row is cut into parts of three values, or of four, and each part is the nearest of 256 that
k-means found for its place: a byte for three values, less than three bits a weight. The 256 of all
places are the code book. Parts of four are for widths that three does not divide, and for tables
that are small beside their book: they lose more than twice as much.

Rows that texts have often are no codes but int8: a few thousand tokens are most of all texts, and
their errors most of what a model loses (as adaptive input representations give frequent words more,
Baevski and Auli 2019).
"""

import warnings

import numpy as np
from sklearn.cluster import KMeans
from sklearn.exceptions import ConvergenceWarning

from edgeft.quantization.rows import int8_rows

CODES = 256
"""parts that a place may choose from: as many as a byte has values"""
FEWEST_ROWS = {3: 16 * CODES, 4: 8 * CODES}
"""values that share a code, fewest first, which lose least; and the rows from which codes and book,
without rows in int8, are a quarter smaller than int4"""
SEEN = 65_536
"""most rows that k-means looks at: 256 a code"""
PASSES = 25
"""of k-means, at most"""
FREQUENT = 0.1
"""share of the tokens that occur whose rows are no codes, most frequent first"""
EXACT = 1e-4
"""of a step, by which what was an integer may miss it"""
LOOKED_AT = 16
"""places of rows that tell whether they are codes"""


def part_of(rows: int, width: int) -> int:
    """How many values of a table of that shape share a code; 0 where int4 is about as small."""
    fitting = (part for part, fewest in FEWEST_ROWS.items() if width % part == 0 and rows >= fewest)
    return next(fitting, 0)


def cut(table: np.ndarray, counts: np.ndarray | None = None) -> tuple[int, np.ndarray]:
    """How many values of a table share a code, 0 for none; and which rows are no codes, ascending.

    Of a table in codes that is as it was, whatever texts are counted now. Of another, the frequent
    rows are no codes: `counts` (token ids,) are how often texts have each token, where that is
    known, and a table of tokens has a row for each.
    """
    for part in FEWEST_ROWS:
        if table.shape[1] % part == 0 and (own := rows_of_their_own(table, part)) is not None:
            return part, own
    none = np.empty(0, np.int64)
    part = part_of(*table.shape)
    if not part or counts is None or len(table) < len(counts):
        return part, none
    most = int(FREQUENT * np.count_nonzero(counts))
    return part, np.sort(np.argsort(-counts, kind="stable")[:most])


def rows_of_their_own(table: np.ndarray, part: int) -> np.ndarray | None:
    """The int8 rows of a table whose other rows are codes, ascending, int64; None where none are.

    Values of an int8 row are all integers times one scale, as those of no other are. Rows in codes
    have no more different parts at a place than a book holds, and are more themselves.
    """
    scales = np.abs(table).max(axis=1, keepdims=True) / 127
    steps = table / np.where(scales > 0, scales, 1)
    own = (np.abs(steps - np.round(steps)) < EXACT).all(axis=1)
    others = table[~own]
    places = range(0, part * min(LOOKED_AT, table.shape[1] // part), part)
    if kinds(others) <= CODES or any(
        kinds(others[:, place : place + part]) > CODES for place in places
    ):
        return None
    return np.flatnonzero(own)


def kinds(rows: np.ndarray) -> int:
    """How many different rows there are."""
    values = np.ascontiguousarray(rows)
    return len(np.unique(values.view(f"V{values.itemsize * values.shape[1]}")))


def product_codes(table: np.ndarray, part: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Codes (rows, places) as uint8, the book (places, 256, part) as int8, scales (places, 1, 1).

    The part of a row at a place is what the book has there under its code, times the place's
    scale. A table that is made of codes gives them again: of few different parts each is in the
    book.
    """
    parts = table.reshape(len(table), -1, part)
    codes = np.empty(parts.shape[:2], np.uint8)
    book = np.zeros((parts.shape[1], CODES, part), np.float32)
    seen = np.arange(len(table))
    if len(table) > SEEN:
        seen = np.sort(np.random.default_rng(0).choice(seen, SEEN, replace=False))
    for place in range(parts.shape[1]):
        values = np.ascontiguousarray(parts[:, place])
        different, which = np.unique(values, axis=0, return_inverse=True)
        if len(different) <= CODES:
            book[place, : len(different)], codes[:, place] = different, which
            continue
        means = KMeans(CODES, init="random", n_init=1, max_iter=PASSES, random_state=0)
        with warnings.catch_warnings():  # of fewer different parts that are seen than codes
            warnings.simplefilter("ignore", ConvergenceWarning)
            means.fit(values[seen])
        codes[:, place] = means.predict(values)
        book[place] = means.cluster_centers_
    scales = np.array([scale_of(each) for each in book], np.float32)[:, None, None]
    return codes, np.round(book / scales).astype(np.int8), scales


def scale_of(parts: np.ndarray) -> float:
    """The scale with which parts of the book are nearest to integers of eight bits.

    That of a table in codes whose largest part went with the rows that had it is a smaller share of
    what is now the largest: with it all parts are integers.
    """
    largest = float(np.abs(parts).max())
    for most in range(127, 0, -1):
        steps = parts * (most / largest) if largest else parts
        if np.abs(steps - np.round(steps)).max() < EXACT:
            return largest / most or 1.0
    return largest / 127


def coded(table: np.ndarray, counts: np.ndarray | None = None) -> np.ndarray:
    """A table as its codes say it, and as int8 rows that texts have often, float32.

    `counts` are as for `cut`. Raises ValueError for a table that has no codes.
    """
    part, often = cut(table, counts)
    if not part:
        raise ValueError(f"a table of {table.shape} has no codes")
    found = np.empty(table.shape, np.float32)
    integers, scales = int8_rows(table[often])
    found[often] = integers * scales
    others = np.setdiff1d(np.arange(len(table)), often)
    codes, book, steps = product_codes(table[others], part)
    parts = (book * steps)[np.arange(len(book)), codes]  # (rows, places, part)
    found[others] = parts.reshape(len(others), -1)
    return found
