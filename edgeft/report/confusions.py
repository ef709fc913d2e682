"""How the shipped model answers label by label: the weakest first, and what it mixes up."""

from typing import Any

from edgeft.report import Report
from edgeft.report.blocks import Block, Details, Figure, Table, Text
from edgeft.report.plots import confusion_svg
from edgeft.report.wording import figure
from edgeft.tasks import Scores

FEW_LABELS = 15
WEAKEST = 10
FULL_MATRIX_LABELS = 30
CONFUSED_PAIRS = 20


def labels(report: Report) -> list[Block]:
    """Precision, recall and F1 of each label for the shipped model, and F1 of its teacher.

    A label without texts has none of these, and stands last.
    """
    shipped = report.shipped
    if shipped is None or shipped.scores is None or not shipped.scores.per_class:
        return []
    teacher = next((row for row in report.rows if row.name == "teacher" and row.scores), None)
    before = {
        each["label"]: each["f1"]
        for each in (teacher.scores.per_class if teacher and teacher.scores else [])
    }
    found = sorted(
        shipped.scores.per_class, key=lambda each: (not each["support"], float(each["f1"]))
    )
    rows = [row_of(each, before.get(each["label"])) for each in found]
    columns = ["label", "texts", "precision", "recall", "F1", "teacher's F1"]
    of = f"Of the {shipped.name}, on {shipped.split}, the weakest first."
    if len(rows) <= FEW_LABELS:
        return [Text(of), Table(columns, rows)]
    return [
        Text(of),
        Table(columns, rows[:WEAKEST]),
        Details(f"All {len(rows)} labels", [Table(columns, rows)]),
    ]


def row_of(found: dict[str, Any], before: float | None) -> list[str]:
    """A label, how many texts it has, and its figures; `before` is its teacher's F1."""
    label, texts = str(found["label"]), f"{found['support']:,}"
    if not found["support"]:
        return [label, texts, "", "", "", ""]
    return [label, texts, *map(figure, (found["precision"], found["recall"], found["f1"], before))]


def confusions(report: Report) -> list[Block]:
    """The confusion matrix where it fits a page, and the pairs that are confused most."""
    shipped = report.shipped
    if shipped is None or shipped.scores is None or not shipped.scores.confusion:
        return []
    matrix, names = shipped.scores.confusion, names_of(shipped.scores)
    blocks: list[Block] = []
    if len(names) <= FULL_MATRIX_LABELS:
        rows = [[name, *map(str, counts)] for name, counts in zip(names, matrix, strict=True)]
        blocks.append(Table(["label \\ answer", *names], rows))
    pairs = confused_pairs(report)[:CONFUSED_PAIRS]
    if pairs:
        rows = [[true, answer, str(count)] for true, answer, count in pairs]
        blocks.append(Table(["label", "answered as", "texts"], rows))
    blocks.append(Figure(confusion_svg(matrix, names), "rows: label, columns: answer"))
    return blocks


def confused_pairs(report: Report) -> list[tuple[str, str, int]]:
    """Label, wrong answer and number of texts of every mistake, the most frequent first."""
    shipped = report.shipped
    if shipped is None or shipped.scores is None or not shipped.scores.confusion:
        return []
    names = names_of(shipped.scores)
    found = [
        (true, answer, count)
        for true, counts in zip(names, shipped.scores.confusion, strict=True)
        for answer, count in zip(names, counts, strict=True)
        if true != answer and count
    ]
    return sorted(found, key=lambda pair: (-pair[2], pair[:2]))


def names_of(scores: Scores) -> list[str]:
    """The labels of a confusion matrix: the model's, which may be more than the data's."""
    return [str(each["label"]) for each in scores.per_class]
