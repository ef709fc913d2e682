"""What every lossy step must pass, measured on the file that ships: parity, accuracy, speed."""

from pydantic import BaseModel, ConfigDict, Field


class GateResult(BaseModel):
    """One gate: what a step cost on validation, and whether the recipe allows that."""

    model_config = ConfigDict(extra="forbid")

    step: str = Field(description="name of the step's directory")
    metric: str = Field(description="metric that is compared")
    reference: float = Field(description="the metric before the step")
    candidate: float = Field(description="the metric after it")
    drop: float = Field(
        description="reference - candidate; the other way round where less is better"
    )
    interval: tuple[float, float] = Field(description="95 % paired bootstrap interval of the drop")
    n: int = Field(description="validation texts, or questions asked of them, compared")
    allowed: float = Field(description="largest drop that the recipe allows")
    passed: bool = Field(description="whether the drop is allowed")
    note: str = Field("", description="what a reader has to know of this gate")


class BudgetResult(BaseModel):
    """One budget: what the bundle takes of it, and whether that is within."""

    model_config = ConfigDict(extra="forbid")

    budget: str = Field(description="name of the budget: max_size_mb or max_p50_ms")
    measured: float = Field(description="what the bundle takes")
    interval: tuple[float, float] | None = Field(
        None, description="95 % bootstrap interval, where it is a time"
    )
    allowed: float = Field(description="what the recipe allows")
    unit: str = Field(description="MB of 10^6 bytes, or ms")
    passed: bool = Field(description="whether that is allowed")
    nearest: str = Field(
        "", description="the bundle's graph that takes less than the chosen one, and what it takes"
    )
