"""Makes a student, trains it on its teacher's logits and the labels, and measures it."""

import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import datasets
import numpy as np
import torch
from transformers import PreTrainedModel, set_seed

from edgeft.data.rows import open_split
from edgeft.evaluation import logits_of
from edgeft.plugin import Bundle, Checkpoint, Context, Dataset, ModelError
from edgeft.processes import is_main
from edgeft.training.encoding import Extras, load_tokenizer
from edgeft.training.loop import Loss, save_checkpoint, train
from edgeft_distill.layers import depth_of, with_layers
from edgeft_distill.losses import student_loss
from edgeft_distill.teacher_logits import teacher_logits
from edgeft_distill.transfer import counts, transfer_rows

if TYPE_CHECKING:
    from edgeft_distill import Layers, LayersOptions

KEEP = 2
"""layers of the teacher that a student starts from where nobody says how many"""


def distill(step: "Layers", teacher: Checkpoint | Bundle, data: Dataset) -> Checkpoint:
    """Train a student of `teacher` and write its checkpoint.

    The student's logits are in the order of the teacher's labels; the data's labels find their
    place by name. Raises ModelError for a teacher that lacks a label of the data, and for one
    that is a bundle while `student` names no model to start from.
    """
    options, context = step.options, step.context
    check_labels(teacher, data)
    source = starting_point(teacher, options, context)
    inputs: dict[str, Any] = {"teacher": teacher, "data": data}
    if options.student:
        inputs["student"] = source
    with step.writing(Checkpoint, **inputs) as draft, logits_folder(context) as folder:
        set_seed(context.seed)
        start = context.task.load_model(source, teacher.labels)
        model, layers = student_of(start, options)
        tokenizer = load_tokenizer(source)
        rows = transfer_rows(
            data,
            copies=options.use_copies,
            unlabelled=options.use_unlabelled and options.soft > 0,
        )
        draft.figures |= {
            "layers": layers,
            "layers_of": depth_of(start),
            "parameters": model.num_parameters(),
            "parameters_of": start.num_parameters(),
            "transfer_rows": counts(rows),
        }
        del start
        loss, extras = None, None
        if options.soft > 0:
            started = time.perf_counter()
            targets = teacher_logits(teacher, rows, folder, context)
            draft.figures["teacher_seconds"] = round(time.perf_counter() - started, 2)
            loss, extras = loss_of(options), extras_of(targets)
        validation = open_split(data, "validation")
        trained = train(
            model,
            tokenizer,
            rows,
            validation,
            task=context.task,
            labels=teacher.labels,
            options=options,
            context=context,
            loss=loss,
            batch_extras=extras,
        )
        save_checkpoint(draft, trained.model, tokenizer, trained.max_length, teacher.labels)
        draft.figures |= trained.figures
        if is_main():
            student = Checkpoint(draft.path, draft.manifest)
            draft.figures |= {
                "teacher_agreement": agreement(student, teacher, validation, context),
                "teacher_agreement_rows": len(validation),
            }
    return draft.artifact


def check_labels(teacher: Checkpoint | Bundle, data: Dataset) -> None:
    """Raise ModelError where the data has a label that its teacher does not know."""
    unknown = [label for label in data.labels if label not in teacher.labels]
    if unknown:
        raise ModelError(
            f"the teacher {teacher.path} does not know {len(unknown)} of the data's"
            f" {len(data.labels)} labels, such as {unknown[0]!r}",
            hint="take a teacher of the same labels, or rename them",
        )


def starting_point(
    teacher: Checkpoint | Bundle, options: "LayersOptions", context: Context
) -> Path:
    """The directory of the model that the student is cut out of."""
    if options.student:
        return context.find_model(options.student)
    if isinstance(teacher, Bundle):
        raise ModelError(
            f"the teacher {teacher.path} is a bundle: it has no layers to start a student from",
            hint="set `student:` to a model to start from",
        )
    return teacher.path


def student_of(
    start: PreTrainedModel, options: "LayersOptions"
) -> tuple[PreTrainedModel, list[int]]:
    """The untrained student, and which layers of `start` it has."""
    if options.keep is not None:
        return with_layers(start, options.keep)
    if options.student:
        return start, list(range(depth_of(start)))
    return with_layers(start, min(KEEP, depth_of(start)))


@contextmanager
def logits_folder(context: Context) -> Iterator[Path]:
    """Where teacher logits are kept: the cache, or else beside `out` until the student is done."""
    if context.cache is not None:
        yield context.cache / "teacher-logits"
        return
    folder = context.out.with_name(f".{context.out.name}.teacher-logits")
    yield folder
    if is_main():
        shutil.rmtree(folder, ignore_errors=True)


def loss_of(options: "LayersOptions") -> Loss:
    """The loss that the options describe, of logits and a batch with teacher_logits and labels."""

    def loss(logits: torch.Tensor, batch: dict[str, torch.Tensor]) -> torch.Tensor:
        return student_loss(
            logits,
            batch["teacher_logits"],
            batch["labels"],
            temperature=options.temperature,
            soft=options.soft,
            hard=options.hard,
        )

    return loss


def extras_of(targets: np.ndarray) -> Extras:
    """What a batch of row numbers gets besides its texts: the teacher's logits (batch, labels)."""

    def extras(rows: np.ndarray) -> dict[str, torch.Tensor]:
        return {"teacher_logits": torch.from_numpy(np.asarray(targets[rows]))}

    return extras


def agreement(
    student: Checkpoint, teacher: Checkpoint | Bundle, rows: datasets.Dataset, context: Context
) -> float:
    """The share of texts that student and teacher give the same label, both in float32."""
    answers = [
        logits_of(
            model,
            rows["text"],
            task=context.task,
            device=context.device,
            threads=context.threads,
            progress=context.progress,
        ).argmax(axis=1)
        for model in (student, teacher)
    ]
    return float((answers[0] == answers[1]).mean())
