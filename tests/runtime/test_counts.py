"""Tokens counted: as many as the tokenizer finds, in a cut vocabulary as well, by many threads."""

import random
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tiny_models import save_base
from tokenizers import Tokenizer, models, pre_tokenizers
from tokenizers.processors import TemplateProcessing

from edgeft.artifacts import Bundle, Dataset
from edgeft.context import Context
from edgeft.errors import DataError
from edgeft.registry import Registry
from edgeft.runtime import Classifier, TokenCounts, load
from edgeft.runtime.counts import TokenCounter, unknown_id
from edgeft.surgery.pieces import Pieces
from edgeft.tasks.text_classification import TextClassification
from edgeft.training.encoding import load_tokenizer

ENGLISH = ["where is my card?", "I lost my pin again", "the machine kept my notes", "", " ? "]
GREEK = ["πού είναι η κάρτα μου;", "το μηχάνημα κράτησε τα χαρτονομίσματα", "κάρτα " * 99]
CHINESE = ["我的卡在哪里？", "机器吞了我的钱"]


@dataclass(frozen=True)
class Cut:
    """A bundle whose vocabulary was cut for English, and the model that knew more."""

    base: Path
    bundle: Bundle


@pytest.fixture(scope="module")
def cut(registry: Registry, tiny_dataset: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Cut:
    """Finetune a BERT that knows three languages on English, cut its vocabulary, export it."""
    folder = tmp_path_factory.mktemp("cut")
    save_base("bert", folder / "base", [*ENGLISH, *GREEK, *CHINESE])

    def run(kind: str, name: str, source: object, **options: object) -> Any:
        step: Any = registry.step(kind, name)
        context = Context(out=folder / kind, task=TextClassification(), device="cpu", threads=1)
        return step(registry.options(kind, name, options), context).run(source, tiny_dataset)

    checkpoint = run("finetune", "full", folder / "base", epochs=1, precision="fp32")
    small = run("prune", "vocabulary", checkpoint, reserve=0)
    return Cut(folder / "base", run("export", "onnx", small, rewrites=[]))


def counted(path: Path, texts: Iterable[str], max_length: int) -> TokenCounts:
    """The tokens of texts as transformers finds them with the tokenizer at `path`."""
    tokenizer = load_tokenizer(path)
    read: list[int] = []
    for text in texts:
        row = tokenizer(
            text, truncation=True, max_length=max_length, return_special_tokens_mask=True
        )
        pairs = zip(row["input_ids"], row["special_tokens_mask"], strict=True)
        read += [each for each, special in pairs if not special]
    return TokenCounts(len(read), read.count(tokenizer.unk_token_id))


def test_a_vocabulary_cut_for_one_language_answers_others_and_counts(cut: Cut) -> None:
    foreign = [*GREEK, *CHINESE]
    assert counted(cut.base, foreign, 64).unknown == 0
    with load(cut.bundle.path, threads=1) as model:
        assert model.tokens == TokenCounts(read=0, unknown=0)
        assert model.tokens.rate == 0
        assert all(answer.label in model.labels for answer in model(foreign))
        assert model.tokens == counted(cut.bundle.path, foreign, model.max_length)
        assert model.tokens.rate > 0.8
        before = model.tokens
        model(ENGLISH)
        assert model.tokens.read > before.read
        assert model.tokens.unknown == before.unknown


@pytest.mark.parametrize(
    "ask",
    [
        lambda model, texts: [model(text) for text in texts],
        lambda model, texts: [model(text, top_k=2) for text in texts],
        lambda model, texts: model(texts),
        lambda model, texts: model.logits(texts),
        lambda model, texts: list(model.stream(texts)),
    ],
    ids=["a text", "top_k", "a list", "logits", "stream"],
)
def test_every_way_to_ask_counts(cut: Cut, ask: Callable[[Classifier, list[str]], object]) -> None:
    texts = [*ENGLISH, *GREEK, *CHINESE] * 9
    with load(cut.bundle.path) as model:
        ask(model, texts)
    assert model.tokens == counted(cut.bundle.path, texts, model.max_length)


def test_many_threads_count_together(cut: Cut) -> None:
    texts = [*ENGLISH, *GREEK, *CHINESE]
    rounds, threads = 40, 8

    def work(seed: int) -> None:
        chooser = random.Random(seed)
        for _ in range(rounds):
            mine = chooser.sample(texts, len(texts))
            for text in mine[:4]:
                model(text)
            model(mine[4:])
            seen.append(model.tokens)

    with load(cut.bundle.path, threads=1) as model, ThreadPoolExecutor(threads) as pool:
        seen: list[TokenCounts] = []
        list(pool.map(work, range(threads)))
    once = counted(cut.bundle.path, texts, model.max_length)
    times = rounds * threads
    assert model.tokens == TokenCounts(times * once.read, times * once.unknown)
    assert max(each.read for each in seen) == model.tokens.read


def test_what_was_not_asked_is_not_counted(cut: Cut) -> None:
    with load(cut.bundle.path, threads=1) as model:
        assert model.selftest().passed
        with pytest.raises(DataError):
            model(["card", 3])  # type: ignore[list-item]
        assert model.tokens == TokenCounts(0, 0)


def test_counts_are_the_tokenizers_own_in_every_family(
    family: str, make_tiny_base: Callable[[str], Path]
) -> None:
    path = make_tiny_base(family)
    tokenizer = Tokenizer.from_file(str(path / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(16)
    assert unknown_id(tokenizer) == Pieces.of(tokenizer).unknown
    texts = [*ENGLISH, *GREEK, *CHINESE]
    counter = TokenCounter(tokenizer)
    counter.add([tokenizer.encode(text).ids for text in texts])
    assert counter.counts() == counted(path, texts, 16)
    bytes_alone = family in ("roberta", "modernbert")
    assert (counter.counts().unknown == 0) == bytes_alone


def test_an_unknown_token_that_frames_a_text_is_not_counted() -> None:
    tokenizer = Tokenizer(models.WordLevel({"<end>": 0, "card": 1}, unk_token="<end>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = TemplateProcessing("$A <end>", special_tokens=[("<end>", 0)])
    counter = TokenCounter(tokenizer)
    counter.add([tokenizer.encode(text).ids for text in ("card cash", "")])
    assert counter.counts() == TokenCounts(read=2, unknown=1)


@pytest.mark.parametrize(
    "model",
    [models.Unigram([("a", -1.0)]), models.BPE({"a": 0}, []), models.WordPiece({"a": 0})],
)
def test_a_tokenizer_without_an_unknown_token_is_read_all_the_same(model: models.Model) -> None:
    counter = TokenCounter(Tokenizer(model))
    counter.add([[0, 0]])
    assert counter.unknown_id is None
    assert counter.counts() == TokenCounts(read=2, unknown=0)
