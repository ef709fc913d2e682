"""Learning from what a model says of texts without labels, and from names of labels alone."""

import re
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file
from scipy.special import softmax
from tiny_models import save_base
from topics import rows_of
from trainings import figures, finetuner_of
from transformers import set_seed

from edgeft.artifacts import Checkpoint, Dataset, Draft
from edgeft.context import Context
from edgeft.data.rows import open_split
from edgeft.errors import DataError, PluginError, TrainingError
from edgeft.evaluation import evaluate
from edgeft.probing.heads import Examples
from edgeft.registry import Registry
from edgeft_unlabelled import rounds
from edgeft_unlabelled.balance import balanced, surest
from edgeft_unlabelled.lessons import agreement
from edgeft_unlabelled.soft_heads import soft_head
from edgeft_unlabelled.spreading import fitted_temperature, guessed, likeness, spread

QUICK = {"learning_rate": 1e-3, "batch_size": 16, "precision": "fp32"}
HEAD = {"strength": 10.0, "label_names": "no"}
LEARNING = QUICK | HEAD | {"finetuner_options": HEAD, "neighbours": 5}
LABELS = ["food", "sport", "tech"]


@pytest.fixture(scope="module")
def base(topics: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny BERT that knows the words of the topics, with random weights."""
    set_seed(0)
    out = tmp_path_factory.mktemp("self") / "base"
    save_base("bert", out, open_split(topics, "train")["text"][:])
    return out


@pytest.fixture
def few(make_data: Any) -> Dataset:
    """One labelled text a label, and 90 without."""
    return make_data(
        LABELS,
        train=rows_of(3, seed=0, first=0),
        validation=rows_of(30, seed=1, first=1000),
        unlabelled=[{**row, "label": None} for row in rows_of(90, seed=2, first=2000)],
    )


@pytest.fixture
def finetuned(base: Path, few: Dataset, registry: Registry, context: Context) -> Any:
    return finetuner_of(base, few, registry, context)


def accuracy(checkpoint: Checkpoint, data: Dataset, context: Context) -> float:
    found = evaluate(checkpoint, data, "validation", task=context.task, threads=1)
    return found.scores.metrics["accuracy"]


def test_texts_without_labels_teach_more_than_the_labels_alone(finetuned, few, context) -> None:
    alone = accuracy(finetuned("probe", **HEAD), few, context)
    found = finetuned("self-training", rounds=2, **LEARNING)
    assert accuracy(found, few, context) >= alone + 0.1
    said = figures(found)
    assert said["finetuner"] == "probe"
    assert [each["taken"] for each in said["rounds"][1:]] == [90, 90]
    assert said["rounds"][1]["temperature"] == said["rounds"][2]["temperature"]
    assert said["validation"]["accuracy"] == pytest.approx(accuracy(found, few, context), abs=0.04)
    assert not context.scratch.exists()


def test_a_head_alone_leaves_the_encoder_as_it_was(finetuned, few, base, context) -> None:
    found = finetuned("self-training", rounds=1, trains="head", **LEARNING)
    before = context.task.load_model(base, pooling="mean").base_model.state_dict()
    after = context.task.load_model(found.path).base_model.state_dict()
    assert all((before[name] == after[name]).all() for name in before)
    assert accuracy(found, few, context) > accuracy(finetuned("probe", **HEAD), few, context)


def test_the_likeliest_labels_are_learnt_by_a_finetuner(finetuned, few, context) -> None:
    found = finetuned(
        "self-training", rounds=1, soft=False, confidence=0.36, balance=1.0, **LEARNING
    )
    taken = figures(found)["rounds"][1]
    assert 0 < taken["taken"] <= 90
    assert taken["by_label"]["most"] <= 30
    assert accuracy(found, few, context) > 0.5


SEVERAL = LEARNING | {
    "finetuner": "full",
    "finetuner_options": QUICK | {"epochs": 2, "pooling": "mean", "head": "probe"},
    "epochs": 1,
}


def test_several_first_models_are_heard(finetuned, few, context, monkeypatch) -> None:
    alone = finetuned("self-training", **SEVERAL)
    of_one = load_file(alone.path / "model.safetensors")
    assert "agree" not in figures(alone)["rounds"][1]
    monkeypatch.setattr(Draft, "take_files", interrupted)
    with pytest.raises(KeyboardInterrupt):
        finetuned("self-training", voices=2, **SEVERAL)
    places = [context.scratch / name for name in ("round-0", "round-0-1")]
    first, other = (load_file(place / "model.safetensors") for place in places)
    assert any((first[name] != other[name]).any() for name in first)
    monkeypatch.undo()
    found = finetuned("self-training", voices=2, **SEVERAL)
    said = figures(found)["rounds"]
    assert len(said) == 2
    assert 0 < said[1]["agree"] < 1
    ours = load_file(found.path / "model.safetensors")
    assert any((ours[name] != of_one[name]).any() for name in ours)
    assert accuracy(found, few, context) > 0.5


def test_a_frozen_encoder_has_one_voice(finetuned, context, monkeypatch) -> None:
    monkeypatch.setattr(Draft, "take_files", interrupted)
    with pytest.raises(KeyboardInterrupt):
        finetuned("self-training", voices=3, **LEARNING)
    assert [place.name for place in sorted(context.scratch.glob("round-0*"))] == ["round-0"]


def test_models_agree_where_all_find_the_same_label() -> None:
    shares = np.array([[0.6, 0.4], [0.2, 0.8], [0.9, 0.1], [0.3, 0.7]])
    assert agreement([shares, shares]) == 1.0
    assert agreement([shares, shares[::-1], shares]) == 0.0
    assert agreement([shares, np.array([[1, 0], [1, 0], [1, 0], [0, 1]])]) == 0.75


def test_a_round_that_was_finished_is_not_run_again(finetuned, context, monkeypatch) -> None:
    monkeypatch.setattr(rounds, "kept_round", interrupted)
    with pytest.raises(KeyboardInterrupt):
        finetuned("self-training", rounds=2, soft=False, **LEARNING)
    times = made_at(context)
    assert len(times) == 3
    shutil.rmtree(context.scratch / "round-2")
    with pytest.raises(KeyboardInterrupt):
        finetuned("self-training", rounds=2, soft=False, **LEARNING)
    assert made_at(context)[:2] == times[:2]
    assert len(made_at(context)) == 3


def interrupted(*_: Any) -> None:
    raise KeyboardInterrupt


def made_at(context: Context) -> list[int]:
    return [file.stat().st_mtime_ns for file in sorted(context.scratch.glob("round-?/edgeft.json"))]


def test_without_unlabelled_texts_nothing_is_trained(finetuned, make_data, tmp_path) -> None:
    rows = rows_of(6, seed=0, first=0)
    shutil.rmtree(tmp_path / "data")
    data = make_data(LABELS, train=rows, validation=rows)
    with pytest.raises(DataError, match="has no texts without labels to learn from"):
        finetuned("self-training", data=data)


def test_self_training_cannot_begin_with_itself(finetuned) -> None:
    with pytest.raises(PluginError, match="cannot begin with itself"):
        finetuned("self-training", finetuner="self-training")


def test_hidden_tokens_change_what_the_encoder_learns(finetuned) -> None:
    def weights(**options: Any) -> dict[str, Any]:
        made = finetuned("self-training", epochs=1, **LEARNING | options)
        return load_file(made.path / "model.safetensors")

    plain, again, hidden = weights(), weights(), weights(cutoff=0.3)
    assert all(np.array_equal(plain[name], again[name]) for name in plain)
    assert not all(np.array_equal(plain[name], hidden[name]) for name in plain)
    for options in ({"trains": "head"}, {"soft": False}):
        with pytest.raises(PluginError, match="cutoff is for an encoder that learns probabilities"):
            finetuned("self-training", cutoff=0.1, **options)


def test_options_that_the_finetuner_lacks_are_refused_before_it_trains(finetuned) -> None:
    with pytest.raises(PluginError, match="finetuner_options: probe: epoch"):
        finetuned("self-training", finetuner_options={"epoch": 3})


DESCRIPTIONS = {"food": "bread", "sport": "goal", "tech": "laptop"}


def test_names_answer_without_any_labelled_text(finetuned, few, context) -> None:
    found = finetuned("names", descriptions=DESCRIPTIONS, templates=["{}", "the {} today"])
    assert accuracy(found, few, context) > 0.6
    assert figures(found)["validation"]["accuracy"] == pytest.approx(
        accuracy(found, few, context), abs=0.04
    )


def test_names_do_not_look_at_the_labels_of_texts(finetuned, few, make_data, tmp_path) -> None:
    right = finetuned("names", descriptions=DESCRIPTIONS).digest
    shutil.rmtree(tmp_path / "data")
    wrong = [{**row, "label": "food"} for row in rows_of(6, seed=0, first=0)]
    data = make_data(LABELS, train=wrong, validation=rows_of(30, seed=1, first=1000))
    assert finetuned("names", data=data, descriptions=DESCRIPTIONS).digest == right


def test_a_first_guess_by_names_is_bettered_by_the_pool(finetuned, few, context) -> None:
    named = accuracy(finetuned("names", descriptions=DESCRIPTIONS), few, context)
    found = finetuned(
        "self-training",
        finetuner="names",
        finetuner_options={"descriptions": DESCRIPTIONS},
        trains="head",
        neighbours=5,
    )
    assert accuracy(found, few, context) > named
    assert figures(found)["rounds"][1]["taken"] == 93  # labelled texts are part of the pool


def test_names_are_not_trained_anew_on_labels_that_they_do_not_read(finetuned) -> None:
    with pytest.raises(PluginError, match="soft: false trains anew on labels, which `names` does"):
        finetuned("self-training", finetuner="names", soft=False)


def test_what_labels_are_called_is_known_wherever_the_step_trains_anew(
    finetuned, few, context, monkeypatch
) -> None:
    few.manifest.summary = {"called": DESCRIPTIONS, "labels": 3}
    monkeypatch.setattr(Draft, "take_files", interrupted)
    with pytest.raises(KeyboardInterrupt):
        finetuned("self-training", data=few, soft=False, **LEARNING)
    made = Dataset.open(context.scratch / "round-1-data")
    assert made.manifest.summary == {"called": DESCRIPTIONS}


@pytest.mark.parametrize("trains", ["all", "head"])
def test_confidence_that_no_text_reaches_is_named(finetuned, trains) -> None:
    options = {"descriptions": DESCRIPTIONS, "scale": 1.0}
    begun = {"finetuner": "names", "finetuner_options": options, "trains": trains}
    with pytest.raises(TrainingError) as error:
        finetuned("self-training", confidence=0.999, **begun)
    surest = re.fullmatch(
        r"no text reaches confidence: 0\.999, the surest is (0\.\d+): there is nothing to learn"
        r" from",
        error.value.message,
    )
    assert error.value.hint == (
        f"set confidence to {surest[1]} at most, or leave it out to learn from all texts"
    )
    found = finetuned("self-training", confidence=float(surest[1]), **begun | {"trains": "head"})
    assert figures(found)["rounds"][1]["taken"] > 0


@pytest.mark.parametrize("how", [{}, {"trains": "head"}, {"soft": False}])
def test_labelled_texts_are_learnt_where_no_other_is_believed(finetuned, how) -> None:
    found = finetuned("self-training", confidence=0.9999, **LEARNING | how)
    assert figures(found)["rounds"][1]["taken"] == 0
    assert np.isfinite(load_file(found.path / "model.safetensors")["classifier.weight"]).all()


@pytest.mark.parametrize("template", ["about", "{} or {}", "{name}", "{{}}"])
def test_a_template_has_one_place_for_a_name(finetuned, template) -> None:
    with pytest.raises(PluginError, match="needs one"):
        finetuned("names", templates=[template])


def test_labels_spread_to_texts_nearby() -> None:
    random = np.random.default_rng(0)
    middles = np.eye(3, dtype=np.float32)
    truth = np.arange(60) % 3
    vectors = middles[truth] + random.normal(0, 0.2, (60, 3)).astype(np.float32)
    first = np.full((60, 3), 1 / 3, dtype=np.float32)
    first[:3] = np.eye(3)  # one known text a label
    found = spread(likeness(vectors, 10), first)
    assert (found.argmax(axis=1) == truth).mean() > 0.95
    np.testing.assert_allclose(found.sum(axis=1), 1, rtol=1e-5)


def test_shares_are_as_sure_as_they_are_right() -> None:
    random = np.random.default_rng(1)
    logits = random.normal(0, 1, (4000, 3))
    shares = softmax(logits, axis=1)
    targets = np.array([random.choice(3, p=each) for each in shares])
    assert fitted_temperature(logits * 5, targets) == pytest.approx(5, rel=0.1)


def test_a_guess_says_how_often_it_is_right_about_labels_left_out() -> None:
    random = np.random.default_rng(2)
    truth = np.arange(90) % 3
    vectors = np.eye(3)[truth] + random.normal(0, 0.1, (90, 3))
    examples = Examples(vectors[:30].astype(np.float32), truth[:30], 3)
    found = guessed(examples, 10.0, vectors[30:].astype(np.float32), neighbours=5)
    assert found.right == 1.0
    assert (found.shares.argmax(axis=1) == truth[30:]).all()


def test_a_label_that_takes_over_is_held_back() -> None:
    shares = np.array([[0.8, 0.2], [0.7, 0.3], [0.6, 0.4], [0.55, 0.45]], dtype=np.float32)
    even = np.array([0.5, 0.5])
    whole = balanced(shares, even, 1.0)
    np.testing.assert_allclose(whole.mean(axis=0), even, atol=1e-3)
    np.testing.assert_allclose(whole.sum(axis=1), 1, rtol=1e-5)
    np.testing.assert_array_equal(balanced(shares, even, 0.0), shares)
    between = balanced(shares, even, 0.5).mean(axis=0)
    assert even[0] < between[0] < shares.mean(axis=0)[0]


def test_the_surest_texts_are_taken_and_no_label_too_often() -> None:
    sure = np.array([0.9, 0.99, 0.8, 0.95, 0.5, 0.85])
    shares = np.stack([sure, 1 - sure], axis=1)
    shares[5] = shares[5][::-1]
    even = np.array([0.5, 0.5])
    assert surest(shares, even, 0.7, 0.0).tolist() == [0, 1, 2, 3, 5]
    assert surest(shares, even, 0.7, 1.0).tolist() == [1, 3, 5]  # 2 of at most 2.5, and 1


def test_a_soft_head_is_that_of_logistic_regression_where_shares_are_sure() -> None:
    random = np.random.default_rng(3)
    vectors = random.normal(0, 1, (60, 4)).astype(np.float32)
    targets = np.argmax(vectors[:, :3], axis=1)
    hard = Examples(vectors, targets, 3).fitted(1.0)
    start = Examples(vectors[:10], targets[:10], 3).fitted(1.0)
    soft = soft_head(vectors, np.eye(3)[targets], 1.0, start)
    np.testing.assert_allclose(soft.weight, hard.weight, atol=0.02)
