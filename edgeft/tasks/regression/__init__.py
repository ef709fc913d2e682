"""Regression: a number for a text, or for two, such as how alike they are."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from edgeft.hookspecs import hookimpl
from edgeft.manifests import Decoding
from edgeft.tasks import OF_PAIRS, Scores, Task

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    import torch

    from edgeft.runtime.outputs import Outputs

SCORE = "score"
"""what the model's only output is called"""


class Regression(Task):
    """A number for a text."""

    name = "regression"
    answer = "number"
    metrics = {"r2": True, "spearman": True, "pearson": True, "mse": False}
    metric = "r2"

    def write_answer(self, value: Any, text: Any) -> str:
        from edgeft.tasks.regression.numbers import write

        return write(value)

    def label_names(self, answers: Sequence[str]) -> list[str]:
        return [SCORE]

    def check_answers(self, answers: Sequence[str], names: list[str]) -> None:
        from edgeft.tasks.regression.numbers import check

        check(answers)

    def unknown(self, answer: str, names: list[str]) -> str | None:
        return None

    def strata(self, answers: Sequence[str | None], names: list[str]) -> "np.ndarray":
        from edgeft.tasks.regression.numbers import tenths

        return tenths(answers)

    def counts(self, answers: Sequence[str | None], names: list[str]) -> dict[str, int]:
        return {}

    def truth(self, answers: Sequence[str | None], names: list[str]) -> "np.ndarray":
        from edgeft.tasks.regression.numbers import values

        return values(answers)

    def load_model(
        self,
        source: "Path",
        labels: list[str] | None = None,
        *,
        pooling: str | None = None,
        **config: Any,
    ) -> Any:
        from edgeft.tasks.text_classification.head import load_model

        return load_model(source, labels, pooling=pooling, problem_type="regression", **config)

    def start(
        self, model: Any, answers: Sequence[str | None], *, new: bool = True
    ) -> dict[str, float]:
        from edgeft.tasks.regression.head import scaled

        return scaled(model, self.truth(answers, [SCORE]), new=new)

    def loss(
        self, logits: "torch.Tensor", truth: "torch.Tensor", weights: "torch.Tensor | None"
    ) -> "torch.Tensor":
        from edgeft.tasks.regression.losses import squared_error

        return squared_error(logits, truth, weights)

    def soft_loss(
        self, logits: "torch.Tensor", teacher: "torch.Tensor", temperature: float
    ) -> "torch.Tensor":
        from edgeft.tasks.regression.losses import squared_error

        return squared_error(logits, teacher[:, 0])

    def score(self, truth: "np.ndarray", outputs: "Outputs", names: list[str]) -> Scores:
        from edgeft.tasks.regression.metrics import score

        return score(truth, outputs.values[:, 0])

    def correct(self, truth: "np.ndarray", outputs: "Outputs", names: list[str]) -> "np.ndarray":
        from edgeft.tasks.regression.metrics import near

        return near(truth, outputs.values[:, 0])

    def difference_interval(
        self,
        truth: "np.ndarray",
        reference: "Outputs",
        candidate: "Outputs",
        metric: str,
        names: list[str],
    ) -> tuple[float, float]:
        from edgeft.tasks.regression.metrics import difference_interval

        return difference_interval(truth, reference.values[:, 0], candidate.values[:, 0], metric)

    def divergence(self, reference: "Outputs", candidate: "Outputs") -> float:
        from edgeft.tasks.regression.metrics import divergence

        return divergence(reference.values[:, 0], candidate.values[:, 0])

    def agreement(self, reference: "Outputs", candidate: "Outputs") -> float:
        from edgeft.tasks.regression.metrics import spearman

        return float(spearman(reference.values[:, 0], candidate.values[:, 0]))

    def first_decoding(self, names: list[str]) -> Decoding:
        return Decoding(function="identity", pairs=self.pairs)


class TextSimilarity(Regression):
    """A number for two texts, such as how alike they are."""

    name = "text-similarity"
    columns = ("text", "pair", "label")
    usual = OF_PAIRS | {"label": ("score", "similarity_score", "similarity")}
    pairs = True
    metric = "spearman"


@hookimpl
def edgeft_register_tasks() -> Iterable[type[Task]]:
    return [Regression, TextSimilarity]
