"""Nobody pays more than was agreed, and a dry run says how much that may be."""

import json
from dataclasses import replace
from typing import Any

import pytest
from chat_server import ChatServer, completion
from notes import Notes

from edgeft.artifacts import Dataset
from edgeft.data.rows import open_split, write_split
from edgeft.errors import ModelError
from edgeft_generate import Paraphrase, asking
from edgeft_generate.asking import Question
from edgeft_generate.body import most_tokens
from edgeft_generate.options import ParaphraseOptions
from edgeft_generate.server import read

ROWS = 96


def copies(data: Dataset) -> list[dict[str, Any]]:
    return [row for row in open_split(data, "train") if row["parent"] is not None]


def figures(data: Dataset) -> dict[str, Any]:
    return data.manifest.history[-1].figures


def test_a_cap_on_requests_ends_the_step_with_what_was_written(paraphrased, server) -> None:
    made = paraphrased(most_requests=7)
    assert len(server.asked) == len(copies(made)) == 7
    assert figures(made)["ended_by"] == "most_requests"
    paraphrased(most_requests=7)
    assert len(server.asked) == 7
    assert len(copies(paraphrased(most_requests=9))) == len(server.asked) == 9


BODIES: dict[str, dict[str, Any]] = {
    "none": {},
    "another limit": {"max_tokens": None, "max_completion_tokens": 100},
    "two limits": {"max_completion_tokens": 100},
    "three versions": {"n": 3},
}
PRICED = {"price_in": 1.0, "price_out": 10.0, "max_tokens": 40, "most_cost": 0.003}


def tokens_of(body: dict[str, Any]) -> tuple[int, int]:
    """All that a request lets a server write."""
    limits = [body.get(name, 0) for name in ("max_tokens", "max_completion_tokens")]
    return 50, max(limits) * body.get("n", 1)


def unusable(body: dict[str, Any]) -> tuple[int, str]:
    """An answer without an answer, which took as much all the same."""
    tokens_in, tokens_out = tokens_of(body)
    usage = {"prompt_tokens": tokens_in, "completion_tokens": tokens_out}
    return 200, json.dumps({"choices": [], "usage": usage})


def bill(server: ChatServer) -> float:
    """What everything costs that was asked so far."""
    tokens = [tokens_of(body) for body in server.asked]
    return sum(read + 10 * written for read, written in tokens) / 1e6


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
@pytest.mark.parametrize("parallel", [1, 4])
def test_a_cap_on_cost_is_never_exceeded(parallel, body, paraphrased, server) -> None:
    server.reply = lambda body, before: (
        200,
        completion(f"new {before}x{'y' * before}", tokens=tokens_of(body)),
    )
    asked = {**PRICED, "body": body, "parallel": parallel}
    made = paraphrased(**asked)
    assert 2 <= len(server.asked) < 7
    assert figures(made)["cost"] == pytest.approx(bill(server))
    assert figures(made)["ended_by"] == "most_cost"
    assert bill(server) <= 0.003
    assert figures(paraphrased(**asked))["kept"] >= 2
    assert bill(server) <= 0.003


@pytest.mark.parametrize("parallel", [1, 4])
def test_what_was_paid_for_rows_further_back_counts_before_anything_is_asked(
    parallel, server, context, tiny_dataset, tmp_path, monkeypatch
) -> None:
    monkeypatch.setattr(asking, "BLOCK", 16)
    with Dataset.create(tmp_path / "older") as draft:
        rows = open_split(tiny_dataset, "train").select(range(48, ROWS))
        draft.manifest.rows = {"train": write_split(draft.path, "train", rows)}
        draft.manifest.labels = tiny_dataset.labels
        draft.manifest.task = tiny_dataset.task
    server.reply = lambda body, before: (
        200,
        completion(f"new {before}x{'y' * before}", tokens=tokens_of(body)),
    )

    def run(data: Dataset, most_cost: float | None) -> Dataset:
        asked = {**PRICED, "most_cost": most_cost, "parallel": parallel}
        options = ParaphraseOptions(url=server.url, server_model="tiny", **asked)
        return Paraphrase(options, replace(context, force=True)).run(data)

    run(draft.artifact, None)
    paid = bill(server)
    assert len(server.asked) == 48
    made = run(tiny_dataset, paid + 0.002)
    assert 48 < len(server.asked) < 48 + 5
    assert bill(server) <= paid + 0.002
    assert figures(made)["cost"] == pytest.approx(bill(server))
    assert figures(made)["ended_by"] == "most_cost"
    assert figures(made)["kept"] == 48
    assert {copy["parent"] for copy in copies(made)} == {
        *range(len(server.asked) - 48), *range(48, ROWS)
    }  # fmt: skip


