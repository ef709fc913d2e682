"""What a reader has to know before the figures of a run are believed."""

import math

from edgeft.gates import GateResult
from edgeft.report import Report, Row, StepRun
from edgeft.report.speed import read_benchmark

FEW = 100
"""texts under which a difference of 0.01 is less than one text"""
BOUND = 0.05
"""one minus the confidence of the bound on mistakes that did not show"""

OF_RIGHT_ANSWERS = ("accuracy", "exact_match", "f1", "macro_f1", "micro_f1")
"""metrics that are 1 where no text is mistaken, and only there"""


def cautions(report: Report) -> list[str]:
    """Everything that makes this run's figures less certain than they look, a sentence or two each.

    A loss that only test shows, too few texts for the gates or for the figures, privacy that a
    later step gave away, no test split, a busy machine, and what the data step noted.
    """
    return [
        *lost_on_test(report),
        *few_validation_texts(report.gates),
        *few_scored_texts(report.rows),
        *no_mistakes(report.shipped),
        *no_longer_private(report.steps),
        *no_test_split(report.rows),
        *slowed(report),
        *report.data.get("notes", []),
    ]


def lost_on_test(report: Report) -> list[str]:
    """A loss that no gate saw, for gates look at validation: more than allowed, beyond doubt."""
    shipped = report.shipped
    if not report.delivered or shipped is None or not report.gates:
        return []
    drop, interval, allowed = shipped.drop, shipped.drop_interval, report.gates[0].allowed
    if shipped.split != "test" or drop is None or interval is None or interval[0] <= allowed:
        return []
    return [
        f"On test the {shipped.name} loses {drop:.4f} {shipped.metric} to its teacher (95 %"
        f" interval {interval[0]:.4f} to {interval[1]:.4f}), more than the {allowed:g} that"
        " max_drop allows a step on validation. Believe test, and look at what each step cost."
    ]


def few_validation_texts(gates: list[GateResult]) -> list[str]:
    """Gates that let pass what fewer texts than they would need showed them."""
    least = min((gate.n for gate in gates if gate.passed), default=FEW)
    if not gates or least >= enough(gates[0].allowed):
        return []
    one = f" One text is {1 / least:.3f} of accuracy:" if gates[0].metric == "accuracy" else ""
    return [
        f"The gates decided on {least} validation texts.{one}"
        f" {'a' if one else 'A'} {unresolved(gates[0].allowed, least)}"
    ]


def enough(allowed: float) -> int:
    """Validation texts of which one weighs no more than what may be lost; FEW do for any."""
    return min(FEW, math.ceil(1 / allowed)) if allowed > 0 else FEW


def unresolved(allowed: float, texts: int) -> str:
    """What so few validation texts cannot tell, and what helps."""
    return (
        f"max_drop of {allowed:g} cannot be resolved by {texts} texts, and a gate that passed says"
        " little. Give data.validation a few hundred texts, or raise data.validation_size."
    )


def few_scored_texts(rows: list[Row]) -> list[str]:
    """Figures of so few texts that one more or less would show."""
    if not rows or rows[0].n >= FEW:
        return []
    n = rows[0].n
    one = f": one text is {1 / n:.3f} of accuracy" if rows[0].metric == "accuracy" else ""
    return [
        f"The figures are of {n} texts{one}. Compare models on more before you choose between them."
    ]


def no_mistakes(shipped: Row | None) -> list[str]:
    """What a perfect score leaves open, which a bootstrap cannot see.

    The exact one-sided bound on the share of mistakes where none of n was seen is
    1 - 0.05^(1/n) (Clopper and Pearson 1934).
    """
    if shipped is None or shipped.metric not in OF_RIGHT_ANSWERS or shipped.value < 1:
        return []
    share = 1 - BOUND ** (1 / shipped.n)
    return [
        f"The {shipped.name} makes no mistake in {shipped.n:,} texts, and a bootstrap sees no more"
        f" than that: up to {share:.2g} of all texts may still be mistaken (exact one-sided 95 %"
        " bound)."
    ]


def no_longer_private(steps: list[StepRun]) -> list[str]:
    """Steps that read the texts of a private training, and that its budget knows nothing of."""
    first = next((place for place, each in enumerate(steps) if each.figures.get("private")), None)
    if first is None:
        return []
    reading = [each.name for each in steps[first + 1 :] if reads_training_texts(each)]
    if not reading:
        return []
    return [
        f"{steps[first].name} was trained with differential privacy, and {' and '.join(reading)}"
        " read the same texts after it: what its epsilon promises, the bundle does not keep. Distil"
        " from other texts alone, and prune no vocabulary (docs/few-labels.md, Privacy)."
    ]


def reads_training_texts(step: StepRun) -> bool:
    """Whether what a step makes tells about single training texts."""
    learnt: dict[str, int] = step.figures.get("transfer_rows", {})
    return step.kind == "prune" or learnt.get("labelled", 0) + learnt.get("copies", 0) > 0


def slowed(report: Report) -> list[str]:
    """Speeds that were measured while other programs took part of the time."""
    benchmark = read_benchmark(report.benchmark)
    slow = [row.subject for row in benchmark.rows if row.delayed] if benchmark else []
    if not slow:
        return []
    return [
        f"Other programs took part of the time of {' and '.join(slow)}: times and their ratios may"
        " be far off. Measure again on an idle machine, with edgeft bench."
    ]


def no_test_split(rows: list[Row]) -> list[str]:
    """Figures of the split that training and gates looked at."""
    if not rows or rows[0].split == "test":
        return []
    return [
        f"There is no test split: the figures are of {rows[0].split}, which chose epochs and"
        " variants too, and are a little too good. Give data.test, or set data.test_size."
    ]
