"""Rows that answer with something else than one label are reviewed without it."""

import json
from pathlib import Path

import pytest

from edgeft.artifacts import Dataset
from edgeft.context import Context
from edgeft.data.rows import write_split
from edgeft.errors import DataError
from edgeft.registry import Registry
from edgeft.tasks.multi_label import MultiLabel

TEXTS = ["where is my card", "is there a fee", "cash was not given", "a transfer was refused"]
PLACES = ["in London", "at the airport yesterday", "while I travelled", "by your branch", "online"]


@pytest.fixture
def messages(tmp_path: Path) -> Dataset:
    """Some texts with several labels, one of them twice with unlike ones, and once again."""
    answers = ['["card"]', '["fee"]', '["cash", "fee"]', "[]"]
    rows = [
        {"id": place, "text": f"{text} {PLACES[place // 4]}", "label": answer, "parent": None}
        for place, (text, answer) in enumerate(zip(TEXTS * 5, answers * 5, strict=True))
    ]
    again = [
        ("where is my card in London", '["card"]'),
        ("is there a fee in London", '["card", "fee"]'),
    ]
    rows += [
        {"id": 20 + place, "text": text, "label": answer, "parent": None}
        for place, (text, answer) in enumerate(again)
    ]
    with Dataset.create(tmp_path / "data") as draft:
        draft.manifest.task = MultiLabel.name
        draft.manifest.labels = ["card", "cash", "fee"]
        for split, some in (("train", rows[:18] + rows[20:]), ("validation", rows[18:20])):
            draft.manifest.rows[split] = write_split(draft.path, split, some)
    return draft.artifact


def test_repeated_rows_are_dropped_and_contradictions_shown(
    messages: Dataset, registry: Registry, tmp_path: Path
) -> None:
    context = Context(out=tmp_path / "out", task=MultiLabel())
    options = registry.options("clean", "review", {"apply": True})
    made = registry.step("clean", "review")(options, context).run(messages)
    figures = made.manifest.history[-1].figures
    assert figures["dropped"] == 1
    assert figures["relabelled"] == 0
    assert figures["found"]["contradiction"] == 2
    assert "label" not in figures["found"]
    assert made.manifest.rows["train"] == 19


def test_a_new_label_is_refused_by_line(
    messages: Dataset, registry: Registry, tmp_path: Path
) -> None:
    review = registry.step("clean", "review")
    context = Context(out=tmp_path / "out", task=MultiLabel())
    review(registry.options("clean", "review", {}), context).run(messages)
    file = tmp_path / "out" / "decisions.csv"
    edited = tmp_path / "edited.csv"
    lines = file.read_text(encoding="utf-8").splitlines()
    place = next(number for number, line in enumerate(lines) if "contradiction" in line)
    lines[place] = lines[place].replace("keep", "relabel", 1)
    edited.write_text("\n".join(lines) + "\n", encoding="utf-8")
    options = registry.options("clean", "review", {"decisions": str(edited)})
    with pytest.raises(DataError, match=f"line {place + 1}: relabel is for texts with one label"):
        review(options, context.at(tmp_path / "again")).run(messages)


OF_TASKS: dict[str, list[str | None]] = {
    "regression": ["1.0", "2.0", "3.0", "4.0"],
    "text-similarity": ["1.0", "2.0", "3.0", "4.0"],
    "pair-classification": ["yes", "no", "yes", "no"],
    "token-classification": ['[[0, 5, "ask"]]', "[]", '[[0, 4, "thing"]]', "[]"],
    "sentence-embeddings": [None, None, None, None],
}


@pytest.mark.parametrize("name", OF_TASKS)
def test_rows_of_every_task_are_reviewed(name: str, registry: Registry, tmp_path: Path) -> None:
    task = registry.task(name)
    rows = [
        {
            "id": place,
            "text": f"{text} {PLACES[place // 4]}",
            "pair": f"{text} again" if task.pairs else None,
            "label": answer,
            "parent": None,
        }
        for place, (text, answer) in enumerate(zip(TEXTS * 5, OF_TASKS[name] * 5, strict=True))
    ]
    rows.append({**rows[0], "id": 20})
    with Dataset.create(tmp_path / "data") as draft:
        draft.manifest.task = name
        answers = sorted({answer for answer in OF_TASKS[name] if answer is not None})
        draft.manifest.labels = task.label_names(answers)
        for split, some in (("train", rows[:18] + rows[20:]), ("validation", rows[18:20])):
            draft.manifest.rows[split] = write_split(draft.path, split, some)
    options = registry.options("clean", "review", {"apply": True})
    context = Context(out=tmp_path / "out", task=task)
    made = registry.step("clean", "review")(options, context).run(draft.artifact)
    figures = made.manifest.history[-1].figures
    assert figures["found"]["duplicate"] == 1
    assert figures["dropped"] == 1
    assert made.manifest.rows["train"] == 18


def invoice(number: int, name: str, task: str) -> dict[str, object]:
    """A row whose name stands at another place the longer its number is."""
    text = f"Invoice {number} was sent by Ann Lee to the office in the old town of Bonn."
    start = text.index(name)
    if task == "token-classification":
        answer = json.dumps([[start, start + len(name), "person"]])
        return {"id": number, "text": text, "label": answer, "parent": None}
    answer = json.dumps([[start, start + len(name)]])
    return {"id": number, "text": "Who sent it?", "pair": text, "label": answer, "parent": None}


@pytest.mark.parametrize(
    ("task", "shown"),
    [("token-classification", "Bonn (person)"), ("question-answering", "Bonn")],
)
def test_like_texts_are_compared_by_what_their_answers_say(
    task: str, shown: str, registry: Registry, tmp_path: Path
) -> None:
    rows = [invoice(number, "Ann Lee", task) for number in (9, 10, 11)]
    rows.append(invoice(12, "Bonn", task))
    with Dataset.create(tmp_path / "data") as draft:
        draft.manifest.task = task
        draft.manifest.labels = ["O", "B-person"] if task == "token-classification" else ["answer"]
        draft.manifest.rows["train"] = write_split(draft.path, "train", rows[:3])
        others = [dict(row, id=row["id"] + 20) for row in rows]
        draft.manifest.rows["validation"] = write_split(draft.path, "validation", others[:1])
    context = Context(out=tmp_path / "out", task=registry.task(task))
    options = registry.options("clean", "review", {"checks": ["contradiction", "near-duplicate"]})
    made = registry.step("clean", "review")(options, context).run(draft.artifact)
    assert made.manifest.history[-1].figures["found"] == {"near-duplicate": 2}
    with Dataset.create(tmp_path / "more") as draft:
        draft.manifest.task, draft.manifest.labels = task, made.labels
        draft.manifest.rows["train"] = write_split(draft.path, "train", rows)
    made = registry.step("clean", "review")(options, context.at(tmp_path / "again")).run(
        draft.artifact
    )
    told = (made.path / "decisions.csv").read_text(encoding="utf-8")
    assert f"nearly the same text has the label {shown} elsewhere, and Ann Lee" in told
