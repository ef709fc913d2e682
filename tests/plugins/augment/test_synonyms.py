"""Synonyms are those of WordNet's files, of a word's most frequent sense."""

from pathlib import Path
from random import Random

import pytest

from edgeft.artifacts import Dataset
from edgeft.context import Context
from edgeft.data.rows import open_split
from edgeft.data.units import text_of, units_of
from edgeft.errors import PluginError
from edgeft.tasks.text_classification import TextClassification
from edgeft_augment import Synonyms
from edgeft_augment.options import SynonymOptions
from edgeft_augment.synonyms import found_wordnet, members, renaming, synonyms


def test_a_synset_is_read() -> None:
    line = "00001930 03 n 03 physical_entity 0 thing(ip) 1 Whole 2 001 @ 00001740 n 0000 | gloss"
    assert members(line) == ["physical entity", "thing", "Whole"]


def test_the_most_frequent_sense_gives_the_synonyms(wordnet: Path) -> None:
    found = synonyms(wordnet, ["card", "help", "fee", "new", "zebra", "it", "ok"])
    assert found == {
        "card": ["plastic card"],  # not the wag, its second sense
        "help": ["assist", "aid"],  # five senses were tagged as a verb, one as a noun
        "new": ["fresh"],
    }  # it: a word of grammar; ok: never seen in a text as what WordNet knows it for


def test_copies_have_synonyms_and_keep_capitals(wordnet: Path, tiny_dataset: Dataset) -> None:
    noise = renaming(wordnet, tiny_dataset)
    found = noise(units_of("Card, please help!"), 1.0, Random(0))
    assert text_of(found) in ("Plastic card, please assist!", "Plastic card, please aid!")
    untouched = units_of("where is it")
    assert noise(untouched, 1.0, Random(0)) == untouched


def test_the_step_adds_copies_with_parents(
    wordnet: Path, tiny_dataset: Dataset, tmp_path: Path
) -> None:
    context = Context(out=tmp_path / "out", task=TextClassification())
    made = Synonyms(SynonymOptions(folder=str(wordnet), rate=0.5), context).run(tiny_dataset)
    rows = [row for row in open_split(made, "train") if row["parent"] is not None]
    assert rows
    assert any("plastic card" in row["text"] for row in rows)


def test_where_there_is_none_a_remedy_is_named(tmp_path: Path) -> None:
    with pytest.raises(PluginError) as caught:
        Synonyms.check(SynonymOptions(folder=str(tmp_path)), Path)
    assert caught.value.message == f"augment synonyms finds no WordNet in {tmp_path}"
    assert "apt install wordnet-base" in (caught.value.hint or "")


def test_the_real_one_is_read() -> None:
    try:
        folder = found_wordnet(None)
    except PluginError:
        pytest.skip("WordNet is not installed: apt install wordnet-base")
    found = synonyms(folder, ["car", "buy", "quick", "quickly", "zzz"])
    assert "auto" in found["car"]
    assert "purchase" in found["buy"]
    assert "rapidly" in found["quickly"]
    assert "zzz" not in found
