"""Puts other things of the same type in the place of labelled parts of texts.

Mention replacement (Dai and Adel 2020, https://aclanthology.org/2020.coling-main.343): what stands
around a name says its type, whichever name it is.
"""

from bisect import bisect_left
from collections.abc import Iterator
from random import Random

import datasets

from edgeft.data.copies import Row, add, batches_of
from edgeft.data.rows import answers_of, open_split, originals
from edgeft.data.units import amount
from edgeft.plugin import Dataset
from edgeft.progress import Bar
from edgeft.tasks.spans import Span, read, written
from edgeft_augment import Mention
from edgeft_augment.batches import generator
from edgeft_augment.noise import below, places


def replace_mentions(step: Mention, data: Dataset) -> Dataset:
    """Write `data` with copies of the training texts that have labelled parts, others in them.

    What takes their place is drawn from all different ones of the type in train.
    """
    options = step.options
    known = mentions(originals(open_split(data, "train")))

    def copies(train: datasets.Dataset, bar: Bar) -> Iterator[Row]:
        for number, batch in enumerate(batches_of(train)):
            random = generator(step.context.seed, number)
            for row in batch:
                spans = read(row["label"] or "[]") if row["parent"] is None else []
                for _ in range(options.copies if spans else 0):
                    text, moved = replaced(row["text"], spans, known, options.rate, random)
                    yield {**row, "text": text, "label": written(moved), "parent": row["id"]}
            bar.advance(len(batch))

    return add(step, data, copies)


def mentions(rows: datasets.Dataset) -> dict[str, list[str]]:
    """The different labelled parts of texts by their type, sorted."""
    found: dict[str, set[str]] = {}
    for text, answer in zip(rows["text"], answers_of(rows), strict=True):
        for span in read(answer or "[]"):
            found.setdefault(span.type, set()).add(text[span.start : span.end])
    return {kind: sorted(texts) for kind, texts in sorted(found.items())}


def replaced(
    text: str, spans: list[Span], known: dict[str, list[str]], rate: float, random: Random
) -> tuple[str, list[Span]]:
    """A text with other parts of their types in the place of a share of its parts, and its spans.

    At least one is replaced; by itself where its type has no other.
    """
    chosen = places(len(spans), amount(len(spans), rate), random)
    parts: list[str] = []
    moved: list[Span] = []
    end = length = 0
    for place, span in enumerate(sorted(spans)):
        own = text[span.start : span.end]
        new = other_than(own, known[span.type], random) if place in chosen else own
        before = text[end : span.start]
        start = length + len(before)
        parts += [before, new]
        length = start + len(new)
        moved.append(Span(start, length, span.type))
        end = span.end
    return "".join([*parts, text[end:]]), moved


def other_than(own: str, known: list[str], random: Random) -> str:
    """One of the known texts, sorted and different, that is not its own; its own if it is alone."""
    number = below(len(known) - 1, random)
    place = number + (number >= bisect_left(known, own))
    return known[place] if len(known) > 1 else own
