"""One scorer for a checkpoint and a bundle: texts in, outputs and scores out.

A bundle is asked through the runtime, and torch is imported where a checkpoint is.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import datasets
import numpy as np

from edgeft.artifacts import Bundle, Checkpoint, Dataset, knowing_labels
from edgeft.complaints import nearest
from edgeft.context import Context, Device
from edgeft.data.rows import inputs_of, open_split, truth_of
from edgeft.errors import ModelError
from edgeft.manifests import Decoding
from edgeft.progress import Named, Progress, Silence
from edgeft.runtime.given import Given
from edgeft.runtime.outputs import Outputs
from edgeft.tasks import Scores, Task

SILENCE = Silence()


@dataclass(frozen=True)
class Evaluation:
    """What one model answered on one split."""

    scores: Scores
    outputs: Outputs
    """the columns in the order of the data's labels"""
    correct: np.ndarray
    """bool (n,)"""


def evaluate(
    subject: Checkpoint | Bundle,
    data: Dataset,
    split: str,
    *,
    task: Task,
    device: Device = "cpu",
    threads: int | None = None,
    variant: str | None = None,
    progress: Progress = SILENCE,
) -> Evaluation:
    """Score a checkpoint, or a bundle through its runtime, on a split of `data`.

    Labels are matched by name. A label that only the subject knows becomes a further column: an
    answer that is always wrong. Raises ModelError for a label of the data that it does not know,
    and for answers that are no numbers.
    """
    if task.answer != "vector":
        knowing_labels(subject)
    rows = open_split(data, split)
    names = names_of(subject.labels, subject.path, data, task)
    place_of = {label: place for place, label in enumerate(subject.labels)}
    columns = [place_of[label] for label in names]
    truth = truth_of(rows, task, names)

    def said(of: datasets.Dataset) -> Outputs:
        """What the subject says of rows, its columns in the order of `names`."""
        found = outputs_of(
            subject,
            list(inputs_of(of)),
            task=task,
            device=device,
            threads=threads,
            variant=variant,
            progress=progress,
        )
        if np.isnan(found.values).any():
            raise ModelError(
                f"{subject.path} answers with numbers that are none (NaN)",
                hint="train it again with a lower learning_rate, or name another",
            )
        return found.columns(columns)

    outputs = said(rows)
    decoding = None
    if isinstance(subject, Bundle):
        decoding = own_decoding(subject, columns)
    elif task.decides and "validation" in data.splits:
        held = rows if split == "validation" else open_split(data, "validation")
        told = outputs if split == "validation" else said(held)
        decoding = task.calibrated(truth_of(held, task, names), told, names)
    elif task.decides:
        decoding = task.first_decoding(names)
    if decoding is None:
        scores = task.score(truth, outputs, names)
    else:
        scores = task.judged(truth, outputs, decoding, names)
        outputs = task.decided(outputs, decoding)
    return Evaluation(scores, outputs, correct=task.correct(truth, outputs, names))


def evaluate_named(
    subject: Checkpoint | Bundle,
    data: Dataset,
    split: str,
    called: Mapping[str, str],
    *,
    task: Task,
    template: Sequence[str] | None = None,
    entailment: str | None = None,
    device: Device = "cpu",
    threads: int | None = None,
    variant: str | None = None,
    progress: Progress = SILENCE,
) -> Evaluation:
    """Score a bundle that is given the labels of `called`, each with what it is called.

    Raises BundleError for a bundle that cannot tell them apart by their names, and ModelError for a
    checkpoint and for a label of the data that is not among them.
    """
    from edgeft.runtime import Model, ZeroShot, load

    if not isinstance(subject, Bundle):
        raise ModelError(
            f"{subject.path} is a checkpoint, and labels are given to bundles",
            hint="export it: edgeft export onnx",
        )
    if task.answer != "label" or task.pairs:
        raise ModelError(
            f"labels that are given answer a text with one label, which {task.name} does not",
            hint="leave --task out",
        )
    rows = open_split(data, split)
    labels = list(called)
    names = names_of(labels, subject.path, data, task)
    columns = [labels.index(label) for label in names]
    truth = truth_of(rows, task, names)
    texts = [each for each in inputs_of(rows) if isinstance(each, str)]
    with (
        load(subject.path, Model, variant=variant, device=device, threads=threads) as model,
        Named(progress, subject.name).bar("answering", len(texts), "texts") as bar,
    ):
        ask = ZeroShot(model, called, template=template, entailment=entailment)
        outputs = Outputs(ask.logits(texts))
        bar.advance(len(texts))
    outputs = outputs.columns(columns)
    return Evaluation(
        scores=task.score(truth, outputs, names),
        outputs=outputs,
        correct=task.correct(truth, outputs, names),
    )


