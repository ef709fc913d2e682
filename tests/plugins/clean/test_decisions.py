"""A file of decisions is followed as a person left it, or refused by the line that cannot be."""

import csv
from pathlib import Path
from typing import Any

import pytest
from notes import Notes
from reviewed import (
    HELD_OUT,
    TOPICS,
    Reviewed,
    clean_texts,
    dataset,
    decisions,
    edit,
    rows_of,
    said,
    weights_in,
)

from edgeft.artifacts import Dataset
from edgeft.context import Context
from edgeft.data.rows import open_split, write_split
from edgeft.errors import DataError
from edgeft.tasks.text_classification import TextClassification
from edgeft_clean import Review, ReviewOptions
from edgeft_clean.decisions import COLUMNS, key_of, unescaped


def test_an_edited_file_is_followed_to_the_letter(tmp_path: Path, review: Reviewed) -> None:
    texts = [*clean_texts(), clean_texts()[0], clean_texts()[1]]
    data = dataset(tmp_path / "data", train=texts, validation=HELD_OUT)
    first = review(data, checks=["duplicate"])

    def decide(row: dict[str, str]) -> None:
        if row["text"] == clean_texts()[0][0]:
            row["action"] = "keep"
        else:
            row["action"], row["new_label"] = "relabel", "cars"

    file = edit(first, tmp_path / "mine.csv", decide)
    found = review(data, out="followed", decisions=str(file))
    assert rows_of(found, "train") == [
        *clean_texts(),
        clean_texts()[0],
        (clean_texts()[1][0], "cars"),
    ]
    figures = found.manifest.history[-1].figures
    assert (figures["dropped"], figures["relabelled"], figures["kept"]) == (0, 1, 1)


def test_a_label_that_is_not_given_is_told(tmp_path: Path) -> None:
    texts = [*clean_texts(), *clean_texts()[:3]]
    data, notes = dataset(tmp_path / "data", train=texts), Notes()
    labels = iter(["cars", "cars", texts[2][1]])

    def run(out: str, **options: Any) -> Dataset:
        context = Context(out=tmp_path / out, task=TextClassification(), progress=notes)
        return Review(ReviewOptions(**options), context).run(data)

    def decide(row: dict[str, str]) -> None:
        row["new_label"] = next(labels)
        row["action"] = "relabel" if row["new_label"] == row["label"] else "keep"

    file = edit(run("first", checks=["duplicate"]), tmp_path / "mine.csv", decide)
    notes.said.clear()
    found = run("followed", decisions=str(file))
    assert rows_of(found, "train") == texts
    assert found.manifest.history[-1].figures["relabelled"] == 0  # it has that label
    assert (
        "2 lines name a new_label beside another action than relabel, so it is not given; the first"
        f" is {file}, line 2"
    ) in notes.said


def test_a_person_may_let_a_row_count_less(tmp_path: Path, review: Reviewed) -> None:
    texts = [*clean_texts(), clean_texts()[0], clean_texts()[1]]
    first = review(dataset(tmp_path / "data", train=texts), checks=["duplicate"])
    weights = iter(["0,25", ""])

    def decide(row: dict[str, str]) -> None:
        row["action"], row["weight"] = "Down-weight", next(weights)

    file = edit(first, tmp_path / "mine.csv", decide)
    found = review(Dataset.open(first.path), out="followed", decisions=str(file))
    assert rows_of(found, "train") == texts
    assert weights_in(found) == [None] * len(clean_texts()) + [0.25, 0.5]
    figures = found.manifest.history[-1].figures
    assert (figures["dropped"], figures["relabelled"], figures["down_weighted"]) == (0, 0, 2)
    assert found.manifest.summary["weighted"] == {"rows": 2, "least": 0.25, "most": 1.0}
    again = review(found, out="again", decisions=str(file))
    assert weights_in(again)[-2:] == [0.0625, 0.25]


