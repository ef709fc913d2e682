"""What a run found: the model behind report.json, and the pages made of it."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from edgeft.tasks import Scores


class Part(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Row(Part):
    """One model on the held-out texts."""

    name: str = Field(description="baseline, teacher, student-plain, student or bundle")
    what: str = Field(description="what it is, for a reader")
    split: str = Field(description="split that the figures are of: test, or else validation")
    metric: str
    value: float
    n: int = Field(description="texts scored")
    interval: tuple[float, float] | None = Field(None, description="95 % bootstrap interval")
    size_bytes: int | None = Field(None, description="bytes of the weights or of the ONNX file")
    p50_ms: float | None = Field(None, description="median milliseconds for one text, end to end")
    scores: Scores | None = Field(None, description="every metric, per class, confusion matrix")
    note: str = ""


class GateResult(Part):
    """One gate: what a step cost on validation, and whether the recipe allows that."""

    step: str
    metric: str
    reference: float = Field(description="the metric before the step")
    candidate: float = Field(description="the metric after it")
    drop: float = Field(description="reference - candidate")
    interval: tuple[float, float] = Field(description="95 % paired bootstrap interval of the drop")
    n: int
    allowed: float
    passed: bool
    note: str = ""


class StepRun(Part):
    """One step of the run."""

    name: str = Field(description="name of its directory")
    kind: str
    method: str
    seconds: float
    cached: bool = Field(description="whether an earlier run's result was reused")
    figures: dict[str, Any] = Field(default={}, description="what the step measured of itself")


class Report(Part):
    """The whole of report.json."""

    schema_version: int = 1
    edgeft: str
    created: str = Field(description="when, ISO 8601 in UTC")
    task: str
    labels: list[str]
    recipe: dict[str, Any]
    data: dict[str, Any] = Field(description="the dataset's summary")
    rows: list[Row]
    gates: list[GateResult]
    steps: list[StepRun]
    choice: dict[str, Any] = Field(default={}, description="why the bundle's variant was chosen")
    benchmark: dict[str, Any] = Field(default={}, description="latencies with their machine")
    verdict: str = Field(description="the run in a sentence or two, the baseline included")
    seconds: float = Field(description="wall-clock time of this run")
    peak_memory_bytes: int

    def row(self, name: str) -> Row:
        """The row of that name; raises KeyError."""
        for row in self.rows:
            if row.name == name:
                return row
        raise KeyError(name)
