import json

import pytest
from datasets import ClassLabel, Features, List, Value
from datasets import Dataset as Rows

from edgeft.artifacts import Dataset
from edgeft.context import Context
from edgeft.data import DataSource
from edgeft.data.asked import read_asked
from edgeft.data.prepare import prepare
from edgeft.data.rows import open_split
from edgeft.errors import DataError
from edgeft.tasks.token_classification import TokenClassification

CONLL = """\
-DOCSTART- -X- -X- O

# id = 7
Ann NNP B-NP B-person
Lee NNP I-NP I-person
# SYM B-NP O

\t
in IN B-PP O
Bonn NNP B-NP B-place
"""


@pytest.fixture
def read(tmp_path):
    def read_it(train, **options):
        context = Context(out=tmp_path / "data", task=TokenClassification())
        source = DataSource(train=str(train), validation=str(train), **options)
        data = prepare(source, context.task, context, find=lambda _: None)
        rows = open_split(data, "train")
        return data, list(zip(rows["text"], map(json.loads, rows["label"]), strict=True))

    return read_it


@pytest.mark.parametrize("name", ["a.conll", "a.iob", "a.txt", "A.CONLL"])
def test_a_conll_file_becomes_texts_with_spans(read, tmp_path, name):
    (tmp_path / name).write_text(CONLL)
    data, rows = read(tmp_path / name)
    assert rows == [
        ("Ann Lee #", [[0, 7, "person"]]),
        ("in Bonn", [[3, 7, "place"]]),
    ]
    assert data.labels == ["O", "B-person", "I-person", "B-place", "I-place"]
    assert data.manifest.summary["splits"]["train"]["labels"] == {"person": 1, "place": 1}


def test_columns_may_be_separated_by_tabs_and_tokens_hold_blanks(read, tmp_path):
    (tmp_path / "a.conll").write_text("10 000\tB-sum\n#\tO\n#x y\tO\n")
    assert read(tmp_path / "a.conll")[1] == [("10 000 # #x y", [[0, 6, "sum"]])]


def test_tags_may_be_types_alone_for_tokens_that_begin_as_comments_do(read, tmp_path):
    (tmp_path / "a.conll").write_text(
        "# id = 7\n# 7\n#obama person\nin O\n# sign\n#berlin place\n\n# O\nnobody O\n"
    )
    assert read(tmp_path / "a.conll")[1] == [
        ("#obama in # #berlin", [[0, 6, "person"], [10, 11, "sign"], [12, 19, "place"]]),
        ("# nobody", []),
    ]


def test_comments_of_another_width_are_left_out_wherever_they_stand(read, tmp_path):
    (tmp_path / "a.conll").write_text("a O\n# text = a b\nb B-x\n\n# newdoc\n\n# one two\nc\tO\n")
    assert read(tmp_path / "a.conll")[1] == [("a b", [[2, 3, "x"]]), ("c", [])]


def test_hashtags_of_a_file_without_tags_are_tokens(read, tmp_path):
    (tmp_path / "a.conll").write_text(CONLL)
    (tmp_path / "pool.conll").write_text("# text = #good news\n#good\nnews\n#\n\n#so\n")
    data, _ = read(tmp_path / "a.conll", unlabelled=str(tmp_path / "pool.conll"))
    assert open_split(data, "unlabelled")["text"] == ["#good news #", "#so"]


def test_a_bad_sentence_is_named_by_its_line_and_further_ones_are_counted(read, tmp_path):
    file = tmp_path / "a.conll"
    file.write_text("a O\n\nb B-x\nc\n\nd B-x\ne S-x\n\nf S-x\n")
    with pytest.raises(DataError) as error:
        read(file)
    assert error.value.message == (
        f"{file}, line 4: 'c' has no tag (and 1 further row cannot be used)"
    )
    assert error.value.hint.startswith("write O, or B- or I- and a type")
    data, rows = read(file, skip_bad_rows=True)
    assert rows == [("a", []), ("f", [[0, 1, "x"]])]
    assert len(data.manifest.summary["skipped"]["train"]["first"]) == 2


def test_an_empty_column_of_tags_is_none(read, tmp_path):
    (tmp_path / "a.conll").write_text("# id = 7\na\tB-x\nb\t\nc\tO\n")
    with pytest.raises(DataError, match=r"a\.conll, line 3: 'b' has no tag"):
        read(tmp_path / "a.conll")


