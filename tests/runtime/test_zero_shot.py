"""Labels that a bundle is given when it is used, in Python and on the command line."""

import json
import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edgeft.cli import main
from edgeft.context import Context
from edgeft.data import Columns, DataSource
from edgeft.data.prepare import prepare
from edgeft.data.rows import open_split
from edgeft.errors import BundleError, DataError, EdgeftError
from edgeft.runtime import Answer, Classifier, Embedder, Model, ZeroShot, load
from edgeft.runtime.zero_shot import SHARPNESS
from edgeft.tasks.text_classification import TextClassification

LABELS = ["card_arrival", "cash", "transfer_fee"]
TEXTS = ["where is my card", "notes from the machine", "cash"]


@pytest.fixture(scope="module")
def encoder(encoder_bundle) -> Iterator[Embedder]:
    with load(encoder_bundle.path, Embedder) as model:
        yield model


@pytest.fixture(scope="module")
def judge(entailment_bundle) -> Iterator[Classifier]:
    with load(entailment_bundle.path, Classifier) as model:
        yield model


def test_a_text_that_is_a_labels_name_in_words_is_of_that_label(encoder) -> None:
    ask = ZeroShot(encoder, LABELS, template="{}")
    for label, text in zip(LABELS, ["card arrival", "cash", "transfer fee"], strict=True):
        assert ask(text).label == label


def test_probabilities_are_the_softmax_of_cosines_over_the_temperature(encoder) -> None:
    ask = ZeroShot(encoder, LABELS, template="{}")
    cosines = encoder.similarity(TEXTS, ["card arrival", "cash", "transfer fee"])
    powers = np.exp(cosines / SHARPNESS)
    assert ask.probabilities(TEXTS) == pytest.approx(
        powers / powers.sum(1, keepdims=True), rel=1e-3
    )
    flat = ZeroShot(encoder, LABELS, template="{}", temperature=1000).probabilities(TEXTS)
    assert flat == pytest.approx(np.full((3, 3), 1 / 3), abs=1e-3)


def test_labels_may_be_called_something_else(encoder) -> None:
    called = {"A": "where is my card", "B": "notes from the machine"}
    answers = ZeroShot(encoder, called, template="{}")(TEXTS[:2])
    assert [each.label for each in answers] == ["A", "B"]


def test_of_several_templates_the_mean_is_taken(encoder) -> None:
    ways = ["{}", "a text about {}"]
    both = ZeroShot(encoder, LABELS, template=ways).logits(TEXTS) * SHARPNESS
    names = ["card arrival", "cash", "transfer fee"]
    mean = np.mean([encoder([way.format(name) for name in names]) for way in ways], axis=0)
    mean /= np.linalg.norm(mean, axis=1, keepdims=True)
    assert both == pytest.approx(encoder(TEXTS) @ mean.T, abs=1e-5)


def test_one_text_or_many_and_the_best_labels_of_each(encoder) -> None:
    ask = ZeroShot(encoder, LABELS)
    one, many = ask(TEXTS[0]), ask(TEXTS)
    assert isinstance(one, Answer)
    assert one.label == many[0].label
    assert ask([]) == []
    assert ask.logits([]).shape == (0, 3)
    ranked = ask(TEXTS, top_k=2)
    assert [each[0].label for each in ranked] == [each.label for each in many]
    assert all(first.probability >= second.probability for first, second in ranked)
    assert [each.label for each in ask.stream(iter(TEXTS))] == [each.label for each in many]


def test_entailment_counts_against_contradiction(judge) -> None:
    ask = ZeroShot(judge, LABELS)
    sentences = [f"This text is about {name}." for name in ("card arrival", "cash", "transfer fee")]
    found = judge.logits([(TEXTS[0], each) for each in sentences])
    sure = found[:, 1] - found[:, 0]
    assert ask.logits(TEXTS[0])[0] == pytest.approx(sure, rel=1e-4)
    assert ask(TEXTS[0]).label == LABELS[int(sure.argmax())]


def test_several_labels_hold_each_on_its_own(judge) -> None:
    ask = ZeroShot(judge, LABELS, several=True, threshold=0.0)
    chances = 1 / (1 + np.exp(-ask.logits(TEXTS)))
    assert ask.probabilities(TEXTS) == pytest.approx(chances, rel=1e-5)
    assert [len(each) for each in ask(TEXTS)] == [3, 3, 3]
    assert ask(TEXTS[0])[0].probability == pytest.approx(float(chances[0].max()), rel=1e-4)
    assert ZeroShot(judge, LABELS, several=True, threshold=1.0)(TEXTS[0]) == []
    assert len(ZeroShot(judge, LABELS, several=True, threshold=1.0)(TEXTS[0], top_k=1)) == 1


