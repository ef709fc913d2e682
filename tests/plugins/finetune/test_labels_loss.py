import math

import datasets
import numpy as np
import pytest
import torch

from edgeft_finetune.balance import log_frequencies
from edgeft_finetune.labels_loss import (
    adjusted,
    balanced_weights,
    divergence,
    labels_loss,
    loss_for,
    of_answers,
)
from edgeft_finetune.options import FinetuneOptions

LOGITS = torch.tensor([[2.0, 0.0], [0.0, 0.0]])


def test_loss_is_mean_cross_entropy() -> None:
    loss = labels_loss(0.0, None)(LOGITS, {"labels": torch.tensor([0, 1])})

    assert float(loss) == pytest.approx((math.log(1 + math.exp(-2)) + math.log(2)) / 2)


def test_smoothing_spreads_a_share_over_all_labels() -> None:
    loss = labels_loss(0.2, None)(LOGITS[:1], {"labels": torch.tensor([0])})

    right, wrong = math.log(1 + math.exp(-2)), math.log(1 + math.exp(2))
    assert float(loss) == pytest.approx(0.9 * right + 0.1 * wrong)


def test_weights_weigh_the_labels() -> None:
    weights = torch.tensor([1.0, 3.0])

    loss = labels_loss(0.0, weights)(LOGITS, {"labels": torch.tensor([0, 1])})

    right, even = math.log(1 + math.exp(-2)), math.log(2)
    assert float(loss) == pytest.approx((right + 3 * even) / 4)


def test_rows_without_a_label_do_not_count() -> None:
    loss = labels_loss(0.0, None)(LOGITS, {"labels": torch.tensor([-100, 1])})

    assert float(loss) == pytest.approx(math.log(2))


@pytest.mark.parametrize("loss", ["cross-entropy", "focal", "generalized", "symmetric"])
@pytest.mark.parametrize("how", ["none", "balanced"])
def test_each_row_counts_by_its_own_weight(loss: str, how: str) -> None:
    rows = datasets.Dataset.from_dict({"label": ["no", "no", "no", "yes"]})
    options = FinetuneOptions(loss=loss, class_weights=how, label_smoothing=0.0)
    of_batch = loss_for(options, rows, ["no", "yes"])
    logits = torch.tensor([[2.0, 0.0], [0.0, 0.0], [0.5, 0.0]])
    labels = torch.tensor([0, 1, -100])

    def found(*weights: float) -> float:
        return float(of_batch(logits, {"labels": labels, "weights": torch.tensor(weights)}))

    assert found(1, 1, 1) == pytest.approx(float(of_batch(logits, {"labels": labels})))
    assert found(1, 0, 1) + found(0, 1, 1) == pytest.approx(found(1, 1, 9))
    assert found(0.5, 0, 1) == pytest.approx(found(1, 0, 1) / 2)
    assert found(0, 0, 1) == 0


def test_smoothing_and_weights_of_rows_go_together() -> None:
    loss = labels_loss(0.2, torch.tensor([1.0, 3.0]))
    labels = torch.tensor([0, 1])
    even = loss(LOGITS, {"labels": labels, "weights": torch.ones(2)})
    assert float(even) == pytest.approx(float(loss(LOGITS, {"labels": labels})))


def test_balanced_weights_are_the_inverse_of_frequency() -> None:
    weights = balanced_weights(np.array([3, 1, 0]))

    assert weights.tolist() == pytest.approx([4 / (3 * 3), 4 / (3 * 1), 0])


def test_option_takes_the_weights_from_the_training_rows() -> None:
    rows = datasets.Dataset.from_dict({"label": ["no", "no", "no", "yes"]})
    batch = {"labels": torch.tensor([0, 1])}

    balanced = loss_for(FinetuneOptions(class_weights="balanced", r_drop=0), rows, ["no", "yes"])
    plain = loss_for(FinetuneOptions(r_drop=0), rows, ["no", "yes"])

    assert float(balanced(LOGITS, batch)) > float(plain(LOGITS, batch))


def test_log_frequencies_count_a_label_without_rows_as_if_it_had_one() -> None:
    found = log_frequencies(np.array([6, 1, 0]))

    assert found.tolist() == pytest.approx([math.log(6 / 8), math.log(1 / 8), math.log(1 / 8)])


