"""Where the two parts of a text stand in somebody's data."""

import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from edgeft.context import Context
from edgeft.data import DataSource
from edgeft.data.asked import read_asked
from edgeft.data.prepare import prepare
from edgeft.data.rows import open_split
from edgeft.errors import DataError
from edgeft.tasks.relation_extraction import RelationExtraction

TASK = RelationExtraction()
RING = "the { ring } is made of [ gold ]"
HOUSE = "a [ house ] has a { door }"
SPANS = [
    {"text": "the ring is made of gold", "head": {"start": 4, "end": 8},
     "tail": {"start": 20, "end": 24}, "label": "material"},
    {"text": "a house has a door", "head": [14, 18], "tail": [2, 7], "label": "part"},
]  # fmt: skip
NUMBERS = """text,head_start,head_end,tail_start,tail_end,label
the ring is made of gold,4,8,20,24,material
a house has a door,14,18,2,7,part
"""
TOKENS = [
    {"text": each["text"].split(), "head": head, "tail": tail, "label": each["label"]}
    for each, head, tail in zip(SPANS, [[1, 2], [4, 5]], [[5, 6], [1, 2]], strict=True)
]
TAGGED = """text\tlabel
the <e1>ring</e1> is made of <e2>gold</e2>\tmaterial
a <e2>house</e2> has a <e1>door</e1>\tpart
"""
SEMEVAL = """1\t"the <e1>ring</e1> is made of <e2>gold</e2>"
material
Comment: a ring

2\t"a <e2>house</e2> has a <e1>door</e1>"
part
Comment:
"""


def lines(rows):
    return "".join(json.dumps(row) + "\n" for row in rows)


def read(path, tmp_path, **options):
    context = Context(out=tmp_path / "data", task=RelationExtraction())
    source = DataSource(train=str(path), validation=str(path), **options)
    return prepare(source, context.task, context, find=lambda _: None)


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("spans.jsonl", lines(SPANS)),
        ("spans.json", json.dumps(SPANS)),
        ("numbers.csv", NUMBERS),
        ("tokens.jsonl", lines(TOKENS)),
        ("tagged.tsv", TAGGED),
        ("semeval.txt", SEMEVAL),
    ],
)
def test_training_and_answering_read_the_same_files_alike(name, written, tmp_path):
    path = tmp_path / name
    path.write_text(written)
    rows = open_split(read(path, tmp_path), "train")
    assert rows["text"][:] == [RING, HOUSE]
    assert rows["label"][:] == ["material", "part"]
    assert list(read_asked(path, TASK, "text", "")) == [RING, HOUSE]


def test_parquet_and_plain_lines_are_read_too(tmp_path):
    path = tmp_path / "spans.parquet"
    pq.write_table(pa.Table.from_pylist([SPANS[0], SPANS[0] | {"label": "part"}]), path)
    assert open_split(read(path, tmp_path), "train")["text"][:] == [RING] * 2
    plain = tmp_path / "plain.txt"
    plain.write_text("the <e1>ring</e1> is made of <e2>gold</e2>\n")
    assert list(read_asked(plain, TASK, "text", "")) == [RING]


BAD = {
    "beyond": (SPANS[0] | {"tail": [20, 25]}, "tail [20, 25] lies beyond the text, which has 24"),
    "empty": (SPANS[0] | {"head": [4, 4]}, "head [4, 4] holds no text"),
    "overlapping": (SPANS[0] | {"head": [19, 22]}, "head [19, 22] and tail [20, 24] overlap"),
    "unmarked": ({"text": "a ring", "label": "part"}, "the text has no <e1>"),
    "one": ({"text": "a ring", "head": [2, 6], "label": "part"}, "the row has no tail"),
    "words": (SPANS[0] | {"head": ["a", 8]}, "the head has 'a' for a place, not a whole number"),
    "number": (SPANS[0] | {"head": 4}, "the head is 4, not a start and an end"),
    "tokens": (TOKENS[0] | {"head": [6, 7]}, "head [6, 7] lies beyond the text, which has 6"),
    "unlabelled": (SPANS[0] | {"label": " "}, "the label is empty"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_a_row_that_cannot_be_used_is_named_and_others_are_counted(name, tmp_path):
    row, message = BAD[name]
    path = tmp_path / "rows.jsonl"
    path.write_text(lines([*SPANS, row, row]))
    with pytest.raises(DataError) as caught:
        read(path, tmp_path)
    assert caught.value.message.startswith(f"{path}, line 3: {message}")
    assert caught.value.message.endswith("(and 1 further row cannot be used)")
    made = read(path, tmp_path, skip_bad_rows=True)
    assert made.manifest.rows["train"] == 2
    assert made.manifest.summary["skipped"]["train"]["rows"] == 2
    if name != "unlabelled":
        with pytest.raises(DataError, match="line 3: "):
            list(read_asked(path, TASK, "text", ""))


@pytest.mark.parametrize("blank", ["", " "])
def test_an_empty_text_has_no_parts_to_ask_about(tmp_path, blank):
    path = tmp_path / "asked.jsonl"
    rows = [{"text": RING}, {"text": blank}, {"text": HOUSE}]
    path.write_text("\n".join(map(json.dumps, rows)))
    with pytest.raises(DataError, match=r"asked\.jsonl, line 2: the text is empty"):
        list(read_asked(path, TASK, "text", ""))


def test_a_relation_may_begin_like_a_comment(tmp_path):
    path = tmp_path / "test.txt"
    path.write_text(SEMEVAL + '\n3\t"the <e1>ring</e1> of <e2>gold</e2>"\nCommentary(e1,e2)\n')
    assert open_split(read(path, tmp_path), "train")["label"][-1] == "Commentary(e1,e2)"


def test_a_sentence_without_its_relation_is_named_by_its_line(tmp_path):
    path = tmp_path / "test.txt"
    path.write_text(SEMEVAL + '\n3\t"the <e1>ring</e1> of <e2>gold</e2>"\n\n')
    with pytest.raises(DataError, match="line 9: the label is empty"):
        read(path, tmp_path)


def test_tokens_of_a_script_without_spaces_are_one_text():
    tokens = ["马", "云", "创", "办", "了", "Alibaba", "集", "团"]
    given = {"text": tokens, "head": [0, 2], "tail": [5, 8]}
    assert TASK.write_text(given) == "{ 马云 } 创办了 [ Alibaba 集团 ]"
