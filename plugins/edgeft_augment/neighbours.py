"""Replaces words by words that a model's embedding table puts near them.

The substitution of TinyBERT's augmentation (Jiao et al. 2020), with the input vectors of the model
itself in place of GloVe's and without its masked language model.
"""

from functools import partial
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer

from edgeft.data.rows import open_split, originals
from edgeft.data.units import units_of, word_in
from edgeft.plugin import Dataset, Task
from edgeft.surgery.scripts import script_of
from edgeft.training.encoding import load_tokenizer
from edgeft.training.words import encode, wordless, words_of
from edgeft_augment.noise import Noise, substitute

BLOCK = 256
"""words whose neighbours are looked for at once"""


def replacing(model: Path, data: Dataset, candidates: int, task: Task) -> Noise:
    """The change that puts one of a word's nearest neighbours in its place.

    A word is one that the model's tokenizer has a token for; others stay as they are, and so does
    punctuation around it. Raises ModelError for a tokenizer that has no words.
    """
    tokenizer = load_tokenizer(model).backend_tokenizer
    words, known = words_of(tokenizer), spelled(tokenizer, data)
    if len(words) < 2:
        raise wordless(model)
    wanted = sorted(words.keys() & known.values())
    near = neighbours(vectors_of(model, task), words, wanted, candidates)

    others = {word: near[token] for word, token in known.items() if token in near}
    return partial(substitute, others=others)


def vectors_of(model: Path, task: Task) -> np.ndarray:
    """The model's input vectors, (tokens, hidden) float32, each of length 1."""
    table = task.load_model(model).get_input_embeddings().weight.detach().numpy()
    vectors: np.ndarray = table / np.linalg.norm(table, axis=1, keepdims=True).clip(min=1e-12)
    return vectors


def spelled(tokenizer: Tokenizer, data: Dataset) -> dict[str, int]:
    """The words of the training texts that are one token, and which."""
    texts = originals(open_split(data, "train"))["text"]
    words = sorted({word_in(unit) for text in texts for unit in units_of(text)} - {""})
    found = zip(words, encode(tokenizer, words), strict=True)
    return {word: ids[0] for word, ids in found if len(ids) == 1}


def neighbours(
    vectors: np.ndarray, words: dict[int, str], wanted: list[int], candidates: int
) -> dict[int, list[str]]:
    """For each id that is wanted the words of the nearest vectors by cosine, without its own.

    They are of its script: in a model that hardly knows a language, what is nearest is chance. An
    id without such words is left out.
    """
    ids = np.array(list(words), dtype=np.int64)
    table = vectors[ids]
    count = min(candidates, len(ids) - 1)
    scripts = np.unique([script_of(word[0]) for word in words.values()], return_inverse=True)[1]
    script = dict(zip(ids.tolist(), scripts.tolist(), strict=True))
    found: dict[int, list[str]] = {}
    for start in range(0, len(wanted), BLOCK):
        block = np.array(wanted[start : start + BLOCK], dtype=np.int64)
        likeness = vectors[block] @ table.T  # (block, words)
        own = np.array([script[each] for each in block.tolist()])
        likeness[(block[:, None] == ids) | (own[:, None] != scripts)] = -np.inf
        nearest = np.argpartition(-likeness, count - 1, axis=1)[:, :count]
        for row, (each, places) in enumerate(zip(block.tolist(), nearest, strict=True)):
            places = places[np.isfinite(likeness[row, places])]
            if len(places):
                found[each] = [words[int(other)] for other in ids[places]]
    return found
