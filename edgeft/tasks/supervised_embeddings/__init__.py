"""Sentence embeddings that are learnt: from texts that mean the same, from labels, from scores.

A row of a source with two texts or more becomes a row for each of them, for each is read alone.
Their answers say which belong together, and what each is to the others.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from edgeft.hookspecs import hookimpl
from edgeft.tasks import Scores, Task, Written
from edgeft.tasks.sentence_embeddings import SentenceEmbeddings

if TYPE_CHECKING:
    import numpy as np
    import torch

    from edgeft.runtime.outputs import Outputs


class Learnt(SentenceEmbeddings):
    """A vector for a text, learnt and judged by what the data says of texts."""

    labelled = True
    temperature = 0.05

    def loss(
        self, logits: "torch.Tensor", truth: "torch.Tensor", weights: "torch.Tensor | None"
    ) -> "torch.Tensor":
        raise NotImplementedError

    def score(self, truth: "np.ndarray", outputs: "Outputs", names: list[str]) -> Scores:
        from edgeft.tasks.supervised_embeddings.metrics import scored

        return scored(self.found(truth, outputs))

    def difference_interval(
        self,
        truth: "np.ndarray",
        reference: "Outputs",
        candidate: "Outputs",
        metric: str,
        names: list[str],
    ) -> tuple[float, float]:
        from edgeft.intervals import interval

        before, after = (self.found(truth, each)[metric] for each in (reference, candidate))
        return interval(before - after) if len(before) else (0.0, 0.0)

    def compare(
        self,
        truth: "np.ndarray",
        reference: "Outputs",
        candidate: "Outputs",
        metric: str,
        names: list[str],
    ) -> tuple[float, float, tuple[float, float], int]:
        return Task.compare(self, truth, reference, candidate, metric, names)

    def found(self, truth: "np.ndarray", outputs: "Outputs") -> "dict[str, np.ndarray]":
        """What each metric is the mean of: a figure for each text that others are looked for."""
        raise NotImplementedError


class EmbeddingsFromPairs(Learnt):
    """A vector for a text, which lies near that of its partner."""

    name = "embeddings-from-pairs"
    columns = ("text", "pair")
    usual = {"text": ("anchor", "query", "question"), "pair": ("positive", "passage", "answer")}
    optional = ("negative",)
    metrics = {"recall_at_1": True, "recall_at_10": True, "mrr": True}
    metric = "mrr"

    def write_rows(self, number: int, values: Mapping[str, Any]) -> list[Written]:
        from edgeft.tasks.supervised_embeddings.relations import of_pair, of_text

        rows = super().write_rows(number, {"text": values["text"]})
        if not rows or "pair" not in values:
            return rows
        text = rows[0][0]
        others = values.get("negative") or []
        return of_pair(
            number,
            text,
            self.write_pair(values["pair"]),
            [of_text(self, each) for each in ([others] if isinstance(others, str) else others)],
        )

    def together(self, answers: Sequence[str | None]) -> "np.ndarray | None":
        from edgeft.tasks.supervised_embeddings.relations import groups

        return groups(answers)

    def truth(self, answers: Sequence[str | None], names: list[str]) -> "np.ndarray":
        """Group, role and text of each row, int64 (rows, 3); the group is -1 of texts alone."""
        from edgeft.tasks.supervised_embeddings.relations import related

        return related(answers)

    def mates(self, truth: "np.ndarray") -> "tuple[np.ndarray, int] | None":
        return truth[:, 0], len(truth) or 1

    def loss(
        self, logits: "torch.Tensor", truth: "torch.Tensor", weights: "torch.Tensor | None"
    ) -> "torch.Tensor":
        from edgeft.tasks.supervised_embeddings.losses import ranking

        return ranking(logits, truth, weights, self.temperature)

    def found(self, truth: "np.ndarray", outputs: "Outputs") -> "dict[str, np.ndarray]":
        from edgeft.tasks.supervised_embeddings.metrics import by_rank, partner_ranks

        return by_rank(partner_ranks(truth, outputs.values)[1])

    def correct(self, truth: "np.ndarray", outputs: "Outputs", names: list[str]) -> "np.ndarray":
        """Whether the partner of each row that looks for one is found first; True of others."""
        import numpy as np

        from edgeft.tasks.supervised_embeddings.metrics import partner_ranks

        rows, ranks = partner_ranks(truth, outputs.values)
        found = np.ones(len(truth), dtype=bool)
        found[rows] = ranks == 1
        return found


class EmbeddingsFromLabels(Learnt):
    """A vector for a text, which lies near those of texts with its label."""

    name = "embeddings-from-labels"
    columns = ("text", "label")
    metrics = {"recall_at_1": True, "precision_at_10": True, "mrr": True}
    metric = "recall_at_1"
    temperature = 0.1

    def write_answer(self, value: Any, text: Any) -> str:
        from edgeft.tasks.labels import name_of

        return name_of(value)

    def check_answers(self, answers: Sequence[str], names: list[str]) -> None:
        from edgeft.tasks.labels import check_names

        check_names(list(answers))

    def strata(self, answers: Sequence[str | None], names: list[str]) -> "np.ndarray":
        return self.truth(answers, names)

    def truth(self, answers: Sequence[str | None], names: list[str]) -> "np.ndarray":
        """Numbers of the rows' labels, int64 (rows,); -1 of rows without one."""
        from edgeft.tasks.supervised_embeddings.relations import kinds

        return kinds(answers)

    def mates(self, truth: "np.ndarray") -> "tuple[np.ndarray, int] | None":
        from edgeft.tasks.supervised_embeddings.relations import AT_ONCE

        return truth, AT_ONCE

    def loss(
        self, logits: "torch.Tensor", truth: "torch.Tensor", weights: "torch.Tensor | None"
    ) -> "torch.Tensor":
        from edgeft.tasks.supervised_embeddings.losses import gathering

        return gathering(logits, truth, weights, self.temperature)

    def found(self, truth: "np.ndarray", outputs: "Outputs") -> "dict[str, np.ndarray]":
        from edgeft.tasks.supervised_embeddings.metrics import by_neighbours

        return by_neighbours(truth, outputs.values)

    def correct(self, truth: "np.ndarray", outputs: "Outputs", names: list[str]) -> "np.ndarray":
        """Whether the nearest other text has the row's label; True where no other has it."""
        import numpy as np

        from edgeft.tasks.supervised_embeddings.metrics import label_ranks

        rows, ranks = label_ranks(truth, outputs.values)
        found = np.ones(len(truth), dtype=bool)
        found[rows] = ranks == 1
        return found


