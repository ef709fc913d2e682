"""Adds sentences of other texts to those without labels, for a student to learn from.

A student answers as its teacher does where it has seen texts of that kind. Documents of other
places hold thousands of sentences with names and words that a pool of one place never has.
"""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

import numpy as np

from edgeft.data.checking import Checked
from edgeft.data.copies import add_unlabelled, held_out_keys, keys_of, split_keys
from edgeft.data.rows import open_split
from edgeft.data.units import units_of
from edgeft.plugin import Augmenter, DataError, Dataset
from edgeft_augment.options import SentenceOptions
from edgeft_augment.reading import read
from edgeft_augment.sentences import sentences_of

TEXTS = 1_000
"""texts that are read at a time"""


@dataclass(frozen=True)
class Cut:
    """The sentences of a source that are long enough, and which of them are taken."""

    checked: Checked
    sentences: int
    taken: np.ndarray
    """their places among the sentences, sorted, (taken,)"""
    held_out: int
    """how many are like a text of validation or test"""


def add_sentences(step: Augmenter[SentenceOptions], data: Dataset) -> Dataset:
    """Write `data` with sentences of the sources behind its texts without labels.

    Those like a text of validation or test, or like one that is there already, are left out. Raises
    DataError for a source without a sentence of so many words.
    """
    options, progress = step.options, step.context.progress
    held_out = held_out_keys(data)
    pooled = "unlabelled" in data.splits
    there = split_keys(open_split(data, "unlabelled")) if pooled else set()
    with step.writing(Dataset, data=data) as draft:
        spool = draft.path / ".spool"
        spool.mkdir()
        cuts: dict[str, Cut] = {}
        for number, (name, most) in enumerate(options.unlabelled.items()):
            checked = read(name, "unlabelled", spool / str(number), step)
            generator = np.random.default_rng([step.context.seed, number])
            cuts[name] = cut(checked, most, held_out, there, step, generator)
            progress.note(told(name, cuts[name]))
        new = (text for each in cuts.values() for text in taken(each, options))
        draft.figures = {
            "unlabelled": add_unlabelled(new, data, draft),
            "sources": {
                name: {"sentences": each.sentences, "added": len(each.taken)}
                for name, each in cuts.items()
            },
        }
        shutil.rmtree(spool)
    return draft.artifact


def cut(
    checked: Checked,
    most: int | None,
    held_out: set[int],
    there: set[int],
    step: Augmenter[SentenceOptions],
    generator: np.random.Generator,
) -> Cut:
    """Draw sentences of a source, each like none that is there; `there` learns of them."""
    keys = []
    with step.context.progress.bar(f"cutting {checked.source}", len(checked.table), "texts") as bar:
        for sentences in long_enough(checked, step.options):
            keys.append(np.asarray(keys_of(sentences), dtype=np.int64))
            bar.advance(TEXTS)
    found = np.concatenate([np.empty(0, np.int64), *keys])
    if not len(found):
        raise DataError(
            f"{checked.source} has no sentence of {step.options.fewest_words} to"
            f" {step.options.most_words} words",
            hint="name other texts, or change `fewest_words` and `most_words`",
        )
    measured_on = np.isin(found, np.fromiter(held_out, np.int64, len(held_out)))
    known = np.isin(found, np.fromiter(there, np.int64, len(there)))
    _, firsts = np.unique(found, return_index=True)
    first = np.zeros(len(found), dtype=bool)
    first[firsts] = True
    places = np.flatnonzero(first & ~measured_on & ~known)
    if most is not None and most < len(places):
        places = np.sort(generator.choice(places, most, replace=False))
    there.update(found[places].tolist())
    return Cut(checked, len(found), places, int(measured_on.sum()))


def taken(found: Cut, options: SentenceOptions) -> Iterator[str]:
    """The sentences that were drawn, in their order."""
    wanted = set(found.taken.tolist())
    sentences = chain.from_iterable(long_enough(found.checked, options))
    return (text for place, text in enumerate(sentences) if place in wanted)


def long_enough(checked: Checked, options: SentenceOptions) -> Iterator[list[str]]:
    """The sentences of some texts at a time that are neither too short nor too long."""
    for batch in checked.table.select(["text"]).to_batches(max_chunksize=TEXTS):
        yield [
            sentence
            for text in batch["text"].to_pylist()
            for sentence in sentences_of(text)
            if options.fewest_words <= len(units_of(sentence)) <= options.most_words
        ]


def told(name: str, found: Cut) -> str:
    """What became of a source's sentences."""
    without = f"; left out: {found.held_out:,} like a held-out text" if found.held_out else ""
    return f"sentences adds {len(found.taken):,} of the {found.sentences:,} of {name}{without}"