def test_characters_of_a_script_without_spaces_are_one_text(read, tmp_path):
    (tmp_path / "a.conll").write_text("上 B-place\n海 I-place\n的 O\nNokia B-org\n手 O\n机 O\n")
    text = "上海的 Nokia 手机"
    assert read(tmp_path / "a.conll")[1] == [(text, [[0, 2, "place"], [4, 9, "org"]])]


def test_an_unlabelled_pool_may_be_a_conll_file_or_lines_of_text(read, tmp_path):
    (tmp_path / "a.conll").write_text(CONLL)
    (tmp_path / "pool.conll").write_text("one\ntwo\n\nthree\n")
    data, _ = read(tmp_path / "a.conll", unlabelled=str(tmp_path / "pool.conll"))
    assert open_split(data, "unlabelled")["text"] == ["one two", "three"]


def test_lines_of_text_are_an_unlabelled_pool(read, tmp_path):
    (tmp_path / "a.conll").write_text(CONLL)
    (tmp_path / "pool.txt").write_text("one two\nthree\n")
    data, _ = read(tmp_path / "a.conll", unlabelled=str(tmp_path / "pool.txt"))
    assert open_split(data, "unlabelled")["text"] == ["one two", "three"]


def test_weights_are_no_part_of_a_conll_file(read, tmp_path):
    (tmp_path / "a.conll").write_text(CONLL)
    with pytest.raises(DataError, match="no column for the weight"):
        read(tmp_path / "a.conll", columns={"weight": "often"})


def test_a_file_that_is_missing_is_no_hub_id(read):
    with pytest.raises(DataError, match=r"no file, folder or sample 'data/train.conll'"):
        read("data/train.conll")


def test_class_numbers_of_token_lists_become_names(read, tmp_path):
    features = Features(
        {"tokens": List(Value("string")), "ner": List(ClassLabel(names=["O", "B-x", "I-x"]))}
    )
    rows = Rows.from_dict({"tokens": [["a", "b"], ["c"]], "ner": [[1, 2], [0]]}, features)
    rows.to_parquet(tmp_path / "a.parquet")
    data, found = read(tmp_path / "a.parquet", columns={"text": "tokens", "label": "ner"})
    assert found == [("a b", [[0, 3, "x"]]), ("c", [])]
    assert isinstance(data, Dataset)


def test_jsonl_may_hold_spans_or_tags(read, tmp_path):
    file = tmp_path / "a.jsonl"
    lines = [
        {"text": "Ann is here", "label": [{"start": 0, "end": 3, "type": "person"}]},
        {"text": ["in", "Bonn"], "label": ["O", "B-place"]},
    ]
    file.write_text("".join(json.dumps(line) + "\n" for line in lines))
    assert read(file)[1] == [
        ("Ann is here", [[0, 3, "person"]]),
        ("in Bonn", [[3, 7, "place"]]),
    ]


def test_rows_without_any_entity_cannot_be_learnt(read, tmp_path):
    (tmp_path / "a.conll").write_text("a O\n\nb O\n")
    with pytest.raises(DataError, match="no row has an entity"):
        read(tmp_path / "a.conll")


def test_a_type_that_train_lacks_is_named(tmp_path):
    for name, text in (("train", "a B-x\n"), ("test", "c O\n\nb B-y\n")):
        (tmp_path / f"{name}.conll").write_text(text)
    context = Context(out=tmp_path / "data", task=TokenClassification())
    train, test = (str(tmp_path / f"{name}.conll") for name in ("train", "test"))
    with pytest.raises(DataError, match=r"test.conll, line 3: label 'y' of test is not in train"):
        source = DataSource(train=train, validation=train, test=test)
        prepare(source, context.task, context, find=lambda _: None)


def test_a_model_is_asked_about_the_sentences_of_a_file(tmp_path):
    path = tmp_path / "test.conll"
    path.write_text("Ann\tB-person\nleft\tO\n\nBonn\n")
    task = TokenClassification()
    assert list(read_asked(path, task, "text", "")) == ["Ann left", "Bonn"]
    lines = tmp_path / "lines.txt"
    lines.write_text("Ann left O\n\nBonn\n")
    assert list(read_asked(lines, task, "text", "")) == ["Ann left O", "", "Bonn"]