class EmbeddingsFromScores(Learnt):
    """A vector for a text: of two texts, the cosine says how alike they are."""

    name = "embeddings-from-scores"
    columns = ("text", "pair", "label")
    metrics = {"spearman": True, "pearson": True}
    metric = "spearman"

    def write_rows(self, number: int, values: Mapping[str, Any]) -> list[Written]:
        from edgeft.tasks.regression.numbers import write
        from edgeft.tasks.supervised_embeddings.relations import of_scored

        rows = super().write_rows(number, {"text": values["text"]})
        if not rows or "pair" not in values:
            return rows
        pair = self.write_pair(values["pair"])
        return of_scored(number, rows[0][0], pair, write(values["label"]))

    def check_answers(self, answers: Sequence[str], names: list[str]) -> None:
        from edgeft.tasks.regression.numbers import check
        from edgeft.tasks.supervised_embeddings.relations import score_of

        check(sorted({score_of(each) for each in answers}))

    def together(self, answers: Sequence[str | None]) -> "np.ndarray | None":
        from edgeft.tasks.supervised_embeddings.relations import groups

        return groups(answers)

    def truth(self, answers: Sequence[str | None], names: list[str]) -> "np.ndarray":
        """Group, role and score of each row, float64 (rows, 3); -1, 0, 0 of texts alone."""
        from edgeft.tasks.supervised_embeddings.relations import scored

        return scored(answers)

    def mates(self, truth: "np.ndarray") -> "tuple[np.ndarray, int] | None":
        return truth[:, 0].astype("int64"), len(truth) or 1

    def loss(
        self, logits: "torch.Tensor", truth: "torch.Tensor", weights: "torch.Tensor | None"
    ) -> "torch.Tensor":
        from edgeft.tasks.supervised_embeddings.losses import ordering

        return ordering(logits, truth, weights, self.temperature)

    def score(self, truth: "np.ndarray", outputs: "Outputs", names: list[str]) -> Scores:
        from edgeft.tasks.regression.metrics import score
        from edgeft.tasks.supervised_embeddings.metrics import cosines_and_scores

        cosines, scores = cosines_and_scores(truth, outputs.values)
        found = score(scores, cosines)
        return Scores(
            n=found.n,
            metrics={name: found.metrics[name] for name in self.metrics},
            intervals={
                name: each for name, each in found.intervals.items() if name in self.metrics
            },
        )

    def difference_interval(
        self,
        truth: "np.ndarray",
        reference: "Outputs",
        candidate: "Outputs",
        metric: str,
        names: list[str],
    ) -> tuple[float, float]:
        from edgeft.tasks.regression.metrics import difference_interval
        from edgeft.tasks.supervised_embeddings.metrics import cosines_and_scores

        before, scores = cosines_and_scores(truth, reference.values)
        after, _ = cosines_and_scores(truth, candidate.values)
        return difference_interval(scores, before, after, metric)


@hookimpl
def edgeft_register_tasks() -> Iterable[type[Task]]:
    return [EmbeddingsFromLabels, EmbeddingsFromPairs, EmbeddingsFromScores]
