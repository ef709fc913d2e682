"""Students of the topics' teacher: how they learn in a moment, and what they have learnt."""

from typing import Any

from edgeft.artifacts import Bundle, Checkpoint, Dataset
from edgeft.context import Context
from edgeft.evaluation import evaluate
from edgeft_distill import Layers, LayersOptions

QUICK = {"epochs": 6, "learning_rate": 2e-3, "batch_size": 16, "precision": "fp32"}


def distil(
    teacher: Checkpoint | Bundle, data: Dataset, context: Context, **options: Any
) -> Checkpoint:
    """A student by the method `layers`."""
    return Layers(LayersOptions(**{**QUICK, **options}), context).run(teacher, data)


def figures(student: Checkpoint) -> dict[str, Any]:
    """What the step that made a student measured."""
    return student.manifest.history[-1].figures


def accuracy(checkpoint: Checkpoint, data: Dataset, context: Context) -> float:
    """The share of validation texts that are answered right."""
    found = evaluate(checkpoint, data, "validation", task=context.task)
    return found.scores.metrics["accuracy"]
