"""Cloze: a masked language model answers with words that stand for labels, and is made one file."""

import json

import numpy as np
import pytest
import torch
from transformers import AutoModelForMaskedLM

from edgeft.errors import DataError, ModelError, PluginError
from edgeft.evaluation import logits_of
from edgeft.gates.parity import TOLERANCE
from edgeft.training.encoding import load_tokenizer
from edgeft_prompt import Cloze, ClozeOptions
from edgeft_prompt.cloze import with_pattern, words_of

QUICK = {"batch_size": 8, "precision": "fp32", "max_length": 24}
PLAIN = {"strategies": ["trace"], "rewrites": []}
PATTERN = "today: {mask} {text}"
"""of words that tiny tokenizers know"""
ODD = ["goal team", "a", "", "the goal " * 60, "zzz " * 80, "[MASK] bread"]
WORDS = {"food": ["soup", "bread butter"], "sport": ["goal"], "tech": ["laptop"]}


@pytest.mark.parametrize("pattern", ["{mask}: {text}", "{text} today {mask}."])
def test_without_training_it_answers_as_the_language_model(
    pattern, family, make_masked, topics, take, context
) -> None:
    base = make_masked(family)
    options = {"epochs": 0, "pattern": pattern, "words": WORDS, "max_length": 24}

    checkpoint = take("finetune", "cloze", options, base, topics)

    found = logits_of(checkpoint, ["the goal today"], task=context.task)[0]
    tokenizer = load_tokenizer(base)
    words = words_of(tokenizer, topics.labels, ClozeOptions(words=WORDS, pattern=pattern))
    framed = load_tokenizer(checkpoint.path)("the goal today", return_tensors="pt")
    place = framed["input_ids"][0].tolist().index(tokenizer.mask_token_id)
    framed.pop("token_type_ids", None)
    with torch.inference_mode():
        said = AutoModelForMaskedLM.from_pretrained(base).eval()(**framed).logits[0, place]
    for label, some in enumerate(words):
        expected = np.mean([said[word].mean().item() for word in some])
        assert found[label] == pytest.approx(expected, abs=1e-4)
    figures = checkpoint.manifest.history[-1].figures
    assert figures["validation"] == figures["untrained"]


def test_a_mask_behind_the_text_is_exported(make_masked, topics, take, context) -> None:
    options = {"epochs": 0, "pattern": "{text} today {mask}.", "max_length": 24}
    checkpoint = take("finetune", "cloze", options, make_masked("bert"), topics)

    bundle = take("export", "onnx", PLAIN, checkpoint, topics)

    found, expected = (logits_of(each, ODD, task=context.task) for each in (bundle, checkpoint))
    assert np.abs(found - expected).max() < TOLERANCE


def test_the_whole_chain_answers_alike(make_masked, topics, take, context) -> None:
    options = QUICK | {"epochs": 3, "learning_rate": 3e-3, "pattern": PATTERN}
    checkpoint = take("finetune", "cloze", options, make_masked("bert"), topics)
    figures = checkpoint.manifest.history[-1].figures
    assert figures["validation"]["accuracy"] > figures["untrained"]["accuracy"]

    student = take("distill", "layers", QUICK | {"keep": 1, "epochs": 1}, checkpoint, topics)
    pruned = take("prune", "vocabulary", {"reserve": 0}, student, topics)
    assert "[MASK]" in load_tokenizer(pruned.path)("goal").tokens()
    rewrites = {"rewrites": ["first-token", "plain"]}
    bundle = take("export", "onnx", PLAIN | rewrites, pruned, topics)
    found, expected = (logits_of(each, ODD, task=context.task) for each in (bundle, pruned))
    assert np.abs(found - expected).max() < TOLERANCE
    assert json.loads((bundle.path / "config.json").read_text())["model_type"] == "bert"
    quick = take("quantize", "dynamic", {}, bundle, topics)
    assert np.isfinite(logits_of(quick, ODD, task=context.task)).all()


def test_a_model_without_such_a_head_is_refused_with_the_remedy(make_base, topics, take) -> None:
    with pytest.raises(ModelError, match="has no masked-language-model head") as caught:
        take("finetune", "cloze", {}, make_base("bert"), topics)

    assert "finetune: {method: adapt}" in caught.value.hint


def test_a_classifier_of_edgefts_own_is_no_language_model(make_base, topics, take) -> None:
    pooled = QUICK | {"pooling": "mean", "epochs": 0.1}
    checkpoint = take("finetune", "full", pooled, make_base("bert"), topics)

    with pytest.raises(ModelError, match="is no masked language model"):
        take("finetune", "cloze", {}, checkpoint.path, topics)


def test_the_mask_is_found_before_and_after_the_text(make_masked) -> None:
    tokenizer = load_tokenizer(make_masked("bert"))

    for pattern, place, tokens in (
        ("{mask} {text}", 1, "[CLS] [MASK] goal [SEP]"),
        ("today {mask} the {text} team", 2, "[CLS] today [MASK] the goal team [SEP]"),
        ("{text} {mask}", -2, "[CLS] goal [MASK] [SEP]"),
        ("the {text} today {mask} team", -3, "[CLS] the goal today [MASK] team [SEP]"),
    ):
        made, found = with_pattern(tokenizer, pattern)
        assert made("goal").tokens() == tokens.split()
        assert found == place


def test_words_are_the_names_of_labels_unless_given(make_masked) -> None:
    tokenizer = load_tokenizer(make_masked("bert"))
    goal, team = tokenizer.convert_tokens_to_ids(["goal", "team"])

    given = ClozeOptions(words={"b": ["team", "goal team"]})

    assert words_of(tokenizer, ["goal_team", "b"], given) == [
        [[goal, team]],
        [[team], [goal, team]],
    ]


@pytest.mark.parametrize(
    ("labels", "words", "said"),
    [
        (["goal"], {"gaol": ["team"]}, "words names 'gaol', which is not among the labels"),
        (["goal", "team"], {"team": ["goal"]}, "the labels 'goal' and 'team' have the same words"),
        (["goal"], {"goal": ["日"]}, "cannot spell '日', a word of the label 'goal'"),
    ],
)
def test_words_that_say_nothing_are_refused(labels, words, said, make_masked) -> None:
    tokenizer = load_tokenizer(make_masked("bert"))

    with pytest.raises(DataError, match=said):
        words_of(tokenizer, labels, ClozeOptions(words=words))


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"pattern": "{text}"}, "the pattern needs {mask} once"),
        ({"pattern": "{mask}"}, "the pattern needs {text} once"),
        ({"pattern": "{mask} {mask} {text}"}, "the pattern needs {mask} once"),
        ({"words": {"a": []}}, "'a' has no words"),
    ],
)
def test_patterns_and_words_are_checked_at_once(options, said, registry) -> None:
    with pytest.raises(PluginError, match=said):
        registry.options("finetune", "cloze", options)


def test_a_tokenizer_without_a_mask_is_refused(make_masked) -> None:
    tokenizer = load_tokenizer(make_masked("bert"))
    tokenizer.mask_token = None

    with pytest.raises(ModelError, match="no mask token"):
        with_pattern(tokenizer, "{mask} {text}")


def test_a_base_without_a_masked_head_is_refused_before_a_recipe_starts(
    family, make_masked, each_tiny_base
) -> None:
    Cloze.check_base(ClozeOptions(), make_masked(family))
    with pytest.raises(ModelError, match="has no masked-language-model head"):
        Cloze.check_base(ClozeOptions(), each_tiny_base)
