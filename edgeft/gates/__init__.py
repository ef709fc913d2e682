"""What every lossy step must pass, measured on the file that ships: parity, accuracy, speed."""

from pydantic import BaseModel, ConfigDict, Field


class GateResult(BaseModel):
    """One gate: what a step cost on validation, and whether the recipe allows that."""

    model_config = ConfigDict(extra="forbid")

    step: str = Field(description="name of the step's directory")
    metric: str = Field(description="metric that is compared")
    reference: float = Field(description="the metric before the step")
    candidate: float = Field(description="the metric after it")
    drop: float = Field(description="reference - candidate")
    interval: tuple[float, float] = Field(description="95 % paired bootstrap interval of the drop")
    n: int = Field(description="validation texts compared")
    allowed: float = Field(description="largest drop that the recipe allows")
    passed: bool = Field(description="whether the drop is allowed")
    note: str = Field("", description="what a reader has to know of this gate")
