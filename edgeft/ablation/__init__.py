"""What each data lever of a recipe gives: runs with it and without it, over several seeds."""

from pydantic import BaseModel, ConfigDict, Field

NAME = "ablation"
"""of the files that are written: ablation.json, ablation.md, ablation.html"""


class Part(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Outcome(Part):
    """What one run of the recipe, whole or without a lever, came to."""

    seed: int = Field(description="the recipe's seed")
    value: float = Field(description="the metric of what the run left, on the validation texts")
    n: int = Field(description="validation texts")
    test: float | None = Field(
        None, description="the metric on the test texts, where there are any"
    )
    seconds: float = Field(description="time that the steps of the run took when they were made")
    model: str = Field(description="what the run left: bundle, student or teacher")
    size_bytes: int | None = Field(None, description="its size, where it was measured")
    passed: bool = Field(description="whether every gate and budget passed, where there are any")


class Gain(Part):
    """What one lever gives."""

    lever: str = Field(description="name of the lever, as --lever takes it")
    what: str = Field(description="what was left out, for a reader")
    runs: list[Outcome] = Field(description="without it, one a seed")
    gain: float = Field(description="the metric with it - without it, mean over the seeds")
    interval: tuple[float, float] = Field(
        description="95 % interval of the gain: Student's t over the seeds' differences"
    )
    seconds: float = Field(description="time that it takes: with it - without it, mean")
    same_texts: bool = Field(
        True, description="whether the runs with it and without it answered as many texts"
    )

    @property
    def verdict(self) -> str:
        """What a reader may conclude: nothing of a lever that takes away the texts that measure."""
        if not self.same_texts:
            return "not to be told: it takes validation texts away"
        low, high = self.interval
        if low > 0:
            return "helps"
        if high < 0:
            return "harms"
        return "no difference to be seen"


class Ablation(Part):
    """The whole of ablation.json."""

    edgeft: str = Field(description="version of edgeft that ran")
    recipe: dict[str, object] = Field(description="the whole recipe")
    model: str = Field(description="what was measured: bundle, student or teacher")
    metric: str = Field(description="metric of the gates")
    split: str = Field(description="split that it was measured on: validation")
    runs: list[Outcome] = Field(description="the whole recipe, one a seed")
    gains: list[Gain] = Field(description="one a lever, those that give the most first")
