"""The workshop that finetuners and distillers share; this door holds the options they share."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from edgeft.options import Options

Cutoff = Annotated[
    float,
    Field(
        ge=0,
        lt=1,
        description="share of a text's tokens that are hidden from the model, others each time it"
        " reads the text, such as 0.15, so that it leans on no single word",
    ),
]


class OptimizerOptions(Options):
    """How weights are moved, whatever they are to learn."""

    epochs: float = Field(5, gt=0, description="passes over the training texts")
    learning_rate: float = Field(2e-4, gt=0, description="peak learning rate of AdamW")
    schedule: Literal["linear", "cosine", "constant"] = Field(
        "linear", description="how the learning rate falls after warm-up"
    )
    warmup: float = Field(0.1, ge=0, lt=1, description="share of all steps spent warming up")
    weight_decay: float = Field(0.01, ge=0, description="decoupled weight decay of AdamW")
    batch_size: int = Field(32, ge=1, description="texts a step and process")
    accumulation: int = Field(1, ge=1, description="batches a step")
    clip: float = Field(1.0, gt=0, description="largest norm of the gradient")
    max_length: int | None = Field(
        None, ge=4, description="tokens a text; by default what 99.5 % of the training texts need"
    )
    precision: Literal["auto", "fp32", "bf16"] = Field(
        "auto", description="auto takes bf16 where the CPU or GPU computes in it"
    )
    report_to: list[str] = Field(
        [], description="trackers that transformers knows: tensorboard, wandb, mlflow"
    )


class TrainingOptions(OptimizerOptions):
    """How a model is trained on labels, and which of its weights are kept."""

    early_stopping: int | None = Field(
        None, ge=1, description="stop after so many evaluations without a better metric"
    )
    metric: str | None = Field(
        None, description="metric that the best checkpoint is chosen by; the task's by default"
    )
    weights: Literal["auto", "best", "last"] = Field(
        "auto",
        description="keep the weights of the best evaluation or the last ones; auto keeps the last"
        " unless the best is better by more than a standard error, for with few validation texts"
        " the best is often a lucky one; early_stopping, and a metric"
        " of which less is better, keep the best",
    )

    @model_validator(mode="after")
    def stops_at_the_best(self) -> Self:
        """Refuse to keep the weights of evaluations that were no better any more."""
        if self.early_stopping is not None and self.weights == "last":
            raise ValueError("early_stopping looks for the best weights: set weights to best")
        return self
