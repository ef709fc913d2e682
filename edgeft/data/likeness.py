"""Which texts are the same, or near-identical: 64-bit keys, and MinHash over their shingles.

Near-identical texts differ in case, punctuation, digits or blanks only, or share about nine
tenths of their runs of five bytes (Broder 1997; banded as in Leskovec et al., ch. 3).
"""

import hashlib
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from edgeft.letters import MARKS as ON_LETTERS
from edgeft.letters import OPTIONAL
from edgeft.progress import Bar
from edgeft.runtime.units import NO_SPACES

SHINGLE = 5
"""bytes of normalised text that are compared as one"""
COMPARED = 1_000
"""bytes at either end of a normalised text that its shingles are taken from"""
BATCH = 1_000
"""texts whose shingles are in memory together"""
BANDS, WIDTH = 6, 4
"""texts are compared where one of 6 bands of 4 minima agrees"""
AGREEING = 20
"""of 24 minima, for two texts to be near-identical"""

FACTORS = np.random.default_rng(0).integers(2**63, size=BANDS * WIDTH, dtype=np.uint64) * 2 + 1
MARKS = re.compile(rf"[^\w\s{ON_LETTERS}]|_")
DIGITS = re.compile(r"\d")
UNWRITTEN = re.compile(f"[{OPTIONAL}]")
BLANKS = re.compile(rf"(?<=[{NO_SPACES}]) | (?=[{NO_SPACES}])")
"""what is left of punctuation beside words that take no space"""


@dataclass(frozen=True)
class Likeness:
    """Groups of texts, each an int64 array (texts,): equal numbers for members of one group."""

    exact: np.ndarray
    near: np.ndarray


def compare(texts: pa.ChunkedArray, bar: Bar) -> Likeness:
    """Group a column of texts by identity and by near-identity."""
    exact = np.empty(len(texts), np.int64)
    near = np.empty(len(texts), np.int64)
    signatures = np.empty((len(texts), BANDS * WIDTH), np.uint16)
    for start in range(0, len(texts), BATCH):
        strings = texts.slice(start, BATCH).to_pylist()
        normalised = [normalise(text) for text in strings]
        rows = slice(start, start + len(strings))
        exact[rows] = keys(strings)
        near[rows] = keys(normalised)
        signatures[rows] = minima(normalised)
        bar.advance(len(strings))
    exact = np.unique(exact, return_inverse=True)[1]
    _, first, near = np.unique(near, return_index=True, return_inverse=True)
    return Likeness(exact, linked(signatures[first])[near])


def both(one: Likeness, other: Likeness) -> Likeness:
    """Groups of rows of two texts, by the groups of each: alike are those that are in both."""

    def joined(first: np.ndarray, second: np.ndarray) -> np.ndarray:
        pairs = first * (int(second.max(initial=0)) + 1) + second
        groups: np.ndarray = np.unique(pairs, return_inverse=True)[1]
        return groups

    return Likeness(joined(one.exact, other.exact), joined(one.near, other.near))


def normalise(text: str) -> str:
    """A text without case, punctuation and surplus blanks, every digit a 0.

    A text of nothing but punctuation, such as an emoticon, stays as it is. Vowels that are written
    onto letters stay, but for those of Arabic and Hebrew, which most texts leave out; so do no
    blanks between words that take none.
    """
    if text.isascii():
        folded = text.casefold()
        return " ".join(DIGITS.sub("0", MARKS.sub(" ", folded)).split()) or folded
    folded = unicodedata.normalize("NFKC", text).casefold()
    spaced = MARKS.sub(" ", UNWRITTEN.sub("", folded))
    bare = BLANKS.sub("", " ".join(DIGITS.sub("0", spaced).split()))
    return bare or folded


def keys(texts: Sequence[str]) -> np.ndarray:
    """A 64-bit hash (texts,) of every text, the same in every process."""
    digests = [hashlib.blake2b(text.encode(), digest_size=8).digest() for text in texts]
    return np.frombuffer(b"".join(digests), np.int64)


def minima(texts: Sequence[str]) -> np.ndarray:
    """MinHash signatures of normalised texts: uint16 (texts, bands * width)."""
    encoded = [both_ends(text.encode()).ljust(SHINGLE) for text in texts]
    ends = np.cumsum([len(text) for text in encoded])
    starts = np.concatenate([[0], ends[:-1]])
    codes = np.frombuffer(b"".join(encoded), np.uint8).astype(np.uint64)
    shingles = np.zeros(len(codes) - SHINGLE + 1, np.uint64)
    for offset in range(SHINGLE):
        shingles = (shingles << np.uint64(8)) | codes[offset : len(shingles) + offset]
    # a text ends before its last bytes: runs that reach into the next text never count
    inside = np.ones(len(codes), bool)
    for offset in range(1, SHINGLE):
        inside[ends - offset] = False
    places = np.cumsum(inside) - 1
    hashes = mixed(shingles[inside[: len(shingles)]])
    bounds = places[starts]
    found = np.empty((len(texts), BANDS * WIDTH), np.uint16)
    for column, factor in enumerate(FACTORS):
        found[:, column] = np.minimum.reduceat((hashes * factor) >> np.uint64(32), bounds)
    return found


def both_ends(text: bytes) -> bytes:
    """A long text without its middle, so that a shared letterhead does not make two texts one."""
    return text if len(text) <= 2 * COMPARED else text[:COMPARED] + text[-COMPARED:]


def mixed(values: np.ndarray) -> np.ndarray:
    """Well-spread 64-bit hashes of integers (the finaliser of SplitMix64)."""
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        values = (values ^ (values >> np.uint64(shift))) * np.uint64(factor)
    return np.asarray(values ^ (values >> np.uint64(31)))


def linked(signatures: np.ndarray) -> np.ndarray:
    """Group numbers (texts,) that join texts with signatures (texts, minima) that nearly agree.

    Texts that share a band are compared with the first that has it, and with the one before.
    """
    left, right = [], []
    for band in range(BANDS):
        values = np.ascontiguousarray(signatures[:, band * WIDTH : (band + 1) * WIDTH])
        shared = values.view(np.uint64).ravel()
        order = np.argsort(shared, kind="stable")
        new = np.ones(len(order), bool)
        new[1:] = shared[order[1:]] != shared[order[:-1]]
        first = order[np.maximum.accumulate(np.where(new, np.arange(len(order)), 0))]
        for one, other in ((order[:-1], order[1:]), (first[1:], order[1:])):
            pairs = ~new[1:]
            one, other = one[pairs], other[pairs]
            alike = (signatures[one] == signatures[other]).sum(axis=1) >= AGREEING
            left.append(one[alike])
            right.append(other[alike])
    return components(len(signatures), np.concatenate(left), np.concatenate(right))


def components(count: int, left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """The lowest member (count,) of every node's connected component; edges are left-right."""
    root = np.arange(count)
    while True:
        lowest = np.minimum(root[left], root[right])
        if np.array_equal(root[left], root[right]):
            return root
        for ends in (left, right):
            np.minimum.at(root, root[ends], lowest)
        while not np.array_equal(root, root[root]):
            root = root[root]
