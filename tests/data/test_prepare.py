"""A data source becomes a dataset: checked, split, described, and nothing is lost on the way."""

import errno
from collections.abc import Callable
from pathlib import Path

import pytest

from edgeft.artifacts import Dataset
from edgeft.data.checking import LEAVING_OUT
from edgeft.data.likeness import normalise
from edgeft.data.rows import open_split
from edgeft.errors import DataError, OutputError

Prepare = Callable[..., Dataset]
Complaint = Callable[..., tuple[str, str]]
WEIGHED = [("one", "x", "0.5"), ("two", "y", ""), ("three", "x", "2"), ("four", "y", "0")]


def write(path: Path, *rows: str, header: str = "text,label") -> str:
    path.write_text("\n".join([header, *rows]) + "\n")
    return str(path)


def test_dataset_says_what_it_is(questions: Path, prepare_data: Prepare) -> None:
    data = prepare_data({"train": str(questions), "test_size": 0.2}, seed=3, fingerprint="f")
    again = Dataset.open(data.path)
    again.verify()
    assert again.labels == ["card", "cash", "loan"]
    assert again.manifest.rows == {"train": 42, "validation": 6, "test": 12}
    assert sorted(again.manifest.files) == [
        "test.parquet",
        "train.parquet",
        "validation.parquet",
    ]
    assert again.manifest.fingerprint == "f"
    (record,) = again.manifest.history
    assert (record.kind, record.method, record.seed) == ("data", "prepare", 3)
    assert list(record.inputs) == ["train"]


def test_every_row_is_in_one_split_with_its_own_id(questions: Path, prepare_data: Prepare) -> None:
    data = prepare_data({"train": str(questions), "test_size": 0.2})
    rows = [row for split in data.splits for row in open_split(data, split)]
    assert sorted(row["id"] for row in rows) == list(range(60))
    lines = questions.read_text().splitlines()[1:]
    assert {row["id"]: f"{row['text']},{row['label']}" for row in rows} == dict(enumerate(lines))


def test_same_seed_gives_the_same_files(
    questions: Path, prepare_data: Prepare, tmp_path: Path
) -> None:
    source = {"train": str(questions)}
    digests = [
        prepare_data(source, out=tmp_path / name, seed=seed).digest
        for name, seed in (("a", 1), ("b", 1), ("c", 2))
    ]
    assert digests[0] == digests[1] != digests[2]


def test_near_identical_texts_never_cross_splits(prepare_data: Prepare, tmp_path: Path) -> None:
    verbs = ["lost", "stolen", "broken", "expired", "blocked", "eaten", "bent", "copied", "sold"]
    rows = [
        f"{form},{label}"
        for label in ("card", "phone")
        for verb in verbs
        for form in (f"My {label} was {verb}", f"my {label} was {verb}!", f"MY {label} was {verb}")
    ]
    data = prepare_data({"train": write(tmp_path / "t.csv", *rows), "validation_size": 0.3})
    seen = {
        split: {normalise(text) for text in open_split(data, split)["text"]}
        for split in data.splits
    }
    assert not seen["train"] & seen["validation"]
    assert data.manifest.summary["overlap"] == {"validation": {"exact": 0, "near": 0}}


def test_given_splits_are_kept_and_their_overlap_is_told(
    questions: Path, prepare_data: Prepare, tmp_path: Path, listener: object
) -> None:
    test = write(
        tmp_path / "test.csv", "how was the card lost today,card", "How? Was it cash!,cash"
    )
    pool = tmp_path / "pool.txt"
    pool.write_text("one text\n\nanother text\n")
    data = prepare_data(
        {"train": str(questions), "test": test, "unlabelled": str(pool)}, progress=listener
    )
    assert data.manifest.rows == {"train": 54, "validation": 6, "test": 2, "unlabelled": 2}
    assert open_split(data, "unlabelled")[:] == {
        "id": [62, 63],
        "text": ["one text", "another text"],
        "pair": [None, None],
        "label": [None, None],
        "parent": [None, None],
        "weight": [None, None],
        "soft": [None, None],
    }
    assert listener.notes == [
        "1 of 2 rows of test stand in train, or nearly so (1 exactly): figures on test are too"
        " good",
        f"1 row of unlabelled has an empty text and is left out, the first: {pool}, line 2",
        "no row of test has the label loan",
    ]
    assert data.manifest.summary["empty"] == {"unlabelled": [f"{pool}, line 2"]}


def test_pool_does_not_hold_what_the_student_is_judged_on(
    questions: Path, prepare_data: Prepare, tmp_path: Path, listener: object
) -> None:
    test = write(tmp_path / "test.csv", "where is my parcel,card", "who ate the notes,cash")
    held_out = open_split(prepare_data({"train": str(questions)}), "validation")["text"][0]
    pool = tmp_path / "pool.txt"
    pool.write_text(f"WHERE is my parcel?\nwho ate the notes\n{held_out}\na text of its own\n")
    data = prepare_data(
        {"train": str(questions), "test": test, "unlabelled": str(pool)},
        out=tmp_path / "pooled",
        progress=listener,
    )
    assert list(open_split(data, "unlabelled")["text"]) == ["a text of its own"]
    assert data.manifest.summary["held_out_in_pool"] == 3
    assert listener.notes == [
        "3 rows of unlabelled are like a text of validation or test and are left out",
        "no row of test has the label loan",
    ]


