"""Tags that BIO does not have are read all the same; the first is named, the others counted."""

import json

import pytest
from entities import write_conll
from notes import Notes

from edgeft.context import Context
from edgeft.data import DataSource
from edgeft.data.held_out import held_out
from edgeft.data.prepare import prepare
from edgeft.data.rows import open_split
from edgeft.tasks.token_classification import TokenClassification

TOKENS = ["Ann", "Lee", "left", "Bonn"]
LEGAL = ["B-person", "I-person", "O", "B-place"]
LENIENT = [["O", "I-person", "O", "B-place"], ["B-person", "I-place", "O", "O"], ["I-x", *"OOO"]]
SPANS = [
    [[4, 7, "person"], [13, 17, "place"]],
    [[0, 3, "person"], [4, 7, "place"]],
    [[0, 3, "x"]],
]
READ = "and is read as if an entity began there"


def conll(folder, rows):
    return write_conll(folder / "rows.conll", [(TOKENS, tags) for tags in rows])


def lines(folder, rows):
    path = folder / "rows.jsonl"
    path.write_text("\n".join(json.dumps({"text": TOKENS, "label": tags}) for tags in rows))
    return str(path)


def cells(folder, rows):
    path = folder / "rows.csv"
    path.write_text("\n".join(["text,label", *(f"Ann Lee left Bonn,{' '.join(r)}" for r in rows)]))
    return str(path)


@pytest.fixture
def read(tmp_path):
    """The spans of a file's rows, its summary's notes, and what its reader was told."""

    def prepared(path, **options):
        notes, task = Notes(), TokenClassification()
        context = Context(out=tmp_path / "data", task=task, progress=notes)
        right = conll(tmp_path / "right", [LEGAL])
        source = DataSource(train=path, validation=right, **options)
        data = prepare(source, task, context, find=lambda _: None)
        spans = [json.loads(each) for each in open_split(data, "train")["label"]]
        return spans, data.manifest.summary["notes"], notes.said

    (tmp_path / "right").mkdir()
    return prepared


@pytest.mark.parametrize(("write", "line"), [(conll, 6), (lines, 2), (cells, 3)])
def test_the_first_is_named_by_file_and_line_and_the_others_are_counted(
    write, line, read, tmp_path
):
    path = write(tmp_path, [LEGAL, *LENIENT])
    spans, notes, said = read(path)
    assert spans[1:] == SPANS
    note = f"{path}, line {line}: tag 2 is 'I-person' after 'O', {READ} (and 2 further rows)"
    assert note in notes
    assert note in said


@pytest.mark.parametrize("tag", ["b-person", "X-person", "person"])
def test_a_type_alone_beside_prefixes_is_named_though_it_is_read(tag, read, tmp_path):
    path = conll(tmp_path, [LENIENT[0], LEGAL, [tag, "O", "O", "O"]])
    spans, notes, _ = read(path)
    assert spans[2] == [[0, 3, tag]]
    told = f"tag 1 is {tag!r}, without the B- or I- that others have, and is read as a type of that"
    assert [note for note in notes if "tag" in note] == [f"{path}, line 11: {told} name"]


def test_types_alone_throughout_are_no_reason_to_say_so(read, tmp_path):
    path = conll(tmp_path, [["person", "person", "O", "place"], ["O", "O", "O", "place"]])
    assert not any("tag" in note for note in read(path)[1])


def test_one_alone_is_said_without_a_count(read, tmp_path):
    path = conll(tmp_path, [LEGAL, LENIENT[2]])
    assert f"{path}, line 6: tag 1 is 'I-x' at the beginning, {READ}" in read(path)[1]


@pytest.mark.parametrize(
    "rows",
    [
        [["I-person", "I-person", "O", "I-place"], ["O", "I-x", "O", "O"]],
        [["I-person", "B-person", "O", "I-place"], ["O", "I-x", "O", "O"]],
        [["person", "person", "O", "place"], ["O", "x", "O", "O"]],
        [LEGAL, ["B-x", "I-x", "B-x", "O"]],
    ],
    ids=["IO", "IOB1", "types alone", "BIO"],
)
def test_what_a_scheme_has_is_not_said(rows, read, tmp_path):
    assert not [each for each in read(conll(tmp_path, rows))[2] if READ in each]


def test_rows_that_are_left_out_are_not_counted(read, tmp_path):
    path = conll(tmp_path, [LEGAL, ["O", "I-person", "E-person", "O"], LENIENT[0]])
    _, notes, _ = read(path, skip_bad_rows=True)
    assert f"{path}, line 11: tag 2 is 'I-person' after 'O', {READ}" in notes


def test_who_scores_a_model_on_a_file_is_told_as_well(tmp_path):
    path, notes = conll(tmp_path, [LEGAL, *LENIENT]), Notes()
    source = DataSource(train=path)
    held_out(
        source,
        tmp_path / "data",
        TokenClassification(),
        find=lambda _: None,
        progress=notes,
    )
    assert notes.said == [
        f"{path}, line 6: tag 2 is 'I-person' after 'O', {READ} (and 2 further rows)"
    ]
