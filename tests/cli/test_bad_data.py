"""Data that cannot be used: two lines that say so, and nothing lost or left behind."""

import json
from pathlib import Path

import pytest

from edgeft.data.checking import LEAVING_OUT


@pytest.fixture
def refused(edgeft, earlier, tmp_path, snapshot):
    """Run a step on bad data over an earlier output, and return the two lines."""

    def run(*arguments):
        before = snapshot(tmp_path)
        done = edgeft("augment", "delete", "--out", earlier, "--force", *arguments)
        assert done.code == 1
        assert snapshot(tmp_path) == before
        error, hint = done.last_two
        assert (error[:7], hint[:6]) == ("error: ", "hint: ")
        return error[7:], hint[6:]

    return run


def test_missing_file(refused, tmp_path):
    path = tmp_path / "nowhere.csv"
    assert refused("--data", path) == (
        f"train: no file, folder or sample '{path}'",
        "check the path; a hub id is written OWNER/NAME",
    )


def test_a_hub_dataset_without_network(refused):
    error, hint = refused("--data", "org/no-such-data")
    assert error.startswith("hub dataset org/no-such-data#train cannot be loaded: ")
    assert hint == "check its name and the network, or name a file"


def test_missing_column(refused, train_csv):
    assert refused("--data", train_csv, "--label", "category") == (
        f"{train_csv} has no column 'category'",
        "it has: text, label; say which is the label: --label COLUMN,"
        " or `columns: {label: COLUMN}` in a recipe",
    )


@pytest.mark.parametrize(
    ("command", "option"),
    [("predict", "--file"), ("bench", "--file"), ("tune", "--file"), ("evaluate", "--data")],
)
def test_a_text_column_of_another_name_is_told_how_to_be_named(
    edgeft, tiny_bundle, write_csv, command, option
):
    mails = write_csv("mails.csv", [("where is my card", "card")] * 2, ("body", "label"))
    done = edgeft(command, tiny_bundle.path, option, mails)

    assert (done.code, done.last_two) == (
        1,
        [
            f"error: {mails} has no column 'text'",
            "hint: it has: body, label; say which is the text: --text COLUMN,"
            " or `columns: {text: COLUMN}` in a recipe",
        ],
    )


def test_empty_file(refused, tmp_path):
    path = tmp_path / "empty.csv"
    path.touch()
    assert refused("--data", path) == (
        f"{path} is empty",
        "check that it was written whole",
    )


def test_a_header_and_no_rows(refused, write_csv):
    path = write_csv("header.csv", [])
    assert refused("--data", path) == (
        f"{path} has no rows",
        "check that it was written whole",
    )


def test_a_single_class(refused, write_csv):
    path = write_csv("single.csv", [(f"text {n}", "card") for n in range(9)])
    assert refused("--data", path) == (
        f"{path}: every row has the label 'card'",
        "a classifier needs two labels or more: check the label column; one that"
        " is new alone is for continue_from",
    )


def test_a_class_with_one_row(refused, write_csv, good_rows):
    path = write_csv("one.csv", [*good_rows(), ("who is there", "other")])
    assert refused("--data", path) == (
        f"{path}, line 26: label 'other' has this one row",
        "a label needs two rows, one to train on and one to hold out: add some, or remove it",
    )


def test_a_test_label_unseen_in_training(refused, train_csv, write_csv):
    test = write_csv("test.csv", [("my card", "card"), ("some notes", "cahs")])
    assert refused("--data", train_csv, "--test", test) == (
        f"{test}, line 3: label 'cahs' of test is not in train",
        "did you mean 'cash'?",
    )


def test_only_empty_texts(refused, write_csv):
    path = write_csv("blank.csv", [("", "card"), ("  ", "cash")])
    assert refused("--data", path) == (
        f"{path} has no row with a text",
        "check its text column",
    )


def test_some_empty_texts_are_left_out_and_counted(edgeft, write_csv, good_rows, tmp_path):
    path = write_csv("some.csv", [*good_rows(), ("", "card"), (" ", "cash")])
    done = edgeft("augment", "delete", "--data", path, "--out", tmp_path / "new")

    assert done.code == 0
    assert "2 rows of train have an empty text and are left out" in done.err


def test_a_text_that_is_no_string(refused, tmp_path):
    path = tmp_path / "data.jsonl"
    rows = [{"text": "my card", "label": "card"}, {"text": 17, "label": "cash"}]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert refused("--data", path) == (
        f"{path}, line 2: the text is 17, not a string",
        "write it as a string, or name another column: `columns: {text: ...}`, or --text; "
        + LEAVING_OUT,
    )


def test_broken_utf8(refused, tmp_path):
    path = tmp_path / "latin.csv"
    path.write_bytes(b"text,label\nmy card,card\ncaf\xe9,cash\n")
    assert refused("--data", path) == (
        f"{path}, line 3: not valid utf-8",
        "save the file as UTF-8, or name its encoding, such as"
        " --encoding cp1252, in a recipe `data: {encoding: cp1252}`",
    )


