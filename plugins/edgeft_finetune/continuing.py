"""Goes on training a checkpoint on new texts and new labels, without losing the old ones.

Two things keep what it knew: some old texts a label are trained on again (experience replay,
Rolnick et al. 2019, https://arxiv.org/abs/1811.11682), and on every text it is asked to answer the
old labels as it did before (learning without forgetting, Li and Hoiem 2016,
https://arxiv.org/abs/1606.09282).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import datasets
import numpy as np
import torch
from transformers import PreTrainedModel, set_seed

from edgeft.data.rows import label_indices, labelled, open_split, originals
from edgeft.distillation.teacher_logits import teacher_outputs
from edgeft.evaluation import evaluate
from edgeft.plugin import Checkpoint, Context, Dataset, Task
from edgeft.surgery.heights import freeze_lowest
from edgeft.training.encoding import load_tokenizer
from edgeft.training.loop import Extras, Loss, save_checkpoint
from edgeft_finetune.balance import counted, log_frequencies
from edgeft_finetune.earlier import opened
from edgeft_finetune.full import fit
from edgeft_finetune.labels_loss import adjusted
from edgeft_finetune.options import FullOptions

TEMPERATURE = 2.0
"""as Li and Hoiem found best"""
KEPT = ["text", "pair", "label", "weight", "soft"]


@dataclass(frozen=True)
class Old:
    """What a checkpoint was before, and what it was trained on."""

    checkpoint: Checkpoint
    data: Dataset | None

    @cached_property
    def rows(self) -> datasets.Dataset | None:
        """Its labelled training texts, where there is data."""
        if self.data is None:
            return None
        return originals(labelled(open_split(self.data, "train"))).select_columns(KEPT)

    def sample(self, texts: int, seed: int) -> datasets.Dataset | None:
        """So many training texts of each old label, or all that it has."""
        if self.data is None or self.rows is None or not texts:
            return None
        targets = label_indices(self.rows, self.data.labels)
        random = np.random.default_rng(seed)
        chosen = [
            random.permutation(np.flatnonzero(targets == label))[:texts]
            for label in range(len(self.data.labels))
        ]
        return self.rows.select(np.sort(np.concatenate(chosen)))

    def judged_beside(self, rows: datasets.Dataset) -> datasets.Dataset:
        """Held-out rows and the old ones: what knows the new texts alone is not the best."""
        rows = rows.select_columns(KEPT)
        if self.data is None:
            return rows
        known = open_split(self.data, "validation").select_columns(KEPT)
        return datasets.concatenate_datasets([rows, known.cast(rows.features)])


def finetune(draft: Any, data: Dataset, options: FullOptions, context: Context) -> None:
    """Train the checkpoint that the options name on `data`, and write it with all labels."""
    old = Old(*opened(options, context.task))
    before = old.checkpoint
    labels = [*before.labels, *(each for each in data.labels if each not in before.labels)]
    set_seed(context.seed)
    model = context.task.load_model(before.path, labels)
    if labels != before.labels:
        take_over_head(context.task.load_model(before.path), model, len(before.labels))
    if options.freeze:
        freeze_lowest(model, options.freeze)
    tokenizer = load_tokenizer(before.path)
    new = labelled(open_split(data, "train"))
    rows, replayed = new.select_columns(KEPT), old.sample(options.replay, context.seed)
    if replayed is not None:
        rows = datasets.concatenate_datasets([rows, replayed.cast(rows.features)])
    rarer = None
    if old.rows is not None and not balances(options):
        rarer = seldom(rows, [originals(new), old.rows], labels)
    extras = None
    if options.remember:
        folder = (context.cache or context.out.parent / ".cache") / "teacher-logits"
        extras = as_extras(teacher_outputs(before, rows, folder, context).values)
    trained = fit(
        model,
        tokenizer,
        data,
        options.model_copy(update={"max_length": options.max_length or before.max_length or None}),
        context,
        rows=rows,
        validation=old.judged_beside(open_split(data, "validation")),
        labels=labels,
        new_head=False,
        extras=extras,
        around=lambda loss: remembering(
            loss if rarer is None else adjusted(loss, rarer),
            context.task,
            len(before.labels),
            options.remember,
        ),
    )
    save_checkpoint(draft, trained.model, tokenizer, trained.max_length, labels)
    draft.figures = trained.figures | {
        "replayed": 0 if replayed is None else len(replayed),
        "new_labels": len(labels) - len(before.labels),
    }
    if old.data is not None:
        draft.seal()
        after = Checkpoint(draft.path, draft.manifest)
        draft.figures["old_texts"] = compared(old.data, before, after, context)


def take_over_head(old: PreTrainedModel, model: PreTrainedModel, labels: int) -> None:
    """Give a model with more labels the rows of a head's last layer that it had before."""
    had, state = old.state_dict(), model.state_dict()
    with torch.no_grad():
        for name, tensor in state.items():
            if tensor.shape != had[name].shape:
                tensor[:labels] = had[name]


def balances(options: FullOptions) -> bool:
    """Whether the options themselves say how much labels shall count, or show no old text."""
    asked = options.resample != "none" or options.class_weights != "none"
    return asked or options.logit_adjustment > 0 or not options.replay


def seldom(
    shown: datasets.Dataset, known: Sequence[datasets.Dataset], labels: list[str]
) -> torch.Tensor:
    """How much rarer each label is among the rows shown than among all known ones, (labels,).

    The logarithm of the ratio of both shares: added to logits in training, it keeps a model from
    taking old labels for as rare as the few texts of theirs that it is shown again.
    """

    def counts(rows: datasets.Dataset) -> np.ndarray:
        return counted(label_indices(rows, labels), len(labels))

    whole = np.sum([counts(rows) for rows in known], axis=0)
    return torch.from_numpy(log_frequencies(counts(shown)) - log_frequencies(whole))


def as_extras(logits: np.ndarray) -> Extras:
    """What a checkpoint said before of each row, for the batches of a training."""
    return lambda rows: {"before": torch.from_numpy(np.array(logits[rows]))}


def remembering(loss: Loss, task: Task, labels: int, weight: float) -> Loss:
    """The loss, and weight * how far the first `labels` answers lie from those of before."""
    if not weight:
        return loss

    def both(logits: torch.Tensor, batch: dict[str, torch.Tensor]) -> torch.Tensor:
        forgotten = task.soft_loss(logits[:, :labels], batch["before"], TEMPERATURE)
        return loss(logits, batch) + weight * forgotten

    return both


def compared(
    data: Dataset, before: Checkpoint, after: Checkpoint, context: Context
) -> dict[str, Any]:
    """The metric on the old held-out texts, before and after; new labels may be answered now."""
    metric = context.task.metric
    scores = [
        evaluate(
            each,
            data,
            data.held_out,
            task=context.task,
            device=context.device,
            threads=context.threads,
            progress=context.progress,
        ).scores
        for each in (before, after)
    ]
    found = {
        "split": data.held_out,
        "n": scores[0].n,
        "metric": metric,
        "before": round(scores[0].metrics[metric], 6),
        "after": round(scores[1].metrics[metric], 6),
        "intervals": {
            when: each.intervals.get(metric)
            for when, each in zip(("before", "after"), scores, strict=True)
        },
    }
    context.progress.note(
        f"on {found['n']:,} old {found['split']} texts: {metric} {found['before']:.4f} before,"
        f" {found['after']:.4f} now"
    )
    return found
