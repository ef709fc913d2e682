"""A server that answers, fails, babbles and dawdles: nothing that was paid for is lost."""

import json
import signal
import subprocess
import sys
import time
from dataclasses import replace
from typing import Any

import pytest
from chat_server import reworded, rewording

from edgeft.artifacts import Dataset
from edgeft.data.rows import open_split
from edgeft.errors import ModelError

ROWS = 96


def copies(data: Dataset) -> list[dict[str, Any]]:
    return [row for row in open_split(data, "train") if row["parent"] is not None]


def figures(data: Dataset) -> dict[str, Any]:
    return data.manifest.history[-1].figures


def test_every_text_comes_back_in_other_words(paraphrased, server, tiny_dataset) -> None:
    made = paraphrased()
    originals = {row["id"]: row for row in open_split(tiny_dataset, "train")}
    found = copies(made)
    assert len(found) == ROWS
    for copy in found:
        parent = originals[copy["parent"]]
        assert copy["text"] == reworded(parent["text"])
        assert copy["label"] == parent["label"]
    assert len({copy["id"] for copy in open_split(made, "train")}) == 2 * ROWS
    assert figures(made) == {
        "added": ROWS, "requests": ROWS, "kept": 0, "tokens_in": 10 * ROWS,
        "tokens_out": 5 * ROWS, "empty": 0, "unparseable": 0, "identical": 0, "duplicate": 0,
        "truncated": 0,
    }  # fmt: skip


def test_a_request_says_how_the_answer_is_drawn(paraphrased, server) -> None:
    paraphrased(temperature=0.5, most_requests=2, parallel=1)
    paraphrased(
        body={"seed": None, "max_tokens": None, "max_completion_tokens": 9}, most_requests=1
    )
    first, second, other = server.asked
    assert first["model"] == "tiny"
    assert (first["temperature"], first["top_p"], first["max_tokens"]) == (0.5, 0.95, 256)
    assert isinstance(first["seed"], int)
    assert first["seed"] != second["seed"]
    assert other["max_completion_tokens"] == 9
    assert not {"seed", "max_tokens"} & set(other)


def test_the_key_comes_from_the_variable_and_goes_nowhere_else(
    paraphrased, server, monkeypatch, context
) -> None:
    paraphrased(most_requests=1)
    monkeypatch.setenv("MY_KEY", "sk-very-secret")
    made = paraphrased(key_variable="MY_KEY", most_requests=2)
    assert "sk-very-secret" not in server.keys[0]
    assert server.keys[-1] == "Bearer sk-very-secret"
    files = [*made.path.rglob("*"), *context.out.with_name("out.answers").rglob("*")]
    assert not any(b"sk-very-secret" in each.read_bytes() for each in files if each.is_file())


def test_requests_are_sent_in_parallel(paraphrased, server) -> None:
    server.seconds = 0.02
    paraphrased(parallel=8)
    assert 2 <= server.most_flying <= 8


def test_answers_are_asked_for_once(paraphrased, server, context, tmp_path) -> None:
    cached = replace(context, cache=tmp_path / "cache")
    first = paraphrased(cached)
    again = paraphrased(cached)
    assert len(server.asked) == ROWS
    assert copies(again) == copies(first)
    assert (figures(again)["requests"], figures(again)["kept"]) == (0, ROWS)
    paraphrased(replace(cached, seed=1), most_requests=1)
    paraphrased(cached, temperature=0.1, most_requests=1)
    assert len(server.asked) == ROWS + 2


def test_failures_are_tried_again(paraphrased, server) -> None:
    def moody(body: dict[str, Any], before: int) -> tuple[int, str]:
        status = {0: 429, 1: 500, 4: 503}.get(before)
        return (status, '{"error": {"message": "busy"}}') if status else rewording(body, before)

    server.reply = moody
    made = paraphrased(parallel=1)
    assert len(copies(made)) == ROWS
    assert len(server.asked) == ROWS + 3


