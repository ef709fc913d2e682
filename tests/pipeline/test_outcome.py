"""What a step returns is looked at: mistakes of a plugin's author, each as they are made."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from edgeft.artifacts import Dataset
from edgeft.context import Context
from edgeft.data.rows import copy_split, next_id, open_split, write_split
from edgeft.errors import PluginError
from edgeft.options import Options
from edgeft.pipeline.outcome import outcome
from edgeft.steps import Augmenter, Cleaner

Row = dict[str, Any]


class Nothing(Options):
    """No options."""


class Copying(Augmenter[Nothing]):
    """Copies every training text, with what a test changes of each copy."""

    name = "copying"
    Options = Nothing
    plugin = "somebody"
    change: Callable[[Row], Row] = staticmethod(lambda row: {})
    split = "train"
    left_out = ""

    def run(self, data: Dataset) -> Dataset:
        with self.writing(Dataset, data=data) as draft:
            rows = list(open_split(data, self.split))
            first = next_id(data)
            added = [
                row | {"id": first + n, "parent": row["id"]} | type(self).change(row)
                for n, row in enumerate(rows)
            ]
            for split in data.splits:
                if split == self.split:
                    draft.manifest.rows[split] = write_split(draft.path, split, rows + added)
                elif split != self.left_out:
                    draft.manifest.rows[split] = copy_split(data, draft.path, split)
            draft.figures |= {"share": np.float32(0.5), "each": [np.int64(1), np.ones(2)]}
        return draft.artifact


def test_what_is_right_is_returned_with_figures_of_numpy_as_pythons(
    tiny_dataset: Dataset, context: Context
) -> None:
    made = outcome(Copying(Nothing(), context), {"data": tiny_dataset})
    assert isinstance(made, Dataset)
    assert made.manifest.rows["train"] == 2 * tiny_dataset.manifest.rows["train"]
    found = Dataset.open(made.path).manifest.history[-1].figures
    assert found == {"share": 0.5, "each": [1, [1.0, 1.0]]}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"change": lambda row: {"id": row["id"]}}, "training rows with the id of another"),
        ({"change": lambda row: {"parent": None}}, "new rows without a `parent`: the id of"),
        ({"change": lambda row: {"text": None}}, "training rows without a text"),
        ({"change": lambda row: {"label": "new one"}}, "a row of the label 'new one', which the"),
        ({"split": "test"}, "rows to test, which had"),
        ({"left_out": "validation"}, "no validation split"),
    ],
)
def test_wrong_rows_are_told_and_taken_away(
    changes: dict[str, Any], said: str, tiny_dataset: Dataset, context: Context
) -> None:
    wrong = {name: staticmethod(each) if callable(each) else each for name, each in changes.items()}
    step = type("Wrong", (Copying,), wrong)(Nothing(), context)
    with pytest.raises(PluginError) as caught:
        outcome(step, {"data": tiny_dataset})
    assert caught.value.message.startswith("augment copying (plugin 'somebody') wrote ")
    assert said in caught.value.message
    assert not context.out.exists()


@pytest.mark.parametrize("returned", [None, "a path", 3])
def test_what_is_no_artifact_is_told(
    returned: object, tiny_dataset: Dataset, context: Context
) -> None:
    step = type("Wrong", (Copying,), {"run": lambda self, data: returned})(Nothing(), context)
    with pytest.raises(PluginError) as caught:
        outcome(step, {"data": tiny_dataset})
    assert caught.value.message == (
        f"augment copying (plugin 'somebody') returned {returned!r} and not the Dataset that it"
        " wrote"
    )


def test_what_it_was_given_is_not_what_it_made(tiny_dataset: Dataset, context: Context) -> None:
    step = type("Wrong", (Copying,), {"run": lambda self, data: data})(Nothing(), context)
    with pytest.raises(PluginError, match=f"and wrote nothing to {context.out}"):
        outcome(step, {"data": tiny_dataset})
    assert tiny_dataset.path.exists()


def test_cleaner_that_drops_every_training_text_is_told(
    tiny_dataset: Dataset, context: Context
) -> None:
    class Emptying(Cleaner[Nothing]):
        name = "emptying"
        Options = Nothing
        plugin = "somebody"

        def run(self, data: Dataset) -> Dataset:
            with self.writing(Dataset, data=data) as draft:
                for split in data.splits:
                    rows = [] if split == "train" else open_split(data, split)
                    draft.manifest.rows[split] = write_split(draft.path, split, rows)
            return draft.artifact

    with pytest.raises(PluginError, match="wrote no training texts"):
        outcome(Emptying(Nothing(), context), {"data": tiny_dataset})


def test_what_was_written_and_not_returned_is_taken_away(
    tiny_dataset: Dataset, context: Context
) -> None:
    class Forgetful(Copying):
        def run(self, data: Dataset) -> Dataset:
            super().run(data)
            return data

    with pytest.raises(PluginError, match="returned what stands at"):
        outcome(Forgetful(Nothing(), context), {"data": tiny_dataset})
    assert not context.out.exists()


@pytest.mark.parametrize(
    ("column", "values", "said"),
    [
        ("parent", None, "wrote training texts without the column 'parent'"),
        ("text", [1, 2], "wrote the column 'text' as int64, which is string"),
        ("id", [None, 1], "wrote 1 training rows without an id"),
    ],
)
def test_columns_that_a_plugin_wrote_by_itself_are_looked_at(
    column: str, values: Any, said: str, tiny_dataset: Dataset, context: Context
) -> None:
    rows = {"id": [8, 9], "text": ["a", "b"], "label": ["x", "y"], "parent": [None, 8]}
    written = {name: each for name, each in (rows | {column: values}).items() if each}

    class Own(Copying):
        def run(self, data: Dataset) -> Dataset:
            with self.writing(Dataset, data=data) as draft:
                for split in data.splits:
                    draft.manifest.rows[split] = copy_split(data, draft.path, split)
                pq.write_table(pa.table(written), draft.path / "train.parquet")
                draft.manifest.rows["train"] = 2
            return draft.artifact

    with pytest.raises(PluginError) as caught:
        outcome(Own(Nothing(), context), {"data": tiny_dataset})
    assert said in caught.value.message


def test_what_stood_there_before_stays_where_nothing_was_written(
    tiny_dataset: Dataset, context: Context
) -> None:
    good = outcome(Copying(Nothing(), context), {"data": tiny_dataset})
    again = context.at(context.out, force=True)
    step = type("Wrong", (Copying,), {"run": lambda self, data: None})(Nothing(), again)
    with pytest.raises(PluginError, match="returned None"):
        outcome(step, {"data": tiny_dataset})
    good.verify()
    assert Dataset.open(context.out).digest == good.digest