def test_pool_of_nothing_but_held_out_texts_is_refused(
    questions: Path, complaint: Complaint, tmp_path: Path
) -> None:
    test = write(tmp_path / "test.csv", "where is my parcel,card", "who ate the notes,cash")
    pool = tmp_path / "pool.txt"
    pool.write_text("Where is my parcel?\n")
    source = {"train": str(questions), "test": test, "unlabelled": str(pool)}
    assert complaint(source) == (
        "pool.txt: each of its texts stands in validation or test too",
        "name other texts, or leave `unlabelled:` out",
    )


def test_columns_are_mapped_and_labels_stripped(prepare_data: Prepare, tmp_path: Path) -> None:
    path = write(tmp_path / "t.tsv", "x \ta b", "y\tc d", " x\te f", "y\tg h", header="topic\tbody")
    data = prepare_data({"train": path, "columns": {"text": "body", "label": "topic"}})
    assert data.labels == ["x", "y"]


def test_weights_go_with_their_rows(
    prepare_data: Prepare, tmp_path: Path, listener: object
) -> None:
    rows = [f"text {word},{label},{weight}" for word, label, weight in WEIGHED]
    train = write(tmp_path / "t.csv", *rows, header="text,label,trust")
    test = write(tmp_path / "v.csv", "another text,x", "a last text,y")
    columns = {"weight": "trust"}
    data = prepare_data({"train": train, "validation": test, "columns": columns}, progress=listener)
    assert list(open_split(data, "train")["weight"]) == [0.5, None, 2.0, 0.0]
    assert list(open_split(data, "validation")["weight"]) == [None, None]
    assert listener.notes == [
        "3 rows of train count otherwise than 1: their weights go from 0 to 2"
    ]


def test_weights_are_counted_in_the_rows_that_train_keeps(
    questions: Path, prepare_data: Prepare, tmp_path: Path
) -> None:
    header, *rows = questions.read_text().splitlines()
    path = tmp_path / "weighed.csv"
    path.write_text("\n".join([f"{header},trust", *(f"{row},0.5" for row in rows)]) + "\n")
    source = {"train": str(path), "validation_size": 0.3, "columns": {"weight": "trust"}}
    data = prepare_data(source)
    assert data.manifest.rows == {"train": 42, "validation": 18}
    assert data.manifest.summary["weighted"] == {"rows": 42, "least": 0.5, "most": 0.5}


@pytest.mark.parametrize("weight", ["-1", "much", "NaN", "inf", "true"])
def test_a_weight_that_is_none_is_named(weight: str, complaint: Complaint, tmp_path: Path) -> None:
    train = write(tmp_path / "t.csv", "a,x,1", f"b,y,{weight}", header="text,label,weight")
    assert complaint({"train": train, "columns": {"weight": "weight"}}) == (
        f"t.csv, line 3: the weight is {weight!r}, not a number from 0 on",
        f"write how much the row counts, such as 0.5, or leave it empty for 1; {LEAVING_OUT}",
    )


@pytest.mark.parametrize("weight", ["-0.5", "NaN", "true", "[1]"])
def test_a_weight_in_json_that_is_none_is_named(
    weight: str, complaint: Complaint, tmp_path: Path
) -> None:
    file = tmp_path / "t.jsonl"
    file.write_text(f'{{"text": "a", "label": "x", "weight": {weight}}}\n')
    message, _ = complaint({"train": str(file), "columns": {"weight": "weight"}})
    assert message.startswith("t.jsonl, line 1: the weight is ")


def test_a_missing_column_of_weights_is_named(complaint: Complaint, tmp_path: Path) -> None:
    train = write(tmp_path / "t.csv", "a,x", "b,y")
    assert complaint({"train": train, "columns": {"weight": "trust"}}) == (
        "t.csv has no column 'trust'",
        "it has: text, label; say which is the weight: `columns: {weight: COLUMN}` in a recipe",
    )


def test_a_folder_has_no_weights(complaint: Complaint, tmp_path: Path) -> None:
    for label in ("x", "y"):
        (tmp_path / "texts" / label).mkdir(parents=True)
        (tmp_path / "texts" / label / "a.txt").write_text("a text")
    message, _ = complaint({"train": str(tmp_path / "texts"), "columns": {"weight": "trust"}})
    assert message == "texts is a folder, which has no column 'trust' of weights"


def test_existing_output_is_kept(questions: Path, prepare_data: Prepare) -> None:
    first = prepare_data({"train": str(questions)})
    with pytest.raises(OutputError, match="exists already"):
        prepare_data({"train": str(questions)})
    first.verify()
    prepare_data({"train": str(questions), "test_size": 0.2}, force=True)


