"""What a run found: the model behind report.json, and the pages made of it."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from edgeft.gates import BudgetResult, GateResult
from edgeft.tasks import Scores


class Part(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Row(Part):
    """One model on the held-out texts."""

    name: str = Field(description="baseline, teacher, student-plain, student or bundle")
    what: str = Field(description="what it is, for a reader")
    split: str = Field(description="split that the figures are of: test, or else validation")
    metric: str = Field(description="metric that `value` is of: the one of the gates")
    value: float = Field(description="the metric on these texts")
    n: int = Field(description="texts scored")
    interval: tuple[float, float] | None = Field(None, description="95 % bootstrap interval")
    drop: float | None = Field(
        None,
        description="the teacher's value - this one's; the other way round where less is better",
    )
    drop_interval: tuple[float, float] | None = Field(
        None, description="95 % paired bootstrap interval of the drop, on the same texts"
    )
    gain: float | None = Field(
        None, description="how much better than the baseline's value this one's is"
    )
    gain_interval: tuple[float, float] | None = Field(
        None, description="95 % paired bootstrap interval of the gain, on the same texts"
    )
    taught: float | None = Field(
        None, description="how much better it is than the same student without its teacher"
    )
    taught_interval: tuple[float, float] | None = Field(
        None, description="95 % paired bootstrap interval of that, on the same texts"
    )
    as_taught: float | None = Field(
        None, description="the value that this is of, where the student was cut after it was taught"
    )
    size_bytes: int | None = Field(None, description="bytes of the weights or of the ONNX file")
    p50_ms: float | None = Field(None, description="median milliseconds for one text, end to end")
    scores: Scores | None = Field(None, description="every metric, per class, confusion matrix")
    note: str = Field("", description="what a reader has to know of this row")
    nothing_learnt: str = Field(
        "", description="why the model has learnt nothing; empty where it has"
    )


class Attempt(Part):
    """One student that was tried or left out, where the recipe says `distill: auto`."""

    name: str = Field(description="name of its directory in candidates/")
    what: str = Field(description="what it is, for a reader")
    outcome: Literal["chosen", "failed", "skipped"] = Field(
        description="chosen: it ships; failed: a gate or budget; skipped: not tried"
    )
    reason: str = Field(description="why")
    metric: str = Field(description="metric that `value` is of: the one of the gates")
    value: float | None = Field(None, description="the bundle's metric on validation")
    teacher: float | None = Field(None, description="its teacher's on the same texts")
    limit: float | None = Field(None, description="the metric at which the gates end")
    drop: float | None = Field(None, description="teacher - value; a rise where less is better")
    drop_interval: tuple[float, float] | None = Field(
        None, description="95 % paired bootstrap interval of the drop"
    )
    n: int | None = Field(None, description="validation texts")
    size_bytes: int | None = Field(None, description="bytes of the chosen graph")
    p50_ms: float | None = Field(None, description="median milliseconds for one validation text")
    p50_interval: tuple[float, float] | None = Field(
        None, description="95 % bootstrap interval of p50_ms"
    )
    steps: list[dict[str, Any]] = Field(
        default=[], description="its steps as a recipe names them, with the options given"
    )


class StepRun(Part):
    """One step of the run."""

    name: str = Field(description="name of its directory")
    kind: str = Field(description="kind of step, as the recipe names it; data for the first")
    method: str = Field(description="method of the step")
    seconds: float = Field(description="wall-clock time in this run")
    cached: bool = Field(description="whether an earlier run's result was reused")
    figures: dict[str, Any] = Field(default={}, description="what the step measured of itself")


class Mistake(Part):
    """A held-out text that the shipped model answers with another label than its own."""

    text: str = Field(description="the text, at most its first 300 characters")
    label: str = Field(description="the label that it has")
    answer: str = Field(description="the label that the model gives it")
    probability: float = Field(description="how sure the model is of its answer")


class Mistakes(Part):
    """What the shipped model gets wrong on the held-out texts."""

    model: str = Field(description="row of the model: bundle, or the last there is")
    split: str = Field(description="split that the texts are of")
    n: int = Field(description="texts asked")
    count: int = Field(description="texts answered wrongly")
    surest: list[Mistake] = Field(description="the mistakes it is surest of, 30 at most")
    longest: list[Mistake] = Field(description="the longest texts among its mistakes, 10 at most")


class OnValidation(Part):
    """The shipped model on the validation texts, which choices may be made by."""

    value: float = Field(description="the metric of the gates")
    n: int = Field(description="validation texts")


class OldTexts(Part):
    """One model on held-out texts that a model before this run had learnt."""

    model: str = Field(description="before: the earlier model; else the name of a row")
    data: str = Field(description="the dataset of the earlier model")
    split: str = Field(description="its held-out split")
    metric: str = Field(description="metric that `value` is of: the one of the gates")
    value: float = Field(description="the metric on these texts, all labels to choose from")
    n: int = Field(description="texts scored")
    interval: tuple[float, float] | None = Field(None, description="95 % bootstrap interval")


def in_vain(attempts: list[Attempt]) -> bool:
    """Whether a search found no student that may ship."""
    return bool(attempts) and not any(each.outcome == "chosen" for each in attempts)


class Report(Part):
    """The whole of report.json."""

    schema_version: int = Field(1, description="changes when a reader would have to")
    edgeft: str = Field(description="version of edgeft that ran")
    created: str = Field(description="when, ISO 8601 in UTC")
    task: str = Field(description="name of the task")
    answer: str = Field(
        "label", description="what kind of thing its models answer with, such as label or number"
    )
    labels: list[str] = Field(description="label names, in the order of logits and confusions")
    tuned: bool = Field(
        False, description="whether answers depend on what validation tunes, such as thresholds"
    )
    example: tuple[str, ...] = Field(
        ("a text",), description="what a bundle is asked, by example: one text, or two together"
    )
    recipe: dict[str, Any] = Field(description="the recipe with every default filled in")
    data: dict[str, Any] = Field(description="the dataset's summary")
    rows: list[Row] = Field(description="one a model, see below")
    gates: list[GateResult] = Field(description="one a lossy step, see below")
    budgets: list[BudgetResult] = Field(default=[], description="one a budget, see below")
    attempts: list[Attempt] = Field(
        default=[], description="one a student that `distill: auto` may try, see below"
    )
    validation: OnValidation | None = Field(
        None, description="the shipped model on validation, for who has to choose between runs"
    )
    old_texts: list[OldTexts] = Field(
        default=[], description="what is left of what an earlier model knew, one a model"
    )
    mistakes: Mistakes | None = Field(None, description="what the shipped model gets wrong")
    steps: list[StepRun] = Field(description="one a step, see below")
    choice: dict[str, Any] = Field(default={}, description="why the bundle's variant was chosen")
    benchmark: dict[str, Any] = Field(default={}, description="latencies with their machine")
    verdict: str = Field(description="the run in a sentence or two, the baseline included")
    seconds: float = Field(description="wall-clock time of this run")
    peak_memory_bytes: int | None = Field(description="largest memory of this run's process")

    def row(self, name: str) -> Row:
        """The row of that name; raises KeyError."""
        for row in self.rows:
            if row.name == name:
                return row
        raise KeyError(name)

    @property
    def shipped(self) -> Row | None:
        """The row of the bundle, or of the last model that there is."""
        found = [row for row in self.rows if row.name == "bundle"] or self.rows[-1:]
        return found[0] if found else None

    @property
    def passed(self) -> bool:
        """Whether no gate and no budget failed, and a search found what passes them."""
        gates = all(each.passed for each in self.gates)
        return not in_vain(self.attempts) and gates and all(each.passed for each in self.budgets)

    @property
    def delivered(self) -> bool:
        """Whether the run left a bundle that passed everything."""
        return self.passed and any(row.name == "bundle" for row in self.rows)
