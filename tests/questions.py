"""Questions about short texts, and what a tiny model learns of them in seconds."""

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from families import bundles, checkpoints
from tiny_models import save_base

from edgeft.artifacts import Bundle, Checkpoint, Dataset
from edgeft.context import Context
from edgeft.data import DataSource
from edgeft.data.prepare import prepare
from edgeft.registry import Registry
from edgeft.tasks.question_answering import QuestionAnswering

PEOPLE = ["anna", "boris", "chen", "maria", "john"]
PARTS = {
    "place": ("where does {person} live", "lives in {}", ["paris", "london", "new york", "rome"]),
    "food": ("what does {person} eat", "eats {}", ["rice", "green soup", "bread", "cake"]),
    "year": ("when was {person} born", "was born in {}", ["1970", "1984", "1999", "2003"]),
}
"""of each kind of question how it is asked, how a text tells the answer, and answers"""
ROWS = {"train": 240, "validation": 40, "test": 40}
TRAINING = {"learning_rate": 3e-3, "batch_size": 8, "precision": "fp32"}
COLUMNS = {"text": "question", "pair": "context", "label": "answers"}


def asked(split: str, n: int) -> list[dict[str, Any]]:
    """Rows as `datasets` has them, seeded by the split's name; one in five has no answer."""
    chooser = random.Random(split)
    found = []
    for number in range(n):
        person, kind = chooser.choice(PEOPLE), chooser.choice(list(PARTS))
        others = [each for each in PARTS if each != kind]
        told = [kind, *others[:1]] if chooser.random() < 0.8 else others
        chooser.shuffle(told)
        answers = {each: chooser.choice(PARTS[each][2]) for each in told}
        context = ", ".join(PARTS[each][1].format(answers[each]) for each in told)
        context = f"{person} {context}, {split}{number}"
        answer = answers.get(kind)
        found.append(
            {
                "question": f"{PARTS[kind][0].format(person=person)}?",
                "context": context,
                "answers": {
                    "text": [answer] if answer else [],
                    "answer_start": [context.index(answer)] if answer else [],
                },
            }
        )
    return found


def squad(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Rows in the form of SQuAD 2.0, a paragraph each."""
    paragraphs = []
    for number, row in enumerate(rows):
        pairs = zip(row["answers"]["text"], row["answers"]["answer_start"], strict=True)
        answers = [{"text": text, "answer_start": start} for text, start in pairs]
        qas = {
            "id": f"q{number}",
            "question": row["question"],
            "is_impossible": not answers,
            "answers": answers,
        }
        paragraphs.append({"context": row["context"], "qas": [qas]})
    return {"version": "v2.0", "data": [{"title": "people", "paragraphs": paragraphs}]}


@pytest.fixture(scope="session")
def question_files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """A SQuAD file a split."""
    folder = tmp_path_factory.mktemp("questions")
    for split, n in ROWS.items():
        (folder / f"{split}.json").write_text(json.dumps(squad(asked(split, n))), encoding="utf-8")
    return {split: str(folder / f"{split}.json") for split in ROWS}


@pytest.fixture(scope="session")
def question_dataset(
    question_files: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Dataset:
    """The dataset of these files."""
    context = Context(out=tmp_path_factory.mktemp("data") / "data", task=QuestionAnswering())
    return prepare(DataSource(**question_files), context.task, context, find=lambda _: None)


@pytest.fixture(scope="session")
def make_question_base(made_once: Any) -> Callable[[str], Path]:
    """Make the pretrained model of a family, which knows the words of these texts."""

    def make(family: str) -> Path:
        rows = asked("train", ROWS["train"])
        texts = [f"{row['question']} {row['context']}" for row in rows]
        return made_once(f"question-base/{family}", lambda out: save_base(family, out, texts))

    return make


@pytest.fixture(scope="session")
def make_question_checkpoint(
    make_question_base: Callable[[str], Path],
    question_dataset: Dataset,
    registry: Registry,
    made_once: Any,
) -> Callable[[str], Checkpoint]:
    """Finetune a family's model on them, once a session."""
    return checkpoints(
        "question",
        QuestionAnswering(),
        make_question_base,
        question_dataset,
        registry,
        made_once,
        {"epochs": 10, **TRAINING},
    )


@pytest.fixture(scope="session")
def make_question_bundle(
    make_question_checkpoint: Callable[[str], Checkpoint],
    question_dataset: Dataset,
    registry: Registry,
    made_once: Any,
) -> Callable[[str], Bundle]:
    """Export a family's checkpoint as it was captured, once a session."""
    return bundles(
        "question",
        QuestionAnswering(),
        make_question_checkpoint,
        question_dataset,
        registry,
        made_once,
    )
