"""The rows of a dataset as the checks look at them: every split's, in one row after another."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from edgeft.data.likeness import Likeness
from edgeft.data.rows import likeness_of, open_split, whole_texts
from edgeft.data.splitting import rows_together, united
from edgeft.plugin import Dataset, Task
from edgeft.progress import Progress

EXCERPT = 60
"""characters of another row's text in what is said of a row"""


@dataclass(frozen=True)
class Rows:
    """The originals of all splits; copies are made anew from what is left of them."""

    ids: np.ndarray
    """int64 (rows,)"""
    splits: np.ndarray
    """names, (rows,)"""
    texts: pa.ChunkedArray
    """strings; of a pair both texts, a line each"""
    labels: list[str]
    """names, or what else the task answers; empty for a text without an answer"""
    said: list[str]
    """the same in words, which like texts have in common wherever in them an answer stands"""
    likeness: Likeness
    names: list[str]
    """of all labels of the dataset"""
    one_label: bool = True
    """whether a row has one label, that another could take the place of"""
    labelled: bool = True
    """whether rows are to have an answer"""
    groups: Likeness | None = None
    """of what rows belong to, where their answers say no more than that"""

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def training(self) -> np.ndarray:
        """The places of the training rows, those without the answer that they should have apart.

        int64 (places,).
        """
        counts = np.asarray([bool(label) or not self.labelled for label in self.labels], bool)
        return np.flatnonzero((self.splits == "train") & counts)

    @property
    def given(self) -> list[str]:
        """The labels of the training rows."""
        return [self.labels[place] for place in self.training]

    def text(self, place: int) -> str:
        """The text at a place."""
        return str(self.texts[int(place)].as_py())

    def excerpt(self, place: int) -> str:
        """The beginning of the text at a place, in one line."""
        text = " ".join(self.text(place).split())
        return text if len(text) <= EXCERPT else text[: EXCERPT - 1] + "…"


def read(data: Dataset, task: Task, progress: Progress) -> Rows:
    """Read the originals of all splits, and compare their texts."""
    tables, splits = [], []
    for split in data.splits:
        table = open_split(data, split).with_format("arrow")[:]
        table = table.filter(pc.is_null(table["parent"]))
        tables.append(table.select(["id", "text", "pair", "label"]))
        splits += [split] * len(table)
    everything = pa.concat_tables(tables)
    of_rows = whole_texts(everything)
    with progress.bar("comparing", len(everything), "texts") as bar:
        likeness = likeness_of(everything, task, bar)
    together = rows_together(tables, task)
    answers = [None] * len(everything) if together is not None else everything["label"].to_pylist()
    return Rows(
        ids=everything["id"].to_numpy(),
        splits=np.asarray(splits),
        texts=of_rows,
        labels=[label or "" for label in answers],
        said=in_words(everything, answers, task),
        likeness=likeness,
        names=data.labels,
        one_label=task.answer == "label",
        labelled=task.labelled,
        groups=None if together is None else united(likeness, together),
    )


def in_words(table: pa.Table, answers: list[str | None], task: Task) -> list[str]:
    """What the answers of a table's rows say; empty where there is none."""
    found: list[str] = []
    for batch in table.select(["text", "pair"]).to_batches():
        for text, pair in zip(batch["text"].to_pylist(), batch["pair"].to_pylist(), strict=True):
            answer = answers[len(found)]
            given = text if pair is None else (text, pair)
            found.append(task.in_words(answer, given) if answer else "")
    return found
