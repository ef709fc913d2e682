"""Differential privacy: the budget is kept and written down, and what would break it is refused."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from opacus import PrivacyEngine
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from edgeft.artifacts import Checkpoint, Dataset
from edgeft.context import Context
from edgeft.data.rows import open_split
from edgeft.errors import DataError, MissingPackage, ModelError, PluginError, TrainingError
from edgeft.manifests import Record
from edgeft.registry import Registry
from edgeft.tasks.text_classification import TextClassification
from edgeft.tasks.text_classification.head import load_model
from edgeft.training.batches import Batches
from edgeft.training.encoding import encode_rows, load_tokenizer
from edgeft.training.loop import cross_entropy
from edgeft_finetune.budget import planned
from edgeft_finetune.options import FullOptions
from edgeft_finetune.private import take_step
from edgeft_finetune.single import check_single_gradients

HEAD_ALONE = {"pooling": "mean", "freeze": 4, "max_length": 16, "batch_size": 32, "weights": "last"}


@pytest.fixture(scope="session")
def base(make_base: Callable[[str], Path]) -> Path:
    return make_base("bert")


@pytest.fixture
def train_privately(
    base: Path, topics: Dataset, registry: Registry, tmp_path: Path, context: Context
) -> Callable[..., Checkpoint]:
    def train(
        name: str = "out", data: Dataset | None = None, source: Path | None = None, **asked: Any
    ) -> Checkpoint:
        options = registry.options("finetune", "full", HEAD_ALONE | asked)
        step = registry.step("finetune", "full")(options, context.at(tmp_path / name))
        return step.run(source or base, data or topics)

    return train


def head_of(checkpoint: Checkpoint) -> torch.Tensor:
    return load_model(checkpoint.path).classifier.weight


def test_the_budget_is_kept_and_stands_in_the_history(train_privately) -> None:
    checkpoint = train_privately(private={"epsilon": 8}, epochs=8, learning_rate=0.1)

    found = checkpoint.manifest.history[-1].figures
    spent = found["private"]
    assert 7.5 < spent["epsilon"] <= 8
    assert spent["delta"] == pytest.approx(120**-1.1)
    assert spent["noise_multiplier"] > 0.5
    assert spent | {"epsilon": 0, "delta": 0, "noise_multiplier": 0} == {
        "epsilon": 0,
        "delta": 0,
        "noise_multiplier": 0,
        "clip": 1.0,
        "sampling_rate": 0.25,
        "steps": 32,
        "texts": 120,
        "accountant": "rdp",
    }
    assert [entry["step"] for entry in found["log"]] == [4, 8, 12, 16, 20, 24, 28, 32]


def test_a_large_budget_lets_it_learn_and_a_small_one_does_not(train_privately) -> None:
    large, small = (
        train_privately(str(epsilon), private={"epsilon": epsilon}, epochs=8, learning_rate=0.05)
        for epsilon in (500, 0.01)
    )

    losses = [each.manifest.history[-1].figures["log"][-1]["loss"] for each in (large, small)]
    assert losses[0] < 0.6 * np.log(3)
    assert losses[1] > 0.9 * np.log(3)


def test_noise_is_not_that_of_the_seed(train_privately) -> None:
    one, two = (
        train_privately(name, private={}, epochs=0.5, warmup=0.0) for name in ("one", "two")
    )

    assert not torch.equal(head_of(one), head_of(two))


def test_the_encoder_is_trained_where_it_is_not_frozen_and_its_embeddings_never(
    train_privately, base, topics
) -> None:
    checkpoint = train_privately(private={"epsilon": 50}, epochs=0.5, freeze=0)

    before = load_model(base, topics.labels, pooling="mean").state_dict()
    after = load_model(checkpoint.path).state_dict()
    moved = {name for name in after if not torch.equal(before[name], after[name])}
    assert "bert.encoder.layer.0.attention.self.query.weight" in moved
    assert not any("embeddings" in name for name in moved)


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_the_step_of_a_text_is_no_longer_than_the_clip(base, topics, context) -> None:

    model = load_model(base, topics.labels, pooling="mean")
    model.bert.requires_grad_(False)
    batches = batches_of(base, topics)
    before = model.classifier.weight.detach().clone()
    options = FullOptions(private={}, max_length=16, batch_size=2)
    engine = PrivacyEngine(accountant="rdp")
    watched, optimizer, _ = engine.make_private(
        module=model.train(),
        optimizer=torch.optim.SGD(model.classifier.parameters(), lr=1.0),
        data_loader=DataLoader(TensorDataset(torch.arange(8)), batch_size=4),
        noise_multiplier=0.0,
        max_grad_norm=1e-3,
    )

    def loss(logits: torch.Tensor, batch: dict[str, torch.Tensor]) -> torch.Tensor:
        return 100 * cross_entropy(logits, batch)

    take_step(watched, optimizer, batches, np.arange(5), loss, options)
    moved = float((model.classifier.weight - before).norm())
    assert 0 < moved <= 5 * 1e-3 / 4 + 1e-9  # five texts drawn, over the four that are expected

    here = model.classifier.weight.detach().clone()
    take_step(watched, optimizer, batches, np.empty(0, np.int64), loss, options)
    assert torch.equal(model.classifier.weight, here)  # nothing was drawn, and there is no noise


@pytest.mark.parametrize(
    ("option", "said"),
    [
        ({"mixup": 0.2}, "mixup: a mixed text"),
        ({"adversarial": "fgm"}, "adversarial: it passes"),
        ({"r_drop": 1}, "r_drop: it passes"),
        ({"resample": "root"}, "resample: a repeated text"),
        ({"class_weights": "balanced"}, "class_weights: it counts labels without noise"),
        ({"logit_adjustment": 1}, "logit_adjustment: it counts labels"),
        ({"head": "probe"}, "head: a probe is fitted without noise"),
        ({"cutoff": 0.1}, "cutoff: its loop"),
        ({"layer_decay": 0.9}, "layer_decay: its loop"),
        ({"continue_from": "there", "pooling": "auto"}, "continue_from: what that checkpoint"),
        ({"early_stopping": 2, "weights": "best"}, "early_stopping: the noise"),
        ({"precision": "bf16"}, "precision: gradients"),
        ({"report_to": ["wandb"]}, "report_to: its loop"),
        ({"clip": 0.5}, "clip: set private.clip"),
    ],
    ids=lambda each: next(iter(each)) if isinstance(each, dict) else "",
)
def test_what_would_break_the_budget_is_refused(
    option: dict[str, Any], said: str, registry: Registry
) -> None:
    with pytest.raises(PluginError, match=f"private cannot be combined with {said}"):
        registry.options("finetune", "full", HEAD_ALONE | {"private": {}} | option)


def test_the_length_of_texts_has_to_be_said(registry: Registry) -> None:
    with pytest.raises(PluginError, match="private needs max_length"):
        registry.options("finetune", "full", {"private": {"epsilon": 1}})


def test_a_base_that_has_seen_the_texts_is_refused(train_privately, topics, make_data) -> None:
    seen = train_privately("seen", epochs=1)
    others = [{**row, "text": f"{row['text']} too"} for row in open_split(topics, "train")]
    held_out = list(open_split(topics, "validation"))
    elsewhere = make_data(topics.labels, train=others, validation=held_out)
    asked = {"private": {"epsilon": 8}, "max_length": 16, "epochs": 1, "source": seen.path}

    with pytest.raises(ModelError, match="full has trained it on the same texts"):
        train_privately("again", **asked)
    made = train_privately("elsewhere", elsewhere, **asked)
    assert [record.method for record in made.manifest.history if record.kind == "finetune"] == [
        "full", "full",
    ]  # fmt: skip


def test_a_base_that_has_seen_the_texts_in_another_dataset_is_refused(
    train_privately, topics, make_data
) -> None:
    rows, held_out = (list(open_split(topics, split)) for split in ("train", "validation"))
    cleaned = make_data(topics.labels, train=rows[1:], validation=held_out)
    read = Record(kind="data", method="prepare", inputs={"train": "the same file"})
    cleaned.manifest.history = [read]
    seen = train_privately("seen", cleaned, epochs=1)
    whole = Dataset(topics.path, topics.manifest.model_copy(update={"history": [read]}))
    with pytest.raises(ModelError, match="full has trained it on the same texts"):
        train_privately("again", whole, private={}, max_length=16, source=seen.path)


def test_a_step_that_trains_on_the_same_texts_cannot_stand_before(registry: Registry) -> None:
    full, adapt = (registry.step("finetune", name) for name in ("full", "adapt"))
    options = registry.options("finetune", "full", HEAD_ALONE | {"private": {}})

    with pytest.raises(PluginError, match="private cannot follow finetune: adapt"):
        full.check_place(options, [registry.step("clean", "review"), adapt])
    with pytest.raises(PluginError, match="private cannot follow augment: typos"):
        full.check_place(options, [registry.step("augment", "typos")])
    full.check_place(options, [registry.step("clean", "review")])
    full.check_place(options, [registry.step("augment", "filter")])
    full.check_place(registry.options("finetune", "full", HEAD_ALONE), [adapt])


def test_copies_are_refused(train_privately, topics, make_data) -> None:
    rows = list(open_split(topics, "train"))
    copy = {**rows[0], "id": 5000, "parent": rows[0]["id"]}
    held_out = list(open_split(topics, "validation"))
    data = make_data(topics.labels, train=[*rows, copy], validation=held_out)

    with pytest.raises(DataError, match="1 training texts have a parent"):
        train_privately(data=data, private={})


def test_a_delta_that_is_no_protection_is_refused(train_privately) -> None:
    with pytest.raises(TrainingError, match="not below 1/120"):
        train_privately(private={"delta": 0.01})


def test_several_processes_are_refused(train_privately, monkeypatch) -> None:
    monkeypatch.setenv("WORLD_SIZE", "2")

    with pytest.raises(TrainingError, match="cannot be combined with torchrun"):
        train_privately(private={})


def test_missing_opacus_is_said_with_its_extra(registry, monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "opacus", None)
    cls = registry.step("finetune", "full")
    options = registry.options("finetune", "full", {"private": {}, "max_length": 16})

    with pytest.raises(MissingPackage) as caught:
        cls.check(options, Path)

    assert caught.value.hint == "pip install 'edgeft[private]'"
    cls.check(registry.options("finetune", "full", {}), Path)


def test_a_loss_that_is_no_number_names_its_step(train_privately) -> None:
    with pytest.raises(TrainingError, match=r"the loss is (nan|inf) at step \d+"):
        train_privately(private={"epsilon": 50}, learning_rate=3e37, epochs=2, warmup=0.0)


def test_no_noise_for_a_budget_is_an_error() -> None:

    with pytest.raises(TrainingError, match="no noise keeps epsilon 1e-09"):
        planned(100, FullOptions(private={"epsilon": 1e-9, "delta": 1e-12}, max_length=16))


@pytest.mark.parametrize(
    ("family", "said"),
    [
        ("deberta-v2", "the gradient of a single text cannot be had for deberta.encoder"),
        ("modernbert", "Opacus handles no LayerNorm without a bias"),
    ],
)
def test_layers_whose_gradients_mix_texts_are_named(
    family: str, said: str, make_base, topics, train_privately
) -> None:
    with pytest.raises(ModelError, match=said):
        train_privately(source=make_base(family), private={}, freeze=0)


def test_a_layer_that_sees_all_texts_at_once_is_found(base, topics) -> None:
    model = load_model(base, topics.labels, pooling="mean")
    model.bert.requires_grad_(False)
    batches = batches_of(base, topics)
    check_single_gradients(model, batches, cross_entropy)

    model.classifier = Mixing(model.classifier)

    with pytest.raises(ModelError, match="cannot be had for classifier"):
        check_single_gradients(model, batches, cross_entropy)


class Mixing(nn.Module):
    """A head that compares each text with the batch's mean."""

    def __init__(self, head: nn.Linear) -> None:
        super().__init__()
        self.head = head

    def forward(self, vectors: torch.Tensor) -> torch.Tensor:
        return self.head(vectors - vectors.mean(dim=0))


def batches_of(base: Path, data: Dataset) -> Batches:
    tokenizer = load_tokenizer(base)
    rows = open_split(data, "train").select(range(8))
    return Batches(
        encode_rows(rows, tokenizer, 16, data.labels, task=TextClassification()),
        tokenizer.pad_token_id,
    )
