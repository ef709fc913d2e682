"""Soft prompts: only they and the head are learnt, and nothing that comes after has to know."""

import numpy as np
import pytest
import torch

from edgeft.errors import ModelError, PluginError
from edgeft.evaluation import logits_of
from edgeft.gates.parity import TOLERANCE
from edgeft.tasks.text_classification.head import load_model
from edgeft.training.encoding import load_tokenizer
from edgeft_prompt import PromptOptions
from edgeft_prompt.soft import start_ids, with_prompt

QUICK = {"batch_size": 8, "precision": "fp32", "max_length": 24}
PLAIN = {"strategies": ["trace"], "rewrites": []}
ODD = ["goal team", "a", "", "the goal " * 60, "zzz " * 80, "[P0] bread"]


@pytest.mark.parametrize("family", ["bert", "roberta"])
def test_a_prompt_is_learnt_and_the_whole_chain_answers_alike(
    family, make_base, topics, take, context
) -> None:
    base = make_base(family)
    options = QUICK | {"tokens": 3, "epochs": 2, "pooling": "mean"}

    checkpoint = take("finetune", "prompt", options, base, topics)

    before = load_model(base, topics.labels, pooling="mean")
    after = load_model(checkpoint.path)
    table = after.get_input_embeddings().weight
    assert len(table) == len(before.get_input_embeddings().weight) + 3
    assert torch.equal(table[:-3], before.get_input_embeddings().weight)
    head = {name for name, each in before.state_dict().items() if "classifier" in name}
    moved = {
        name
        for name, each in before.state_dict().items()
        if "word_embeddings" not in name and not torch.equal(each, after.state_dict()[name])
    }
    assert moved == head
    assert checkpoint.manifest.history[-1].figures["trained_weights"] == 3 * 32 + 3 * 32 + 3

    tokenizer = load_tokenizer(checkpoint.path)
    assert tokenizer("goal").tokens()[1:4] == ["[P0]", "[P1]", "[P2]"]
    bundle = take("export", "onnx", PLAIN, checkpoint, topics)
    found, expected = (logits_of(each, ODD, task=context.task) for each in (bundle, checkpoint))
    assert np.abs(found - expected).max() < TOLERANCE

    student = take("distill", "layers", QUICK | {"keep": 1, "epochs": 1}, checkpoint, topics)
    pruned = take("prune", "vocabulary", {"reserve": 0}, student, topics)
    assert load_tokenizer(pruned.path)("goal").tokens()[1:4] == ["[P0]", "[P1]", "[P2]"]
    small = take("export", "onnx", PLAIN, pruned, topics)
    found, expected = (logits_of(each, ODD, task=context.task) for each in (small, pruned))
    assert np.abs(found - expected).max() < TOLERANCE


def test_a_prompt_helps_a_frozen_encoder(make_base, topics, take) -> None:
    options = QUICK | {"tokens": 4, "epochs": 4, "pooling": "mean"}

    checkpoint = take("finetune", "prompt", options, make_base("roberta"), topics)

    log = checkpoint.manifest.history[-1].figures["log"]
    assert log[-1]["loss"] < 0.9 * np.log(3)
    assert checkpoint.manifest.history[-1].figures["validation"]["accuracy"] > 0.6


def test_a_second_prompt_stands_behind_the_first(make_base) -> None:
    tokenizer = load_tokenizer(make_base("bert"))
    size = len(tokenizer)

    one, first = with_prompt(tokenizer, 2)
    two, second = with_prompt(one, 1)

    assert (first, second) == ([size, size + 1], [size + 2])
    assert two("goal").tokens() == ["[CLS]", "[P0]", "[P1]", "[P2]", "goal", "[SEP]"]


def test_a_prompt_starts_as_the_names_of_the_labels(make_base) -> None:
    tokenizer = load_tokenizer(make_base("bert"))
    names = tokenizer.convert_tokens_to_ids(["goal", "team"])

    named = start_ids(tokenizer, ["goal", "team"], PromptOptions(tokens=3), seed=0)
    random = start_ids(tokenizer, ["goal"], PromptOptions(tokens=50, start="random"), seed=0)

    assert named == [*names, names[0]]
    assert not set(random) & set(tokenizer.all_special_ids)
    assert random == start_ids(
        tokenizer, ["goal"], PromptOptions(tokens=50, start="random"), seed=0
    )


def test_a_prompt_that_leaves_no_room_for_texts_is_refused(make_base, topics, take) -> None:
    options = QUICK | {"tokens": 15}

    with pytest.raises(ModelError, match="17 of 24 tokens are around each text"):
        take("finetune", "prompt", options, make_base("bert"), topics)


def test_the_length_of_texts_counts_the_prompt(make_base, topics, take) -> None:
    options = {"tokens": 28, "epochs": 0.1, "precision": "fp32"}

    checkpoint = take("finetune", "prompt", options, make_base("bert"), topics)

    needed = 28 + 2 + 6  # the prompt, [CLS] and [SEP], the words of a text
    assert checkpoint.max_length == 40 >= needed


def test_another_kind_of_prompt_is_refused(registry) -> None:
    with pytest.raises(PluginError, match="kind"):
        registry.options("finetune", "prompt", {"kind": "prefix"})