def own_decoding(bundle: Bundle, columns: list[int]) -> Decoding:
    """How a bundle's outputs become answers, for these columns of theirs."""
    own = bundle.manifest.decoding
    thresholds = [own.thresholds[place] for place in columns] if own.thresholds else []
    return own.model_copy(update={"thresholds": thresholds})


def outputs_of(
    subject: Checkpoint | Bundle,
    texts: Sequence[Given],
    *,
    task: Task,
    device: Device = "cpu",
    threads: int | None = None,
    variant: str | None = None,
    batch_size: int | None = None,
    bf16: bool = False,
    progress: Progress = SILENCE,
) -> Outputs:
    """What a model says of texts, or of pairs of them, in the given order; batched by length.

    A checkpoint answers through torch in float32, or with `bf16` in bfloat16 where the device has
    instructions for it; a bundle answers through `edgeft.runtime`. Unless `batch_size` is given,
    a checkpoint answers 64 rows together, and a bundle as it would an application.
    """
    progress = Named(progress, subject.name)
    if isinstance(subject, Bundle):
        return bundle_outputs(subject, texts, device, threads, variant, batch_size, progress)
    from edgeft.evaluation.checkpoints import checkpoint_outputs

    return checkpoint_outputs(subject, texts, task, device, threads, batch_size, bf16, progress)


def said_in(subject: Checkpoint | Bundle, rows: datasets.Dataset, context: Context) -> Outputs:
    """What a model says of rows, asked within a step: on its device and threads, with its progress.

    In bfloat16 where that is faster: half the time, and far closer than a student comes.
    """
    return outputs_of(
        subject,
        list(inputs_of(rows)),
        task=context.task,
        device=context.device,
        threads=context.threads,
        bf16=True,
        progress=context.progress,
    )


def logits_of(subject: Checkpoint | Bundle, texts: Sequence[Given], **how: Any) -> np.ndarray:
    """The logits of texts, float32 (n, labels), of a task that answers texts as a whole.

    Takes what `outputs_of` takes.
    """
    return outputs_of(subject, texts, **how).values


def bundle_outputs(
    bundle: Bundle,
    texts: Sequence[Given],
    device: Device,
    threads: int | None,
    variant: str | None,
    batch_size: int | None,
    progress: Progress,
) -> Outputs:
    """What a bundle says of texts, through the runtime that devices run it with."""
    from edgeft.runtime import load

    with (
        # as chosen when it was built: what was measured of it here is somebody else's use of it
        load(bundle.path, variant=variant, device=device, threads=threads, tuning=False) as model,
        progress.bar("answering", len(texts), "texts") as bar,
    ):
        found = model.outputs(list(texts), batch_size=batch_size)
        bar.advance(len(texts))
    return found


def names_of(labels: Sequence[str], subject: Path, data: Dataset, task: Task) -> list[str]:
    """The labels to score by: the data's, and then those that only the subject knows.

    `labels` are the subject's. Raises ModelError for one of the data that it does not know, unless
    the task lets it.
    """
    known, wanted = set(labels), set(data.labels)
    unknown = [label for label in data.labels if label not in known] if task.closed else []
    if unknown:
        first, count = repr(unknown[0]), len(unknown)
        several = f"{count} labels of the data, such as {first}"
        what = several if count > 1 else f"the label {first} of the data"
        near = nearest(unknown[0], labels)
        raise ModelError(
            f"{subject} does not know {what}",
            hint="evaluate on the data it was trained for, or rename the label"
            + (f": it knows {near!r}" if near else ""),
        )
    ours = [label for label in data.labels if label in known]
    return [*ours, *(label for label in labels if label not in wanted)]
