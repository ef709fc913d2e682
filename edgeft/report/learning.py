"""How each training went: by its passes and rounds, and by how many labelled texts it had."""

from collections.abc import Callable
from typing import Any

from edgeft.report import Report
from edgeft.report.blocks import Block, Figure
from edgeft.report.plots import curves_svg

Points = list[tuple[float, float]]


def learning(report: Report) -> list[Block]:
    """A drawing of each kind, with a line for every step that has two points or more of it."""
    metric = report.rows[0].metric if report.rows else ""
    return [
        *drawn(
            report,
            lambda figures: passes(figures, metric),
            f"{metric} on validation after each pass over the training texts",
        ),
        *drawn(
            report,
            lambda figures: rounds(figures, metric),
            f"{metric} on validation of the first model (0), and of that of each round, which"
            " learns what the one before it said of texts without labels",
            least=1.0,
        ),
        *drawn(
            report,
            by_labels,
            "Would more labels help? The accuracy of heads by how many labelled texts they were"
            " fitted on, on training texts that were left out (cross-validation): a line that still"
            " rises at its end says yes",
        ),
    ]


def drawn(
    report: Report,
    points: Callable[[dict[str, Any]], Points],
    caption: str,
    *,
    least: float = 0.0,
) -> list[Block]:
    """The drawing of what `points` finds in the steps' figures, if it finds any line."""
    found = {called(step.name): points(step.figures) for step in report.steps}
    lines = {name: line for name, line in found.items() if len(line) > 1}
    return [Figure(curves_svg(lines, least=least), caption)] if lines else []


def passes(figures: dict[str, Any], metric: str) -> Points:
    """The metric after each evaluation of a training, by epoch."""
    log = entries(figures, "log")
    if not all(metric in each for each in log):
        return []
    return [(float(each["epoch"]), float(each[metric])) for each in log]


def rounds(figures: dict[str, Any], metric: str) -> Points:
    """The metric of the models that self-training made one after the other, by round."""
    scores = [each.get("validation", {}) for each in entries(figures, "rounds")]
    if not all(metric in each for each in scores):
        return []
    return [(float(number), float(each[metric])) for number, each in enumerate(scores)]


def by_labels(figures: dict[str, Any]) -> Points:
    """The accuracy of heads by how many labelled texts they were fitted on."""
    found = entries(figures, "by_labels")
    return [(float(each["texts"]), float(each["accuracy"])) for each in found]


def called(step: str) -> str:
    """A step's name, or that of the student whose training it is."""
    *folders, name = step.split("/")
    if not folders:
        return name
    return folders[-1] + (", without teacher" if name == "student-plain" else "")


def entries(figures: dict[str, Any], name: str) -> list[dict[str, Any]]:
    """The list of that name that a step's figures have, if any."""
    found = figures.get(name)
    return found if isinstance(found, list) else []