def test_the_label_of_entailment_may_be_called_otherwise(judge) -> None:
    assert ZeroShot(judge, LABELS, entailment="neutral").logits(TEXTS).shape == (3, 3)
    with pytest.raises(BundleError, match="no label for entailment; it has: contradiction, entail"):
        ZeroShot(judge, LABELS, entailment="yes")


Make = Callable[[Embedder, Classifier], Any]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda encoder, _: ZeroShot(encoder, []), "no labels to choose from"),
        (lambda encoder, _: ZeroShot(encoder, ["cash"]), "1 label to choose from"),
        (lambda encoder, _: ZeroShot(encoder, ["cash", "cash"]), "a label stands twice"),
        (lambda encoder, _: ZeroShot(encoder, LABELS, template="about"), "'about' needs one {}"),
        (lambda encoder, _: ZeroShot(encoder, LABELS, template="{0}"), "'{0}' needs one {}"),
        (lambda encoder, _: ZeroShot(encoder, LABELS, template=[]), "there is no template"),
        (
            lambda encoder, _: ZeroShot(encoder, LABELS, several=True),
            "does not say whether a label",
        ),
        (lambda encoder, _: ZeroShot(encoder, LABELS, temperature=0), "temperature is 0"),
        (lambda encoder, _: ZeroShot(encoder, LABELS, temperature=math.nan), "temperature is nan"),
        (lambda encoder, _: ZeroShot(encoder, LABELS, entailment="yes"), "no label for entailment"),
        (lambda encoder, _: ZeroShot(encoder, LABELS)("a", top_k=0), "top_k is 0"),
        (lambda encoder, _: ZeroShot(encoder, LABELS)(3), "3 is no text and no list of them"),
        (lambda _, judge: ZeroShot(judge, LABELS)([3]), "3 is not a text"),
        (lambda _, judge: ZeroShot(judge, LABELS, template=["{}", "a {}"]), "2 templates"),
    ],
)
def test_what_will_not_do_is_named(encoder, judge, make: Make, message: str) -> None:
    with pytest.raises(EdgeftError) as caught:
        make(encoder, judge)
    assert message in caught.value.message
    assert caught.value.hint


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ("sport", "the labels are 'sport', not a list of names"),
        (3, "the labels are 3, not a list"),
        (["a", 3], "3 is no name of a label"),
        (["a", " "], "' ' is no name"),
        ({"a": "x", "b": None}, "None is no name"),
    ],
)
def test_what_names_no_labels_is_refused(encoder, labels: Any, message: str) -> None:
    with pytest.raises(DataError, match=message):
        ZeroShot(encoder, labels)


def test_a_classifier_of_one_text_is_refused(runtime_bundle) -> None:
    with load(runtime_bundle.path) as model, pytest.raises(BundleError, match="reads one text"):
        ZeroShot(model, LABELS)


def test_predict_takes_labels_from_the_command_line_or_a_file(
    encoder_bundle, entailment_bundle, tmp_path, capsys
) -> None:
    file = tmp_path / "labels.txt"
    file.write_text("a\twhere is my card\n\nb\tnotes from the machine\n", encoding="utf-8")
    assert main(["predict", str(encoder_bundle.path), *TEXTS[:2], "--labels", str(file)]) == 0
    lines = [line.split("\t") for line in capsys.readouterr().out.splitlines()]
    assert [(line[0], line[-1]) for line in lines] == [("a", TEXTS[0]), ("b", TEXTS[1])]
    asked = ["--labels", "cash, card_arrival", "--top-k", "5", "--json", "--template", "on {}."]
    assert main(["predict", str(entailment_bundle.path), "cash", *asked]) == 0
    found = json.loads(capsys.readouterr().out)
    assert sorted(each["label"] for each in found["answers"]) == ["card_arrival", "cash"]
    with load(entailment_bundle.path, Model) as model:
        wanted = ZeroShot(model, ["cash", "card_arrival"], template="on {}.")("cash")
    assert (found["label"], found["probability"]) == (
        wanted.label, pytest.approx(wanted.probability, abs=1e-5)
    )  # fmt: skip


