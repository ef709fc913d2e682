"""Token classification: labelled parts of a text, such as the names in it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from edgeft.hookspecs import hookimpl
from edgeft.manifests import Decoding
from edgeft.tasks import FileReader, Scores, Task, Watch

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    import torch

    from edgeft.runtime.outputs import Outputs


class TokenClassification(Task):
    """Labelled parts of a text, such as the names of people and places in it."""

    name = "token-classification"
    answer = "spans"
    per_token = True
    decides = True
    metrics = {
        "f1": True,
        "macro_f1": True,
        "precision": True,
        "recall": True,
        "strict_f1": True,
    }
    metric = "f1"

    def reader_of(self, suffix: str, *, labelled: bool = True) -> FileReader | None:
        from edgeft.tasks.token_classification.conll import SUFFIXES, read_conll

        known = suffix in SUFFIXES and (labelled or suffix != ".txt")
        return read_conll if known else None

    def own_columns(self, row: Mapping[str, Any]) -> dict[str, str]:
        from edgeft.tasks.token_classification.recognizing import columns_in

        return columns_in(row)

    def watch(self) -> Watch:
        from edgeft.tasks.token_classification.watching import TagWatch

        return TagWatch()

    def write_text(self, value: Any) -> str:
        from edgeft.tasks.tokens import text_of

        return text_of(value) if isinstance(value, list | tuple) else super().write_text(value)

    def write_answer(self, value: Any, text: Any) -> str:
        from edgeft.tasks.spans import written
        from edgeft.tasks.token_classification.rows import spans_of

        return written(spans_of(value, text))

    def in_words(self, answer: str, given: Any) -> str:
        from edgeft.tasks.spans import read

        parts = [f"{given[each.start : each.end]} ({each.type})" for each in read(answer)]
        return ", ".join(parts) or "nothing"

    def label_names(self, answers: Sequence[str]) -> list[str]:
        from edgeft.tasks.token_classification.tags import tag_names

        return tag_names(answers)

    def check_answers(self, answers: Sequence[str], names: list[str]) -> None:
        from edgeft.tasks.token_classification.tags import check_names

        check_names(names)

    def unknown(self, answer: str, names: list[str]) -> str | None:
        from edgeft.tasks.token_classification.tags import unknown_type

        return unknown_type(answer, names)

    def strata(self, answers: Sequence[str | None], names: list[str]) -> "np.ndarray":
        from edgeft.tasks.token_classification.tags import rarest_types

        return rarest_types(answers, names)

    def counts(self, answers: Sequence[str | None], names: list[str]) -> dict[str, int]:
        from edgeft.tasks.token_classification.tags import type_counts

        return type_counts(answers, names)

    def truth(self, answers: Sequence[str | None], names: list[str]) -> "np.ndarray":
        from edgeft.tasks.token_classification.tags import truth

        return truth(answers, names)

    def tags(self, answer: str | None, spans: "np.ndarray", names: list[str]) -> "np.ndarray":
        from edgeft.tasks.token_classification.tags import tags_of

        return tags_of(answer, spans, names)

    def moved(
        self, values: "np.ndarray", spans: "np.ndarray", units: "np.ndarray", names: list[str]
    ) -> "np.ndarray":
        from edgeft.tasks.token_classification.units import held

        return held(values, spans, units, names)

    def load_model(
        self,
        source: "Path",
        labels: list[str] | None = None,
        *,
        pooling: str | None = None,
        **config: Any,
    ) -> Any:
        """Load an encoder with a head for its tokens, which are not pooled."""
        from edgeft.tasks.token_classification.head import load_model

        return load_model(source, labels, **config)

    def loss(
        self, logits: "torch.Tensor", truth: "torch.Tensor", weights: "torch.Tensor | None"
    ) -> "torch.Tensor":
        from edgeft.tasks.token_classification.losses import cross_entropy

        return cross_entropy(logits, truth, weights)

    def soft_loss(
        self, logits: "torch.Tensor", teacher: "torch.Tensor", temperature: float
    ) -> "torch.Tensor":
        from edgeft.tasks.token_classification.losses import soft_cross_entropy

        return soft_cross_entropy(logits, teacher, temperature)

    def score(self, truth: "np.ndarray", outputs: "Outputs", names: list[str]) -> Scores:
        from edgeft.tasks.token_classification.metrics import score

        return score(truth, outputs, names)

    def correct(self, truth: "np.ndarray", outputs: "Outputs", names: list[str]) -> "np.ndarray":
        from edgeft.tasks.token_classification.metrics import correct

        return correct(truth, outputs, names)

    def difference_interval(
        self,
        truth: "np.ndarray",
        reference: "Outputs",
        candidate: "Outputs",
        metric: str,
        names: list[str],
    ) -> tuple[float, float]:
        from edgeft.tasks.token_classification.metrics import difference_interval

        return difference_interval(truth, reference, candidate, metric, names)

    def divergence(self, reference: "Outputs", candidate: "Outputs") -> float:
        from edgeft.tasks.token_classification.units import divergence

        return divergence(reference, candidate)

    def agreement(self, reference: "Outputs", candidate: "Outputs") -> float:
        from edgeft.tasks.token_classification.units import agreement

        return agreement(reference, candidate)

    def first_decoding(self, names: list[str]) -> Decoding:
        return Decoding(function="tags")

    def calibrated(self, truth: "np.ndarray", outputs: "Outputs", names: list[str]) -> Decoding:
        """With probabilities that fit these rows, and a bar for parts that gives most F1."""
        from edgeft.tasks.text_classification.calibration import FEWEST, temperature
        from edgeft.tasks.token_classification.thresholds import thresholds
        from edgeft.tasks.token_classification.units import labelled

        if len(outputs) < FEWEST:  # the words of a text are not independent of each other
            return self.first_decoding(names)
        by = temperature(*labelled(truth, outputs, names))
        found = thresholds(truth, outputs, names)
        return Decoding(function="tags", temperature=by, thresholds=found)

    def calibration_error(
        self, truth: "np.ndarray", outputs: "Outputs", decoding: Decoding, names: list[str]
    ) -> float | None:
        """That of each unit's likeliest label, wherever the bar for parts stands."""
        from edgeft.tasks.text_classification.calibration import calibration_error
        from edgeft.tasks.token_classification.units import labelled

        wanted, logits = labelled(truth, outputs, names)
        return calibration_error(wanted, logits / decoding.temperature)

    def decided(self, outputs: "Outputs", decoding: Decoding) -> "Outputs":
        from edgeft.runtime.deciding import lowered

        values = lowered(outputs.values, decoding.thresholds) / decoding.temperature
        return replace(outputs, values=values)


@hookimpl
def edgeft_register_tasks() -> Iterable[type[Task]]:
    return [TokenClassification]
