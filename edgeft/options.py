"""The options of a step, and what a recipe allows its steps to lose.

Light: a plugin's door and the command line's help read them.
"""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field


class Options(BaseModel):
    """A step's options: every field has a default and a description, which becomes its help."""

    model_config = ConfigDict(extra="forbid", validate_default=True)

    def named_by(self, option: str) -> list[Any]:
        """What an option names: none, one or several."""
        value = getattr(self, option)
        return value if isinstance(value, list) else [value] if value else []

    def moot(self) -> frozenset[str]:
        """Names of options that have no effect, given the others."""
        return frozenset()


class Gates(Options):
    """What a lossy step may lose before it is undone or fails, and budgets for what ships."""

    max_drop: float = Field(
        0.01,
        ge=0,
        description="largest loss of the metric that a step may cause: of a share 0.01 for one in a"
        " hundred, of others such as mse in units of their own",
    )
    metric: str | None = Field(
        None, description="metric that the gates compare; the task's own by default"
    )
    max_size_mb: float | None = Field(
        None, gt=0, description="largest ONNX file that may ship, in MB of 10^6 bytes"
    )
    max_p50_ms: float | None = Field(
        None,
        gt=0,
        description="longest median time of a single text, from string to answer, in milliseconds:"
        " on this machine, with the threads of `bench`",
    )

    def given(self) -> dict[str, Any]:
        """All that is asked for: it decides what a quantizer makes, and which graph it chooses."""
        return self.model_dump(exclude_none=True)