def test_predict_gives_every_label_that_is_probable_enough(entailment_bundle, capsys) -> None:
    asked = ["--labels", "cash,card", "--entailment", "neutral", "--json"]

    assert main(["predict", str(entailment_bundle.path), "cash", *asked, "--several", "0"]) == 0
    everything = json.loads(capsys.readouterr().out)["answers"]
    assert main(["predict", str(entailment_bundle.path), "cash", *asked, "--several", "1"]) == 0
    nothing = json.loads(capsys.readouterr().out)["answers"]

    with load(entailment_bundle.path, Model) as model:
        names = ["cash", "card"]
        ask = ZeroShot(model, names, entailment="neutral", several=True, threshold=0)
        wanted = {each.label: pytest.approx(each.probability, abs=1e-5) for each in ask("cash")}
    assert {each["label"]: each["probability"] for each in everything} == wanted
    assert nothing == []


def test_evaluate_takes_the_name_of_entailment(entailment_bundle, tmp_path, capsys) -> None:
    data = tmp_path / "data.csv"
    data.write_text("text,label\ncard arrival,card\ncash,cash\n")
    asked = ["evaluate", str(entailment_bundle.path), "--data", str(data), "--labels", "cash,card"]
    assert main([*asked, "--entailment", "neutral", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["n"] == 2
    assert main([*asked, "--entailment", "yes"]) == 1
    assert "--entailment LABEL" in capsys.readouterr().err


def test_evaluate_scores_given_labels_on_labelled_texts(encoder_bundle, tmp_path, capsys) -> None:
    data = tmp_path / "data.csv"
    data.write_text("text,label\ncard arrival,card_arrival\ncash,cash\nthe cash,transfer_fee\n")
    asked = ["evaluate", str(encoder_bundle.path), "--data", str(data), "--template", "{}"]
    assert main([*asked, "--labels", ",".join([*LABELS, "another"]), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["n"] == 3
    assert found["metrics"]["accuracy"] >= 0.66
    assert main([*asked, "--labels", "cash,card_arrival"]) == 1
    assert "does not know the label 'transfer_fee' of the data" in capsys.readouterr().err


def test_what_names_say_of_texts_is_data_to_train_on(encoder_bundle, tmp_path) -> None:
    texts = ["cash please", "card please"] * 3
    (tmp_path / "texts.txt").write_text("\n".join(texts), encoding="utf-8")
    out = tmp_path / "named.csv"
    asked = ["--labels", "cash,card", "--template", "{} please", "--out", str(out)]
    file = str(tmp_path / "texts.txt")
    assert main(["predict", str(encoder_bundle.path), "--file", file, *asked]) == 0
    columns = Columns(weight="probability")
    source = DataSource(train=str(out), validation=str(out), columns=columns)
    context = Context(out=tmp_path / "data", task=TextClassification(), find_model=Path)
    rows = open_split(prepare(source, context.task, context, find=lambda name: None), "train")
    assert list(rows["label"]) == ["cash", "card"] * 3
    assert all(0 < each <= 1 for each in rows["weight"])


@pytest.mark.parametrize(
    ("labels", "message"),
    [("cash,cash", "label 'cash' stands twice"), ("none.txt", "no file at none.txt")],
)
def test_labels_that_cannot_be_read_are_named(encoder_bundle, capsys, labels, message) -> None:
    assert main(["predict", str(encoder_bundle.path), "a", "--labels", labels]) == 1
    assert message in capsys.readouterr().err


def test_so_many_labels_and_all_that_hold_are_not_asked_at_once(entailment_bundle, capsys) -> None:
    asked = ["--labels", "cash,card", "--several", "0.5", "--top-k", "2"]
    assert main(["predict", str(entailment_bundle.path), "cash", *asked]) == 2
    assert "leave --top-k out" in capsys.readouterr().err


@pytest.mark.parametrize("option", ["template", "entailment", "several"])
def test_what_is_about_labels_is_wrong_usage_without_them(encoder_bundle, capsys, option) -> None:
    assert main(["predict", str(encoder_bundle.path), "a", f"--{option}", "0"]) == 2
    assert f"--{option} is for --labels" in capsys.readouterr().err


def test_empty_labels_are_an_error_and_not_left_out(encoder_bundle, capsys) -> None:
    assert main(["predict", str(encoder_bundle.path), "a", "--labels", ""]) == 1
    assert "no labels to choose from" in capsys.readouterr().err


def test_texts_alone_are_not_an_array_of_labels(encoder) -> None:
    with pytest.raises(DataError):
        ZeroShot(encoder, LABELS)([1, 2])
