"""Sentence embeddings: a vector for a text, which lies near those of texts that mean the same.

Texts have no answers here: a model is judged by how far its vectors say what those of the model say
that it was made from.
"""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from edgeft.hookspecs import hookimpl
from edgeft.manifests import Decoding
from edgeft.tasks import Scores, Task

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    import torch

    from edgeft.runtime.outputs import Outputs


class SentenceEmbeddings(Task):
    """A vector for a text."""

    name = "sentence-embeddings"
    answer = "vector"
    labelled = False
    columns: ClassVar[tuple[str, ...]] = ("text",)
    metrics = {"similarity": True, "cosine": True}
    metric = "similarity"

    def label_names(self, answers: Sequence[str]) -> list[str]:
        return []

    def unknown(self, answer: str, names: list[str]) -> str | None:
        return None

    def strata(self, answers: Sequence[str | None], names: list[str]) -> "np.ndarray":
        import numpy as np

        return np.zeros(len(answers), dtype=np.int64)

    def counts(self, answers: Sequence[str | None], names: list[str]) -> dict[str, int]:
        return {}

    def truth(self, answers: Sequence[str | None], names: list[str]) -> "np.ndarray":
        """NaN (rows,): only another model can say more, in vectors (rows, hidden)."""
        import numpy as np

        return np.full(len(answers), np.nan, dtype=np.float32)

    def load_model(
        self,
        source: "Path",
        labels: list[str] | None = None,
        *,
        pooling: str | None = None,
        **config: Any,
    ) -> Any:
        from edgeft.tasks.sentence_embeddings.encoder import load_model

        return load_model(source, pooling=pooling, **config)

    def loss(
        self, logits: "torch.Tensor", truth: "torch.Tensor", weights: "torch.Tensor | None"
    ) -> "torch.Tensor":
        """How far vectors lie from those of a teacher, `truth` (batch, hidden); 0 without one."""
        from edgeft.tasks.sentence_embeddings.losses import apart

        return apart(logits, truth) if truth.dim() == 2 else logits.sum() * 0

    def soft_loss(
        self, logits: "torch.Tensor", teacher: "torch.Tensor", temperature: float
    ) -> "torch.Tensor":
        from edgeft.tasks.sentence_embeddings.losses import apart

        return apart(logits, teacher)

    def score(self, truth: "np.ndarray", outputs: "Outputs", names: list[str]) -> Scores:
        """Score vectors against those of another model, `truth` (rows, hidden).

        Without one a model is alike to itself, and every metric is 1.
        """
        if truth.ndim != 2:
            return Scores(n=len(outputs), metrics=dict.fromkeys(self.metrics, 1.0))
        from edgeft.tasks.sentence_embeddings.metrics import score

        return score(truth, outputs.values)

    def correct(self, truth: "np.ndarray", outputs: "Outputs", names: list[str]) -> "np.ndarray":
        """Nobody can say that a vector is wrong."""
        import numpy as np

        return np.ones(len(outputs), dtype=bool)

    def difference_interval(
        self,
        truth: "np.ndarray",
        reference: "Outputs",
        candidate: "Outputs",
        metric: str,
        names: list[str],
    ) -> tuple[float, float]:
        return self.compare(truth, reference, candidate, metric, names)[2]

    def compare(
        self,
        truth: "np.ndarray",
        reference: "Outputs",
        candidate: "Outputs",
        metric: str,
        names: list[str],
    ) -> tuple[float, float, tuple[float, float], int]:
        """How much of what the reference says the candidate says, too: the reference has 1."""
        from edgeft.tasks.sentence_embeddings.metrics import score

        found = score(reference.values, candidate.values)
        after = found.metrics[metric]
        low, high = found.intervals.get(metric, (after, after))
        return 1.0, after, (1.0 - high, 1.0 - low), found.n

    def divergence(self, reference: "Outputs", candidate: "Outputs") -> float:
        from edgeft.tasks.sentence_embeddings.metrics import cosines

        return 1.0 - float(cosines(reference.values, candidate.values).mean())

    def agreement(self, reference: "Outputs", candidate: "Outputs") -> float:
        from edgeft.tasks.sentence_embeddings.metrics import similarity

        return similarity(reference.values, candidate.values)

    def first_decoding(self, names: list[str]) -> Decoding:
        return Decoding(function="vector")


@hookimpl
def edgeft_register_tasks() -> Iterable[type[Task]]:
    return [SentenceEmbeddings]
