"""A server that answers, fails, babbles and dawdles: nothing that was paid for is lost."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from chat_server import ChatServer, chat_server, completion, reworded, rewording
from notes import Notes

from edgeft.artifacts import Dataset
from edgeft.data.rows import open_split
from edgeft.errors import EdgeftError, MissingPackage, ModelError, PluginError
from edgeft.registry import Registry
from edgeft.steps import Context
from edgeft_generate import Generate, Paraphrase
from edgeft_generate.options import GenerateOptions, ParaphraseOptions

ROWS = 96
SERVED = {"url": "http://x/v1", "server_model": "m"}


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy", "OPENAI_API_KEY"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def server() -> Iterator[ChatServer]:
    with chat_server() as chat:
        yield chat


@pytest.fixture
def paraphrased(context: Context, tiny_dataset: Dataset, server: ChatServer) -> Callable[..., Any]:
    def run(circumstances: Context = context, **options: Any) -> Dataset:
        asked = {"url": server.url, "server_model": "tiny", "retries": 2, "timeout": 5, **options}
        chosen = ParaphraseOptions(**asked)
        return Paraphrase(chosen, replace(circumstances, force=True)).run(tiny_dataset)

    return run


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


def test_a_cap_on_requests_ends_the_step_with_what_was_written(paraphrased, server) -> None:
    made = paraphrased(most_requests=7)
    assert len(server.asked) == len(copies(made)) == 7
    assert figures(made)["ended_by"] == "most_requests"
    paraphrased(most_requests=7)
    assert len(server.asked) == 7
    assert len(copies(paraphrased(most_requests=9))) == len(server.asked) == 9


@pytest.mark.parametrize("parallel", [1, 4])
def test_a_cap_on_cost_is_never_exceeded(parallel, paraphrased, server) -> None:
    server.reply = lambda body, before: (
        200,
        completion(f"new {before}x{'y' * before}", tokens=(50, 20)),
    )
    priced = {"price_in": 1.0, "price_out": 10.0, "max_tokens": 40, "parallel": parallel}
    made = paraphrased(**priced, most_cost=0.003)
    assert 5 <= len(server.asked) < 20
    assert figures(made)["cost"] == pytest.approx(len(server.asked) * 250e-6)
    assert figures(made)["cost"] <= 0.003
    assert figures(made)["ended_by"] == "most_cost"
    asked = len(server.asked)
    assert figures(paraphrased(**priced, most_cost=0.003))["kept"] == asked
    assert len(server.asked) == asked


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


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "needs a language model that writes"),
        ({"model": "m", "url": "http://x/v1"}, "is given a model and a url"),
        ({"url": "localhost:80"}, "is no address of a server"),
        ({"url": "http://x/v1"}, "is not told which model"),
        ({**SERVED, "gguf_file": "f.gguf"}, "a url and a gguf_file"),
        ({**SERVED, "most_cost": 1}, "cannot tell what its answers cost"),
        ({**SERVED, "key_variable": "NOT_SET_HERE"}, "NOT_SET_HERE is not set"),
        ({**SERVED, "prompt": "{texts} {text}"}, "no field {texts}"),
        ({**SERVED, "prompt": "{text"}, "prompt: expected '}'"),
        ({**SERVED, "prompt": "say it again"}, "prompt has no {text}"),
        ({"model": "./not/there"}, "no model directory"),
    ],
)  # fmt: skip
def test_what_cannot_work_is_said_before_anything_starts(options, message, registry) -> None:
    with pytest.raises(EdgeftError) as caught:
        Paraphrase.check(ParaphraseOptions(**options), registry.find_model)
    assert message in caught.value.message
    assert caught.value.hint


def test_an_encoder_cannot_write(tiny_base: Path, registry: Registry) -> None:
    with pytest.raises(ModelError, match="is BertModel, which writes no texts"):
        Paraphrase.check(ParaphraseOptions(model=str(tiny_base)), registry.find_model)


def test_a_missing_client_names_its_extra(registry: Registry, monkeypatch) -> None:
    monkeypatch.setattr("edgeft.extras.importlib.util.find_spec", lambda name: None)
    options = ParaphraseOptions(url="http://x/v1", server_model="m")
    with pytest.raises(MissingPackage) as caught:
        Paraphrase.check(options, registry.find_model)
    assert caught.value.message == "augmenter 'paraphrase', for a url, needs openai"
    assert caught.value.hint == "pip install 'edgeft[generate]'"
    Paraphrase.check(options.model_copy(update={"dry_run": True}), registry.find_model)


INTERRUPTED = """
import sys
from pathlib import Path
from edgeft.artifacts import Dataset
from edgeft.steps import Context
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


def test_a_url_and_a_recipes_base_do_not_meet(registry: Registry) -> None:
    from edgeft.pipeline.planning import asks_for_a_model

    assert not asks_for_a_model(registry.step("augment", "paraphrase"))
    assert asks_for_a_model(registry.step("augment", "contextual"))
    with pytest.raises(PluginError, match="is given a model and a url"):
        Generate.check(
            GenerateOptions(url="http://x/v1", server_model="m", model="m"), registry.find_model
        )
