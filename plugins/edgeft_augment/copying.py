"""Changed copies of the training texts: what a step's noise makes of each."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import datasets

from edgeft.data.copies import Row, add, batches_of
from edgeft.data.workers import in_order
from edgeft.plugin import Augmenter, Dataset, Task
from edgeft.progress import Bar
from edgeft.runtime.threads import available_threads
from edgeft.tasks.spans import Span, written
from edgeft_augment.batches import changed, changed_with_spans
from edgeft_augment.noise import Noise
from edgeft_augment.options import NoiseOptions

PARALLEL = 200_000
"""copies from which on several processes make them: fewer are made while these start"""


def augment(
    step: Augmenter[Any],
    data: Dataset,
    noise: Noise,
    *,
    labelled: bool = True,
    alone: bool = False,
    spared: bool = False,
) -> Dataset:
    """Write `data` with copies of every training row that is no copy itself.

    A copy has its original's label; where not `labelled`, it has none, for the noise decides it.
    Labelled parts of a text move with it, and are not changed where they are `spared`; marked parts
    never are, and `add` leaves a copy out that has lost one. Noise that cannot be pickled works
    `alone`, in this process.
    """
    options, context = step.options, step.context
    processes = 1
    if not alone and data.manifest.rows["train"] * options.copies >= PARALLEL:
        processes = context.threads or available_threads()

    def copies(train: datasets.Dataset, bar: Bar) -> Iterator[Row]:
        if context.task.answer == "spans":
            return copies_with_spans(train, noise, options, context.seed, bar, processes, spared)
        if context.task.marks:
            return copies_with_marks(
                train, noise, context.task, options, context.seed, bar, processes
            )
        return copies_of(train, noise, options, context.seed, bar, processes)

    return add(step, data, copies, labelled=labelled)


def copies_of(
    train: datasets.Dataset,
    noise: Noise,
    options: NoiseOptions,
    seed: int,
    bar: Bar,
    processes: int = 1,
) -> Iterator[Row]:
    """Copies of the original rows, each naming its parent; the same for any number of processes."""
    make = partial(changed, noise=noise, copies=options.copies, rate=options.rate, seed=seed)

    def batches() -> Iterator[tuple[tuple[int, list[str]], tuple[list[Row], int]]]:
        for number, batch in enumerate(batches_of(train)):
            originals = [row for row in batch if row["parent"] is None]
            yield (number, [row["text"] for row in originals]), (originals, len(batch))

    for (originals, size), made in in_order(make, batches(), processes):
        for row, texts in zip(originals, made, strict=True):
            for text in texts:
                yield {**row, "text": text, "parent": row["id"]}
        bar.advance(size)


def copies_with_spans(
    train: datasets.Dataset,
    noise: Noise,
    options: NoiseOptions,
    seed: int,
    bar: Bar,
    processes: int,
    spared: bool,
) -> Iterator[Row]:
    """Copies as `copies_of` makes them, with the spans where their parts have moved to."""
    rows = with_spans(train, noise, options, seed, bar, processes, spared, lambda row: row["label"])
    for row, text, answer in rows:
        yield {**row, "text": text, "label": answer, "parent": row["id"]}


def copies_with_marks(
    train: datasets.Dataset,
    noise: Noise,
    task: Task,
    options: NoiseOptions,
    seed: int,
    bar: Bar,
    processes: int,
) -> Iterator[Row]:
    """Copies as `copies_of` makes them, in which what is marked moves as one piece."""

    def kept(row: Row) -> str:
        spans = task.kept_spans(row["text"])
        return written(Span(start, end, "") for start, end in spans)

    for row, text, _ in with_spans(train, noise, options, seed, bar, processes, True, kept):
        yield {**row, "text": text, "parent": row["id"]}


def with_spans(
    train: datasets.Dataset,
    noise: Noise,
    options: NoiseOptions,
    seed: int,
    bar: Bar,
    processes: int,
    spared: bool,
    answer_of: Callable[[Row], str | None],
) -> Iterator[tuple[Row, str, str | None]]:
    """Of each original and copy: the row, the copy's text, and where its spans have moved to."""
    make = partial(
        changed_with_spans,
        noise=noise,
        copies=options.copies,
        rate=options.rate,
        seed=seed,
        spared=spared,
    )

    def batches() -> Iterator[tuple[Any, tuple[list[Row], int]]]:
        for number, batch in enumerate(batches_of(train)):
            originals = [row for row in batch if row["parent"] is None]
            pairs = [(row["text"], answer_of(row)) for row in originals]
            yield (number, pairs), (originals, len(batch))

    for (originals, size), made in in_order(make, batches(), processes):
        for row, copies in zip(originals, made, strict=True):
            for text, answer in copies:
                yield row, text, answer
        bar.advance(size)
