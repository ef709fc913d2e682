"""How far the probabilities of the models can be believed."""

from edgeft.report import Report
from edgeft.report.blocks import Block, Table, Text
from edgeft.report.wording import figure


def confidence(report: Report) -> list[Block]:
    """The expected calibration error of each model; nothing where none has probabilities."""
    rows = [
        [row.name, figure(row.scores.calibration_error)]
        for row in report.rows
        if row.scores and row.scores.calibration_error is not None
    ]
    if not rows:
        return []
    said = (
        "The mean distance between how sure a model is and how often it is right, over 15 intervals"
        " of its probability (expected calibration error); of several labels, that of every label."
        " Where validation has texts enough to tell one, the bundle's logits are divided by a"
        " temperature, as the runtime does; those of the others only where a task tunes thresholds."
    )
    return [Text(said), Table(["model", "calibration error"], rows)]