@pytest.mark.parametrize("delimiter", [",", ";"])
def test_a_spreadsheet_may_have_saved_the_file(
    delimiter: str, tmp_path: Path, review: Reviewed
) -> None:
    texts = [*clean_texts(), *[("=SUM(A1) is my cat", "pets")] * 2]
    data = dataset(tmp_path / "data", train=texts)
    first = review(data, checks=["duplicate"])
    ((text, action, _),) = said(first, "duplicate")
    assert (text, action) == ("'=SUM(A1) is my cat", "drop")
    with (tmp_path / "mine.csv").open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, delimiter=delimiter)
        writer.writeheader()
        writer.writerows(
            {**row, "text": "#NAME?", "row": f"{row['row']}.0", "action": "Drop"}
            for row in decisions(first)
        )
    found = review(data, out="followed", decisions=str(tmp_path / "mine.csv"))
    assert rows_of(found, "train") == texts[:-1]


def test_copies_go_the_way_of_their_parent(tmp_path: Path, review: Reviewed) -> None:
    texts = [*clean_texts(), ("my cat sat on the bread", "food")]
    parent = len(texts) - 1
    with Dataset.create(tmp_path / "data") as draft:
        rows = [
            {"id": number, "text": text, "label": label, "parent": None}
            for number, (text, label) in enumerate(texts)
        ]
        copy = {"id": 900, "text": "my cat sat", "label": "food", "parent": parent}
        rows.append({**copy, "soft": [0.1, 0.8, 0.1]})
        write_split(draft.path, "train", rows)
        draft.manifest.rows["train"] = len(rows)
        draft.manifest.task = TextClassification.name
        draft.manifest.labels = sorted(TOPICS)
    first = review(draft.artifact, checks=["label", "outlier", "near-duplicate"])
    file = tmp_path / "mine.csv"
    key = key_of("my cat sat on the bread")
    file.write_text(f"action,new_label,key,row\nrelabel,pets,{key},{parent}\n")
    found = review(draft.artifact, out="followed", decisions=str(file))
    assert first.manifest.rows == found.manifest.rows
    assert rows_of(found, "train")[-2:] == [
        ("my cat sat on the bread", "pets"),
        ("my cat sat", "pets"),
    ]
    assert open_split(first, "train")["soft"][-1] == pytest.approx([0.1, 0.8, 0.1])
    assert open_split(found, "train")["soft"][-1] is None  # it was said of another label


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("remove,,{key},{row}", "line 2: unknown action 'remove'"),
        (",,{key},{row}", "line 2: unknown action ''"),
        ("drop,{key},{row}", "line 2: fields: 3, columns: 4"),
        ('keep,,{key},{row}\ndrop,,"{key},{row}', "line 3: unexpected end of data"),
        ('keep,,{key},{row}\ndrop,,"{key}"s,{row}', "line 3: ',' expected after"),
        ("relabel,birds,{key},{row}", "line 2: relabel to 'birds', which is not among"),
        ("drop,,{other},{row}", "line 2: row 0 of these data is another text"),
        ("drop,,{key},9999", "line 2: row 9999 of these data is another text"),
        ("drop,,{key},first", "line 2: row first of these data is another text"),
        ("drop,,{key},{row}\nkeep,,{key},{row}", "line 3: row 0 stands there twice"),
        ("down-weight,,{key},{row},half", "line 2: the weight is 'half', not a number from 0 to 1"),
        ("down-weight,,{key},{row},-0.5", "line 2: the weight is '-0.5', not a number from 0"),
        ("down-weight,,{key},{row},nan", "line 2: the weight is 'nan', not a number from 0"),
        ("down-weight,,{key},{row},1.5", "line 2: the weight is '1.5', not a number from 0"),
        ("down-weight,,{held_key},{held},", "line 2: row 192 is one of validation, which nothing"),
    ],
)
def test_a_file_that_cannot_be_followed_is_refused(
    line: str, message: str, tmp_path: Path, review: Reviewed
) -> None:
    data = dataset(tmp_path / "data", train=clean_texts(), validation=HELD_OUT)
    file = tmp_path / "mine.csv"
    line = line.format(
        key=key_of(clean_texts()[0][0]), other=key_of("another text"), row=0,
        held_key=key_of(HELD_OUT[0][0]), held=len(clean_texts()),
    )  # fmt: skip
    weight = ",weight" if line.startswith("down") else ""
    file.write_text(f"action,new_label,key,row{weight}\n{line}\n")
    with pytest.raises(DataError, match=message):
        review(data, decisions=str(file))
    assert not (tmp_path / "reviewed").exists()