def test_texts_of_a_million_characters_are_read_and_noted(edgeft, write_csv, good_rows, tmp_path):
    path = write_csv("long.csv", [*good_rows(), ("word " * 200_000, "card")])
    done = edgeft("augment", "delete", "--data", path, "--out", tmp_path / "new")

    assert done.code == 0
    assert "has 1,000,000 characters" in done.err


def test_a_dataset_that_was_tampered_with(refused, earlier):
    train = earlier.with_name("out.data") / "train.parquet"
    whole = train.read_bytes()
    train.write_bytes(whole[:-8])
    assert refused("--data", train.parent) == (
        f"{train} has {len(whole) - 8} bytes where {len(whole)} were written",
        "copy or make it again, whole",
    )
    train.write_bytes(whole[:-8] + bytes(8))
    assert refused("--data", train.parent) == (
        f"{train} is not the file that was written: its checksum differs",
        "copy or make it again, whole",
    )


def test_an_output_that_exists(edgeft, earlier, train_csv, snapshot):
    before = snapshot(earlier.parent)
    done = edgeft("augment", "delete", "--data", train_csv, "--out", earlier)

    assert (done.code, done.last_two) == (
        1,
        [f"error: {earlier} exists already", "hint: name another, or add --force"],
    )
    assert snapshot(earlier.parent) == before


def test_prepared_data_does_not_replace_something_else(edgeft, train_csv, tmp_path, snapshot):
    (tmp_path / "new.data").mkdir()
    (tmp_path / "new.data" / "thesis.txt").write_text("mine")
    before = snapshot(tmp_path)
    done = edgeft("augment", "delete", "--data", train_csv, "--out", tmp_path / "new", "--force")

    assert (done.code, done.last_two) == (
        1,
        [
            f"error: {tmp_path / 'new.data'} exists already, and edgeft did not make it",
            "hint: name another",
        ],
    )
    assert snapshot(tmp_path) == before


def test_data_of_another_source_are_not_replaced_unless_that_is_said(
    edgeft, train_csv, write_csv, tmp_path
):
    def made(source, out, *flags):
        return edgeft("augment", "delete", "--data", source, "--out", tmp_path / out, *flags)

    assert made(train_csv, "new").code == 0
    manifest = tmp_path / "new.data" / "edgeft.json"
    before = manifest.stat().st_mtime_ns
    done = made(train_csv, "new", "--force")
    assert (done.code, manifest.stat().st_mtime_ns) == (0, before)  # of the same they are taken
    assert f"{train_csv} is prepared in {tmp_path / 'new.data'}\n" in done.err
    other = write_csv("other.csv", [(f"{'ab'[n % 2]} {n} text", "ab"[n % 2]) for n in range(40)])
    (tmp_path / "new.data").rename(tmp_path / "newer.data")
    done = made(other, "newer")
    assert done.last_two == [
        f"error: {tmp_path / 'newer.data'} exists already",
        "hint: name another, or add --force",
    ]
    assert made(other, "newer", "--force").code == 0


@pytest.mark.skipif(not Path("/sys").is_dir(), reason="where nobody may write, root included")
def test_an_output_where_nobody_may_write(edgeft, train_csv):
    done = edgeft("augment", "delete", "--data", train_csv, "--out", "/sys/new")

    assert (done.code, done.last_two) == (
        1,
        ["error: no permission to write /sys/new.data", "hint: name another place"],
    )


def test_an_output_below_a_file(edgeft, train_csv):
    done = edgeft("augment", "delete", "--data", train_csv, "--out", train_csv / "new")

    assert (done.code, done.last_two) == (
        1,
        [
            f"error: {train_csv} cannot be made a directory: File exists",
            "hint: name another place",
        ],
    )


def test_a_recipe_leaves_bad_rows_out_where_it_is_run_so(
    edgeft, write_csv, write_recipe, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    rows = [(f"text number {n} of {'cash' if n % 2 else 'card'}", n % 2) for n in range(40)]
    train = write_csv("train.csv", [*rows, ("no label", "")])
    recipe = write_recipe(train, steps="[{augment: {method: delete, copies: 1}}]")
    done = edgeft("run", recipe)
    assert done.code == 1
    assert done.last_two[0] == f"error: {train}, line 42: the label is empty"
    assert "--skip-bad-rows" in done.last_two[1]
    planned = edgeft("plan", recipe, "--skip-bad-rows")
    assert (planned.code, planned.out.splitlines()[-1][:11]) == (0, "runs/recipe")
    edgeft("run", recipe, "--skip-bad-rows")
    assert f"{train}, line 42" in (tmp_path / "runs/recipe/data/skipped.txt").read_text()
