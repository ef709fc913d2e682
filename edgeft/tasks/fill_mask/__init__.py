"""Fill-mask: the word that is hidden in a text, out of those that the training texts know."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from edgeft.hookspecs import hookimpl
from edgeft.manifests import Decoding
from edgeft.tasks import Scores, Task
from edgeft.tasks.text_classification import TextClassification

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np

    from edgeft.runtime.outputs import Outputs


class FillMask(TextClassification):
    """The word that is hidden in a text."""

    name = "fill-mask"
    answer = "word"
    marks = "mask"
    closed = False
    optional = ("label",)
    metrics = {"perplexity": False, "top_1": True, "top_5": True, "known": True}
    metric = "top_1"

    def own_columns(self, row: Mapping[str, Any]) -> dict[str, str]:
        from edgeft.runtime.masks import has_mask
        from edgeft.tasks.recognizing import beside

        return beside(row, has_mask)

    def write_text(self, value: Any) -> str:
        """The text with one word hidden."""
        from edgeft.tasks.fill_mask.words import masked_text

        return masked_text(value)

    def kept_spans(self, text: str) -> list[tuple[int, int]]:
        from edgeft.runtime.masks import mask_places

        return mask_places(text)

    def write_answer(self, value: Any, text: Any) -> str:
        from edgeft.tasks.fill_mask.words import answer_of

        return answer_of(value, text)

    def label_names(self, answers: Sequence[str]) -> list[str]:
        return sorted(answers)

    def names_in(self, texts: Iterable[str], names: list[str]) -> list[str]:
        from edgeft.tasks.fill_mask.words import known_words

        return known_words(texts, names)

    def check_answers(self, answers: Sequence[str], names: list[str]) -> None:
        from edgeft.tasks.labels import check_names

        check_names(names)

    def unknown(self, answer: str, names: list[str]) -> str | None:
        return None  # it is counted as a word that is not known

    def strata(self, answers: Sequence[str | None], names: list[str]) -> "np.ndarray":
        import numpy as np

        return np.zeros(len(answers), np.int64)

    def counts(self, answers: Sequence[str | None], names: list[str]) -> dict[str, int]:
        return {}

    def truth(self, answers: Sequence[str | None], names: list[str]) -> "np.ndarray":
        """The place in `names` of each word; UNLABELLED for one that is not among them."""
        from edgeft.tasks.labels import indices

        known = set(names)
        return indices([each if each in known else None for each in answers], names)

    def load_model(
        self,
        source: "Path",
        labels: list[str] | None = None,
        *,
        pooling: str | None = None,
        **config: Any,
    ) -> Any:
        """Load a masked language model that reads the mask, and pools nothing."""
        from edgeft.tasks.fill_mask.head import load_model

        return load_model(source, labels, **config)

    def score(self, truth: "np.ndarray", outputs: "Outputs", names: list[str]) -> Scores:
        from edgeft.tasks.fill_mask.metrics import score

        return score(truth, outputs)

    def difference_interval(
        self,
        truth: "np.ndarray",
        reference: "Outputs",
        candidate: "Outputs",
        metric: str,
        names: list[str],
    ) -> tuple[float, float]:
        from edgeft.tasks.fill_mask.metrics import difference_interval

        return difference_interval(truth, reference, candidate, metric)

    def divergence(self, reference: "Outputs", candidate: "Outputs") -> float:
        from edgeft.tasks.fill_mask.metrics import divergence

        return divergence(reference.values, candidate.values)

    def first_decoding(self, names: list[str]) -> Decoding:
        return Decoding(function="mask")

    def calibrated(self, truth: "np.ndarray", outputs: "Outputs", names: list[str]) -> Decoding:
        """With a temperature that some hundred rows tell: they have thousands of logits each."""
        from edgeft.tasks import UNLABELLED
        from edgeft.tasks.text_classification.calibration import temperature

        known = (truth != UNLABELLED).nonzero()[0][:CALIBRATED]
        found = temperature(truth[known], outputs.values[known])
        return Decoding(function="mask", temperature=found)


CALIBRATED = 500


@hookimpl
def edgeft_register_tasks() -> Iterable[type[Task]]:
    return [FillMask]
