"""Labels that are given on the command line, for a bundle that was not made for them."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from edgeft.errors import DataError

if TYPE_CHECKING:
    from edgeft.runtime import Model, ZeroShot

LabelsOption = Annotated[
    str | None,
    typer.Option(
        "--labels",
        metavar="LABELS",
        help="Labels of your own for a bundle of embeddings or entailment: names with commas"
        " between them, or a file with a name a line, and after a tab what it is called.",
    ),
]
TemplateOption = Annotated[
    list[str] | None,
    typer.Option(
        "--template",
        metavar="TEMPLATE",
        help="Sentence with {} for what a label is called, with --labels. Repeatable.",
    ),
]
EntailmentOption = Annotated[
    str | None,
    typer.Option(
        "--entailment",
        metavar="LABEL",
        help="The bundle's label that says that one text follows from another, with --labels; by"
        " default the one that is called so.",
    ),
]
SeveralOption = Annotated[
    float | None,
    typer.Option(
        "--several",
        metavar="PROBABILITY",
        min=0,
        max=1,
        help="Ask about each of --labels alone, and give all that are so probable, such as 0.5;"
        " for a bundle of entailment.",
    ),
]


def named(
    model: "Model[Any]",
    labels: str,
    template: list[str] | None,
    entailment: str | None = None,
    several: float | None = None,
) -> "ZeroShot":
    """A model with the labels that were given; of `several` those that are so probable hold."""
    from edgeft.runtime import ZeroShot

    return ZeroShot(
        model,
        labels_in(labels),
        template=template or None,
        entailment=entailment,
        several=several is not None,
        threshold=0.5 if several is None else several,
    )


def refuse_without_labels(labels: str | None, **options: object) -> None:
    """Raise a usage error for an option that is about labels, where none are given."""
    for name, value in options.items():
        if value is not None and value != [] and labels is None:
            raise typer.BadParameter(f"--{name} is for --labels")


def labels_in(given: str) -> dict[str, str]:
    """Labels and what each is called, from a file or from names with commas between them.

    Raises DataError for a file that cannot be read, and for a name that stands twice.
    """
    from edgeft.data.names import called

    path = Path(given)
    if path.is_file():
        return called(given)
    if path.suffix in (".txt", ".tsv") or "/" in given:
        raise DataError(f"no file at {given}", hint="check the path, or list the labels")
    return called([label for label in given.split(",") if label.strip()])
