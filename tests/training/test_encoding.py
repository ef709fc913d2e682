from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import datasets
import numpy as np
import pytest
import torch

from edgeft.errors import DataError, ModelError
from edgeft.tasks import UNLABELLED
from edgeft.tasks.text_classification import TextClassification
from edgeft.training.batches import Batches
from edgeft.training.encoding import (
    UNBOUNDED,
    choose_max_length,
    encode_rows,
    freeze_tokenizer,
    load_tokenizer,
    position_limit,
)
from edgeft.training.tokenizing import encode


def rows_of(texts: list[str], labels: list[str | None]) -> datasets.Dataset:
    return datasets.Dataset.from_dict({"text": texts, "label": labels})


def test_ids_are_the_tokenizers_own(each_tiny_base: Path) -> None:
    tokenizer = load_tokenizer(each_tiny_base)
    texts = ["where is my card?", "", "cash " * 100]

    encoded = encode(texts, tokenizer, 24)

    for row, text in enumerate(texts):
        ids = encoded.ids[encoded.starts[row] : encoded.starts[row + 1]].tolist()
        assert ids == tokenizer(text, truncation=True, max_length=24)["input_ids"]
    assert encoded.lengths.max() == 24


def test_of_a_text_that_is_far_too_long_the_beginning_gives_the_same_ids(
    each_tiny_base: Path,
) -> None:
    tokenizer = load_tokenizer(each_tiny_base)
    texts = ["where is my card? " * 400, " " * 9000 + "card", "x" * 9000, "a fee", "cash" * 3000]
    wanted = [tokenizer(text, truncation=True, max_length=24)["input_ids"] for text in texts]
    encoded = encode(texts, tokenizer, 24)
    rows = [encoded.ids[a:b].tolist() for a, b in pairwise(encoded.starts)]
    assert rows == wanted


def test_batch_is_the_one_that_the_tokenizer_pads(each_tiny_base: Path) -> None:
    tokenizer = load_tokenizer(each_tiny_base)
    texts = ["card", "where is my new card today?", "cash machine"]
    encoded = replace(encode(texts, tokenizer, 64), labels=np.array([2, 0, 1]))

    for side in ("right", "left"):
        batch = Batches(encoded, tokenizer.pad_token_id, side)([2, 0])

        tokenizer.padding_side = side
        padded = tokenizer([texts[2], texts[0]], padding=True, return_tensors="pt")
        assert torch.equal(batch["input_ids"], padded["input_ids"])
        assert torch.equal(batch["attention_mask"], padded["attention_mask"])
        assert batch["labels"].tolist() == [1, 2]


def test_extras_are_asked_for_the_rows_of_the_batch(tiny_tokenizer_dir: Path) -> None:
    tokenizer = load_tokenizer(tiny_tokenizer_dir)
    encoded = encode(["card", "cash", "iban"], tokenizer, 16)
    teacher = torch.arange(6.0).reshape(3, 2)

    batch = Batches(encoded, 0, extras=lambda rows: {"teacher": teacher[rows]})([2, 0])

    assert batch["teacher"].tolist() == [[4, 5], [0, 1]]


def test_views_repeat_the_rows_of_a_batch_with_their_extras(tiny_tokenizer_dir: Path) -> None:
    tokenizer = load_tokenizer(tiny_tokenizer_dir)
    encoded = encode(["card", "a lost card", "cash"], tokenizer, 16)
    teacher = torch.arange(6.0).reshape(3, 2)

    batch = Batches(encoded, 0, extras=lambda rows: {"teacher": teacher[rows]}, views=2)([2, 0])

    for tensor in batch.values():
        assert torch.equal(tensor[:2], tensor[2:])
    assert batch["teacher"].tolist() == [[4.0, 5.0], [0.0, 1.0]] * 2


