"""Relation extraction: one label out of a closed list for two parts of a text, in their order."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from edgeft.hookspecs import hookimpl
from edgeft.manifests import Decoding
from edgeft.tasks import FileReader, Task
from edgeft.tasks.text_classification import TextClassification

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np

    from edgeft.runtime.outputs import Outputs


class RelationExtraction(TextClassification):
    """How two marked parts of a text are related, the first to the second."""

    name = "relation-extraction"
    metric = "macro_f1"
    marks = "relation"
    further = ("head", "tail", "head_start", "head_end", "tail_start", "tail_end")

    def reader_of(self, suffix: str, *, labelled: bool = True) -> FileReader | None:
        from edgeft.tasks.relation_extraction.semeval import read_either, read_semeval

        if suffix != ".txt":
            return None
        return read_semeval if labelled else read_either

    def own_columns(self, row: Mapping[str, Any]) -> dict[str, str]:
        from edgeft.runtime.marking import is_tagged
        from edgeft.tasks.recognizing import beside

        return beside(row, is_tagged)

    def write_text(self, value: Any) -> str:
        """The text with its parts marked, as every model of this task reads it."""
        from edgeft.tasks.relation_extraction.rows import marked_text

        return marked_text(value)

    def kept_spans(self, text: str) -> list[tuple[int, int]]:
        from edgeft.runtime.marking import mention_places

        return mention_places(text)

    def load_model(
        self,
        source: "Path",
        labels: list[str] | None = None,
        *,
        pooling: str | None = None,
        **config: Any,
    ) -> Any:
        """Load an encoder with a head that reads the marks, whose vectors are not pooled."""
        from edgeft.tasks.relation_extraction.head import load_model

        return load_model(source, labels, **config)

    def first_decoding(self, names: list[str]) -> Decoding:
        return Decoding(function="relation")

    def calibrated(self, truth: "np.ndarray", outputs: "Outputs", names: list[str]) -> Decoding:
        found = super().calibrated(truth, outputs, names)
        return found.model_copy(update={"function": "relation"})


@hookimpl
def edgeft_register_tasks() -> Iterable[type[Task]]:
    return [RelationExtraction]
