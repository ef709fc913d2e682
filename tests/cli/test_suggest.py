"""`edgeft suggest`: texts to label, as a table, a file to fill in, and JSON."""

import csv
import json
import shutil

import pytest

POOL = [
    "where is the thing that I wanted", "my card and the coins", "please help with it",
    "iban or pin", "the app says that", "notes", "contactless plastic",
]  # fmt: skip


@pytest.fixture
def pool(tmp_path):
    path = tmp_path / "pool.txt"
    path.write_text("\n".join(POOL) + "\n", encoding="utf-8")
    return path


def test_a_table_of_texts_the_least_certain_first(edgeft, tiny_bundle, pool):
    done = edgeft("suggest", tiny_bundle.path, "--file", pool, "--count", "3")
    header, *rows = done.out.splitlines()
    assert done.code == 0
    assert header.split() == ["unsure", "between", "text"]
    assert len(rows) == 3
    unsure = [float(row.split()[0]) for row in rows]
    assert unsure == sorted(unsure, reverse=True)


def test_it_is_as_sure_as_the_bundle_says_of_itself(edgeft, tiny_bundle, pool, tmp_path):
    copy = shutil.copytree(tiny_bundle.path, tmp_path / "bundle")
    manifest = json.loads((copy / "edgeft.json").read_text())
    manifest["decoding"]["temperature"] = 1.7
    (copy / "edgeft.json").write_text(json.dumps(manifest))
    asked = ("--file", pool, "--json")
    found = json.loads(edgeft("suggest", copy, *asked, "--count", "3").out)
    said = map(json.loads, edgeft("predict", copy, *asked).out.splitlines())
    sure = {each["text"]: each["probability"] for each in said}
    for each in found:
        assert each["probability"] == pytest.approx(sure[each["text"]], abs=1e-4)


def test_a_checkpoint_suggests_as_its_bundle_does(edgeft, tiny_bundle, tiny_checkpoint, pool):
    asked = ("--file", pool, "--count", "3", "--json")
    found = [
        json.loads(edgeft("suggest", path, *asked).out)
        for path in (tiny_bundle.path, tiny_checkpoint.path)
    ]
    places = [sorted(each["place"] for each in one) for one in found]
    assert places[0] == places[1]
    assert len(places[0]) == 3


def test_a_file_with_an_empty_column_for_the_label(edgeft, tiny_bundle, pool, tmp_path):
    out = tmp_path / "label-me.csv"
    asked = ("suggest", tiny_bundle.path, "--file", pool, "--count", "4", "--out", out)
    done = edgeft(*asked)
    assert (done.code, done.out.startswith(f"wrote {out}; fill in its labels")) == (0, True)
    with out.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 4
    assert {row["label"] for row in rows} == {""}
    assert {row["text"] for row in rows} < set(POOL)
    again = edgeft(*asked)
    assert (again.code, again.err) == (
        1,
        f"error: {out} exists already\nhint: name another, or add --force\n",
    )


def test_a_checkpoint_that_knows_no_labels_is_named(edgeft, tiny_checkpoint, pool, tmp_path):
    adapted = tmp_path / "adapted"
    shutil.copytree(tiny_checkpoint.path, adapted)
    manifest = json.loads((adapted / "edgeft.json").read_text())
    (adapted / "edgeft.json").write_text(json.dumps({**manifest, "labels": []}))
    done = edgeft("suggest", adapted, "--file", pool, "--count", "3")
    assert (done.code, done.err.splitlines()[-2:]) == (
        1,
        [
            f"error: {adapted} knows no labels: it was adapted to texts alone",
            f"hint: finetune it first: edgeft finetune full --base {adapted}",
        ],
    )


def test_what_is_labelled_already_is_left_out(edgeft, tiny_bundle, pool, tmp_path):
    known = tmp_path / "known.txt"
    known.write_text("\n".join(POOL[2:]).upper(), encoding="utf-8")
    asked = ("--file", pool, "--count", "7", "--known", known, "--json")
    done = edgeft("suggest", tiny_bundle.path, *asked)
    assert {each["text"] for each in json.loads(done.out)} == set(POOL[:2])
    assert "only 2 of 7" in done.err


def test_texts_that_are_known_may_stand_in_a_column_of_another_name(
    edgeft, tiny_bundle, pool, write_csv, tmp_path
):
    known = write_csv("known.csv", [(text, "card") for text in POOL[2:]], ("said", "label"))
    asked = ("--file", pool, "--count", "7", "--known", known, "--known-text", "said", "--json")
    done = edgeft("suggest", tiny_bundle.path, *asked)
    assert {each["text"] for each in json.loads(done.out)} == set(POOL[:2])


def test_an_empty_pool_is_an_error(edgeft, tiny_bundle, tmp_path):
    pool = tmp_path / "pool.txt"
    pool.write_text(" \n\n", encoding="utf-8")
    done = edgeft("suggest", tiny_bundle.path, "--file", pool)
    assert done.code == 1
    assert done.err.startswith("error:")


def test_a_model_that_answers_something_else_is_refused(edgeft, make_entity_bundle, pool):
    done = edgeft("suggest", make_entity_bundle("bert").path, "--file", pool)
    message = "error: texts to label are not suggested for token-classification"
    assert (done.code, done.last_two[0]) == (1, message)