def test_an_answer_below_its_limit_leaves_the_rest_for_others(paraphrased, server) -> None:
    server.reply = lambda body, before: (200, completion(f"x{'y' * before}", tokens=(50, 5)))
    made = paraphrased(**PRICED, parallel=4)
    assert len(server.asked) > 20
    assert figures(made)["cost"] == pytest.approx(len(server.asked) * 100e-6)


@pytest.mark.parametrize("parallel", [1, 4])
def test_answers_that_cannot_be_used_count_for_the_cap(parallel, paraphrased, server) -> None:
    met: set[str] = set()

    def garbles_first(body: dict[str, Any], before: int) -> tuple[int, str]:
        prompt = body["messages"][0]["content"]
        if prompt not in met:
            met.add(prompt)
            return unusable(body)
        return 200, completion(f"x{'y' * before}", tokens=tokens_of(body))

    server.reply = garbles_first
    asked = {**PRICED, "most_cost": 0.005, "parallel": parallel}
    made = paraphrased(**asked)
    found = figures(made)
    assert 0 < found["requests"] < len(server.asked)
    assert found["cost"] == pytest.approx(bill(server))
    assert found["tokens_out"] == 40 * len(server.asked)
    assert bill(server) <= 0.005
    assert figures(paraphrased(**asked))["cost"] == pytest.approx(bill(server))
    assert bill(server) <= 0.005


def test_runs_that_end_in_garbage_do_not_pay_again_and_again(paraphrased, server) -> None:
    server.reply = lambda body, before: unusable(body)
    for _ in range(2):
        with pytest.raises(ModelError, match="is no chat completion"):
            paraphrased(**PRICED, parallel=1)
    assert len(server.asked) == 6
    made = paraphrased(**PRICED, parallel=1)
    assert len(server.asked) == 6
    assert copies(made) == []
    assert figures(made)["ended_by"] == "most_cost"
    assert figures(made)["cost"] == pytest.approx(bill(server))


def test_versions_that_a_server_does_not_count_are_all_estimated() -> None:
    said = [{"message": {"content": text}} for text in ("my card", "the card that is mine")]
    answer = read(json.dumps({"choices": said}), Question("my card?"))
    assert (answer.text, answer.tokens_in, answer.tokens_out) == ("my card", 3, 3 + 7)


@pytest.mark.parametrize(
    ("body", "most"),
    [
        ({}, 256),
        ({"max_tokens": 20}, 20),
        ({"max_tokens": None, "max_completion_tokens": 400}, 400),
        ({"max_completion_tokens": 20}, 256),
        ({"max_completion_tokens": 400, "n": 3}, 1200),
        ({"max_tokens": None}, None),
        ({"max_tokens": -1}, None),
        ({"max_completion_tokens": "many"}, None),
        ({"n": "two"}, None),
    ],
)
def test_the_most_that_an_answer_may_have_is_what_is_sent(body, most) -> None:
    assert most_tokens(ParaphraseOptions(url="http://x/v1", body=body)) == most
    assert most_tokens(ParaphraseOptions(model="m", body=body)) == 256


def test_a_dry_run_counts_what_the_body_allows(paraphrased) -> None:
    made = paraphrased(dry_run=True, body={"max_completion_tokens": 400, "n": 2}, most_requests=6)
    assert figures(made)["tokens_out"] == 6 * 800


def test_a_dry_run_ends_where_the_first_question_is_too_dear(
    paraphrased, tiny_dataset, monkeypatch
) -> None:
    monkeypatch.setattr(asking, "BLOCK", 1)
    prompt = ParaphraseOptions().prompt
    asked = [
        Question(prompt.format(text=row["text"], copies=1)).tokens
        for row in open_split(tiny_dataset, "train")
    ]
    dear = next(place for place in range(8, ROWS) if asked[place] > min(asked[place + 1 :]))
    tokens = sum(asked[: dear + 1]) - 1
    made = paraphrased(dry_run=True, price_in=1e6, most_cost=tokens)
    assert figures(made)["ended_by"] == "most_cost"
    assert figures(made)["requests"] == dear


def test_a_dry_run_asks_nothing_and_says_what_it_would(
    paraphrased, server, context, tiny_dataset
) -> None:
    paraphrased(most_requests=6, max_tokens=100)
    server.asked.clear()
    notes = Notes()
    made = paraphrased(
        replace(context, progress=notes), dry_run=True, max_tokens=100, price_in=1, price_out=10
    )
    assert server.asked == []
    assert copies(made) == []
    found = figures(made)
    assert (found["added"], found["requests"], found["kept"]) == (0, ROWS - 6, 6)
    assert found["tokens_out"] == 100 * (ROWS - 6) + 6 * 5
    assert found["cost"] == pytest.approx((found["tokens_in"] + 10 * found["tokens_out"]) / 1e6)
    assert notes.said[0].startswith(
        "paraphrase: a dry run; 90 requests would be sent, 6 are answered"
    )
    assert len(copies(paraphrased(max_tokens=100))) == ROWS
