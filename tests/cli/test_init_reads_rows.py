"""`edgeft init` reads every row, and says what a run would refuse or read otherwise."""

import json

import pytest


@pytest.mark.parametrize(
    ("task", "rows", "said"),
    [
        (
            "token-classification",
            [("Ann left", "[[0, 3, 'a']]"), ("Bo left", [[0, 2, "a"], [1, 4, "b"]])],
            "line 3: the spans [0, 2, 'a'] and [1, 4, 'b'] overlap: a run stops there, unless",
        ),
        ("regression", [("a", "1.5"), ("b", "1_000")], "line 3: the score is '1_000', not a num"),
        ("fill-mask", [("the [MASK]", "sky"), ("a [MASK]", "[MASK]")], "line 3: the hidden word"),
        (
            "multi-label-classification",
            [("a", "x|y"), ("b", "y|x")],
            "train.csv: every row has the same labels: 'x', 'y': a run stops there (a model needs",
        ),
        (
            "token-classification",
            [("Ann left", "[]"), ("Bo left", "[]")],
            "train.csv: no row has an entity: a run stops there (check the column of tags",
        ),
        (
            "token-classification",
            [("Ann left", "B-a O"), ("Bo left", "X-a O")],
            "line 3: tag 1 is 'X-a', without the B- or I- that others have, and is read as a type",
        ),
    ],
)
def test_init_says_what_a_run_would_refuse_or_read_otherwise(
    task, rows, said, edgeft, write_csv, tmp_path
):
    cells = [(text, json.dumps(cell) if isinstance(cell, list) else cell) for text, cell in rows]
    cells = [(text, cell.replace("'", '"')) for text, cell in cells]
    train = write_csv("train.csv", [cells[0]] if len(cells) == 1 else cells)
    made = edgeft("init", "--task", task, "--train", train, "--out", tmp_path / "r.yaml", "--yes")
    assert made.code == 0, made.err
    (note,) = [line for line in made.err.splitlines() if said in line]
    assert note.startswith(f"note: {train}")
