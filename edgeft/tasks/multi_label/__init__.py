"""Multi-label classification: of a closed list of labels, those that hold for a text."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from edgeft.hookspecs import hookimpl
from edgeft.manifests import Decoding
from edgeft.tasks import Scores, Task

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    import torch

    from edgeft.runtime.outputs import Outputs


class MultiLabel(Task):
    """Those labels of a closed list that hold for a text: none, one or several."""

    name = "multi-label-classification"
    answer = "labels"
    decides = True
    metrics = {"micro_f1": True, "macro_f1": True, "exact_match": True}
    metric = "micro_f1"

    def write_answer(self, value: Any, text: Any) -> str:
        from edgeft.tasks.multi_label.labels import write

        return write(value)

    def label_names(self, answers: Sequence[str]) -> list[str]:
        from edgeft.tasks.multi_label.labels import read

        return sorted({label for answer in answers for label in read(answer)})

    def check_answers(self, answers: Sequence[str], names: list[str]) -> None:
        from edgeft.tasks.multi_label.labels import check

        check(answers, names)

    def unknown(self, answer: str, names: list[str]) -> str | None:
        from edgeft.tasks.multi_label.labels import read

        return next((label for label in read(answer) if label not in names), None)

    def strata(self, answers: Sequence[str | None], names: list[str]) -> "np.ndarray":
        from edgeft.tasks.multi_label.labels import rarest

        return rarest(answers, names)

    def counts(self, answers: Sequence[str | None], names: list[str]) -> dict[str, int]:
        from edgeft.tasks.multi_label.labels import counts

        return counts(answers, names)

    def truth(self, answers: Sequence[str | None], names: list[str]) -> "np.ndarray":
        from edgeft.tasks.multi_label.labels import indicators

        return indicators(answers, names)

    def load_model(
        self,
        source: "Path",
        labels: list[str] | None = None,
        *,
        pooling: str | None = None,
        **config: Any,
    ) -> Any:
        from edgeft.tasks.text_classification.head import load_model

        kind = {"problem_type": "multi_label_classification"}
        return load_model(source, labels, pooling=pooling, **kind, **config)

    def loss(
        self, logits: "torch.Tensor", truth: "torch.Tensor", weights: "torch.Tensor | None"
    ) -> "torch.Tensor":
        from edgeft.tasks.multi_label.losses import binary_cross_entropy

        return binary_cross_entropy(logits, truth, weights)

    def soft_loss(
        self, logits: "torch.Tensor", teacher: "torch.Tensor", temperature: float
    ) -> "torch.Tensor":
        from edgeft.tasks.multi_label.losses import soft_binary_cross_entropy

        return soft_binary_cross_entropy(logits, teacher, temperature)

    def score(self, truth: "np.ndarray", outputs: "Outputs", names: list[str]) -> Scores:
        from edgeft.tasks.multi_label.metrics import score

        return score(truth, outputs.values, names)

    def correct(self, truth: "np.ndarray", outputs: "Outputs", names: list[str]) -> "np.ndarray":
        found: np.ndarray = ((outputs.values >= 0) == (truth > 0)).all(axis=1)
        return found

    def difference_interval(
        self,
        truth: "np.ndarray",
        reference: "Outputs",
        candidate: "Outputs",
        metric: str,
        names: list[str],
    ) -> tuple[float, float]:
        from edgeft.tasks.multi_label.metrics import difference_interval

        return difference_interval(truth, reference.values, candidate.values, metric)

    def divergence(self, reference: "Outputs", candidate: "Outputs") -> float:
        from edgeft.tasks.multi_label.metrics import divergence

        return divergence(reference.values, candidate.values)

    def agreement(self, reference: "Outputs", candidate: "Outputs") -> float:
        return float(((reference.values >= 0) == (candidate.values >= 0)).all(axis=1).mean())

    def first_decoding(self, names: list[str]) -> Decoding:
        return Decoding(function="sigmoid", thresholds=[0.5] * len(names))

    def calibrated(self, truth: "np.ndarray", outputs: "Outputs", names: list[str]) -> Decoding:
        """With probabilities that fit these rows, and thresholds among those."""
        from edgeft.tasks.multi_label.calibration import temperature
        from edgeft.tasks.multi_label.thresholds import thresholds

        by = temperature(truth, outputs.values)
        found = thresholds(truth, outputs.values / by)
        return Decoding(function="sigmoid", temperature=by, thresholds=found)

    def calibration_error(
        self, truth: "np.ndarray", outputs: "Outputs", decoding: Decoding, names: list[str]
    ) -> float | None:
        from edgeft.tasks.multi_label.calibration import calibration_error

        return calibration_error(truth, outputs.values / decoding.temperature)

    def decided(self, outputs: "Outputs", decoding: Decoding) -> "Outputs":
        from edgeft.tasks.multi_label.thresholds import shifted

        return shifted(outputs, decoding)


@hookimpl
def edgeft_register_tasks() -> Iterable[type[Task]]:
    return [MultiLabel]
