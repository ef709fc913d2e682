"""There and back by real chains of tiny models: what they say is nonsense, whose it is is not."""

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from notes import Notes
from tiny_writers import save_translator

from edgeft.artifacts import Dataset
from edgeft.context import Context
from edgeft.data.rows import open_split
from edgeft.errors import EdgeftError, MissingPackage, ModelError
from edgeft.registry import Registry
from edgeft_generate import Translate
from edgeft_generate.options import TranslateOptions
from edgeft_generate.sieve import LOST
from edgeft_generate.translating import Model, Translator

SHORT = {"max_length": 100, "beams": 2, "batch": 64}
NLLB = {"source_language": "eng_Latn", "pivot_language": "deu_Latn"}
LANGUAGES: dict[str, dict[str, str]] = {"t5": {}, "marian": {}, "m2m_100": NLLB}


@pytest.fixture(scope="module")
def pairs(
    tiny_dataset: Dataset, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str], list[str]]:
    """Two translators of a family: there, and back."""
    root = tmp_path_factory.mktemp("translators")
    texts = open_split(tiny_dataset, "train")["text"]

    def make(family: str) -> list[str]:
        return [
            str(folder if folder.exists() else save_translator(family, folder, texts, seed=seed))
            for seed, folder in enumerate([root / family / "there", root / family / "back"])
        ]

    return make


@pytest.fixture
def made(context: Context, tiny_dataset: Dataset, pairs: Any) -> Callable[..., Dataset]:
    def run(family: str = "t5", circumstances: Context = context, **options: Any) -> Dataset:
        there, back = pairs(family)
        chosen = TranslateOptions(**{"there": there, "back": back, **SHORT, **options})
        circumstances = replace(circumstances, force=True)
        return Translate(chosen, circumstances).run(tiny_dataset)

    return run


def copies(data: Dataset) -> list[dict[str, Any]]:
    return [row for row in open_split(data, "train") if row["parent"] is not None]


@pytest.mark.parametrize("family", ["t5", "marian", "m2m_100"])
def test_every_copy_is_its_parent_translated_there_and_back(
    family, made, pairs, tiny_dataset, context
) -> None:
    options = TranslateOptions(**SHORT, **LANGUAGES[family])
    found = copies(made(family, **LANGUAGES[family]))
    originals = {row["id"]: row for row in open_split(tiny_dataset, "train")}
    assert len(found) > 20
    there, back = (Model(Path(each), context) for each in pairs(family))
    source, pivot = options.source_language, options.pivot_language
    for copy in found[:5]:
        text = originals[copy["parent"]]["text"]
        (abroad,) = Translator(there, options, "", source, pivot).translated([text], 1)
        assert Translator(back, options, "", pivot, source).translated([abroad], 1) == [
            copy["text"]
        ]
        assert copy["label"] == originals[copy["parent"]]["label"]


def test_the_language_that_is_asked_for_begins_the_translation(pairs, context) -> None:
    model = Model(Path(pairs("m2m_100")[0]), context)
    options = TranslateOptions(**SHORT)
    said = {
        language: Translator(model, options, "", "eng_Latn", language).translated(["my card"], 1)
        for language in ("deu_Latn", "fra_Latn")
    }
    assert said["deu_Latn"] != said["fra_Latn"]


def test_a_prefix_is_read_before_the_text(pairs, context) -> None:
    model, options = Model(Path(pairs("t5")[0]), context), TranslateOptions(**SHORT)
    told = Translator(model, options, "please help with a ", None, None).translated(["card"], 1)
    untold = Translator(model, options, "", None, None)
    assert (
        told == untold.translated(["please help with a card"], 1) != untold.translated(["card"], 1)
    )


def test_several_copies_are_several_translations(made) -> None:
    found = copies(made(copies=3))
    of_one = [
        [copy["text"] for copy in found if copy["parent"] == each["parent"]] for each in found
    ]
    assert max(len(set(each)) for each in of_one) == 3
    assert all(len(set(each)) == len(each) for each in of_one)


def test_drawn_words_are_seeded(made, context, tmp_path) -> None:
    def drawn(seed: int, cache: str) -> list[dict[str, Any]]:
        return copies(
            made("t5", replace(context, seed=seed, cache=tmp_path / cache), temperature=1.5)
        )

    assert drawn(0, "a") == drawn(0, "b") != drawn(1, "a")


