"""Learns from what a model says of texts that nobody labelled, round by round.

Self-training (Scudder 1965; Lee 2013): a model is trained on the labels, says what the other texts
are, and the next one is trained on that as well. What it says is spread along the likeness of the
texts, made as sure as it is right, and balanced; by default all of it is learnt as probabilities,
under dropout, as a noisy student does (Xie et al. 2020, https://arxiv.org/abs/1911.04252).
"""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import datasets
import numpy as np
import torch
from torch.nn import functional
from transformers import set_seed

from edgeft.architectures import trained_pooling
from edgeft.data.rows import label_indices, labelled, open_split, originals, write_split
from edgeft.plugin import Checkpoint, Context, DataError, Dataset, Record
from edgeft.probing.probe import Reader, probe
from edgeft.training.encoding import load_tokenizer
from edgeft.training.keeping import kept_of
from edgeft.training.loop import save_checkpoint, train
from edgeft.training.resuming import prepare_scratch
from edgeft_unlabelled import SelfTrainingOptions
from edgeft_unlabelled.balance import balanced, surest
from edgeft_unlabelled.spreading import Guess, guessed

FEW = 1000
"""labelled texts up to which the first model is a head on the frozen encoder"""


@dataclass(frozen=True)
class Work:
    """What all rounds have in common."""

    data: Dataset
    rows: datasets.Dataset
    """the labelled training texts, copies included"""
    pool: datasets.Dataset
    options: SelfTrainingOptions
    context: Context
    finetuner: str

    @property
    def targets(self) -> np.ndarray:
        """The labels of the rows, as indices."""
        return label_indices(self.rows, self.data.labels)

    @property
    def prior(self) -> np.ndarray:
        """How frequent each label is among the labelled texts, (labels,)."""
        counts = np.bincount(self.targets, minlength=len(self.data.labels))
        return np.asarray(counts / counts.sum())


def self_train(
    draft: Any, base: Path, data: Dataset, options: SelfTrainingOptions, context: Context
) -> None:
    """Train a first model and as many more as there are rounds, and write the one to keep."""
    work = prepared(data, options, context)
    models = [made(0, context, partial(finetuned, base, data, work))]
    for number in range(1, options.rounds + 1):
        models.append(made(number, context, partial(one_round, models[-1], base, work, number)))
    kept = kept_round(models, work)
    chosen = models[kept]
    for file in sorted(chosen.path.iterdir()):
        if file.name != "edgeft.json":
            shutil.copyfile(file, draft.path / file.name)
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


SHOWN = ("validation", "taken", "by_label", "temperature", "right_when_left_out")


def prepared(data: Dataset, options: SelfTrainingOptions, context: Context) -> Work:
    """What the rounds work on; raises DataError where there is nothing to learn from."""
    if not data.manifest.rows.get("unlabelled"):
        raise DataError(
            f"{data.path} has no texts without labels to learn from",
            hint="name them in the recipe as data.unlabelled, or take another finetuner",
        )
    prepare_scratch(context)
    rows = labelled(open_split(data, "train"))
    finetuner = options.finetuner or ("probe" if len(originals(rows)) <= FEW else "full")
    return Work(data, rows, open_split(data, "unlabelled"), options, context, finetuner)


def made(number: int, context: Context, make: Callable[[Context], None]) -> Checkpoint:
    """The model of a round: that of an interrupted run, or a new one."""
    place = context.scratch / f"round-{number}"
    if not (place / "edgeft.json").is_file():
        fingerprint = f"{context.fingerprint}/{place.name}" if context.fingerprint else ""
        make(context.at(place, fingerprint=fingerprint, force=True))
    return Checkpoint.open(place)


def finetuned(base: Path, data: Dataset, work: Work, context: Context) -> None:
    """Train with the finetuner that the options name."""
    cls: Any = context.find_step("finetune", work.finetuner)
    cls(cls.Options(**work.options.finetuner_options), context).run(base, data)


def one_round(
    before: Checkpoint,
    base: Path,
    work: Work,
    number: int,
    context: Context,
) -> None:
    """Ask a model what the pool is, and train the next one on that and on the labels.

    After the first round, models know the labelled texts by heart: its temperature stays.
    """
    options = work.options
    found = asked(before, work, figures(before).get("temperature"))
    shares = balanced(found.shares, work.prior, options.balance)
    sure = shares.max(axis=1) >= options.confidence
    taken = np.flatnonzero(sure)
    if not options.soft:
        taken = surest(shares, work.prior, options.confidence, options.balance)
    counts = np.bincount(shares[taken].argmax(axis=1), minlength=len(work.data.labels))
    told = {
        "taken": len(taken),
        "by_label": {"least": int(counts.min()), "most": int(counts.max())},
        "temperature": round(found.temperature, 4),
        "right_when_left_out": round(found.right, 4),
    }
    context.progress.note(
        f"round {number}: {len(taken):,} of {len(work.pool):,} texts, {counts.min()} to"
        f" {counts.max()} a label; right about {100 * found.right:.1f} % of the labels left out"
    )
    pool = work.pool.select(taken)
    if options.soft:
        learnt_softly(before, pool, shares[taken], work, context, told)
    else:
        learnt_hard(base, pool, shares[taken], work, context, told)


