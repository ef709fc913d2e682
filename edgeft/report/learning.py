"""How each training went: the metric on held-out texts, evaluation by evaluation."""

from typing import Any

from edgeft.report import Report
from edgeft.report.blocks import Block, Figure
from edgeft.report.plots import curves_svg


def learning(report: Report) -> list[Block]:
    """A drawing with a line for every step that was evaluated twice or more."""
    metric = report.rows[0].metric if report.rows else ""
    lines = {
        called(step.name): [
            (float(each["epoch"]), float(each[metric])) for each in log(step.figures)
        ]
        for step in report.steps
        if all(metric in each for each in log(step.figures))
    }
    lines = {name: points for name, points in lines.items() if len(points) > 1}
    if not lines:
        return []
    caption = f"{metric} on validation after each pass over the training texts"
    return [Figure(curves_svg(lines), caption)]


def called(step: str) -> str:
    """A step's name, or that of the student whose training it is."""
    *folders, name = step.split("/")
    if not folders:
        return name
    return folders[-1] + (", without teacher" if name == "student-plain" else "")


def log(figures: dict[str, Any]) -> list[dict[str, Any]]:
    """The evaluations that a step's figures have, if any."""
    found = figures.get("log")
    return found if isinstance(found, list) else []
