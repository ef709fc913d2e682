"""Learns from what a model says of texts that nobody labelled, round by round.

Self-training (Scudder 1965; Lee 2013): a model is trained on the labels, says what the other texts
are, and the next one is trained on that as well. What it says is spread along the likeness of the
texts, made as sure as it is right, and balanced; by default all of it is learnt as probabilities,
under dropout, as a noisy student does (Xie et al. 2020, https://arxiv.org/abs/1911.04252).
"""

import shutil
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import datasets
import numpy as np
import pyarrow as pa
import torch
from transformers import set_seed

from edgeft.data.names import handed_on
from edgeft.data.rows import labelled, open_split, originals, write_split
from edgeft.plugin import Checkpoint, Context, DataError, Dataset, Record
from edgeft.probing.probe import put
from edgeft.probing.writing import write_headed
from edgeft.runtime.manifest import MANIFEST
from edgeft.training.encoding import load_tokenizer
from edgeft.training.keeping import kept_of
from edgeft.training.left_out import named_finetuner
from edgeft.training.loop import Tricks, save_checkpoint, train
from edgeft.training.resuming import prepare_scratch
from edgeft.training.shares import shares_of, soft_cross_entropy
from edgeft_unlabelled import FROZEN, SelfTrainingOptions
from edgeft_unlabelled.lessons import Lesson, Work, figures, lesson_of, reader_of

CUTOFF = 0.15
"""share of tokens that are hidden where nobody says otherwise"""
FEW = 1000
"""labelled texts up to which the first model is a head on the frozen encoder"""
NAMES = "names"
"""the finetuner that begins without any labelled text"""
SEEN = 0.1
"""share of the validation texts that may have been trained on, if they are to choose a round"""
APART = 1000
"""between the seeds of first models: those of a user's further runs stay their own"""
SHOWN = ("validation", "taken", "by_label", "temperature", "right_when_left_out", "agree")
"""figures of a round that the step's history has"""


def self_train(
    draft: Any, base: Path, data: Dataset, options: SelfTrainingOptions, context: Context
) -> None:
    """Train a first model and as many more as there are rounds, and write the one to keep."""
    work = prepared(data, options, context)
    first_step(work, context)
    firsts = [made(place, context, make) for place, make in first_models(base, data, work)]
    models = firsts[:1]
    for number in range(1, options.turns + 1):
        before = firsts if number == 1 else models[-1:]
        make = partial(one_round, before, base, work, number)
        models.append(made(f"round-{number}", context, make))
    kept = kept_round(models, work)
    chosen = models[kept]
    draft.take_files(chosen)
    draft.manifest.labels = list(chosen.labels)
    draft.manifest.max_length = chosen.max_length
    draft.figures = {
        "finetuner": work.finetuner,
        "kept": kept,
        "validation": figures(chosen)["validation"],
        "rounds": [
            {key: each for key, each in figures(model).items() if key in SHOWN} for model in models
        ],
    }


def prepared(data: Dataset, options: SelfTrainingOptions, context: Context) -> Work:
    """What the rounds work on; raises DataError where there is nothing to learn from."""
    if not data.manifest.rows.get("unlabelled"):
        raise DataError(
            f"{data.path} has no texts without labels to learn from",
            hint="name them in the recipe as data.unlabelled, or take another finetuner",
        )
    prepare_scratch(context)
    train, pool = open_split(data, "train"), open_split(data, "unlabelled")
    rows = labelled(train)
    finetuner = options.finetuner or ("probe" if len(originals(rows)) <= FEW else "full")
    if finetuner == NAMES:  # their labels are not looked at
        pool = datasets.concatenate_datasets([originals(train), pool])
        rows = rows.select([])
    return Work(data, rows, pool, options, context, finetuner)


def first_models(
    base: Path, data: Dataset, work: Work
) -> Iterator[tuple[str, Callable[[Context], None]]]:
    """Where each model that knows the labels alone is kept, and what makes it, by its own seed."""
    make = partial(finetuned, base, data, work)
    yield "round-0", make
    voices = 1 if work.finetuner in FROZEN else work.options.voices
    if voices < work.options.voices:
        work.context.progress.note(f"{work.finetuner} says the same by any seed: one first model")
    for number in range(1, voices):
        yield f"round-0-{number}", partial(seeded, make, number)


def seeded(make: Callable[[Context], None], number: int, context: Context) -> None:
    """Make another model, by another seed."""
    context.progress.note(f"first model {number + 1}")
    make(context.at(context.out, seed=context.seed + number * APART))


def made(name: str, context: Context, make: Callable[[Context], None]) -> Checkpoint:
    """A model of a round: that of an interrupted run, or a new one."""
    place = context.scratch / name
    if not (place / MANIFEST).is_file():
        fingerprint = f"{context.fingerprint}/{place.name}" if context.fingerprint else ""
        make(context.at(place, fingerprint=fingerprint, force=True))
    return Checkpoint.open(place)


