from pathlib import Path

import numpy as np
import torch

from edgeft.tasks.text_classification.head import load_model
from edgeft.training.vocabulary import SeenEmbedding, keep_seen, restore_whole

SEEN = np.array([0, 1, 2, 3, 5, 7, 11])


def test_model_with_seen_rows_answers_as_the_whole_one(each_tiny_base: Path) -> None:
    model = load_model(each_tiny_base, ["no", "yes"]).eval()
    ids = torch.tensor([[2, 5, 7, 3], [2, 11, 3, 0]])
    mask = torch.tensor([[1, 1, 1, 1], [1, 1, 1, 0]])
    before = model(input_ids=ids, attention_mask=mask).logits

    whole = keep_seen(model, SEEN)

    assert isinstance(model.get_input_embeddings(), SeenEmbedding)
    assert torch.equal(model(input_ids=ids, attention_mask=mask).logits, before)
    restore_whole(model, whole)
    assert model.get_input_embeddings() is whole
    assert torch.equal(model(input_ids=ids, attention_mask=mask).logits, before)


def test_step_of_training_is_that_of_the_whole_embedding(tiny_base: Path) -> None:
    ids, labels = torch.tensor([[2, 5, 7, 3], [2, 11, 1, 3]]), torch.tensor([0, 1])
    weights = []
    for shrunk in (False, True):
        torch.manual_seed(0)
        model = load_model(tiny_base, ["no", "yes"]).eval()
        whole = keep_seen(model, SEEN) if shrunk else None
        optimizer = torch.optim.AdamW(model.parameters(), lr=0.01, weight_decay=0.0)
        for _ in range(3):
            optimizer.zero_grad()
            model(input_ids=ids, labels=labels).loss.backward()
            optimizer.step()
        restore_whole(model, whole)
        weights.append(model.get_input_embeddings().weight.detach())

    assert torch.allclose(weights[0], weights[1], atol=1e-6)


def test_padding_row_is_not_trained(tiny_base: Path) -> None:
    model = load_model(tiny_base, ["no", "yes"])
    keep_seen(model, SEEN)

    ids = torch.tensor([[2, 5, 3, 0, 0]])
    model(input_ids=ids, labels=torch.tensor([0])).loss.backward()

    gradient = model.get_input_embeddings().weight.grad
    assert gradient is not None
    assert gradient[0].abs().max() == 0
    assert gradient[4].abs().max() > 0


def test_frozen_embedding_is_left_alone(tiny_base: Path) -> None:
    model = load_model(tiny_base, ["no", "yes"])
    model.get_input_embeddings().weight.requires_grad_(False)

    assert keep_seen(model, SEEN) is None
    assert type(model.get_input_embeddings()) is torch.nn.Embedding
