"""What cannot be asked is said before anything starts: no name, no package, no limit, no server."""

from pathlib import Path

import pytest
from chat_server import nobodys_url

from edgeft.errors import EdgeftError, MissingPackage, ModelError, PluginError
from edgeft.registry import Registry
from edgeft_generate import Generate, Paraphrase
from edgeft_generate.options import GenerateOptions, ParaphraseOptions

SERVED = {"url": "http://x/v1", "server_model": "m"}
PRICED = {**SERVED, "most_cost": 1, "price_out": 1}


@pytest.fixture
def closed() -> str:
    return nobodys_url()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "needs a language model that writes"),
        ({"model": "m", "url": "http://x/v1"}, "is given a model and a url"),
        ({"url": "localhost:80"}, "is no address of a server"),
        ({"url": "http://x/v1"}, "is not told which model"),
        ({**SERVED, "gguf_file": "f.gguf"}, "a url and a gguf_file"),
        ({**SERVED, "most_cost": 1}, "cannot tell what its answers cost"),
        ({**PRICED, "body": {"max_tokens": None}}, "`body` leaves answers no limit"),
        ({**SERVED, "dry_run": True, "body": {"max_tokens": -1}}, "leaves answers no limit"),
        ({"url": "http://x:port/v1"}, "is no address of a server"),
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


def test_a_url_and_a_recipes_base_do_not_meet(registry: Registry) -> None:
    assert not registry.step("augment", "paraphrase").of_base
    assert registry.step("augment", "contextual").of_base == "model"
    with pytest.raises(PluginError, match="is given a model and a url"):
        Generate.check(
            GenerateOptions(url="http://x/v1", server_model="m", model="m"), registry.find_model
        )


def test_answers_without_limit_need_no_cap(registry: Registry) -> None:
    Paraphrase.check(ParaphraseOptions(**SERVED, body={"max_tokens": None}), registry.find_model)


@pytest.mark.parametrize("step", [Generate, Paraphrase])
def test_a_server_that_takes_no_connection_is_named(step, closed) -> None:
    with pytest.raises(PluginError) as caught:
        step.check_reach(step.Options(url=closed, server_model="m"))
    assert caught.value.message == (
        f"augment {step.name}: {closed} cannot be reached: Connection refused"
    )
    assert caught.value.hint == (
        "start the server or correct `url`; with `dry_run: true` nobody is asked"
    )


def test_a_name_that_no_host_can_have_is_out_of_reach() -> None:
    with pytest.raises(PluginError, match="cannot be reached"):
        Paraphrase.check_reach(ParaphraseOptions(url="http://a..b/v1"))


def test_a_server_that_answers_anything_is_in_reach(server) -> None:
    server.reply = lambda body, before: (500, "")
    Paraphrase.check_reach(ParaphraseOptions(url=server.url))
    assert server.asked == []


def test_nobody_is_looked_for_who_will_not_be_asked(closed) -> None:
    Paraphrase.check_reach(ParaphraseOptions(url=closed, dry_run=True))
    Paraphrase.check_reach(ParaphraseOptions(model="m"))


def test_a_server_behind_a_proxy_is_not_looked_for(closed, monkeypatch) -> None:
    options = ParaphraseOptions(url=closed)
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.setenv("no_proxy", "example.com")
    for variable in ("http_proxy", "all_proxy"):
        monkeypatch.setenv(variable, "http://proxy:3128")
        Paraphrase.check_reach(options)
        monkeypatch.delenv(variable)
    monkeypatch.setenv("http_proxy", "http://proxy:3128")
    monkeypatch.setenv("no_proxy", "example.com,127.0.0.1")
    with pytest.raises(PluginError, match="cannot be reached"):
        Paraphrase.check_reach(options)