def test_garbage_is_asked_for_again(paraphrased, server) -> None:
    garbage = ["<html>Bad gateway</html>", '{"choices": []}', '{"choices": [{"message": 7}]}', "[1"]

    def babbling(body: dict[str, Any], before: int) -> tuple[int, str]:
        return (200, garbage[before // 2]) if before in (0, 2, 4, 6) else rewording(body, before)

    server.reply = babbling
    assert len(copies(paraphrased(parallel=1))) == ROWS
    assert len(server.asked) == ROWS + 4


@pytest.mark.parametrize(
    ("status", "text", "message"),
    [
        (500, '{"error": {"message": "on fire"}}', "still answers 500: on fire"),
        (429, '{"error": {"message": "too fast"}}', "still answers 429: too fast"),
        (200, "<html>Bad gateway</html>", "is no chat completion: <html>Bad gateway</html>"),
    ],
)
def test_a_second_run_goes_on_where_the_server_gave_up(
    status, text, message, paraphrased, server, context
) -> None:
    server.reply = lambda body, before: rewording(body, before) if before < 40 else (status, text)
    with pytest.raises(ModelError, match=message) as caught:
        paraphrased(parallel=1, retries=1)
    assert "what was answered is kept" in caught.value.hint
    assert not context.out.exists()
    server.asked.clear()
    server.reply = rewording
    made = paraphrased(parallel=1)
    assert len(server.asked) == ROWS - 40
    assert (figures(made)["requests"], figures(made)["kept"]) == (ROWS - 40, 40)
    assert len(copies(made)) == ROWS


def test_a_slow_server_loses_nothing_that_came_in_time(paraphrased, server) -> None:
    def slowing(body: dict[str, Any], before: int) -> tuple[int, str]:
        if before >= 10:
            time.sleep(0.6)
        return rewording(body, before)

    server.reply = slowing
    with pytest.raises(ModelError, match=r"did not answer within 0.3 s"):
        paraphrased(parallel=1, retries=0, timeout=0.3)
    server.reply = rewording
    assert figures(paraphrased())["kept"] == 10


@pytest.mark.parametrize(
    ("status", "said", "hint"),
    [
        (401, "bad key ***", "check the key in the environment variable MY_KEY"),
        (404, "no such model", "`server_model` (tiny)"),
        (400, "max_tokens is unknown", "`body`, which names fields to leave out"),
    ],
)
def test_what_the_server_refuses_is_said_at_once(
    status, said, hint, paraphrased, server, monkeypatch
) -> None:
    monkeypatch.setenv("MY_KEY", "sk-very-secret")
    words = said.replace("***", "sk-very-secret")
    server.reply = lambda body, before: (status, json.dumps({"error": {"message": words}}))
    with pytest.raises(ModelError) as caught:
        paraphrased(key_variable="MY_KEY", parallel=1)
    assert caught.value.message == f"{server.url} refuses what it is asked ({status}): {said}"
    assert hint in caught.value.hint
    assert len(server.asked) == 1


def test_a_server_that_is_not_there_is_named(paraphrased) -> None:
    with pytest.raises(ModelError, match=r"http://127.0.0.1:9/v1 cannot be reached"):
        paraphrased(url="http://127.0.0.1:9/v1", retries=0)


INTERRUPTED = """
import sys
from pathlib import Path
from edgeft.artifacts import Dataset
from edgeft.context import Context
from edgeft.tasks.text_classification import TextClassification
from edgeft_generate import Paraphrase
from edgeft_generate.options import ParaphraseOptions

url, data, out = sys.argv[1:]
options = ParaphraseOptions(url=url, server_model="tiny", parallel=4)
Paraphrase(options, Context(out=Path(out), task=TextClassification())).run(Dataset.open(data))
"""


def test_an_interruption_loses_no_answer(
    server, tiny_dataset, tmp_path, paraphrased, context
) -> None:
    server.seconds = 0.1
    command = [
        sys.executable,
        "-c",
        INTERRUPTED,
        server.url,
        str(tiny_dataset.path),
        str(context.out),
    ]
    process = subprocess.Popen(command, stderr=subprocess.PIPE)
    while len(server.asked) < 10:
        time.sleep(0.01)
        assert process.poll() is None
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=30)
    assert b"KeyboardInterrupt" in said
    assert 10 <= len(server.asked) < ROWS
    asked = len(server.asked)
    server.seconds = 0
    made = paraphrased()
    assert figures(made)["kept"] == asked
    assert len(server.asked) == ROWS