def test_a_file_of_something_else_is_refused(tmp_path: Path, review: Reviewed) -> None:
    file = tmp_path / "mine.csv"
    file.write_text("text,label\na cat,pets\n")
    with pytest.raises(DataError, match="has no column 'action'") as caught:
        review(dataset(tmp_path / "data", train=clean_texts()), decisions=str(file))
    assert "a decisions file has the columns action, new_label" in caught.value.hint


def test_the_last_row_of_a_label_cannot_be_dropped(tmp_path: Path, review: Reviewed) -> None:
    texts = [pair for pair in clean_texts() if pair[1] != "cars"]
    wheels = [("the first wheel", "cars"), ("the second wheel", "cars")]
    data = dataset(tmp_path / "data", train=[*texts, *wheels], validation=HELD_OUT)
    file = tmp_path / "mine.csv"
    lines = [
        f"drop,,{key_of(wheels[0][0])},{len(texts)}",
        f"relabel,food,{key_of(wheels[1][0])},{len(texts) + 1}",
        f"drop,,{key_of(texts[0][0])},0",
        f"drop,,{key_of(HELD_OUT[0][0])},{len(texts) + 2}",
    ]
    file.write_text("\n".join(["action,new_label,key,row", *lines]))
    with pytest.raises(DataError) as caught:
        review(data, decisions=str(file))
    assert caught.value.message == (
        f"{file}, line 3: the decisions leave no training row with the label 'cars'"
    )


def test_the_last_row_of_a_split_cannot_be_dropped(tmp_path: Path, review: Reviewed) -> None:
    data = dataset(tmp_path / "data", train=clean_texts(), validation=HELD_OUT)
    file = tmp_path / "mine.csv"
    lines = [
        f"drop,,{key_of(text)},{len(clean_texts()) + row}" for row, (text, _) in enumerate(HELD_OUT)
    ]
    lines.append(f"drop,,{key_of(clean_texts()[0][0])},0")
    file.write_text("\n".join(["action,new_label,key,row", *lines]))
    with pytest.raises(DataError) as caught:
        review(data, decisions=str(file))
    assert caught.value.message == f"{file}, line 3: the decisions leave no row of validation"


def test_a_row_without_a_label_cannot_be_given_one_here(tmp_path: Path, review: Reviewed) -> None:
    data = dataset(tmp_path / "data", train=clean_texts(), unlabelled=[("a lone dog", None)])
    file = tmp_path / "mine.csv"
    row = len(clean_texts())
    file.write_text(f"action,new_label,key,row\nrelabel,pets,{key_of('a lone dog')},{row}\n")
    with pytest.raises(DataError, match=f"row {row} is one of the unlabelled texts"):
        review(data, decisions=str(file))


def test_a_file_that_was_edited_in_place_leaves_its_dataset_whole(
    tmp_path: Path, review: Reviewed
) -> None:
    data = dataset(tmp_path / "data", train=[*clean_texts(), clean_texts()[0]])
    found = review(data, checks=["duplicate"])
    file = edit(found, found.path / "decisions.csv", lambda row: row.update(action="keep"))
    Dataset.open(found.path).verify()
    with pytest.raises(DataError, match="stands in the directory that is about to be replaced"):
        review(data, decisions=str(file))
    assert file.exists()


def test_a_text_that_would_be_a_formula_is_read_as_it_was(tmp_path: Path, review: Reviewed) -> None:
    odd = ["=1+1 \ufffd", "@united \ufffd", "-5 \ufffd", "'tis \ufffd", "my cat \ufffd"]
    data = dataset(tmp_path / "data", train=[*clean_texts(), *((text, "pets") for text in odd)])
    cells = [row["text"] for row in decisions(review(data, checks=["text"]))]
    assert [cell.startswith("'") for cell in cells] == [True, True, True, True, False]
    assert [unescaped(cell) for cell in cells] == odd