def asked(before: Checkpoint, work: Work, temperature: float | None) -> Guess:
    """What the texts of the pool are, by a model's vectors and the labels that are known."""
    options, context = work.options, work.context
    pooling = trained_pooling(before.path) or "mean"
    model = context.task.load_model(before.path, pooling=pooling)
    tokenizer = load_tokenizer(before.path)
    reader = Reader(before.path, model, tokenizer, before.max_length, context)
    rows = originals(work.rows)
    found = probe(reader, rows, work.data.labels, options)
    return guessed(
        found.examples,
        found.strength,
        np.asarray(reader.vectors(work.pool)),
        neighbours=options.neighbours,
        temperature=temperature,
        seed=context.seed,
    )


def learnt_softly(
    before: Checkpoint,
    pool: datasets.Dataset,
    shares: np.ndarray,
    work: Work,
    context: Context,
    told: dict[str, Any],
) -> None:
    """Go on from a model, on the labels and on probabilities of the pool, and write what it is."""
    set_seed(context.seed)
    labels = work.data.labels
    model = context.task.load_model(before.path)
    tokenizer = load_tokenizer(before.path)
    known = np.eye(len(labels), dtype=np.float32)[work.targets]
    everything = np.concatenate([known, shares])

    def extras(rows: np.ndarray) -> dict[str, torch.Tensor]:
        return {"shares": torch.from_numpy(everything[rows])}

    trained = train(
        model,
        tokenizer,
        datasets.concatenate_datasets([work.rows, pool]),
        open_split(work.data, "validation"),
        task=context.task,
        labels=labels,
        options=work.options,
        context=context,
        loss=soft_cross_entropy,
        batch_extras=extras,
    )
    with Checkpoint.create(context.out, force=True) as draft:
        save_checkpoint(draft, trained.model, tokenizer, trained.max_length, labels)
        draft.manifest.task = context.task.name
        said = trained.figures | told
        draft.manifest.history = [Record(kind="finetune", method="self-training", figures=said)]


def soft_cross_entropy(logits: torch.Tensor, batch: dict[str, torch.Tensor]) -> torch.Tensor:
    """The mean over a batch of -sum q log p, for logits and shares q (batch, labels)."""
    return functional.cross_entropy(logits, batch["shares"])


def learnt_hard(
    base: Path,
    pool: datasets.Dataset,
    shares: np.ndarray,
    work: Work,
    context: Context,
    told: dict[str, Any],
) -> None:
    """Train with the finetuner anew, on the labels and on what the pool is taken for."""
    names = [work.data.labels[answer] for answer in shares.argmax(axis=1)]
    taken = pool.remove_columns("label").add_column("label", names, feature=pool.features["label"])
    with Dataset.create(context.out.with_name(f"{context.out.name}-data"), force=True) as draft:
        parts = {
            "train": datasets.concatenate_datasets([work.rows, taken]),
            "validation": open_split(work.data, "validation"),
        }
        for split, rows in parts.items():
            draft.manifest.rows[split] = write_split(draft.path, split, rows)
        draft.manifest.task = work.data.task
        draft.manifest.labels = list(work.data.labels)
    step_context = context.at(context.out.with_name(f"{context.out.name}-made"))
    finetuned(base, draft.artifact, work, step_context)
    found = Checkpoint.open(step_context.out)
    with Checkpoint.create(context.out, force=True) as kept:
        for file in sorted(found.path.iterdir()):
            if file.name != "edgeft.json":
                shutil.move(file, kept.path / file.name)
        kept.manifest = found.manifest.model_copy(deep=True)
        kept.manifest.history[-1].figures |= told
    shutil.rmtree(found.path)


def figures(model: Checkpoint) -> dict[str, Any]:
    """What the last step of a checkpoint measured of itself."""
    return model.manifest.history[-1].figures


def kept_round(models: list[Checkpoint], work: Work) -> int:
    """The round to keep: the last, unless validation says for sure that an earlier was better."""
    metric = work.context.task.metric
    log = [
        {"step": float(number), **figures(model)["validation"]}
        for number, model in enumerate(models)
    ]
    rows = work.data.manifest.rows.get("validation", 0)
    options = work.options.model_copy(update={"weights": "auto", "early_stopping": None})
    return int(kept_of(log, metric, work.context.task, options, rows)["step"])
