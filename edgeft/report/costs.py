"""What each step of a run cost in time and in the metric, and what it measured of itself."""

from typing import Any

from edgeft.gates import GateResult
from edgeft.recipe import CANDIDATES
from edgeft.report import Report, StepRun
from edgeft.report.blocks import Block, Details, Items, Table, Text, facts
from edgeft.report.wording import figure, interval, minutes, size

TUNED = (
    " All are of answers with the thresholds that validation tunes; what a training measures of"
    " itself, below, is without them."
)


def costs(report: Report) -> list[Block]:
    """A row a step: its time in this run, and what its gate found on validation."""
    gates = {gate.step: gate for gate in report.gates}
    known = {step.name for step in report.steps}
    rows = [[short(step.name), time(step), *judged(gates.get(step.name))] for step in report.steps]
    rows += [
        [short(gate.step), "", *judged(gate)] for gate in report.gates if gate.step not in known
    ]
    columns = ["step", "time", "before", "after", "loss", "95 % interval", "texts", "allowed"]
    blocks: list[Block] = [Table([*columns, "passed"], rows)] if rows else []
    if notes := [f"{short(gate.step)}: {gate.note}" for gate in report.gates if gate.note]:
        blocks.append(Items(notes))
    if report.gates:
        blocks.append(
            Text(
                f"Before and after: {report.gates[0].metric} of what went into the step and of what"
                " came out of it, on the same validation texts. The interval of the loss is a"
                " paired bootstrap; gates.max_drop is what is allowed." + TUNED * report.tuned
            )
        )
    took = f"This run took {minutes(report.seconds)}"
    memory = size(report.peak_memory_bytes)
    blocks.append(Text(f"{took} and its largest memory was {memory}." if memory else f"{took}."))
    return blocks


def short(name: str) -> str:
    """A step's name in the table, where every name counts: that of a candidate says so itself."""
    return name.removeprefix(f"{CANDIDATES}/")


def time(step: StepRun) -> str:
    """How long a step took, or that its result was there already."""
    return "reused" if step.cached else minutes(step.seconds)


def judged(gate: GateResult | None) -> list[str]:
    """The cells of a gate; empty ones for a step that has none."""
    if gate is None:
        return [""] * 7
    return [
        figure(gate.reference),
        figure(gate.candidate),
        figure(gate.drop),
        interval(gate.interval),
        f"{gate.n:,}",
        f"{gate.allowed:g}",
        "yes" if gate.passed else "no",
    ]


def steps(report: Report) -> list[Block]:
    """A folded block for each step that measured something of itself."""
    folded = [(step.name, facts(own_figures(step, report))) for step in report.steps]
    return [Details(name, blocks) for name, blocks in folded if blocks]


def own_figures(step: StepRun, report: Report) -> dict[str, Any]:
    """A step's figures without those that stand under the chosen variant already."""
    told = report.choice.get("variant")
    return {key: value for key, value in step.figures.items() if not told or value != told}
