"""What is taken from answers: texts that are new, each with the parent that it was made of."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from chat_server import completion, reworded
from notes import Notes

from edgeft.artifacts import Dataset
from edgeft.context import Context
from edgeft.data.rows import open_split, write_split
from edgeft.tasks.text_classification import PairClassification
from edgeft_generate import Generate, Paraphrase
from edgeft_generate.options import GenerateOptions, ParaphraseOptions

ROWS = 96


def copies(data: Dataset) -> list[dict[str, Any]]:
    return [row for row in open_split(data, "train") if row["parent"] is not None]


def figures(data: Dataset) -> dict[str, Any]:
    return data.manifest.history[-1].figures


def test_useless_answers_are_counted_and_said(paraphrased, server, context) -> None:
    def useless(body: dict[str, Any], before: int) -> tuple[int, str]:
        text = body["messages"][0]["content"].rpartition("Text: ")[2]
        said = ["", None, "...", text.upper(), "always the same", "always the same", "Honestly I"]
        if before < len(said):
            return 200, completion(said[before], "length" if before == 6 else "stop")
        return 200, completion(reworded(text))

    server.reply = useless
    notes = Notes()
    made = paraphrased(replace(context, progress=notes), parallel=1)
    counted = {
        name: figures(made)[name]
        for name in ("empty", "unparseable", "identical", "duplicate", "truncated")
    }
    assert counted == {
        "empty": 2, "unparseable": 1, "identical": 1, "duplicate": 1, "truncated": 1
    }  # fmt: skip
    assert len(copies(made)) == figures(made)["added"] == ROWS - 6
    assert notes.said == [
        "paraphrase: 96 requests and 0 answers kept from before gave 90 copies; left out: 2 empty,"
        " 1 unparseable, 1 identical, 1 duplicate, 1 truncated (max_tokens is 256)"
    ]


def test_an_answer_that_said_enough_before_it_was_cut_off_is_whole(paraphrased, server) -> None:
    def talks(body: dict[str, Any], before: int) -> tuple[int, str]:
        text = body["messages"][0]["content"].rpartition("Text: ")[2]
        return 200, completion(f"{reworded(text)}\nOr else: Hon", "length")

    server.reply = talks
    made = paraphrased()
    assert (figures(made)["added"], figures(made)["truncated"]) == (ROWS, 0)
    assert not any(copy["text"].startswith("Or else") for copy in copies(made))


def test_new_texts_of_every_label_name_one_that_was_shown(
    context, server, tiny_dataset, tmp_path
) -> None:
    def inventing(body: dict[str, Any], before: int) -> tuple[int, str]:
        lines = [f"{place + 1}. idea {'a' * before}{'b' * place}" for place in range(12)]
        return 200, completion("Sure, here you go:\n" + "\n".join(lines))

    server.reply = inventing
    options = GenerateOptions(
        url=server.url, server_model="tiny", per_label=14, per_request=10, shown=3, parallel=1
    )
    made = Generate(options, context).run(tiny_dataset)
    found, originals = copies(made), {row["id"]: row for row in open_split(tiny_dataset, "train")}
    assert [sum(copy["label"] == label for copy in found) for label in made.labels] == [14, 14, 14]
    assert len(server.asked) == 6
    prompts = [each["messages"][0]["content"] for each in server.asked]
    for copy in found:
        parent = originals[copy["parent"]]
        assert parent["label"] == copy["label"]
        assert any(
            f"- {parent['text']}\n" in prompt and copy["label"] in prompt for prompt in prompts
        )
    assert ["Write 10 new" in prompt for prompt in prompts] == [True, False] * 3
    assert all(prompt.count("\n- ") == 3 for prompt in prompts)


def test_texts_that_were_shown_are_not_new(context, server, tiny_dataset) -> None:
    def parrot(body: dict[str, Any], before: int) -> tuple[int, str]:
        shown = [line for line in body["messages"][0]["content"].splitlines() if line[:2] == "- "]
        return 200, completion("\n".join([*shown, "- a new one"]))

    server.reply = parrot
    options = GenerateOptions(url=server.url, server_model="tiny", per_label=6, shown=2, parallel=1)
    made = Generate(options, context).run(tiny_dataset)
    assert figures(made)["identical"] == 3 * 2
    assert figures(made)["duplicate"] == 2
    assert [copy["text"] for copy in copies(made)] == ["a new one"]


PREMISE = "A man plays a guitar."


@pytest.fixture
def of_one_premise(tmp_path: Path) -> Dataset:
    """Three training rows that share their first text, each with a label of its own."""
    seconds = {"yes": "Somebody plays.", "maybe": "He plays well.", "no": "Nobody plays."}
    with Dataset.create(tmp_path / "pairs") as draft:
        rows = [
            {"id": place, "text": PREMISE, "pair": second, "label": label, "parent": None}
            for place, (label, second) in enumerate(seconds.items())
        ]
        draft.manifest.rows = {"train": write_split(draft.path, "train", rows)}
        draft.manifest.labels = list(seconds)
        draft.manifest.task = PairClassification.name
    return draft.artifact


def test_rows_that_share_one_of_two_texts_are_each_asked_for(
    context: Context, server, of_one_premise: Dataset
) -> None:
    server.reply = lambda body, before: (200, completion("Someone is playing a guitar."))
    options = ParaphraseOptions(url=server.url, server_model="tiny", parallel=1)
    circumstances = replace(context, task=PairClassification(), force=True)
    for _ in range(2):
        made = Paraphrase(options, circumstances).run(of_one_premise)
        assert [(copy["parent"], copy["label"]) for copy in copies(made)] == [
            (0, "yes"), (1, "maybe"), (2, "no"),
        ]  # fmt: skip
        assert figures(made)["duplicate"] == 0
        assert len(server.asked) == 3
    assert len({body["seed"] for body in server.asked}) == 3


def test_a_pair_that_is_there_already_is_no_new_one(
    context: Context, server, of_one_premise: Dataset
) -> None:
    server.reply = lambda body, before: (200, completion(PREMISE.upper()))
    options = ParaphraseOptions(url=server.url, server_model="tiny", parallel=1)
    circumstances = replace(context, task=PairClassification())
    made = Paraphrase(options, circumstances).run(of_one_premise)
    assert (figures(made)["added"], figures(made)["identical"]) == (0, 3)


def test_the_same_text_twice_is_one_question(server, paraphrased, tiny_dataset, context) -> None:
    paraphrased()
    server.asked.clear()
    with Dataset.create(context.out.with_name("twice")) as draft:
        own = open_split(tiny_dataset, "train").to_list()
        rows = [*own, {**own[0], "id": 1_000}]
        draft.manifest.rows = {"train": write_split(draft.path, "train", rows)}
        draft.manifest.labels = tiny_dataset.labels
        draft.manifest.task = tiny_dataset.task
    options = ParaphraseOptions(url=server.url, server_model="tiny")
    made = Paraphrase(options, replace(context, force=True)).run(draft.artifact)
    assert server.asked == []
    assert (figures(made)["added"], figures(made)["duplicate"]) == (ROWS, 1)
