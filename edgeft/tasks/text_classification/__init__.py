"""Single-label text classification: one text, one label out of a closed list."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from edgeft.hookspecs import hookimpl
from edgeft.manifests import Decoding
from edgeft.tasks import OF_PAIRS, Scores, Task

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import numpy as np
    import torch

    from edgeft.runtime.outputs import Outputs


class TextClassification(Task):
    """One label out of a closed list for a text."""

    name = "text-classification"
    metrics = {"accuracy": True, "macro_f1": True}
    metric = "accuracy"

    def write_answer(self, value: Any, text: Any) -> str:
        from edgeft.tasks.labels import name_of

        return name_of(value)

    def label_names(self, answers: Sequence[str]) -> list[str]:
        return sorted(answers)

    def check_answers(self, answers: Sequence[str], names: list[str]) -> None:
        from edgeft.tasks.labels import check_names

        check_names(names)

    def unknown(self, answer: str, names: list[str]) -> str | None:
        return None if answer in names else answer

    def strata(self, answers: Sequence[str | None], names: list[str]) -> "np.ndarray":
        return self.truth(answers, names)

    def counts(self, answers: Sequence[str | None], names: list[str]) -> dict[str, int]:
        from edgeft.tasks.labels import counts

        return counts(answers, names)

    def truth(self, answers: Sequence[str | None], names: list[str]) -> "np.ndarray":
        from edgeft.tasks.labels import indices

        return indices(answers, names)

    def load_model(
        self,
        source: "Path",
        labels: list[str] | None = None,
        *,
        pooling: str | None = None,
        **config: Any,
    ) -> Any:
        from edgeft.tasks.text_classification.head import load_model

        return load_model(source, labels, pooling=pooling, **config)

    def loss(
        self, logits: "torch.Tensor", truth: "torch.Tensor", weights: "torch.Tensor | None"
    ) -> "torch.Tensor":
        from edgeft.tasks.text_classification.losses import cross_entropy

        return cross_entropy(logits, truth, weights)

    def soft_loss(
        self, logits: "torch.Tensor", teacher: "torch.Tensor", temperature: float
    ) -> "torch.Tensor":
        from edgeft.tasks.text_classification.losses import soft_cross_entropy

        return soft_cross_entropy(logits, teacher, temperature)

    def score(self, truth: "np.ndarray", outputs: "Outputs", names: list[str]) -> Scores:
        from edgeft.tasks.text_classification.metrics import score

        return score(truth, outputs.values, names)

    def nothing_learnt(
        self, metric: str, metrics: "Mapping[str, float]", truth: "np.ndarray"
    ) -> str:
        """Likewise of what gets no more than the most frequent label given to every row does."""
        import numpy as np

        _, counts = np.unique(truth, return_counts=True)
        if "accuracy" not in metrics or len(counts) < 2:
            return super().nothing_learnt(metric, metrics, truth)
        share = float(counts.max() / len(truth))
        macro_f1 = 2 * share / (1 + share) / len(counts)
        if metrics["accuracy"] > share or metrics["macro_f1"] > macro_f1 + 1e-9:
            return ""
        return f"accuracy {metrics['accuracy']:.4f} is no more than one answer to every text gets"

    def correct(self, truth: "np.ndarray", outputs: "Outputs", names: list[str]) -> "np.ndarray":
        found: np.ndarray = outputs.values.argmax(axis=1) == truth
        return found

    def difference_interval(
        self,
        truth: "np.ndarray",
        reference: "Outputs",
        candidate: "Outputs",
        metric: str,
        names: list[str],
    ) -> tuple[float, float]:
        from edgeft.tasks.text_classification.paired import difference_interval

        return difference_interval(truth, reference.values, candidate.values, metric)

    def divergence(self, reference: "Outputs", candidate: "Outputs") -> float:
        from edgeft.tasks.text_classification.metrics import divergence

        return divergence(reference.values, candidate.values)

    def first_decoding(self, names: list[str]) -> Decoding:
        return Decoding(function="softmax", pairs=self.pairs)

    def calibrated(self, truth: "np.ndarray", outputs: "Outputs", names: list[str]) -> Decoding:
        from edgeft.tasks.text_classification.calibration import temperature

        found = temperature(truth, outputs.values)
        return Decoding(function="softmax", pairs=self.pairs, temperature=found)

    def decided(self, outputs: "Outputs", decoding: Decoding) -> "Outputs":
        if decoding.temperature == 1:
            return outputs
        return replace(outputs, values=outputs.values / decoding.temperature)

    def agreement(self, reference: "Outputs", candidate: "Outputs") -> float:
        return float((reference.values.argmax(axis=1) == candidate.values.argmax(axis=1)).mean())


class PairClassification(TextClassification):
    """One label out of a closed list for two texts, such as whether one follows from the other."""

    name = "pair-classification"
    columns = ("text", "pair", "label")
    usual = OF_PAIRS | {"label": ("label", "gold_label", "is_duplicate")}
    pairs = True


@hookimpl
def edgeft_register_tasks() -> Iterable[type[Task]]:
    return [TextClassification, PairClassification]
