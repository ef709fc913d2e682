"""Makes a student of a teacher's layers, and lets it learn."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from transformers import PreTrainedTokenizerFast, set_seed

from edgeft.architectures import trained_pooling
from edgeft.data.rows import answers_of, open_split
from edgeft.distillation.ensemble import by_role, open_teachers
from edgeft.distillation.learning import check_labels, learn
from edgeft.plugin import Bundle, Checkpoint, Dataset, Distiller
from edgeft.surgery.layers import chosen_layers, depth_of
from edgeft.surgery.silent import parameters_without_silent
from edgeft.training.encoding import load_tokenizer
from edgeft.training.heads import has_head
from edgeft_distill import KEEP
from edgeft_distill.choosing import measured_layers
from edgeft_distill.fake_quantization import roundings
from edgeft_distill.shaping import shape_of

if TYPE_CHECKING:
    from edgeft_distill import StudentOptions


def distill(step: Distiller[Any], teacher: Checkpoint | Bundle, data: Dataset) -> Checkpoint:
    """Train a student of `teacher` and write its checkpoint.

    Raises ModelError for a teacher that lacks a label of the data, and for one that is a bundle
    while `student` names no model to start from.
    """
    options: StudentOptions = step.options
    context = step.context
    step.check_teacher(options, teacher)
    check_labels(teacher, data)
    source = context.find_model(options.student) if options.student else teacher.path
    others = open_teachers(options.teachers, teacher.labels)
    inputs: dict[str, Any] = by_role(teacher, others, data)
    if options.student:
        inputs["student"] = source
    with step.writing(Checkpoint, **inputs) as draft:
        set_seed(context.seed)
        tokenizer = load_tokenizer(source)
        pooling: str | None = options.pooling
        if pooling is None and context.task.answer != "vector":  # which is of one pooling
            pooling = cheapest_pooling(source, tokenizer)
        start = context.task.load_model(source, teacher.labels, pooling=pooling)
        rates = {}
        if options.student and not has_head(source, teacher.labels):
            rates = context.task.start(start, answers_of(open_split(data, "train")))
        depth = depth_of(start)
        keep = to_keep(options, depth)
        shape = shape_of(start, tokenizer, data, options, context)
        if keep is not None and options.keep == "auto":
            keep, draft.figures["tried"] = measured_layers(
                start,
                tokenizer,
                [teacher, *others],
                data,
                shape,
                len(keep),
                depth=depth,
                options=options,
                context=context,
            )
        set_seed(context.seed)
        model, layers = shape.student(start, keep)
        draft.figures |= {
            "layers": layers,
            "layers_of": depth,
            "parameters": parameters_without_silent(model),
            "parameters_of": parameters_without_silent(start),
        }
        del start
        within = None
        if options.qat is not None:
            within = roundings(model, options.qat, tokenizer, data, context)
        learn(
            model,
            tokenizer,
            teacher,
            data,
            draft,
            options=options,
            context=context,
            teachers=others,
            matching=options.first_pass,
            rates=rates,
            roundings=within,
        )
    return draft.artifact


def cheapest_pooling(source: Path, tokenizer: PreTrainedTokenizerFast) -> str | None:
    """The first token for what was trained to be pooled, None for what has a head of its own.

    Of the last layer only what leads to that token is computed. Where texts are padded on the left
    it is no token of theirs.
    """
    pooling = trained_pooling(source)
    return "first" if pooling and tokenizer.padding_side == "right" else pooling


def to_keep(options: "StudentOptions", depth: int) -> list[int] | None:
    """The layers to keep of `depth`, None for a model's own; raises ModelError for none such."""
    if options.keep is None and options.student:
        return None
    if options.keep is None or options.keep == "auto":
        return chosen_layers(options.depth or min(KEEP, depth), depth)
    return chosen_layers(options.keep, depth)
