"""What helps against few, rare and wrong labels: each does what its paper says, and trains."""

import math
from pathlib import Path
from typing import Any

import datasets
import numpy as np
import pytest
import torch
from pydantic import ValidationError
from scipy.special import softmax
from torch import nn

from edgeft.artifacts import Checkpoint, Dataset
from edgeft.context import Context
from edgeft.data.rows import open_split, write_split
from edgeft.evaluation import logits_of
from edgeft.registry import Registry
from edgeft_finetune.balance import resampled
from edgeft_finetune.labels_loss import focal, generalized, labels_loss, loss_for, symmetric
from edgeft_finetune.mixup import mixing
from edgeft_finetune.options import FinetuneOptions, LoraOptions

P = torch.tensor([[0.8, 0.2], [0.5, 0.5]])
FIRST = torch.tensor([0, 0])
QUICK = {"batch_size": 8, "precision": "fp32", "epochs": 1, "learning_rate": 3e-3}


def rows_of(**counts: int) -> datasets.Dataset:
    labels = [label for label, count in counts.items() for _ in range(count)]
    return datasets.Dataset.from_dict(
        {"text": [f"text {number}" for number in range(len(labels))], "label": labels}
    )


def counts_of(rows: datasets.Dataset) -> dict[str, int]:
    return {label: list(rows["label"]).count(label) for label in sorted(set(rows["label"]))}


def test_losses_are_those_of_their_papers() -> None:
    assert focal(P.log(), FIRST).tolist() == pytest.approx(
        [0.2**2 * -math.log(0.8), 0.5**2 * math.log(2)]
    )
    assert generalized(P.log(), FIRST).tolist() == pytest.approx(
        [(1 - 0.8**0.7) / 0.7, (1 - 0.5**0.7) / 0.7]
    )
    assert symmetric(P.log(), FIRST).tolist() == pytest.approx(
        [0.1 * -math.log(0.8) + 4 * 0.2, 0.1 * math.log(2) + 4 * 0.5]
    )


@pytest.mark.parametrize("name", ["focal", "generalized", "symmetric"])
def test_losses_count_labels_by_their_weights_and_leave_out_what_has_none(name: str) -> None:
    rows = rows_of(no=3, yes=1)
    plain, weighed = (
        loss_for(FinetuneOptions(loss=name, class_weights=how), rows, ["no", "yes"])
        for how in ("none", "balanced")
    )
    logits = torch.tensor([[2.0, 0.0], [0.0, 0.0], [9.0, 0.0]])
    labels = torch.tensor([0, 1, -100])
    alone = [float(plain(logits[[n]], {"labels": labels[[n]]})) for n in (0, 1)]
    assert float(plain(logits, {"labels": labels})) == pytest.approx(sum(alone) / 2)
    shares = [4 / (2 * 3), 4 / 2]
    assert float(weighed(logits, {"labels": labels})) == pytest.approx(
        (shares[0] * alone[0] + shares[1] * alone[1]) / sum(shares)
    )
    nothing = plain(logits.requires_grad_(), {"labels": torch.full((3,), -100)})
    nothing.backward()
    assert float(nothing.detach()) == 0


def test_a_wrong_label_pulls_less_in_robust_losses() -> None:
    def pull(loss: Any) -> float:
        logits = torch.tensor([[0.0, 6.0]], requires_grad=True)  # sure, and labelled otherwise
        unsure = torch.tensor([[0.0, 0.0]], requires_grad=True)
        for each in (logits, unsure):
            loss(each, {"labels": torch.tensor([0])}).backward()
        return float(logits.grad.norm() / unsure.grad.norm())

    rows = rows_of(no=1, yes=1)
    robust = {
        name: pull(loss_for(FinetuneOptions(loss=name), rows, ["no", "yes"]))
        for name in ("cross-entropy", "generalized", "symmetric")
    }
    assert robust["cross-entropy"] > 1.9
    assert robust["generalized"] < 0.2
    assert robust["symmetric"] < 0.2


