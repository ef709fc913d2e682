"""Puts labelled parts of the training texts into texts that have no labels, for a teacher to label.

What stands around a part says its type, and so does the part. A student learns both from what its
teacher says of parts in places where nobody has seen them, and of parts that nobody has seen;
texts without labels have few of their own.
"""

from collections.abc import Callable, Iterator
from itertools import chain
from random import Random

from edgeft.data.copies import add_unlabelled, batches_of, held_out_keys, keys_of
from edgeft.data.rows import open_split, originals
from edgeft.data.units import replaced, text_of, units_of
from edgeft.plugin import Dataset, PluginError
from edgeft_augment import Plant
from edgeft_augment.batches import generator
from edgeft_augment.noise import below, one_of
from edgeft_augment.replacing import mentions

NEW = 0.35
"""of the parts that are put in, the share made of the words of several"""
PARTS = (0, 1, 1, 2)
"""how many parts a text gets, each as likely"""
WORDS = (0, 1, 1, 2)
"""how many words a part takes the place of, each as likely"""
LENGTHS = (1, 2, 2, 3)
"""how many words a new part is made of, each as likely"""

Drawn = Callable[[Random], str]
"""a word of a text that is drawn"""


def plant(step: Plant, data: Dataset) -> Dataset:
    """Write `data` with changed copies of its texts, without labels, behind those without labels.

    A copy like a text of validation or test is left out. Raises PluginError where no training text
    has a labelled part.
    """
    options = step.options
    train, pool = originals(open_split(data, "train")), open_split(data, "unlabelled")
    known = sorted({part for texts in mentions(train).values() for part in texts})
    if not known:
        raise PluginError(
            "augment plant: no training text has a labelled part",
            hint="leave the step out, or label some",
        )
    texts = [*train["text"], *pool["text"]]

    def drawn(random: Random) -> str:
        units = units_of(one_of(texts, random))
        return one_of(units, random).strip() if units else ""

    def copies() -> Iterator[str]:
        held_out = held_out_keys(data)
        title = f"augmenting with {step.name}"
        with step.context.progress.bar(title, total=len(texts)) as bar:
            for number, batch in enumerate(chain(batches_of(train), batches_of(pool))):
                random = generator(step.context.seed, number)
                made = [
                    planted(row["text"], known, drawn, options.rate, random)
                    for row in batch
                    for _ in range(options.copies)
                ]
                for text, key in zip(made, keys_of(made), strict=True):
                    if text and key not in held_out:
                        yield text
                bar.advance(len(batch))

    with step.writing(Dataset, data=data) as draft:
        draft.figures = {"unlabelled": add_unlabelled(copies(), data, draft)}
    return draft.artifact


def planted(text: str, known: list[str], drawn: Drawn, rate: float, random: Random) -> str:
    """A text with other words in the place of a share of its own, and parts put in."""
    units = [
        replaced(unit, drawn(random)) if random.random() < rate else unit for unit in units_of(text)
    ]
    for _ in range(one_of(PARTS, random) if units else 0):
        place, count = below(len(units), random), one_of(WORDS, random)
        part = new_part(known, drawn, random) if random.random() < NEW else one_of(known, random)
        units[place : place + count] = [replaced(units[place], part)]
    return text_of(units)


def new_part(known: list[str], drawn: Drawn, random: Random) -> str:
    """Words of several parts; in every second of them one is a word of a text."""
    words = [one_of(one_of(known, random).split(), random) for _ in range(one_of(LENGTHS, random))]
    if random.random() < 0.5:
        words[below(len(words), random)] = drawn(random)
    return " ".join(words)
