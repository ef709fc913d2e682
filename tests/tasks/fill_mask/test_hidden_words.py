"""Which word of a text is hidden, and which words a model knows."""

import json
import random

import pytest

from edgeft.context import Context
from edgeft.data import DataSource
from edgeft.data.prepare import prepare
from edgeft.data.rows import open_split
from edgeft.errors import DataError, PluginError
from edgeft.tasks.fill_mask import FillMask
from edgeft.tasks.fill_mask.words import (
    answer_of,
    hidden_elsewhere,
    known_words,
    masked_text,
    words_in,
)


def read(path, tmp_path, **options):
    context = Context(out=tmp_path / "data", task=FillMask())
    source = DataSource(train=str(path), validation=str(path), **options)
    return prepare(source, context.task, context, find=lambda _: None)


@pytest.mark.parametrize("text", ["the sky is blue", "空は青い", "x 1 - y", "don't"])
def test_one_word_of_a_plain_text_is_hidden_the_same_one_every_time(text):
    hidden, word = masked_text(text), answer_of(None, text)
    assert hidden.count("[MASK]") == 1
    assert hidden.replace("[MASK]", word) == text
    assert word.isalpha()
    assert (hidden, word) == (masked_text(text), answer_of("a label", text))


def test_a_hidden_word_is_whole_where_vowels_are_written_onto_letters():
    assert answer_of(None, "खाना") == "खाना"
    assert list(words_in("कमरा साफ था।")) == ["कमरा", "साफ", "था"]


def test_a_word_that_is_hidden_already_is_told_by_its_row():
    assert masked_text("the <mask> is blue") == "the [MASK] is blue"
    assert answer_of(" sky ", "the <mask> is blue") == "sky"


@pytest.mark.parametrize(
    ("text", "label", "message"),
    [
        ("[MASK] is [MASK]", "sky", r"the text has 2 \[MASK\]s"),
        ("1 + 1 = 2", "", "the text has no word to hide"),
        ("the [MASK]", "", "the hidden word is not told"),
        ("the [MASK]", "blue sky", "the hidden word is 'blue sky'"),
    ],
)
def test_a_row_that_cannot_be_used_is_named(text, label, message, tmp_path):
    rows = [{"text": "the [MASK] is blue", "label": "sky"}, {"text": "a b", "label": ""}]
    rows.append({"text": text, "label": label})
    path = tmp_path / "rows.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    with pytest.raises(DataError, match=f"line 3: {message}"):
        read(path, tmp_path)
    made = read(path, tmp_path, skip_bad_rows=True)
    assert made.manifest.rows["train"] == 2


def test_plain_lines_need_no_labels_and_tell_which_words_there_are(tmp_path):
    path = tmp_path / "texts.txt"
    path.write_text("the sky is blue\nthe sky was grey\n")
    data = read(path, tmp_path)
    rows = open_split(data, "train")
    assert {"the", "sky"} <= set(data.labels)
    assert set(rows["label"]) <= set(data.labels)
    assert data.manifest.summary["splits"]["train"]["labels"] == {}


def test_words_that_stand_once_are_known_only_where_they_are_hidden():
    texts = ["a b c", "a b [MASK]", "a e"]
    assert known_words(texts, ["z"]) == ["a", "b", "z"]


def test_other_words_are_hidden_in_copies():
    made = dict(hidden_elsewhere("a [MASK] c d", "b", {"a", "b", "c"}, 5, random.Random(0)))
    assert made == {"[MASK] b c d": "a", "a b [MASK] d": "c"}


def test_a_word_that_is_not_known_has_no_place():
    assert FillMask().truth(["b", None, "y"], ["a", "b"]).tolist() == [1, -100, -100]


@pytest.mark.parametrize(("method", "options"), [("hide", {"copies": 2}), ("swap", {"copies": 2})])
def test_copies_have_one_hidden_word_that_is_known(method, options, registry, tmp_path):
    path = tmp_path / "texts.txt"
    path.write_text("".join(f"the sky of day {'x' * n} is blue\n" for n in range(1, 30)))
    data = read(path, tmp_path)
    context = Context(out=tmp_path / "out", task=FillMask())
    step = registry.step("augment", method)
    made = step(registry.options("augment", method, options), context).run(data)
    rows = open_split(made, "train")
    whole = {row["id"]: row["text"].replace("[MASK]", row["label"]) for row in rows}
    copies = [row for row in rows if row["parent"] is not None]
    assert len(copies) > 30
    for row in copies:
        assert row["text"].count("[MASK]") == 1
        assert row["label"] in data.labels
        if method == "hide":
            assert whole[row["id"]] == whole[row["parent"]]


@pytest.mark.parametrize(
    ("kind", "method"),
    [
        ("augment", "mask"), ("augment", "mix"), ("augment", "rewrite"), ("finetune", "probe"),
        ("finetune", "cloze"), ("finetune", "prefix"), ("distill", "static"),
    ],
)  # fmt: skip
def test_steps_that_would_lose_the_mask_are_refused(kind, method, registry):
    step = registry.step(kind, method)
    with pytest.raises(PluginError, match="does not work for fill-mask"):
        step.check_task(step.Options.model_construct(), FillMask())