@pytest.mark.parametrize(
    ("how", "wanted"),
    [
        ("none", {"a": 16, "b": 4, "c": 1}),
        ("root", {"a": 16, "b": 8, "c": 4}),
        ("balanced", {"a": 16, "b": 16, "c": 16}),
    ],
)
def test_rare_labels_are_repeated(how: Any, wanted: dict[str, int]) -> None:
    rows = resampled(rows_of(a=16, b=4, c=1), ["a", "b", "c", "unseen"], how, seed=0)
    assert counts_of(rows) == wanted
    times = np.unique(list(rows["text"]), return_counts=True)[1]
    assert len(times) == 21  # each is there
    uneven = resampled(rows_of(a=5, b=3), ["a", "b"], "balanced", seed=0)
    repeated = [list(uneven["text"]).count(text) for text in set(uneven["text"])]
    assert sorted(repeated) == [1, 1, 1, 1, 1, 1, 2, 2]


def test_rows_without_a_label_are_not_repeated() -> None:
    rows = datasets.Dataset.from_dict({"text": list("abcd"), "label": ["no", "no", "yes", None]})
    found = resampled(rows, ["no", "yes"], "balanced", seed=0)
    assert sorted(found["text"]) == ["a", "b", "c", "c", "d"]


class Headed(nn.Module):
    """As much of a model as has a head to mix before."""

    def __init__(self) -> None:
        super().__init__()
        self.classifier = nn.Linear(2, 2)


def test_mixed_rows_have_both_labels_in_their_shares() -> None:
    torch.manual_seed(0)
    model, vectors = Headed(), torch.randn(4, 2)
    labels = torch.tensor([0, 1, 1, 0])
    plain = labels_loss(0.0, None)
    with mixing(model, 0.4, seed=3) as mixup:  # type: ignore[arg-type]
        model.train()
        logits = model.classifier(vectors)
        others, share = mixup.others, mixup.share
        assert others is not None
        assert 0 < share < 1
        mixed = share * vectors + (1 - share) * vectors[others]
        found = float(mixup.of(plain)(logits, {"labels": labels}).detach())
        model.eval()
        untouched = model.classifier(vectors)
        alone = plain(untouched, {"labels": labels})
        assert torch.equal(mixup.of(plain)(untouched, {"labels": labels}), alone)
    assert torch.allclose(untouched, model.classifier(vectors))
    assert torch.allclose(logits, model.classifier(mixed))
    log_p = logits.log_softmax(-1)
    wanted = nn.functional.one_hot(labels, 2).float()
    shared = share * wanted + (1 - share) * wanted[others]
    assert found == pytest.approx(-(shared * log_p).sum(dim=1).mean().item())


@pytest.mark.parametrize(
    "option",
    [
        {"loss": "focal"},
        {"resample": "balanced"},
        {"mixup": 0.2},
        {"adversarial": "fgm"},
        {"adversarial": "freelb", "mixup": 0.2},
        {"layer_decay": 0.5},
        {"freeze": 1},
    ],
    ids=str,
)
def test_every_option_trains(
    option: dict[str, Any],
    made_once: Any,
    tiny_base: Path,
    tiny_dataset: Dataset,
    registry: Registry,
    context: Context,
) -> None:
    given = (tiny_base, tiny_dataset, registry)
    made = made_once("robust/plain", lambda out: trained(QUICK, *given, context.at(out)))
    plain = Checkpoint.open(made)
    changed = trained({**QUICK, **option}, *given, context)
    before, after = (context.task.load_model(each.path).state_dict() for each in (plain, changed))
    start = context.task.load_model(tiny_base, tiny_dataset.labels).state_dict()
    assert before.keys() == after.keys()
    differs = any(not torch.equal(before[name], after[name]) for name in before)
    assert differs == ("resample" not in option)  # the labels have as many texts each as it is
    lowest = [name for name in after if "layer.0." in name or "embeddings." in name]
    assert lowest
    kept = all(torch.equal(after[name], start[name]) for name in lowest)
    assert kept == ("freeze" in option)
    assert all(torch.isfinite(tensor).all() for tensor in after.values())