def test_labels_are_matched_by_name(tiny_tokenizer_dir: Path) -> None:
    tokenizer = load_tokenizer(tiny_tokenizer_dir)
    rows = rows_of(["a", "b", "c"], ["yes", None, "no"])

    encoded = encode_rows(rows, tokenizer, 16, ["no", "yes"], task=TextClassification())

    assert encoded.labels is not None
    assert encoded.labels.tolist() == [1, UNLABELLED, 0]


def test_unknown_label_is_refused(tiny_tokenizer_dir: Path) -> None:
    tokenizer = load_tokenizer(tiny_tokenizer_dir)

    with pytest.raises(DataError, match="maybe"):
        encode_rows(
            rows_of(["a"], ["maybe"]), tokenizer, 16, ["no", "yes"], task=TextClassification()
        )


@pytest.mark.parametrize(
    ("words", "limit", "chosen"), [(3, 64, 32), (35, 64, 40), (200, 64, 64), (3, 16, 16)]
)
def test_max_length_is_what_the_texts_need_within_bounds(
    words: int, limit: int, chosen: int, tiny_tokenizer_dir: Path
) -> None:
    tokenizer = load_tokenizer(tiny_tokenizer_dir)
    rows = rows_of(["card " * words] * 5, ["x"] * 5)

    assert choose_max_length(rows, tokenizer, limit) == chosen


def test_max_length_leaves_half_a_percent_of_the_texts_to_be_cut(tiny_tokenizer_dir: Path) -> None:
    tokenizer = load_tokenizer(tiny_tokenizer_dir)
    rows = rows_of(["card " * 36] * 997 + ["card " * 60] * 3, ["x"] * 1000)

    assert choose_max_length(rows, tokenizer, 64) == 40


def test_copies_do_not_make_texts_longer(tiny_tokenizer_dir: Path) -> None:
    tokenizer = load_tokenizer(tiny_tokenizer_dir)
    rows = rows_of(["card " * 36, "card " * 60], ["x"] * 2)
    rows = rows.add_column("parent", [None, 0])

    assert choose_max_length(rows, tokenizer, 64) == 40


def test_a_model_that_says_minus_one_has_no_limit(tiny_base: Path) -> None:
    from edgeft.tasks.text_classification.head import load_model

    model = load_model(tiny_base, ["no", "yes"])
    for module in [each for each in model.modules() if hasattr(each, "position_embeddings")]:
        del module.position_embeddings
    model.config.max_position_embeddings = -1
    assert position_limit(model) == UNBOUNDED


def test_position_limit_is_the_longest_text_that_the_model_reads(
    each_tiny_base: Path, family: str
) -> None:
    from edgeft.tasks.text_classification.head import load_model

    model = load_model(each_tiny_base, ["no", "yes"]).eval()
    limit = position_limit(model)

    assert limit == 64
    ids = torch.full((1, limit), 7)
    assert model(input_ids=ids).logits.isfinite().all()
    if family in ("bert", "roberta", "electra", "distilbert"):
        with pytest.raises((IndexError, RuntimeError)):
            model(input_ids=torch.full((1, limit + 1), 7))


def test_frozen_tokenizer_neither_cuts_nor_pads(tiny_tokenizer_dir: Path, tmp_path: Path) -> None:
    from tokenizers import Tokenizer

    baked = Tokenizer.from_file(str(tiny_tokenizer_dir / "tokenizer.json"))
    assert baked.truncation is not None
    tokenizer = load_tokenizer(tiny_tokenizer_dir)

    freeze_tokenizer(tokenizer, 40)
    tokenizer.save_pretrained(tmp_path)

    frozen = Tokenizer.from_file(str(tmp_path / "tokenizer.json"))
    assert frozen.truncation is None
    assert frozen.padding is None
    assert load_tokenizer(tmp_path).model_max_length == 40


def test_directory_without_a_tokenizer_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError) as caught:
        load_tokenizer(tmp_path)

    assert caught.value.message.startswith(f"{tmp_path} has no tokenizer that can be loaded")