def finetuned(base: Path, data: Dataset, work: Work, context: Context) -> None:
    """Train with the finetuner that the options name."""
    cls, options = first_step(work, context)
    cls(options, context).run(base, data)


def first_step(work: Work, context: Context) -> tuple[Any, Any]:
    """The finetuner that the options name, and its options; raises PluginError for wrong ones."""
    return named_finetuner(
        work.finetuner, work.options.finetuner_options, context, option="finetuner_options"
    )


def one_round(
    models: Sequence[Checkpoint], base: Path, work: Work, number: int, context: Context
) -> None:
    """Ask models what the pool is, and train the next one on that and on the labels."""
    options, before = work.options, models[0]
    lesson = lesson_of(models, work, context)
    told = lesson.told
    context.progress.note(
        f"round {number}: {told['taken']:,} of {len(work.pool):,} texts,"
        f" {told['by_label']['least']} to {told['by_label']['most']} a label"
    )
    if not options.soft:
        learn_again(base, lesson, work, context)
    elif options.trains == "head":
        learn_head(before, lesson, work, context)
    else:
        learn_all(before, lesson, work, context)


def learn_all(before: Checkpoint, lesson: Lesson, work: Work, context: Context) -> None:
    """Go on from a model, on the labels and on the lesson's probabilities, and write what it is."""
    set_seed(context.seed)
    labels = work.data.labels
    model = context.task.load_model(before.path, before.labels)
    tokenizer = load_tokenizer(before.path)
    if hasattr(model, "pooling"):
        put(lesson.head, model)
    shares = np.concatenate([shares_of(work.rows, labels), lesson.shares])
    trained = train(
        model,
        tokenizer,
        datasets.concatenate_datasets([work.rows, lesson.pool]),
        open_split(work.data, "validation"),
        task=context.task,
        labels=labels,
        options=work.options,
        context=context,
        loss=soft_cross_entropy,
        batch_extras=lambda rows: {"shares": torch.from_numpy(shares[rows])},
        tricks=Tricks(cutoff=CUTOFF if work.options.cutoff is None else work.options.cutoff),
    )
    with Checkpoint.create(context.out, force=True) as draft:
        save_checkpoint(draft, trained.model, tokenizer, trained.max_length, labels)
        draft.manifest.task = context.task.name
        draft.manifest.history = [record(trained.figures | lesson.told)]


def learn_head(before: Checkpoint, lesson: Lesson, work: Work, context: Context) -> None:
    """Give a model the lesson's head, and write what it is."""
    reader = reader_of(before, context)
    with Checkpoint.create(context.out, force=True) as draft:
        metrics = write_headed(draft, reader, lesson.head, work.data)
        draft.manifest.task = context.task.name
        draft.manifest.history = [record({"validation": metrics} | lesson.told)]


def learn_again(base: Path, lesson: Lesson, work: Work, context: Context) -> None:
    """Train with the finetuner anew, on the labels and on what the pool most likely is."""
    names = [work.data.labels[answer] for answer in lesson.shares.argmax(axis=1)]
    table = lesson.pool.with_format("arrow")[:]
    place = table.column_names.index("label")
    pool = datasets.Dataset(table.set_column(place, "label", pa.array(names, pa.string())))
    parts = {
        "train": datasets.concatenate_datasets([work.rows, pool]),
        "validation": open_split(work.data, "validation"),
    }
    with Dataset.create(context.out.with_name(f"{context.out.name}-data"), force=True) as draft:
        for split, rows in parts.items():
            draft.manifest.rows[split] = write_split(draft.path, split, rows)
        draft.manifest.task = work.data.task
        draft.manifest.labels = list(work.data.labels)
        draft.manifest.summary = handed_on(work.data.manifest.summary)
    inner = context.at(context.out.with_name(f"{context.out.name}-made"))
    finetuned(base, draft.artifact, work, inner)
    found = Checkpoint.open(inner.out)
    with Checkpoint.create(context.out, force=True) as kept:
        kept.take_files(found)
        kept.manifest = found.manifest.model_copy(deep=True)
        kept.manifest.history[-1].figures |= lesson.told
    shutil.rmtree(found.path)


def record(said: dict[str, Any]) -> Record:
    """What the history of a round's model says."""
    return Record(kind="finetune", method="self-training", figures=said)


def kept_round(models: list[Checkpoint], work: Work) -> int:
    """The round to keep: the last, unless validation says for sure that another was better.

    Validation texts that were trained on can say nothing of the kind.
    """
    task = work.context.task
    held_out = open_split(work.data, "validation")["text"][:]
    seen = set(work.rows["text"][:])
    if sum(text in seen for text in held_out) > SEEN * len(held_out):
        return len(models) - 1
    log = [
        {**figures(model)["validation"], "step": float(number)}
        for number, model in enumerate(models)
    ]
    options = work.options.model_copy(update={"weights": "auto", "early_stopping": None})
    return int(kept_of(log, task.metric, task, options, len(held_out))["step"])
