"""The runtime divides logits by the manifest's temperature before it makes probabilities."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from every_task import Made
from scipy.special import expit, softmax

from edgeft.runtime import Classifier, Labeller, Model, Reader, Tagger, load
from edgeft.runtime.given import Given

TEMPERATURE = 2.0
Warm = Callable[..., Any]


@pytest.fixture
def warm(make_every_task: Callable[[str], Made], tmp_path: Path) -> Warm:
    """Load a copy of a task's bundle whose manifest says a temperature of 2."""

    def loaded(task: str, kind: type[Model[Any]]) -> Model[Any]:
        bundle = shutil.copytree(make_every_task(task).bundle, tmp_path / "bundle")
        manifest = json.loads((bundle / "edgeft.json").read_text(encoding="utf-8"))
        manifest["decoding"]["temperature"] = TEMPERATURE
        (bundle / "edgeft.json").write_text(json.dumps(manifest), encoding="utf-8")
        return load(bundle, kind, threads=1)

    return loaded


def assert_near(found: Any, wanted: Any) -> None:
    np.testing.assert_allclose(found, wanted, rtol=0, atol=1e-6)


@pytest.mark.parametrize(
    "task", ["text-classification", "pair-classification", "relation-extraction", "fill-mask"]
)
def test_one_label_is_as_probable_as_the_softmax_of_half_its_logits_says(
    task: str, warm: Warm, asked: Callable[[Path], list[Given]]
) -> None:
    with warm(task, Classifier) as model:
        texts = asked(model.path)
        wanted = softmax(model.logits(texts) / TEMPERATURE, axis=1)
        first = wanted.max(axis=1)
        assert_near([each.probability for each in model(texts)], first)
        assert_near([model(each).probability for each in texts], first)
        assert_near([each.probability for each in model.stream(texts)], first)
        two = -np.sort(-wanted, axis=1)[:, :2]
        ranked = [*model(texts, top_k=2), model(texts[0], top_k=2)]
        found = [[each.probability for each in row] for row in ranked]
        assert_near(np.asarray(found), [*two, two[0]])


def test_a_label_of_several_is_as_probable_as_the_sigmoid_of_half_its_logit_says(
    warm: Warm, asked: Callable[[Path], list[Given]]
) -> None:
    with warm("multi-label-classification", Labeller) as model:
        texts = asked(model.path)
        wanted = expit(model.outputs(texts).values / TEMPERATURE)
        assert_near(model.probabilities(texts), wanted)
        holds = wanted >= model.manifest.decoding.thresholds
        assert holds.any()
        for found in (model(texts), [model(each) for each in texts]):
            for answers, row, kept in zip(found, wanted, holds, strict=True):
                told = {each.label: each.probability for each in answers}
                assert told.keys() == {model.labels[place] for place in np.flatnonzero(kept)}
                assert_near(list(told.values()), -np.sort(-row[kept]))


def test_an_entity_is_as_probable_as_the_softmax_of_half_its_units_logits_says(
    warm: Warm, asked: Callable[[Path], list[Given]]
) -> None:
    with warm("token-classification", Tagger) as model:
        texts = asked(model.path)
        entities = [model(each) for each in texts]
        assert sum(map(len, entities)) > len(texts)
        for text, found in zip(texts, entities, strict=True):
            outputs = model.outputs([text])
            surest = softmax(outputs.values / TEMPERATURE, axis=1).max(axis=1)
            for each in found:
                own = (outputs.spans[:, 0] >= each.start) & (outputs.spans[:, 1] <= each.end)
                assert_near(each.score, surest[own].mean())


def test_a_lower_bar_finds_more_parts_each_as_probable_as_before(
    make_every_task: Callable[[str], Made], asked: Callable[[Path], list[Given]], tmp_path: Path
) -> None:
    bundle = shutil.copytree(make_every_task("token-classification").bundle, tmp_path / "bundle")
    manifest = json.loads((bundle / "edgeft.json").read_text(encoding="utf-8"))
    outside = [float(label == "O") for label in manifest["labels"]]
    found = {}
    for bar in (0.0, 100.0, -100.0):
        manifest["decoding"]["thresholds"] = [bar * each for each in outside]
        (bundle / "edgeft.json").write_text(json.dumps(manifest), encoding="utf-8")
        with load(bundle, Tagger, threads=1) as model:
            texts = asked(bundle)
            found[bar] = model(texts)
            inside = np.delete(softmax(model.outputs(texts).values, axis=1), outside.index(1), 1)
    assert not any(found[-100.0])
    assert sum(map(len, found[0.0])) > len(texts)
    # each word belongs to some part now, and is as probable as the best label of a part was
    scores = [each.score for row in found[100.0] for each in row]
    assert 0 < np.mean(scores) < np.mean([each.score for row in found[0.0] for each in row])
    assert min(scores) >= inside.max(axis=1).min() - 1e-6


def test_an_answer_is_as_probable_as_the_softmax_of_half_of_every_score_says(
    warm: Warm, asked: Callable[[Path], list[Given]]
) -> None:
    with warm("question-answering", Reader) as model:
        for question, context in asked(model.path):
            outputs = model.outputs([(question, context)])
            above = outputs.values[1:] - outputs.values[0]  # none of a text in one window
            scores = np.asarray(
                [
                    start + end
                    for place, start in enumerate(above[:, 0])
                    for end in above[place : place + model.manifest.decoding.longest, 1]
                ]
            )
            said = [0.0] if model.manifest.decoding.thresholds else []
            chances = softmax(np.append(scores, said) / TEMPERATURE)
            found = model(question, context)
            assert found
            assert_near(found.score, chances[scores.argmax()])