def test_adjusted_logits_give_a_rare_label_its_answers_back(
    tiny_base: Path, tiny_dataset: Dataset, registry: Registry, context: Context
) -> None:
    rare = tiny_dataset.labels[2]
    rows = open_split(tiny_dataset, "train").to_list()
    few = [row for row in rows if row["label"] == rare][:2]
    with Dataset.create(context.out.with_name("uneven")) as draft:
        parts = {"train": [row for row in rows if row["label"] != rare] + few}
        parts["validation"] = open_split(tiny_dataset, "validation").to_list()
        draft.manifest.rows = {
            split: write_split(draft.path, split, part) for split, part in parts.items()
        }
        draft.manifest.task = tiny_dataset.task
        draft.manifest.labels = list(tiny_dataset.labels)
    shares = []
    for size in (0, 1):
        there = context.at(context.out.with_name(f"adjusted-{size}"))
        made = trained(
            {**QUICK, "logit_adjustment": size}, tiny_base, draft.artifact, registry, there
        )
        texts = list(open_split(draft.artifact, "validation")["text"])
        logits = logits_of(made, texts, task=context.task)
        shares.append(softmax(logits, axis=1)[:, 2].mean())
    plain, adjusted = shares
    assert adjusted > 1.5 * plain


@pytest.mark.parametrize(
    ("method", "option"),
    [
        ("full", {"epochs": 8}),
        ("lora", {"epochs": 2}),
        ("contrastive", {"epochs": 2, "contrast": 0.0}),
        ("self-training", {"epochs": 4}),
    ],
)
def test_a_copy_is_learnt_as_what_a_teacher_says_of_it(
    method: str,
    option: dict[str, Any],
    tiny_base: Path,
    tiny_checkpoint: Checkpoint,
    tiny_dataset: Dataset,
    registry: Registry,
    context: Context,
) -> None:
    """All but a row a label are copies, of which a teacher says that any label will do."""
    labels = tiny_dataset.labels
    rows = open_split(tiny_dataset, "train").to_list()
    first = {row["label"]: row["id"] for row in rows}
    for row in rows:
        if first[row["label"]] != row["id"]:
            row["parent"], row["soft"] = first[row["label"]], [1 / len(labels)] * len(labels)
    held_out = open_split(tiny_dataset, "validation").to_list()
    pool = open_split(tiny_dataset, "unlabelled").to_list()
    with Dataset.create(context.out.with_name("taught")) as draft:
        draft.manifest.rows["train"] = write_split(draft.path, "train", rows)
        draft.manifest.rows["validation"] = write_split(draft.path, "validation", held_out)
        draft.manifest.rows["unlabelled"] = write_split(draft.path, "unlabelled", pool)
        draft.manifest.task, draft.manifest.labels = tiny_dataset.task, list(labels)
    texts = [row["text"] for row in held_out]
    # adapters of random weights learn too little
    base = tiny_checkpoint.path if method == "lora" else tiny_base
    surest = []
    for data in (draft.artifact, tiny_dataset):
        out = context.out.with_name(f"of-{data.path.name}")
        there = context.at(out, find_step=registry.usable_step)
        made = trained({**QUICK, **option}, base, data, registry, there, method)
        chances = softmax(logits_of(made, texts, task=context.task), axis=1)
        surest.append(chances.max(axis=1).mean())
    soft, hard = surest
    assert soft < hard - 0.1


def trained(
    values: dict[str, Any],
    base: Path,
    data: Dataset,
    registry: Registry,
    context: Context,
    method: str = "full",
) -> Checkpoint:
    step = registry.step("finetune", method)
    options = registry.options("finetune", method, values)
    made: Checkpoint = step(options, context).run(base, data)
    return made


@pytest.mark.parametrize(
    ("kind", "values", "said"),
    [
        (FinetuneOptions, {"mixup": 0.2, "r_drop": 1}, "set one of them"),
        (FinetuneOptions, {"loss": "focal", "label_smoothing": 0.1}, "leave it out"),
        (LoraOptions, {"freeze": 2}, "freeze is for `full`"),
    ],
)
def test_options_that_undo_each_other_are_refused(kind: Any, values: Any, said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        kind(**values)
