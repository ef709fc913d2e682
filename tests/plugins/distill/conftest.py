"""Tiny teachers that know something, and the texts they know it from."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors, trainers
from transformers import (
    AutoConfig,
    AutoModelForSequenceClassification,
    PreTrainedTokenizerFast,
    set_seed,
)

from edgeft.artifacts import Checkpoint, Dataset
from edgeft.data.rows import open_split, write_split
from edgeft.steps import Context
from edgeft.tasks.text_classification import TextClassification
from edgeft.training import TrainingOptions
from edgeft.training.loop import save_checkpoint, train

WORDS = {
    "food": ["bread", "cheese", "soup", "recipe", "kitchen", "butter"],
    "sport": ["goal", "team", "match", "player", "league", "coach"],
    "tech": ["laptop", "software", "chip", "network", "browser", "server"],
}
LABELS = sorted(WORDS)
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]


def rows_of(count: int, seed: int, start: int = 0) -> list[dict]:
    """Texts of four words that tell their label, between two that do not."""
    random = np.random.default_rng(seed)
    rows = []
    for number in range(count):
        label = LABELS[number % len(LABELS)]
        text = " ".join(["the", *random.choice(WORDS[label], 4), "today"])
        rows.append({"id": start + number, "text": text, "label": label, "parent": None})
    return rows


def dataset_of(path: Path, labels: list[str] = LABELS, **splits: list[dict]) -> Dataset:
    with Dataset.create(path) as draft:
        draft.manifest.labels = labels
        for split, rows in splits.items():
            draft.manifest.rows[split] = write_split(draft.path, split, rows)
    return draft.artifact


def tokenizer_of(texts: list[str], size: int) -> PreTrainedTokenizerFast:
    """A WordPiece tokenizer learnt from the texts; a small size cuts words into pieces."""
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    trainer = trainers.WordPieceTrainer(
        vocab_size=size, special_tokens=SPECIAL, show_progress=False
    )
    tokenizer.train_from_iterator(texts, trainer)
    tokenizer.post_processor = processors.BertProcessing(
        ("[SEP]", tokenizer.token_to_id("[SEP]")), ("[CLS]", tokenizer.token_to_id("[CLS]"))
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token="[PAD]",
        unk_token="[UNK]",
        cls_token="[CLS]",
        sep_token="[SEP]",
        mask_token="[MASK]",
    )


def bert_of(tokenizer: PreTrainedTokenizerFast, labels: list[str], layers: int = 4):
    config = AutoConfig.for_model(
        "bert",
        vocab_size=len(tokenizer),
        hidden_size=32,
        num_hidden_layers=layers,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=64,
        id2label=dict(enumerate(labels)),
        label2id={label: index for index, label in enumerate(labels)},
    )
    set_seed(0)
    return AutoModelForSequenceClassification.from_config(config)


@pytest.fixture
def make_rows() -> Callable[..., list[dict]]:
    return rows_of


@pytest.fixture
def make_data(tmp_path) -> Callable[..., Dataset]:
    """Makes a dataset out of lists of rows by split."""

    def make(labels: list[str] = LABELS, **splits: list[dict]) -> Dataset:
        return dataset_of(tmp_path / "data", labels, **splits)

    return make


@pytest.fixture(scope="session")
def data(tmp_path_factory) -> Dataset:
    return dataset_of(
        tmp_path_factory.mktemp("data") / "data",
        train=rows_of(120, seed=0),
        validation=rows_of(30, seed=1, start=1000),
        unlabelled=[{**row, "label": None} for row in rows_of(60, seed=2, start=2000)],
    )


@pytest.fixture(scope="session")
def context(tmp_path_factory) -> Callable[..., Context]:
    """Makes the circumstances of a step that writes into a new directory."""

    def make(out: Path | None = None, **changes) -> Context:
        out = out or tmp_path_factory.mktemp("out") / "student"
        return Context(
            **{"out": out, "task": TextClassification(), "device": "cpu", "threads": 1, **changes}
        )

    return make


@pytest.fixture(scope="session")
def teacher(data, context) -> Checkpoint:
    """A BERT of four layers that has learnt the texts, its labels in an order of its own."""
    labels = LABELS[::-1]
    rows = open_split(data, "train")
    tokenizer = tokenizer_of(rows["text"][:], size=200)
    model = bert_of(tokenizer, labels)
    made = context()
    trained = train(
        model,
        tokenizer,
        rows,
        open_split(data, "validation"),
        task=made.task,
        labels=labels,
        options=TrainingOptions(epochs=10, learning_rate=3e-3, batch_size=16, precision="fp32"),
        context=made,
    )
    assert trained.metrics["accuracy"] == 1.0
    with Checkpoint.create(made.out) as draft:
        save_checkpoint(draft, trained.model, tokenizer, trained.max_length, labels)
    return draft.artifact


@pytest.fixture(scope="session")
def small_model(tmp_path_factory) -> Path:
    """A pretrained encoder of two layers whose tokenizer cuts words into other pieces."""
    out = tmp_path_factory.mktemp("small") / "model"
    tokenizer = tokenizer_of([row["text"] for row in rows_of(40, seed=5)], size=60)
    bert_of(tokenizer, ["LABEL_0", "LABEL_1"], layers=2).save_pretrained(out)
    tokenizer.save_pretrained(out)
    return out
