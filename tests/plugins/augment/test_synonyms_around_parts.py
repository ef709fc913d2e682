"""Synonyms around names and marks, which stay; and contexts of questions, which nothing touches."""

import json

import pytest

from edgeft.context import Context
from edgeft.data import DataSource
from edgeft.data.prepare import prepare
from edgeft.data.rows import open_split
from edgeft.tasks.question_answering import QuestionAnswering

TEXT = "please help, my new card is in New Help"
SYNONYMS = {f"please {word}, my fresh plastic card is in New Help" for word in ("assist", "aid")}
"""what becomes of the text where each word that has synonyms gets one, but for the name"""


@pytest.fixture
def copies(registry, tmp_path):
    """What an augmenter makes of a dataset: the copies, each with the row it is a copy of."""

    def make(method, task, data, **options):
        step = registry.step("augment", method)
        checked = registry.options("augment", method, {"copies": 4} | options)
        made = open_split(step(checked, Context(tmp_path / "out", task)).run(data), "train")
        rows = {row["id"]: row for row in made}
        return [(row, rows[row["parent"]]) for row in made if row["parent"] is not None]

    return make


@pytest.fixture
def renamed(registry, copies, wordnet, tmp_path):
    """The texts and answers of copies of a row with synonyms for all words that have any."""

    def make(name, *rows):
        task, path = registry.task(name), tmp_path / "rows.jsonl"
        path.write_text("\n".join(map(json.dumps, rows)))
        source = DataSource(train=str(path), validation=str(path))
        data = prepare(source, task, Context(tmp_path / "data", task), find=lambda _: None)
        made = copies("synonyms", task, data, folder=str(wordnet), rate=1.0, copies=8)
        return [(copy["text"], copy["label"]) for copy, of in made if TEXT in plain(of["text"])]

    return make


def plain(text):
    return " ".join(each for each in text.split() if each not in "{}[]")


def test_a_name_is_left_as_it_is_and_moves_with_longer_words(renamed):
    start = TEXT.index("New")
    found = renamed("token-classification", {"text": TEXT, "label": [[start, len(TEXT), "place"]]})
    assert {text for text, _ in found} == SYNONYMS
    for text, answer in found:
        ((start, end, kind),) = json.loads(answer)
        assert (text[start:end], kind) == ("New Help", "place")


def test_marked_parts_are_left_as_they_are(renamed):
    card, place = TEXT.index("new card"), TEXT.index("New")
    row = {
        "text": TEXT,
        "head": {"start": card, "end": card + len("new card")},
        "tail": {"start": place, "end": len(TEXT)},
        "label": "lies",
    }
    found = renamed("relation-extraction", row, row | {"text": TEXT.upper(), "label": "stands"})
    assert {text for text, _ in found} == {
        f"please {word}, my {{ new card }} is in [ New Help ]" for word in ("assist", "aid")
    }
    assert {label for _, label in found} == {"lies"}


@pytest.mark.parametrize(
    "method", ["delete", "insert", "mask", "neighbours", "swap", "synonyms", "typos"]
)
def test_a_context_keeps_its_words_and_its_answer(
    copies, method, question_dataset, make_question_base, wordnet
):
    given = {"neighbours": {"model": str(make_question_base("bert")), "candidates": 3}}
    given["synonyms"] = {"folder": str(wordnet)}
    task = QuestionAnswering()
    found = copies(method, task, question_dataset, rate=0.5, **given.get(method, {}))
    assert method == "synonyms" or any(copy["text"] != of["text"] for copy, of in found)
    for copy, of in found:
        assert (copy["pair"], copy["label"]) == (of["pair"], of["label"])
