"""One scorer for a checkpoint and a bundle: texts in, logits and scores out."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from transformers import PreTrainedModel, PreTrainedTokenizerFast

from edgeft.artifacts import Bundle, Checkpoint, Dataset, knowing_labels
from edgeft.data.rows import label_indices, open_split
from edgeft.errors import ModelError
from edgeft.progress import Progress, Silence
from edgeft.tasks import Scores, Task
from edgeft.training.encoding import (
    Batches,
    Encoded,
    encode,
    load_tokenizer,
    position_limit,
    texts_of,
)
from edgeft.training.machine import computes_in_bf16, pick_device, set_threads

SILENCE = Silence()
Device = Literal["auto", "cpu", "cuda"]


@dataclass(frozen=True)
class Evaluation:
    """What one model answered on one split."""

    scores: Scores
    logits: np.ndarray
    """float32 (n, labels), the columns in the order of the data's labels"""
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
    batch_size: int = 64,
    progress: Progress = SILENCE,
) -> Evaluation:
    """Score a checkpoint, or a bundle through its runtime, on a split of `data`.

    Labels are matched by name. A label that only the subject knows becomes a further column: an
    answer that is always wrong. Raises ModelError for a label of the data that it does not know.
    """
    knowing_labels(subject)
    rows = open_split(data, split)
    names = [*data.labels, *(label for label in subject.labels if label not in data.labels)]
    columns = [column_of(label, subject) for label in names]
    truth = label_indices(rows, data.labels)
    logits = logits_of(
        subject,
        list(texts_of(rows)),
        task=task,
        device=device,
        threads=threads,
        variant=variant,
        batch_size=batch_size,
        progress=progress,
    )[:, columns]
    return Evaluation(
        scores=task.score(truth, logits, names),
        logits=logits,
        correct=logits.argmax(axis=1) == truth,
    )


def logits_of(
    subject: Checkpoint | Bundle,
    texts: Sequence[str],
    *,
    task: Task,
    device: Device = "cpu",
    threads: int | None = None,
    variant: str | None = None,
    batch_size: int = 64,
    bf16: bool = False,
    progress: Progress = SILENCE,
) -> np.ndarray:
    """The logits of texts, float32 (n, labels), in the given order; batched by length.

    A checkpoint answers through torch in float32, or with `bf16` in bfloat16 where the device has
    instructions for it; a bundle answers through `edgeft.runtime`.
    """
    if isinstance(subject, Bundle):
        return bundle_logits(subject, texts, device, threads, variant, batch_size, progress)
    model = task.load_model(subject.path)
    tokenizer = load_tokenizer(subject.path)
    max_length = subject.max_length or min(position_limit(model), tokenizer.model_max_length)
    set_threads(threads)
    where = pick_device(device)
    with torch.autocast(where.type, torch.bfloat16, enabled=bf16 and computes_in_bf16(where)):
        return model_logits(model.to(where), tokenizer, texts, max_length, batch_size, progress)


def model_logits(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerFast,
    texts: Sequence[str],
    max_length: int,
    batch_size: int = 64,
    progress: Progress = SILENCE,
) -> np.ndarray:
    """The logits of texts by a model in memory, float32 (n, labels), in the given order."""
    model.eval()
    return by_length(
        lambda batch: model(**batch).logits,
        encode(texts, tokenizer, max_length),
        tokenizer,
        width=model.config.num_labels,
        device=model.device,
        batch_size=batch_size,
        progress=progress,
    )


def by_length(
    answer: Callable[[dict[str, torch.Tensor]], torch.Tensor],
    encoded: Encoded,
    tokenizer: PreTrainedTokenizerFast,
    *,
    width: int,
    device: torch.device,
    batch_size: int = 64,
    progress: Progress = SILENCE,
) -> np.ndarray:
    """What `answer` gives for batches of like length, float32 (n, width), in the given order."""
    batches = Batches(encoded, tokenizer.pad_token_id, tokenizer.padding_side)
    order = np.argsort(-encoded.lengths, kind="stable")
    found = np.empty((len(encoded), width), dtype=np.float32)
    with progress.bar("answering", len(encoded), "texts") as bar, torch.inference_mode():
        for start in range(0, len(encoded), batch_size):
            rows = order[start : start + batch_size]
            batch = {name: tensor.to(device) for name, tensor in batches(rows).items()}
            found[rows] = answer(batch).float().cpu().numpy()
            bar.advance(len(rows))
    return found


def bundle_logits(
    bundle: Bundle,
    texts: Sequence[str],
    device: Device,
    threads: int | None,
    variant: str | None,
    batch_size: int,
    progress: Progress,
) -> np.ndarray:
    """The logits of texts by a bundle, through the runtime that devices run it with."""
    from edgeft.runtime import load

    with (
        load(bundle.path, variant=variant, device=device, threads=threads) as model,
        progress.bar("answering", len(texts), "texts") as bar,
    ):
        logits = model.logits(list(texts), batch_size=batch_size)
        bar.advance(len(texts))
    return np.asarray(logits, dtype=np.float32)


def column_of(label: str, subject: Checkpoint | Bundle) -> int:
    """The column of a label in the subject's logits; raises ModelError where it has none."""
    if label not in subject.labels:
        raise ModelError(
            f"{subject.path} does not know the label {label!r} of the data",
            hint="evaluate on the data it was trained for, or rename the label",
        )
    return subject.labels.index(label)
