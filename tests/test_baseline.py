"""The baseline of TF-IDF and logistic regression."""

import json

import numpy as np
import pytest

from edgeft.artifacts import Dataset
from edgeft.baseline import CHARACTERS, fit_baseline, fitting_rows
from edgeft.data.rows import open_split, truth_of, write_split
from edgeft.errors import DataError
from edgeft.tasks.multi_label import MultiLabel
from edgeft.tasks.regression import Regression
from edgeft.tasks.text_classification import TextClassification

WORDS = {
    "sport": ["goal", "team", "match", "player", "league", "coach"],
    "tech": ["laptop", "software", "chip", "network", "browser", "server"],
    "food": ["bread", "cheese", "soup", "recipe", "kitchen", "butter"],
}


def rows_of(labels: list[str], count: int, seed: int, start: int = 0) -> list[dict]:
    random = np.random.default_rng(seed)
    rows = []
    for number in range(count):
        label = labels[number % len(labels)]
        text = " ".join(["the", *random.choice(WORDS[label], 4), "today"])
        rows.append({"id": start + number, "text": text, "label": label, "parent": None})
    return rows


def dataset_of(path, labels: list[str], **splits: list[dict]) -> Dataset:
    with Dataset.create(path) as draft:
        draft.manifest.labels = labels
        for split, rows in splits.items():
            draft.manifest.rows[split] = write_split(draft.path, split, rows)
    return draft.artifact


@pytest.fixture
def data(tmp_path) -> Dataset:
    labels = sorted(WORDS)
    return dataset_of(
        tmp_path / "data",
        labels,
        train=rows_of(labels, 60, seed=0),
        validation=rows_of(labels, 15, seed=1, start=100),
        test=rows_of(labels, 30, seed=2, start=200),
    )


def test_baseline_learns_what_words_tell(data):
    found, said = fit_baseline(data, task=TextClassification(), seed=0)
    assert found.split == "test"
    assert found.rows == 60
    assert found.scores.metrics["accuracy"] == 1.0
    assert found.scores.n == 30
    assert found.validation_scores.n == 15
    truth = truth_of(open_split(data, "test"), TextClassification(), data.labels)
    assert TextClassification().correct(truth, said, data.labels).tolist() == [True] * 30
    assert found.texts_per_second > 0
    assert found.p50_ms > 0


def test_size_counts_weights_offsets_and_vocabulary(data):
    found, _ = fit_baseline(data, task=TextClassification(), seed=0)
    weights = 4 * (3 * found.features + 3 + found.features)
    assert weights < found.size_bytes < weights + 20 * found.features


def test_baseline_is_the_same_again(data):
    (first, said), (second, again) = (
        fit_baseline(data, task=TextClassification(), seed=3) for _ in range(2)
    )
    assert first.scores == second.scores
    assert np.array_equal(said.values, again.values)


def test_augmented_copies_are_left_out(tmp_path):
    labels = sorted(WORDS)
    train = rows_of(labels, 30, seed=0)
    copies = [{**row, "id": row["id"] + 50, "parent": row["id"]} for row in train]
    data = dataset_of(
        tmp_path / "data",
        labels,
        train=train + copies,
        validation=rows_of(labels, 6, seed=1, start=100),
    )
    found, _ = fit_baseline(data, task=TextClassification(), seed=0)
    assert found.rows == 30
    assert found.split == "validation"
    assert found.scores == found.validation_scores


def test_two_labels_are_scored_as_more_are(tmp_path):
    labels = ["food", "sport"]
    data = dataset_of(
        tmp_path / "data",
        labels,
        train=rows_of(labels, 40, seed=0),
        validation=rows_of(labels, 10, seed=1, start=100),
    )
    found, _ = fit_baseline(data, task=TextClassification(), seed=0)
    assert found.scores.metrics["accuracy"] == 1.0


def test_a_label_without_training_texts_is_never_answered(tmp_path):
    labels = sorted(WORDS)
    data = dataset_of(
        tmp_path / "data",
        labels,
        train=rows_of(["sport", "tech"], 40, seed=0),
        validation=rows_of(labels, 9, seed=1, start=100),
    )
    found, _ = fit_baseline(data, task=TextClassification(), seed=0)
    answers = np.array(found.scores.confusion).sum(axis=0)
    assert answers[labels.index("food")] == 0


def test_training_texts_of_one_label_are_refused(tmp_path):
    rows = rows_of(["food"], 8, seed=0)
    data = dataset_of(tmp_path / "data", ["food", "tech"], train=rows, validation=rows[:2])
    with pytest.raises(DataError, match="training texts of one label only"):
        fit_baseline(data, task=TextClassification(), seed=0)


def test_of_too_many_texts_a_seeded_part_is_taken(data):
    train = open_split(data, "train")
    first = fitting_rows(train, seed=0, limit=20)["id"][:]
    assert len(first) == 20
    assert first == fitting_rows(train, seed=0, limit=20)["id"][:]
    assert first != fitting_rows(train, seed=1, limit=20)["id"][:]


def test_texts_too_long_to_fit_on_all_are_taken_in_part(tmp_path):
    long = "x" * (CHARACTERS // 4)
    rows = [{"id": n, "text": long, "label": "food", "parent": None} for n in range(6)]
    data = dataset_of(tmp_path / "data", ["food"], train=rows)
    assert len(fitting_rows(open_split(data, "train"), seed=0, limit=100)) == 4


def test_several_labels_and_numbers_have_a_baseline_too(tmp_path):
    random = np.random.default_rng(0)
    several, numbers = [], []
    for number in range(90):
        holds = [label for label in sorted(WORDS) if random.random() < 0.5]
        words = [word for label in holds for word in random.choice(WORDS[label], 2)]
        text = " ".join(["today", *words, str(number)])
        row = {"id": number, "text": text, "parent": None}
        several.append({**row, "label": json.dumps(holds)})
        numbers.append({**row, "label": str(float(len(holds)))})
    for task, labels, rows, metric in (
        (MultiLabel(), sorted(WORDS), several, "micro_f1"),
        (Regression(), ["score"], numbers, "spearman"),
    ):
        split = {"train": rows[:60], "validation": rows[60:75], "test": rows[75:]}
        data = dataset_of(tmp_path / task.name, labels, **split)
        found, said = fit_baseline(data, task=task, seed=0)
        assert found.scores.metrics[metric] > 0.7
        assert said.values.shape == (15, len(labels))
        assert found.size_bytes > 0


def test_baseline_reads_single_characters_where_words_have_no_spaces(tmp_path):
    random = np.random.default_rng(0)
    fillers = list("房间服务早餐位置价格前台电视空调")
    rows = []
    for number in range(150):
        label, tells = [("好评", "棒"), ("差评", "脏")][number % 2]
        characters = [*random.choice(fillers, 8), tells]
        random.shuffle(characters)
        text = "".join(characters) + "。"
        rows.append({"id": number, "text": text, "label": label, "parent": None})
    data = dataset_of(
        tmp_path / "data",
        ["好评", "差评"],
        train=rows[:100],
        validation=rows[100:120],
        test=rows[120:],
    )
    found, _ = fit_baseline(data, task=TextClassification(), seed=0)
    assert found.scores.metrics["accuracy"] == 1.0
