"""Names of labels as texts."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from edgeft.artifacts import Dataset
from edgeft.context import Context
from edgeft.data.rows import open_split, write_split
from edgeft.tasks.text_classification import TextClassification
from edgeft_augment import Delete, Names

Data = Callable[..., Dataset]


@pytest.fixture
def data(tmp_path: Path) -> Data:
    """Make a dataset of training texts with these labels, and of held-out texts."""

    def make(*labels: str | None, held_out: tuple[str, ...] = ("something else",)) -> Dataset:
        with Dataset.create(tmp_path / "data") as draft:
            texts = [(f"text number {place}", label) for place, label in enumerate(labels)]
            splits = {"train": texts, "validation": [(text, "card_lost") for text in held_out]}
            first = 0
            for split, rows in splits.items():
                written = [
                    {"id": first + place, "text": text, "label": label, "parent": None}
                    for place, (text, label) in enumerate(rows)
                ]
                draft.manifest.rows[split] = write_split(draft.path, split, written)
                first += len(rows)
            draft.manifest.labels = sorted({"card_lost", *(each for each in labels if each)})
            draft.manifest.task = "text-classification"
        return draft.artifact

    return make


@pytest.fixture
def augment(tmp_path: Path) -> Callable[..., list[dict[str, Any]]]:
    """The copies that a step adds."""

    def run(data: Dataset, cls: Any = Names, out: str = "out", **options: Any) -> Any:
        context = Context(out=tmp_path / out, task=TextClassification())
        made = cls(cls.Options(**options), context).run(data)
        return [row for row in open_split(made, "train") if row["parent"] is not None]

    return run


def test_each_name_stands_in_each_template_once(data, augment) -> None:
    found = augment(data("topUp", "card_lost", "topUp", "topUp", "topUp", "topUp"))
    assert Counter(row["label"] for row in found) == {"topUp": 4, "card_lost": 4}
    assert {row["text"] for row in found if row["label"] == "card_lost"} == {
        "card lost",
        "this is about card lost",
        "a text about card lost",
        "a message about card lost",
    }
    assert [row["parent"] for row in found if row["label"] == "topUp"] == [0, 2, 3, 4]
    assert [row["parent"] for row in found if row["label"] == "card_lost"] == [1] * 4
    assert len({row["id"] for row in found}) == 8


def test_descriptions_and_templates_that_are_given_are_used(data, augment) -> None:
    found = augment(
        data("card_lost", "topUp"),
        descriptions={"topUp": "putting money on an account"},
        templates=["help: {}!"],
    )
    assert [row["text"] for row in found] == [
        "help: card lost!",
        "help: putting money on an account!",
    ]


def test_copies_and_rows_without_a_label_are_nobodys_name(data, augment, tmp_path) -> None:
    augment(data("card_lost", None), cls=Delete, out="deleted")
    found = augment(Dataset.open(tmp_path / "deleted"), templates=["{}"])
    named = [row for row in found if row["text"] == "card lost"]
    assert [row["parent"] for row in named] == [0]


def test_a_name_that_is_held_out_is_left_out(data, augment) -> None:
    found = augment(data("card_lost", "topUp", held_out=("Card lost!",)), templates=["{}"])
    assert [row["text"] for row in found] == ["top up"]


@pytest.mark.parametrize("template", ["about", "{} and {}", "{name}", "{} {"])
def test_a_template_without_one_place_is_refused(template) -> None:
    with pytest.raises(ValidationError, match=r"needs one \{\} for the name of a label"):
        Names.Options(templates=[template])