def test_failure_keeps_the_dataset_that_was_there(
    questions: Path, prepare_data: Prepare, tmp_path: Path
) -> None:
    first = prepare_data({"train": str(questions)})
    with pytest.raises(DataError):
        prepare_data({"train": write(tmp_path / "t.csv", "a,x")}, force=True)
    first.verify()
    assert not list(tmp_path.glob(".data*"))


def test_full_disk_is_told_and_leaves_nothing(
    questions: Path, prepare_data: Prepare, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*args: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("edgeft.data.prepare.write_batches", full)
    with pytest.raises(OutputError) as caught:
        prepare_data({"train": str(questions)})
    assert caught.value.message == f"the disk is full: {tmp_path}/data could not be written"
    assert not list(tmp_path.glob("*data*"))


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        (
            ["a,x", "b,x"],
            (
                "t.csv: every row has the label 'x'",
                "a classifier needs two labels or more: check the label column; one that"
                " is new alone is for continue_from",
            ),
        ),
        (
            ["a,x", "b,y", "c,x"],
            (
                "t.csv, line 3: label 'y' has this one row",
                "a label needs two rows, one to train on and one to hold out: add some,"
                " or remove it",
            ),
        ),
        (
            ["a,x", "b,"],
            (
                "t.csv, line 3: the label is empty",
                "fill it in, or move the text to a file named by `data: {unlabelled: ...}`; "
                + LEAVING_OUT,
            ),
        ),
        (
            ["a,x", "a,x", "b,y", "b,y"],
            (
                "t.csv: the texts of each label are all alike, none is left for validation",
                "name texts of their own: `data: {validation: ...}`",
            ),
        ),
        ([",x", "  ,y"], ("t.csv has no row with a text", "check its text column")),
    ],
)
def test_data_that_nobody_can_learn_from_is_refused(
    rows: list[str], expected: tuple[str, str], complaint: Complaint, tmp_path: Path
) -> None:
    assert complaint({"train": write(tmp_path / "t.csv", *rows)}) == expected


def test_label_with_one_row_is_no_error_where_nothing_is_split_off(
    prepare_data: Prepare, tmp_path: Path
) -> None:
    train = write(tmp_path / "t.csv", "a,x", "b,y", "c,x")
    data = prepare_data({"train": train, "validation": write(tmp_path / "v.csv", "d,y")})
    assert data.manifest.rows == {"train": 3, "validation": 1}


@pytest.mark.parametrize("role", ["test", "validation"])
def test_label_that_train_lacks_is_named(
    role: str, questions: Path, complaint: Complaint, tmp_path: Path
) -> None:
    other = write(tmp_path / "o.csv", "a,card", "b,loans")
    assert complaint({"train": str(questions), role: other}) == (
        f"o.csv, line 3: label 'loans' of {role} is not in train",
        "did you mean 'loan'?",
    )


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (
            '{"text": 5, "label": "x"}',
            (
                "t.jsonl, line 1: the text is 5, not a string",
                "write it as a string, or name another column: `columns: {text: ...}`, or --text",
            ),
        ),
        (
            '{"text": "a", "label": ["x", "y"]}',
            (
                "t.jsonl, line 1: the label is ['x', 'y'], not a name",
                "write one label a row, or map another column: `columns: {label: ...}`",
            ),
        ),
        (
            '{"text": "a", "label": 0.5}',
            (
                "t.jsonl, line 1: the label is 0.5, not a name",
                "write one label a row, or map another column: `columns: {label: ...}`",
            ),
        ),
        (
            '{"text": "broken \\ud83d", "label": "x"}',
            (
                "t.jsonl, line 1: half of a surrogate pair, such as \\ud83d alone",
                "write the whole character",
            ),
        ),
    ],
)
def test_value_that_is_no_text_or_label_is_named(
    row: str, expected: tuple[str, str], complaint: Complaint, tmp_path: Path
) -> None:
    (tmp_path / "t.jsonl").write_text(f'{row}\n{{"text": "b", "label": "y"}}\n')
    message, hint = expected
    found = complaint({"train": str(tmp_path / "t.jsonl")})
    assert found == (message, f"{hint}; {LEAVING_OUT}")


def test_very_long_text_is_kept_and_told(
    questions: Path, prepare_data: Prepare, listener: object
) -> None:
    with questions.open("a") as file:
        file.write(f"{'word ' * 200_000},card\n")
    data = prepare_data({"train": str(questions)}, progress=listener)
    longest = [each["characters"]["max"] for each in data.manifest.summary["splits"].values()]
    assert max(longest) == 1_000_000
    assert [note for note in listener.notes if "1,000,000 characters" in note]


def test_label_of_repeated_texts_keeps_training_rows(prepare_data: Prepare, tmp_path: Path) -> None:
    path = write(tmp_path / "t.csv", "same,x", "same,x", "alpha,y", "beta,y", "gamma,y")
    data = prepare_data({"train": path})
    assert open_split(data, "train")["label"].count("x") == 2
    assert "no row of validation has the label x" in data.manifest.summary["notes"]
