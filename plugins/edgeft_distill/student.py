"""Makes a student of a teacher's layers, and lets it learn."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from transformers import PreTrainedModel, set_seed

from edgeft.distillation.learning import check_labels, learn
from edgeft.plugin import Bundle, Checkpoint, Context, Dataset, ModelError
from edgeft.surgery.layers import depth_of, with_layers
from edgeft.training.encoding import load_tokenizer

if TYPE_CHECKING:
    from edgeft_distill import Layers, LayersOptions

KEEP = 2
"""layers of the teacher that a student starts from where nobody says how many"""


def distill(step: "Layers", teacher: Checkpoint | Bundle, data: Dataset) -> Checkpoint:
    """Train a student of `teacher` and write its checkpoint.

    Raises ModelError for a teacher that lacks a label of the data, and for one that is a bundle
    while `student` names no model to start from.
    """
    options, context = step.options, step.context
    check_labels(teacher, data)
    source = starting_point(teacher, options, context)
    inputs: dict[str, Any] = {"teacher": teacher, "data": data}
    if options.student:
        inputs["student"] = source
    with step.writing(Checkpoint, **inputs) as draft:
        set_seed(context.seed)
        start = context.task.load_model(source, teacher.labels)
        model, layers = student_of(start, options)
        draft.figures |= {
            "layers": layers,
            "layers_of": depth_of(start),
            "parameters": model.num_parameters(),
            "parameters_of": start.num_parameters(),
        }
        del start
        learn(model, load_tokenizer(source), teacher, data, draft, options=options, context=context)
    return draft.artifact


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
