"""A bundle and its checkpoint are told to answer alike, whatever the answers are."""

import json
import re

import numpy as np
import pytest
from torch import tensor

from edgeft.benchmark.agreement import agreement, interval
from edgeft.benchmark.bundles import TimedBundle, told
from edgeft.benchmark.pipelines import TimedPipeline
from edgeft.runtime.answers import Answer
from edgeft.runtime.entities import Entity

CONFIG = {"threads": 1, "device": "cpu", "max_length": 48, "variant": "fp32"}


@pytest.fixture
def open_both(make_every_task):
    """Open the torch model and the bundle of a task, and the texts to ask about."""

    def both(task):
        made = make_every_task(task)
        rows = [json.loads(line) for line in made.texts.read_text(encoding="utf-8").splitlines()]
        texts = [(row["text"], row["pair"]) if "pair" in row else row["text"] for row in rows]
        opened = (
            TimedPipeline({**CONFIG, "path": str(made.checkpoint)}),
            TimedBundle({**CONFIG, "path": str(made.bundle)}),
        )
        return *opened, texts

    return both


@pytest.mark.parametrize("task", ["regression", "sentence-embeddings", "text-similarity"])
def test_the_torch_pipeline_answers_as_the_bundle_does(open_both, task):
    torch, ours, texts = open_both(task)
    found, reference = torch.answer(texts), ours.answer(texts)
    assert len(found) == len(texts)
    assert agreement(found, reference) == 1
    assert type(found[0]) is type(torch.answer(texts[:1])[0]) is type(reference[0])


def test_the_torch_pipeline_gives_the_labels_that_hold(open_both):
    torch, ours, texts = open_both("multi-label-classification")
    logits = ours.model.outputs(texts).values
    middle = np.median(logits, axis=0)
    torch.pipeline.model.classifier.bias.data -= tensor(middle)  # half of the texts have a label
    decoding = ours.model.manifest.decoding
    decoding.thresholds[:] = (1 / (1 + np.exp(-middle / decoding.temperature))).tolist()
    found = torch.answer(texts)
    assert len(set(found)) > 1 and agreement(found, ours.answer(texts)) > 0.9
    assert torch.answer(texts[:1]) == found[:1]


@pytest.mark.parametrize("task", ["question-answering", "token-classification"])
def test_both_read_all_of_a_long_text(open_both, task):
    torch, ours, texts = open_both(task)
    far = "there is a fee " * 30

    def longer(text):
        return (text[0], far + text[1]) if isinstance(text, tuple) else far + text

    asked = [longer(each) for each in texts]
    assert min(ours.token_counts(asked)) > 2 * CONFIG["max_length"]
    if task == "question-answering":  # of random weights none lies surely above no answer
        torch.pipeline.model.qa_outputs.bias.data += 1
        torch.pipeline.model.qa_outputs.weight.data *= 9
    for found in (torch.answer(asked), ours.answer(asked)):
        assert len(found) == len(asked)
    places = [int(each) for answer in torch.answer(asked) for each in re.findall(r"\d+", answer)]
    assert len(far) // 2 < max(places) <= max(len("".join(each)) for each in asked)
    longest = ("is there a fee " * 40, far) if task == "question-answering" else far
    assert len(torch.answer([longest])) == 1


def test_labels_that_hold_are_told_without_how_probable_they_are():
    first, second = Answer("card", 0.9), Answer("cash", 0.6)
    assert told([first, second]) == told([second, Answer("card", 0.5)]) == "card; cash"
    assert told([]) == ""
    entities = [Entity("place", "Rome", 8, 12, 0.9), Entity("person", "Ann", 0, 3, 0.4)]
    assert told(entities) == "person 0 3; place 8 12"
    assert told(0.25) == 0.25


def test_numbers_agree_within_a_tenth_of_their_spread():
    reference = [0.0, 10.0, 0.0, 10.0]  # a standard deviation of 5
    assert agreement([0.4, 9.6, 0.0, 10.0], reference) == 1
    assert agreement([0.6, 9.6, 0.0, 10.0], reference) == 0.75
    assert agreement(["0.0", "card"], [0.0, "card"]) == 0.5
    assert agreement([3.0, 3.0], [3.0, 3.0]) == 1


def test_the_interval_of_a_share_is_wilsons() -> None:
    assert interval(0.5, 20) == pytest.approx((0.299, 0.701), abs=1e-3)
    assert interval(1.0, 10) == pytest.approx((0.722, 1.0), abs=1e-3)
    assert interval(0.0, 10) == pytest.approx((0.0, 0.278), abs=1e-3)
