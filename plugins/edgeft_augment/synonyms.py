"""Replaces words by words that mean the same: WordNet's synonyms of their most frequent sense.

Zhang, Zhao and LeCun 2015 (https://arxiv.org/abs/1509.01626). The files are WordNet's own (Miller
1995), as its manual page wndb(5WN) describes them; they are read here, no package is needed.
"""

import os
from collections.abc import Iterable
from functools import partial
from pathlib import Path

from edgeft.data.rows import open_split, originals
from edgeft.data.units import units_of, word_in
from edgeft.plugin import Dataset, PluginError
from edgeft_augment.noise import Noise, substitute

PARTS = ("noun", "verb", "adj", "adv")
NLTK = "corpora/wordnet"
PLACES = (Path("/usr/share/wordnet"), Path("/usr/local/share/wordnet"))


def found_wordnet(folder: str | None) -> Path:
    """The folder of WordNet's files; raises PluginError where there is none."""
    named = [Path(folder).expanduser()] if folder else [*PLACES, *of_nltk()]
    for each in named:
        if all((each / f"{kind}.{part}").is_file() for kind in ("index", "data") for part in PARTS):
            return each
    where = f"in {folder}" if folder else "here"
    raise PluginError(
        f"augment synonyms finds no WordNet {where}",
        hint="apt install wordnet-base, or python -m nltk.downloader wordnet and unzip it, or set"
        " `folder`; augment neighbours needs none",
    )


def of_nltk() -> list[Path]:
    """Where NLTK may have put it."""
    given = os.environ.get("NLTK_DATA", "").split(os.pathsep)
    return [Path(each) / NLTK for each in [*given, str(Path.home() / "nltk_data")] if each]


def renaming(wordnet: Path, data: Dataset) -> Noise:
    """The change that puts synonyms in the place of words that have any."""
    texts = originals(open_split(data, "train"))["text"]
    words = {word_in(unit).lower() for text in texts for unit in units_of(text)} - {""}
    return partial(substitute, others=synonyms(wordnet, words), any_case=True)


def synonyms(wordnet: Path, words: Iterable[str]) -> dict[str, list[str]]:
    """The synonyms of those of the words, in lower case, that have any.

    They are the other words of a word's most frequent sense, in the part of speech in which it was
    tagged with the most senses. Words of grammar have none: WordNet knows `it`, `us` and `or` as
    names alone. Nor have words that were never seen in a tagged text, such as `ok` for Oklahoma.
    """
    from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

    wanted = set(words) - ENGLISH_STOP_WORDS
    senses: dict[str, tuple[int, str, int]] = {}
    for part in PARTS:
        with (wordnet / f"index.{part}").open(encoding="utf-8") as file:
            for line in file:
                lemma, _, rest = line.partition(" ")
                if lemma not in wanted:
                    continue
                fields = rest.split()
                pointers = int(fields[2])
                tagged, offset = int(fields[4 + pointers]), int(fields[5 + pointers])
                if tagged > (senses[lemma][0] if lemma in senses else 0):
                    senses[lemma] = tagged, part, offset
    found = {}
    files = {part: (wordnet / f"data.{part}").open("rb") for part in PARTS}
    try:
        for lemma, (_, part, offset) in sorted(senses.items()):
            files[part].seek(offset)
            same = members(files[part].readline().decode("utf-8"))
            if others := [each for each in same if each.lower() != lemma]:
                found[lemma] = others
    finally:
        for each in files.values():
            each.close()
    return found


def members(line: str) -> list[str]:
    """The words of a line of data.*: a synset."""
    fields = line.split()
    names = fields[4 : 4 + 2 * int(fields[3], 16) : 2]
    return [name.partition("(")[0].replace("_", " ") for name in names]
