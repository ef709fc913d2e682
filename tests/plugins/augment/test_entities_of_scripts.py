"""Augmenters keep labelled parts where they belong in scripts that put no spaces between words."""

import json

import pytest

from edgeft.context import Context
from edgeft.data import DataSource
from edgeft.data.mentions import marked
from edgeft.data.prepare import prepare
from edgeft.data.rows import open_split
from edgeft.data.units import units_of
from edgeft.runtime.units import is_mark
from edgeft.tasks.token_classification import TokenClassification

NAMES = {
    "chinese": {"人名": ["王伟", "李娜", "欧阳修远"], "地名": ["上海", "乌鲁木齐", "北京"]},
    "thai": {"คน": ["สมชาย", "ดวงใจ", "น้ำฝน"], "ที่": ["กรุงเทพฯ", "เชียงใหม่", "ลำปาง"]},
}
FRAMES = {
    "chinese": ["{0}住在{1}，已经３年了。", "昨天“{0}”从{1}回来：累！👩‍🚀", "没有人在那里。"],
    "thai": ["{0}อยู่ที่นี่กับเพื่อน ไม่ใช่{1}", "เมื่อวานฝนตกใน{1}ทั้งวัน บอก{0}ด้วย", "ไม่มีใครอยู่"],
}


def row(script, number):
    """A text with two names, or none."""
    frame = FRAMES[script][number % 3]
    own = {kind: names[number // 3 % 3] for kind, names in NAMES[script].items()}
    text = frame.format(*own.values())
    found = [(text.index(name), name, kind) for kind, name in own.items() if name in text]
    return {"text": text, "label": [[at, at + len(name), kind] for at, name, kind in found]}


@pytest.fixture(params=NAMES)
def script(request):
    return request.param


@pytest.fixture
def copies(script, registry, tmp_path):
    """Of each copy of a text of the script: its text, its parts, and those of its original."""
    task, path = TokenClassification(), tmp_path / "rows.jsonl"
    lines = [json.dumps(row(script, number)) for number in range(9)]
    path.write_text("\n".join(lines), encoding="utf-8")
    source = DataSource(train=str(path), validation=str(path))
    data = prepare(source, task, Context(tmp_path / "data", task), find=lambda _: None)

    def make(method, **options):
        step = registry.step("augment", method)
        checked = registry.options("augment", method, {"copies": 8} | options)
        made = step(checked, Context(tmp_path / method, task, threads=1)).run(data)
        rows = {row["id"]: row for row in open_split(made, "train")}
        found = [row for row in rows.values() if row["parent"] is not None]
        return [(each["text"], parts(each), parts(rows[each["parent"]])) for each in found]

    return make


def parts(row):
    return [(kind, row["text"][start:end]) for start, end, kind in json.loads(row["label"])]


@pytest.mark.parametrize("method", ["delete", "insert", "swap"])
def test_characters_move_and_names_with_them_whole(copies, script, method):
    found = copies(method, rate=0.3)
    assert len(found) > 40
    assert method == "swap" or any(own != theirs for _, own, theirs in found)
    assert all(name in NAMES[script][kind] for _, own, _ in found for kind, name in own)
    assert any(own for _, own, _ in found)


@pytest.mark.parametrize("method", ["delete", "insert", "swap", "mask", "mention"])
def test_no_copy_begins_with_what_is_written_onto_a_letter(copies, method):
    for text, own, _ in copies(method, rate=0.5):
        for each in (text, *(name for _, name in own)):
            assert not is_mark(each[0])


def test_names_are_replaced_by_names_of_their_type_and_nothing_else_is(copies, script):
    found = copies("mention", rate=1.0)
    assert len(found) > 12  # a text in three has no name
    texts = {row(script, number)["text"] for number in range(9)}
    for text, own, theirs in found:
        assert [kind for kind, _ in own] == [kind for kind, _ in theirs]
        assert all(name in NAMES[script][kind] for kind, name in own)
        assert all(one != other for one, other in zip(own, theirs, strict=True))
        for (_, name), (_, before) in zip(own, theirs, strict=True):
            text = text.replace(name, before, 1)
        assert text in texts


def test_typos_leave_these_scripts_alone(copies):
    assert copies("typos", rate=0.6) == []


def test_masked_names_keep_their_type(copies):
    found = copies("mask", rate=0.6)
    assert found
    for text, own, theirs in found:
        assert [kind for kind, _ in own] == [kind for kind, _ in theirs]
        assert all(name and name in text for _, name in own)
    assert any(name == "[MASK]" for _, own, _ in found for _, name in own)


@pytest.mark.parametrize("text", ["เมืองไทยน้ำใจงาม", "ไปเชียงใหม่", "我住在北京，你呢？"])
def test_texts_with_labelled_parts_are_cut_as_others_are(text):
    assert marked(text, []) == units_of(text)
