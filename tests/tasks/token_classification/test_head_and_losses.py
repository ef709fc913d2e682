import math

import pytest
import torch

from edgeft.errors import ModelError
from edgeft.tasks import UNLABELLED
from edgeft.tasks.token_classification import TokenClassification

TASK = TokenClassification()
NAMES = ["O", "B-person", "I-person", "B-place", "I-place"]


def test_a_new_head_answers_each_token(each_tiny_base):
    model = TASK.load_model(each_tiny_base, NAMES)
    assert model(input_ids=torch.tensor([[5, 6, 7]])).logits.shape == (1, 3, len(NAMES))
    assert [model.config.id2label[place] for place in range(len(NAMES))] == NAMES


def test_a_head_of_the_same_labels_is_kept_and_another_renewed(make_entity_checkpoint):
    checkpoint = make_entity_checkpoint("bert")
    kept = TASK.load_model(checkpoint.path).classifier.weight
    assert torch.equal(TASK.load_model(checkpoint.path, NAMES).classifier.weight, kept)
    other = TASK.load_model(checkpoint.path, [*NAMES[:-1], "I-thing"]).classifier.weight
    assert not torch.equal(other, kept)


def test_what_is_no_model_is_named(tmp_path):
    with pytest.raises(ModelError, match="is not a model that transformers knows"):
        TASK.load_model(tmp_path)


def test_the_loss_is_the_mean_over_labelled_tokens():
    logits = torch.zeros(2, 3, 4)
    labels = torch.tensor([[0, UNLABELLED, 2], [UNLABELLED, UNLABELLED, 1]])
    assert float(TASK.loss(logits, labels, None)) == pytest.approx(math.log(4))
    weighted = TASK.loss(logits, labels, torch.tensor([1.0, 0.0]))
    assert float(weighted) == pytest.approx(math.log(4) * 2 / 3)
    assert float(TASK.loss(logits, torch.full((2, 3), UNLABELLED), None)) == 0


def test_the_soft_loss_leaves_out_tokens_that_the_teacher_did_not_see():
    teacher = torch.randn(2, 3, 4)
    logits = teacher.clone()
    teacher[0, 1] = math.nan
    logits[0, 1] = 99.0
    logits.requires_grad_()
    loss = TASK.soft_loss(logits, teacher, 2.0)
    assert float(loss.detach()) == pytest.approx(0, abs=1e-6)
    loss.backward()
    assert torch.isfinite(logits.grad).all()
    logits = logits.detach()
    other = TASK.soft_loss(logits.flip(-1), teacher, 2.0)
    assert float(other) > 0
    assert float(TASK.soft_loss(logits, torch.full_like(teacher, math.nan), 2.0)) == 0