def test_adjusted_logits_hold_the_offsets() -> None:
    loss = adjusted(labels_loss(0.0, None), torch.tensor([0.0, math.log(3)]))

    found = loss(LOGITS[1:], {"labels": torch.tensor([0])})  # logits 0 and log 3: a quarter

    assert float(found) == pytest.approx(math.log(4))


@pytest.mark.parametrize("loss", ["cross-entropy", "focal", "generalized", "symmetric"])
def test_adjustment_is_by_the_frequencies_of_the_training_rows(loss: str) -> None:
    rows = datasets.Dataset.from_dict({"label": ["no", "no", "no", "yes"]})
    batch = {"labels": torch.tensor([0, 1])}
    plain = loss_for(FinetuneOptions(loss=loss), rows, ["no", "yes"])
    options = FinetuneOptions(loss=loss, logit_adjustment=2.0)

    found = loss_for(options, rows, ["no", "yes"])(LOGITS, batch)

    moved = LOGITS + 2 * torch.tensor([math.log(3 / 4), math.log(1 / 4)])
    assert float(found) == pytest.approx(float(plain(moved, batch)))


def test_divergence_is_symmetric_and_zero_between_equals() -> None:
    one, two = LOGITS[:1], LOGITS[1:]
    p = 1 / (1 + math.exp(-2))
    forth = p * math.log(p / 0.5) + (1 - p) * math.log((1 - p) / 0.5)
    back = 0.5 * math.log(0.5 / p) + 0.5 * math.log(0.5 / (1 - p))

    assert float(divergence(one, two)) == pytest.approx((forth + back) / 2)
    assert float(divergence(two, one)) == pytest.approx((forth + back) / 2)
    assert float(divergence(one, one)) == 0


def test_r_drop_counts_rows_by_their_weights() -> None:
    one, two = torch.tensor([[2.0, 0.0], [0.0, 0.0]]), torch.tensor([[0.0, 1.0], [3.0, 0.0]])
    first, second = (float(divergence(one[[n]], two[[n]])) for n in (0, 1))
    found = divergence(one, two, torch.tensor([0.5, 1.0]))
    assert float(found) == pytest.approx((0.5 * first + second) / 2)


def test_r_drop_compares_the_first_half_of_a_batch_with_the_second() -> None:
    rows = datasets.Dataset.from_dict({"label": ["no", "yes"]})
    batch = {"labels": torch.tensor([0, 0])}

    plain, dropped = (
        loss_for(FinetuneOptions(r_drop=weight), rows, ["no", "yes"]) for weight in (0, 3)
    )

    difference = 3 * float(divergence(LOGITS[:1], LOGITS[1:]))
    assert float(dropped(LOGITS, batch)) == pytest.approx(float(plain(LOGITS, batch)) + difference)


@pytest.mark.parametrize(
    ("task", "shape"),
    [
        ("multi-label-classification", (4, 3)),
        ("regression", (4, 1)),
        ("relation-extraction", (4, 3)),
    ],
)
def test_r_drop_of_any_task_is_nothing_where_both_passes_agree(
    task: str, shape: tuple[int, ...], registry
) -> None:
    kind = registry.task(task)
    one, two = torch.randn(shape), torch.randn(shape)
    batch = {"labels": torch.zeros(2 * shape[0])}
    assert float(of_answers(kind, one, one, batch)) == pytest.approx(0, abs=1e-6)
    apart = float(of_answers(kind, one, two, batch))
    assert apart > 0
    assert apart == pytest.approx(float(of_answers(kind, two, one, batch)))


def test_r_drop_of_tokens_is_the_mean_over_those_that_have_a_label(registry) -> None:
    kind = registry.task("token-classification")
    one = torch.randn(1, 3, 2, requires_grad=True)
    two = torch.randn(1, 3, 2)
    batch = {"labels": torch.tensor([[0, -100, 1]] * 2)}

    found = of_answers(kind, one, two, batch)
    found.backward()

    seen = one.detach()
    labelled = [float(divergence(seen[:, place], two[:, place])) for place in (0, 2)]
    assert found.item() == pytest.approx(sum(labelled) / 2, abs=1e-6)
    assert one.grad is not None
    assert one.grad[0, 0].abs().sum() > 0
    assert one.grad[0, 1].tolist() == [0, 0]
