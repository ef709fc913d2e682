from pathlib import Path
from typing import Any

import pytest
import torch

from edgeft.artifacts import Checkpoint, Dataset
from edgeft.data.rows import write_split
from edgeft.errors import ModelError, TrainingError
from edgeft.tasks.fill_mask import FillMask
from edgeft.tasks.text_classification.head import load_model
from edgeft.training.encoding import load_tokenizer
from edgeft_finetune.lora import (
    add_adapters,
    frozen_copy,
    head_modules,
    merge,
    sample_batch,
    target_layers,
)
from edgeft_finetune.options import LoraOptions

SAMPLE = {"input_ids": torch.tensor([[2, 7, 9, 3]]), "attention_mask": torch.ones(1, 4).long()}


def stir(model: torch.nn.Module) -> None:
    """Move all that is trained, as a training would."""
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.requires_grad:
                parameter.add_(torch.randn_like(parameter) * 0.1)


def test_every_linear_layer_of_the_encoder_gets_an_adapter(each_tiny_base: Path) -> None:
    model = load_model(each_tiny_base, ["no", "yes"])

    targets = target_layers(model, [])

    assert len(targets) % 4 == 0  # as many in each of the four layers
    assert len(targets) >= 16
    assert not any("classifier" in name or "embeddings" in name for name in targets)


def test_head_and_pooler_are_trained_as_a_whole(each_tiny_base: Path, family: str) -> None:
    model = load_model(each_tiny_base, ["no", "yes"])

    assert (
        head_modules(model)
        == {
            "bert": ["bert.pooler", "classifier"],
            "distilbert": ["pre_classifier", "classifier"],
            "roberta": ["classifier"],
            "electra": ["classifier"],
            "deberta-v2": ["pooler", "classifier"],
            "modernbert": ["head", "classifier"],
        }[family]
    )


def test_named_targets_alone_get_adapters(tiny_base: Path) -> None:
    model = load_model(tiny_base, ["no", "yes"])

    found = target_layers(model, ["query", "value"])

    assert {name.rpartition(".")[2] for name in found} == {"query", "value"}
    assert len(found) == 8


def test_target_that_names_nothing_is_refused(tiny_base: Path) -> None:
    model = load_model(tiny_base, ["no", "yes"])

    with pytest.raises(ModelError) as caught:
        target_layers(model, ["q_proj"])

    assert caught.value.message == "the encoder has no linear layer 'q_proj'"
    assert caught.value.hint == "it has: dense, key, query, value"


@pytest.mark.parametrize("adapter", ["lora", "dora", "adalora", "ia3"])
def test_merged_model_answers_as_its_adapters(each_tiny_base: Path, adapter: Any) -> None:
    torch.manual_seed(0)
    model = load_model(each_tiny_base, ["no", "yes"])
    adapted = add_adapters(model, LoraOptions(adapter=adapter))
    initial = frozen_copy(adapted)
    stir(adapted)
    with torch.inference_mode():
        before = adapted.eval()(**SAMPLE).logits

    merged = merge(adapted, initial, SAMPLE)

    with torch.inference_mode():
        assert torch.allclose(merged(**SAMPLE).logits, before, atol=1e-3)
    assert not any("lora" in name or "ia3" in name for name in merged.state_dict())


def test_merged_model_is_asked_about_texts_that_have_their_mask(
    each_tiny_base: Path, tmp_path: Path
) -> None:
    rows = [
        {"id": number, "text": f"where is my [MASK] {number}", "label": "card", "parent": None}
        for number in range(4)
    ]
    with Dataset.create(tmp_path / "data") as draft:
        write_split(draft.path, "validation", rows)
        draft.manifest.rows = {"validation": len(rows)}
    tokenizer = load_tokenizer(each_tiny_base)

    batch = sample_batch(draft.artifact, tokenizer, 24, FillMask())

    assert (batch["input_ids"] == tokenizer.mask_token_id).sum(dim=1).tolist() == [1, 1, 1, 1]


def test_adapters_that_learnt_nothing_are_an_error(tiny_base: Path) -> None:
    adapted = add_adapters(load_model(tiny_base, ["no", "yes"]), LoraOptions())

    with pytest.raises(TrainingError, match=r"training left .* as it was") as caught:
        merge(adapted, frozen_copy(adapted), SAMPLE)

    assert caught.value.hint == "raise learning_rate or epochs"


def test_head_that_stays_as_it_was_drawn_is_an_error(tiny_base: Path) -> None:
    adapted = add_adapters(load_model(tiny_base, ["no", "yes"]), LoraOptions())
    initial = frozen_copy(adapted)
    head = {name: each.clone() for name, each in initial.items() if "classifier" in name}
    stir(adapted)
    adapted.load_state_dict(head, strict=False)

    with pytest.raises(TrainingError, match=r"training left .*classifier.* as it was"):
        merge(adapted, initial, SAMPLE)


def test_checkpoint_with_a_head_can_be_adapted(tiny_checkpoint: Checkpoint) -> None:
    model = load_model(tiny_checkpoint.path, list(tiny_checkpoint.labels))

    adapted = add_adapters(model, LoraOptions(targets=["query"]))

    trained = {name for name, each in adapted.named_parameters() if each.requires_grad}
    assert any("lora_A" in name for name in trained)
    assert any("classifier" in name for name in trained)
    assert not any("word_embeddings" in name for name in trained)
