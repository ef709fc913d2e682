"""The command that scores a model on labelled texts."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated, Any

import typer

from edgeft.cli.naming import (
    EntailmentOption,
    LabelsOption,
    TemplateOption,
    labels_in,
    refuse_without_labels,
)
from edgeft.cli.options import (
    DeviceOption,
    EncodingOption,
    JsonOption,
    LabelOption,
    NegativeOption,
    PairOption,
    SkipOption,
    TaskOption,
    TextOption,
    ThreadsOption,
    VariantOption,
    data_given,
)
from edgeft.cli.progress import listener
from edgeft.cli.results import show_json, show_scores

if TYPE_CHECKING:
    from edgeft.artifacts import Dataset
    from edgeft.data import DataSource
    from edgeft.progress import Progress
    from edgeft.registry import Registry


def evaluate(
    model: Annotated[str, typer.Argument(metavar="MODEL", help="A checkpoint or a bundle.")],
    data: Annotated[
        str,
        typer.Option(
            "--data",
            metavar="DATA",
            help="A dataset that edgeft prepared, or labelled texts: a file, a folder with a"
            " sub-folder a label, a hub id or a sample name; all of them are scored.",
        ),
    ],
    split: Annotated[
        str | None,
        typer.Option("--split", help="Split of a dataset: test, or validation without one."),
    ] = None,
    text: TextOption = "text",
    label: LabelOption = "label",
    pair: PairOption = "pair",
    negative: NegativeOption = None,
    task: TaskOption = "",
    encoding: EncodingOption = "utf-8",
    skip_bad_rows: SkipOption = False,
    labels: LabelsOption = None,
    template: TemplateOption = None,
    entailment: EntailmentOption = None,
    variant: VariantOption = None,
    device: DeviceOption = "cpu",
    threads: ThreadsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Score a checkpoint, or a bundle through its runtime.

    Prints the task's metrics with their intervals, and every class and the confusion matrix where
    there are any. With --labels, a bundle of embeddings or entailment is asked by their names.
    """
    from edgeft.artifacts import Bundle, open_model
    from edgeft.evaluation import evaluate as score
    from edgeft.evaluation import evaluate_named
    from edgeft.recipe import USUAL
    from edgeft.registry import load_plugins

    refuse_without_labels(labels, template=template, entailment=entailment)
    registry, progress = load_plugins(), listener()
    subject = open_model(model)
    task = task or (subject.task if labels is None else "") or USUAL
    kind = registry.task(task)
    given = data_given(
        data,
        text,
        label,
        pair=pair,
        negative=negative,
        encoding=encoding,
        skip_bad_rows=skip_bad_rows,
    )
    with TemporaryDirectory(prefix="edgeft-") as folder:
        dataset = opened(given, Path(folder) / "data", task, registry, progress)
        chosen = split or dataset.held_out
        how: dict[str, Any] = {
            "task": kind,
            "device": device,
            "threads": threads,
            "variant": variant,
            "progress": progress,
        }
        if labels is None:
            found = score(subject, dataset, chosen, **how)
        else:
            called = labels_in(labels)
            how |= {"template": template, "entailment": entailment}
            found = evaluate_named(subject, dataset, chosen, called, **how)
    if kind.decides and not isinstance(subject, Bundle) and "validation" not in dataset.splits:
        progress.note(
            "no validation texts are here to tune what this model answers, as a report does:"
            " --data RUN/data has them"
        )
    if not kind.labelled:
        progress.note("texts have no answers here: the model was compared with itself")
    if as_json:
        names = [each["label"] for each in found.scores.per_class]
        show_json({"split": chosen, "labels": names, **found.scores.model_dump(mode="json")})
    else:
        show_scores(found.scores, chosen)


def opened(
    given: "Path | DataSource", out: Path, task: str, registry: "Registry", progress: "Progress"
) -> "Dataset":
    """The dataset in a directory, or all texts of a source."""
    from edgeft.artifacts import Dataset

    if isinstance(given, Path):
        return Dataset.open(given)
    from edgeft.data.held_out import held_out

    return held_out(
        given, out, registry.task(task), find=registry.dataset_source, progress=progress
    )