def test_what_was_translated_is_not_translated_again(made, pairs, context, tmp_path) -> None:
    cached = replace(context, cache=tmp_path / "cache")
    first = copies(made("t5", cached))
    (file,) = (tmp_path / "cache" / "translated").glob("*.jsonl")
    lines = file.read_text().splitlines(keepends=True)
    changed = json.loads(lines[0])
    file.write_text(json.dumps([changed[0], ["kept as it was"]]) + "\n" + "".join(lines[1:50]))
    again = copies(made("t5", cached))
    assert [each["text"] for each in again].count("kept as it was") == 1
    assert len(file.read_text().splitlines()) == len(lines)
    others = [each for each in again if each["text"] != "kept as it was"]
    assert [each for each in others if each not in first] == []


@pytest.mark.parametrize("family", ["t5", "marian", "m2m_100"])
def test_a_text_that_is_too_long_is_not_translated(family, pairs, context) -> None:
    options = TranslateOptions(**{**SHORT, **LANGUAGES[family]})
    languages = options.source_language, options.pivot_language
    model = Model(Path(pairs(family)[0]), context)
    translator = Translator(model, options, "", *languages)
    alone = translator.translated(["my card"], 2)
    assert None not in alone
    found = translator.translated(["my card " * 60, "my card", None], 2)
    assert found == [None, None, *alone, None, None]
    assert translator.translated([None, "my card " * 60], 1) == [None, None]


@pytest.mark.parametrize("forced", [False, True])
def test_a_translation_without_an_end_is_none(forced, pairs, context) -> None:
    model = Model(Path(pairs("marian")[0]), context)
    if forced:  # as opus-mt's models are
        model.model.generation_config.forced_eos_token_id = model.tokenizer.eos_token_id
    options = TranslateOptions(**{**SHORT, "max_length": 4})
    assert Translator(model, options, "", None, None).translated(["card"], 2) == [None, None]


def test_what_was_cut_off_is_counted_and_said(made, context) -> None:
    notes = Notes()
    data = made("m2m_100", replace(context, progress=notes), **NLLB, max_length=44)
    figures = data.manifest.history[-1].figures
    assert 0 < figures["truncated"] < figures["asked"]
    assert figures["added"] > 0
    assert f"{figures['truncated']} truncated (max_length is 44)" in notes.said[0]


def test_the_history_says_what_was_left_out(made, context) -> None:
    notes = Notes()
    data = made("t5", replace(context, progress=notes), copies=4)
    figures = data.manifest.history[-1].figures
    left_out = sum(figures[name] for name in LOST)
    assert figures["asked"] == 4 * 96
    assert figures["added"] == figures["asked"] - left_out
    assert bool(notes.said) == bool(left_out)


def test_what_is_missing_is_named_before_anything_starts(
    pairs, tiny_base: Path, registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    there, back = pairs("marian")

    def check(**options: Any) -> None:
        Translate.check(TranslateOptions(**options), registry.find_model)

    check(there=there, back=back)
    check(there=pairs("m2m_100")[0], **NLLB)
    with pytest.raises(EdgeftError, match="needs a translator there and one back"):
        check(there=there)
    with pytest.raises(EdgeftError, match="is told one language of two"):
        check(there=there, back=back, pivot_language="deu_Latn")
    with pytest.raises(ModelError, match="is no sequence-to-sequence model"):
        check(there=there, back=str(tiny_base))
    with pytest.raises(ModelError, match="no model directory"):
        check(there=there, back="./not/there")
    monkeypatch.setattr("edgeft.extras.importlib.util.find_spec", lambda name: None)
    with pytest.raises(MissingPackage) as caught:
        check(there=there, back=back)
    assert caught.value.hint == "pip install 'edgeft[generate]'"


def test_a_language_that_the_model_does_not_know_is_named(pairs, context) -> None:
    model = Model(Path(pairs("m2m_100")[0]), context)
    with pytest.raises(ModelError, match="knows no language 'klingon'"):
        Translator(model, TranslateOptions(), "", "klingon", "deu_Latn")


def test_translations_of_another_model_are_not_taken_for_this_ones(
    made, pairs, context, tmp_path
) -> None:
    cached = replace(context, cache=tmp_path / "cache")
    made("t5", cached)
    other = tmp_path / "other"
    shutil.copytree(pairs("t5")[0], other)
    said = other / "generation_config.json"
    said.write_text(json.dumps(json.loads(said.read_text()) | {"no_repeat_ngram_size": 1}))
    made("t5", cached, there=str(other))
    assert len(list((tmp_path / "cache" / "translated").glob("*.jsonl"))) == 2
