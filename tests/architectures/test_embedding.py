"""Sentence encoders whose answer is the pooled vector of length 1."""

import json

import pytest
import torch
from torch.nn import functional
from transformers import AutoModel

from edgeft.architectures import known_config
from edgeft.architectures.pooled import pool
from edgeft.tasks.sentence_embeddings import SentenceEmbeddings

TASK = SentenceEmbeddings()
IDS = torch.tensor([[2, 7, 8, 9, 3], [2, 7, 3, 0, 0]])
MASK = torch.tensor([[1, 1, 1, 1, 1], [1, 1, 1, 0, 0]])
FAMILIES = ["bert", "distilbert", "roberta", "electra", "deberta-v2", "modernbert"]


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("pooling", ["mean", "first"])
def test_vectors_are_what_torch_makes_of_the_encoders(make_tiny_base, family, pooling) -> None:
    base = make_tiny_base(family)
    model = TASK.load_model(base, pooling=pooling).eval()
    encoder = AutoModel.from_pretrained(base).eval()
    with torch.inference_mode():
        found = model(input_ids=IDS, attention_mask=MASK).logits
        hidden = encoder(input_ids=IDS, attention_mask=MASK).last_hidden_state
    wanted = functional.normalize(pool(hidden, MASK, pooling), dim=-1)
    torch.testing.assert_close(found, wanted, rtol=1e-4, atol=1e-5)


def test_an_encoder_that_says_nothing_is_pooled_to_the_mean(tiny_base) -> None:
    assert TASK.load_model(tiny_base).config.pooling == "mean"


def test_a_saved_encoder_opens_again_with_its_pooling_and_without_labels(
    tiny_base, tmp_path
) -> None:
    model = TASK.load_model(tiny_base, pooling="first").eval()
    model.save_pretrained(tmp_path / "saved")
    again = TASK.load_model(tmp_path / "saved").eval()
    assert again.config.pooling == "first"
    assert again.config.num_labels == 0
    with torch.inference_mode():
        torch.testing.assert_close(again(IDS, MASK).logits, model(IDS, MASK).logits)


def test_programs_that_know_nothing_of_edgeft_read_the_encoders_own_type(
    tiny_base, tmp_path
) -> None:
    TASK.load_model(tiny_base).save_pretrained(tmp_path / "saved")
    written = json.loads((tmp_path / "saved" / "config.json").read_text(encoding="utf-8"))
    assert written["model_type"] == "edgeft-embedding-bert"
    assert known_config(tmp_path / "saved")["model_type"] == "bert"


def test_a_vector_without_a_length_stays_zero() -> None:
    from edgeft.architectures.embedding import Unit

    vectors = torch.tensor([[0.0, 0.0], [3.0, 4.0]])
    torch.testing.assert_close(Unit()(vectors), torch.tensor([[0.0, 0.0], [0.6, 0.8]]))
    torch.testing.assert_close(Unit()(vectors), functional.normalize(vectors, dim=-1))
