"""Question answering: the part of a text that answers a question, or that it has no answer."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from edgeft.hookspecs import hookimpl
from edgeft.manifests import Decoding
from edgeft.tasks import FileReader, Scores, Task

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    import torch

    from edgeft.runtime.given import Given
    from edgeft.runtime.outputs import Outputs

LABELS = ["start", "end"]
"""what the model's two outputs a token are called"""


class QuestionAnswering(Task):
    """The part of a text that answers a question."""

    name = "question-answering"
    answer = "span"
    columns = ("text", "pair", "label")
    shared = "pair"
    usual = {
        "text": ("question",),
        "pair": ("context", "passage", "paragraph"),
        "label": ("answers", "answer"),
    }
    pairs = True
    per_token = True
    decides = True
    metrics = {"f1": True, "exact_match": True, "has_answer_f1": True}
    metric = "f1"

    def reader_of(self, suffix: str, *, labelled: bool = True) -> FileReader | None:
        from edgeft.tasks.question_answering.squad import read_json

        return read_json if suffix == ".json" else None

    def own_columns(self, row: Mapping[str, Any]) -> dict[str, str]:
        from edgeft.tasks.question_answering.rows import is_of_positions

        found = {
            role: next((name for name in names if name in row), "")
            for role, names in self.usual.items()
        }
        mine = all(found.values()) and is_of_positions(row[found["label"]])
        return found if mine else {}

    def write_answer(self, value: Any, text: Any) -> str:
        from edgeft.tasks.question_answering.rows import spans_of, written

        return written(spans_of(value, text[1]))

    def in_words(self, answer: str, given: Any) -> str:
        from edgeft.tasks.question_answering.rows import read

        _, context = given
        parts = dict.fromkeys(context[start:end] for start, end in read(answer))
        return " / ".join(parts) or "no answer"

    def label_names(self, answers: Sequence[str]) -> list[str]:
        return list(LABELS)

    def check_answers(self, answers: Sequence[str], names: list[str]) -> None:
        from edgeft.tasks.question_answering.rows import check

        check(answers)

    def unknown(self, answer: str, names: list[str]) -> str | None:
        return None

    def strata(self, answers: Sequence[str | None], names: list[str]) -> "np.ndarray":
        from edgeft.tasks.question_answering.rows import has_answer

        return has_answer(answers)

    def counts(self, answers: Sequence[str | None], names: list[str]) -> dict[str, int]:
        from edgeft.tasks.question_answering.rows import counts

        return counts(answers)

    def truth(self, answers: Sequence[str | None], names: list[str]) -> "np.ndarray":
        """The spans alone, without the texts that `score` has to know; see `truth_in`."""
        return self.truth_in([("", "")] * len(answers), answers, names)

    def truth_in(
        self, texts: Iterable["Given"], answers: Sequence[str | None], names: list[str]
    ) -> "np.ndarray":
        from edgeft.tasks.question_answering.rows import truth

        return truth(texts, answers)

    def tags(self, answer: str | None, spans: "np.ndarray", names: list[str]) -> "np.ndarray":
        from edgeft.tasks.question_answering.units import tags_of

        return tags_of(answer, spans)

    def moved(
        self, values: "np.ndarray", spans: "np.ndarray", units: "np.ndarray", names: list[str]
    ) -> "np.ndarray":
        from edgeft.tasks.question_answering.units import moved

        return moved(values, spans, units)

    def load_model(
        self,
        source: "Path",
        labels: list[str] | None = None,
        *,
        pooling: str | None = None,
        **config: Any,
    ) -> Any:
        """Load an encoder with a head for its tokens, which are not pooled."""
        from edgeft.tasks.question_answering.head import load_model

        return load_model(source, **config)

    def loss(
        self, logits: "torch.Tensor", truth: "torch.Tensor", weights: "torch.Tensor | None"
    ) -> "torch.Tensor":
        from edgeft.tasks.question_answering.losses import cross_entropy

        return cross_entropy(logits, truth, weights)

    def soft_loss(
        self, logits: "torch.Tensor", teacher: "torch.Tensor", temperature: float
    ) -> "torch.Tensor":
        from edgeft.tasks.question_answering.losses import soft_cross_entropy

        return soft_cross_entropy(logits, teacher, temperature)

    def score(self, truth: "np.ndarray", outputs: "Outputs", names: list[str]) -> Scores:
        from edgeft.tasks.question_answering.metrics import score

        return score(truth, outputs)

    def nothing_learnt(self, metric: str, metrics: Mapping[str, float], truth: "np.ndarray") -> str:
        """Likewise of what gets no more than silence does, where some rows have no answer."""
        silence = sum(not row.spans for row in truth) / len(truth)
        if silence in (0, 1) or metrics["f1"] > silence:
            return super().nothing_learnt(metric, metrics, truth)
        return f"f1 {metrics['f1']:.4f} is no more than {silence:.4f}, which never answering gets"

    def correct(self, truth: "np.ndarray", outputs: "Outputs", names: list[str]) -> "np.ndarray":
        from edgeft.tasks.question_answering.metrics import correct

        return correct(truth, outputs)

    def difference_interval(
        self,
        truth: "np.ndarray",
        reference: "Outputs",
        candidate: "Outputs",
        metric: str,
        names: list[str],
    ) -> tuple[float, float]:
        from edgeft.tasks.question_answering.metrics import difference_interval

        return difference_interval(truth, reference, candidate, metric)

    def divergence(self, reference: "Outputs", candidate: "Outputs") -> float:
        from edgeft.tasks.question_answering.units import divergence

        return divergence(reference, candidate)

    def agreement(self, reference: "Outputs", candidate: "Outputs") -> float:
        from edgeft.tasks.question_answering.units import agreement

        return agreement(reference, candidate)

    def first_decoding(self, names: list[str]) -> Decoding:
        return Decoding(function="span", pairs=True, thresholds=[0.0, 0.0])

    def calibrated(self, truth: "np.ndarray", outputs: "Outputs", names: list[str]) -> Decoding:
        """With the score from which on there is an answer, and probabilities that fit."""
        from edgeft.tasks.question_answering.calibration import temperature
        from edgeft.tasks.question_answering.deciding import thresholds

        found = Decoding(function="span", pairs=True, thresholds=thresholds(truth, outputs))
        return found.model_copy(update={"temperature": temperature(truth, outputs, found)})

    def calibration_error(
        self, truth: "np.ndarray", outputs: "Outputs", decoding: Decoding, names: list[str]
    ) -> float | None:
        from edgeft.tasks.question_answering.calibration import calibration_error

        return calibration_error(truth, outputs, decoding)

    def decided(self, outputs: "Outputs", decoding: Decoding) -> "Outputs":
        from edgeft.tasks.question_answering.deciding import decided

        return decided(outputs, decoding.thresholds)


@hookimpl
def edgeft_register_tasks() -> Iterable[type[Task]]:
    return [QuestionAnswering]
