"""What a student minimizes, of a batch's logits."""

import math

import pytest
import torch

from edgeft.distillation import DistillationOptions
from edgeft.distillation.learning import loss_of
from edgeft.tasks.text_classification import TextClassification

TASK = TextClassification()
# softmax of [ln 3, 0] is [3/4, 1/4], of [0, 0] is [1/2, 1/2]
CERTAIN = torch.tensor([[math.log(3.0), 0.0]])
UNSURE = torch.zeros(1, 2)


def test_student_loss_weighs_both_parts():
    batch = {"teacher_logits": CERTAIN, "labels": torch.tensor([1])}
    soft = TASK.soft_loss(UNSURE, CERTAIN, 2.0)
    hard = TASK.loss(UNSURE, batch["labels"], None)
    found = loss_of(DistillationOptions(temperature=2.0, soft=1.0, hard=0.3), TASK)(UNSURE, batch)
    assert found.item() == pytest.approx((soft + 0.3 * hard).item())


def test_a_teacher_is_asked_about_rows_of_no_weight_too():
    batch = {
        "teacher_logits": CERTAIN,
        "labels": torch.tensor([1]),
        "weights": torch.zeros(1),
    }
    options = DistillationOptions(temperature=2.0, soft=1.0, hard=0.3)
    found = loss_of(options, TASK)(UNSURE, batch)
    assert found.item() == pytest.approx(TASK.soft_loss(UNSURE, CERTAIN, 2.0).item())
