"""Trains a model on its teacher's logits and on the labels, and compares it with its teacher."""

import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path

import datasets
import torch
from transformers import PreTrainedModel, PreTrainedTokenizerFast, TrainerCallback

from edgeft.artifacts import Bundle, Checkpoint, Dataset, Draft
from edgeft.context import Context
from edgeft.data.rows import inputs_of, open_split
from edgeft.distillation import DistillationOptions, MatchingOptions
from edgeft.distillation.ensemble import ensemble_outputs, truth_from
from edgeft.distillation.features import without_dropout
from edgeft.distillation.matching import match
from edgeft.distillation.transfer import counts, transfer_rows
from edgeft.errors import ModelError
from edgeft.evaluation import outputs_of
from edgeft.processes import is_main
from edgeft.runtime.outputs import Outputs
from edgeft.tasks import Task
from edgeft.training.aligning import aligned
from edgeft.training.loop import Loss, Tricks, save_checkpoint, train


def learn(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerFast,
    teacher: Checkpoint | Bundle,
    data: Dataset,
    draft: Draft[Checkpoint],
    *,
    options: DistillationOptions,
    context: Context,
    teachers: Sequence[Checkpoint | Bundle] = (),
    matching: MatchingOptions | None = None,
    rates: Mapping[str, float] | None = None,
    roundings: AbstractContextManager[Sequence[TrainerCallback]] | None = None,
) -> None:
    """Train `model` on the transfer set and save it into the draft, with what was measured.

    The logits of `model` are in the order of the teacher's labels; the data's labels find their
    place by name. Its teacher's logits are taken from the cache where an earlier step left them;
    those of further `teachers` are averaged with them. With `matching`, the model first learns to
    compute what its teacher computes on the way. `rates` are shares of the learning rate for
    weights by name, such as those of a new head. Within `roundings` the model learns the logits as
    it will compute them as integers; what these yield is told of its steps.
    """
    rows = transfer_rows(data, options)
    draft.figures["transfer_rows"] = counts(rows)
    validation = open_split(data, "validation")
    loss, teacher_says = None, None
    if matching is not None:
        draft.figures["matching"] = match(
            model, tokenizer, teacher, rows, matching=matching, options=options, context=context
        )
    if roundings is not None and options.precision == "auto":
        options = options.model_copy(update={"precision": "fp32"})
    kept = options.keep_dropout
    drops = context.task.answer != "vector" if kept is None else kept
    with (
        nullcontext() if drops else without_dropout(model),
        roundings or nullcontext(()) as callbacks,
        logits_folder(context) as folder,
    ):
        if options.soft > 0:
            started = time.perf_counter()
            teacher_says = ensemble_outputs([teacher, *teachers], rows, folder, context)
            draft.figures["teacher_seconds"] = round(time.perf_counter() - started, 2)
            check_width(model, teacher_says, context.task)
            loss = loss_of(options, context.task)
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
            teacher=teacher_says,
            tricks=Tricks(rates or {}, callbacks=callbacks),
            held_out_truth=truth_from([teacher, *teachers], validation, folder, context),
        )
    save_checkpoint(draft, trained.model, tokenizer, trained.max_length, teacher.labels)
    draft.figures |= trained.figures
    if is_main():
        student = Checkpoint(draft.path, draft.manifest)
        draft.figures |= {
            "teacher_agreement": agreement(student, teacher, validation, context),
            "teacher_agreement_rows": len(validation),
        }


def check_width(model: PreTrainedModel, teacher: Outputs, task: Task) -> None:
    """Raise ModelError where a student's vectors are of another width than its teacher's."""
    width = teacher.values.shape[1]
    if task.answer == "vector" and model.config.hidden_size != width:
        raise ModelError(
            f"the student's vectors have {model.config.hidden_size} numbers, and its teacher's"
            f" {width}",
            hint="leave `width` out, or name a `student` that is as wide",
        )


def check_labels(teacher: Checkpoint | Bundle, data: Dataset) -> None:
    """Raise ModelError where the data has a label that its teacher does not know."""
    known = set(teacher.labels)
    unknown = [label for label in data.labels if label not in known]
    if unknown:
        raise ModelError(
            f"the teacher {teacher.path} does not know {len(unknown)} of the data's"
            f" {len(data.labels)} labels, such as {unknown[0]!r}",
            hint="take a teacher of the same labels, or rename them",
        )


@contextmanager
def logits_folder(context: Context) -> Iterator[Path]:
    """Where teacher logits are kept: the cache, or else beside `out` until the step is done."""
    if context.cache is not None:
        yield context.cache / "teacher-logits"
        return
    folder = context.out.with_name(f".{context.out.name}.teacher-logits")
    yield folder
    if is_main():
        shutil.rmtree(folder, ignore_errors=True)


def loss_of(options: DistillationOptions, task: Task) -> Loss:
    """The loss that the options describe, of logits and a batch with teacher_logits and labels.

    soft * (how far they lie from the teacher's) + hard * (the task's loss on the labels). The
    weights of rows say how far labels are believed: the teacher is asked all the same.
    """

    def loss(logits: torch.Tensor, batch: dict[str, torch.Tensor]) -> torch.Tensor:
        soft = task.soft_loss(logits, batch["teacher_logits"], options.temperature)
        hard = task.loss(logits, batch["labels"], batch.get("weights"))
        return options.soft * soft + options.hard * hard

    return loss


def agreement(
    student: Checkpoint,
    teacher: Checkpoint | Bundle,
    rows: datasets.Dataset,
    context: Context,
) -> float:
    """How alike both models answer rows, both in float32; see `Task.agreement`."""
    of_student, of_teacher = (
        outputs_of(
            model,
            list(inputs_of(rows)),
            task=context.task,
            device=context.device,
            threads=context.threads,
            progress=context.progress,
        )
        for model in (student, teacher)
    )
    if of_student.starts is not None and of_student.spans is not None:
        starts, spans = of_student.starts, of_student.spans
        values = aligned(of_teacher, starts, spans, context.task, teacher.labels)
        of_teacher = replace(of_student, values=values)
    return context.task.agreement(of_teacher, of_student)
