"""Pretraining that goes on, on the user's own texts: hidden words, or a text's other dropout."""

from pathlib import Path
from typing import Any

import pytest
import torch
from tiny_models import save_base
from transformers import AutoModelForMaskedLM, AutoTokenizer, set_seed

from edgeft.architectures import trained_pooling
from edgeft.artifacts import Checkpoint, Dataset
from edgeft.context import Context
from edgeft.data.rows import open_split
from edgeft.errors import ModelError
from edgeft.evaluation import evaluate
from edgeft.registry import Registry
from edgeft.tasks.question_answering import QuestionAnswering
from edgeft.training.batches import Batches
from edgeft.training.encoders import load_masked
from edgeft.training.encoding import load_tokenizer
from edgeft.training.tokenizing import encode
from edgeft_unlabelled import Adapt
from edgeft_unlabelled.masking import masked, masked_losses, repeatable

QUICK = {"epochs": 2, "learning_rate": 3e-3, "batch_size": 16, "precision": "fp32"}


@pytest.fixture
def base(topics: Dataset, tmp_path: Path) -> Path:
    """A tiny BERT without a head, pooled to its first token."""
    set_seed(0)
    out = tmp_path / "base"
    save_base("bert", out, open_split(topics, "train")["text"][:])
    (out / "1_Pooling").mkdir()
    (out / "1_Pooling" / "config.json").write_text('{"pooling_mode_cls_token": true}')
    return out


@pytest.fixture
def finetuned(base: Path, topics: Dataset, registry: Registry, context: Context) -> Any:
    def run(method: str, source: Path = base, out: str = "out", **options: Any) -> Checkpoint:
        circumstances = context.at(
            context.out.with_name(out), force=True, find_step=registry.usable_step
        )
        step = registry.step("finetune", method)
        return step(registry.options("finetune", method, options), circumstances).run(
            source, topics
        )

    return run


def figures(checkpoint: Checkpoint) -> dict[str, Any]:
    return checkpoint.manifest.history[-1].figures


def test_hidden_words_are_guessed_better_afterwards(finetuned) -> None:
    found = figures(finetuned("adapt", **QUICK))
    assert found["texts"] == 180  # 120 training texts and 60 unlabelled ones
    assert found["new_head"] is True
    assert found["masked_loss_after"] < found["masked_loss_before"] - 0.3
    assert found["perplexity_after"] < found["perplexity_before"]


def test_of_rows_with_two_texts_both_are_read_and_each_once(
    make_question_base, question_dataset: Dataset, registry: Registry, tmp_path: Path
) -> None:
    rows = open_split(question_dataset, "train")
    texts = {*rows["text"], *rows["pair"]}
    context = Context(out=tmp_path / "adapted", task=QuestionAnswering(), threads=1)
    step = registry.step("finetune", "adapt")
    options = registry.options("finetune", "adapt", QUICK | {"epochs": 1})

    found = figures(step(options, context).run(make_question_base("bert"), question_dataset))

    assert found["texts"] == len(texts) > len({*rows["pair"]})
    assert found["masked_loss_after"] < found["masked_loss_before"]


def test_the_head_is_kept_and_shares_its_table_with_the_embeddings(finetuned) -> None:
    adapted = finetuned("adapt", **QUICK)
    model = AutoModelForMaskedLM.from_pretrained(adapted.path)
    assert model.get_output_embeddings().weight is model.get_input_embeddings().weight
    again, new = load_masked(adapted.path)
    assert not new
    assert torch.equal(again.cls.predictions.bias, model.cls.predictions.bias)
    assert again.cls.predictions.bias.any()  # it has learnt which words are frequent


def test_a_finetuner_takes_what_was_adapted_as_its_base(finetuned, topics, context) -> None:
    adapted = finetuned("adapt", **QUICK)
    assert trained_pooling(adapted.path) == "first"
    probed = finetuned("probe", adapted.path, out="probed")
    found = evaluate(probed, topics, "validation", task=context.task, threads=1)
    assert found.scores.metrics["accuracy"] >= 0.9
    assert [record.method for record in probed.manifest.history[-2:]] == ["adapt", "probe"]
    assert probed.manifest.history[-1].inputs["base"] == adapted.digest
    encoder = load_masked(adapted.path)[0].base_model.state_dict()
    kept = context.task.load_model(probed.path).base_model.state_dict()
    shared = encoder.keys() & kept.keys()
    assert len(shared) > 10
    assert all(torch.equal(encoder[name], kept[name]) for name in shared)


def test_a_finetuned_checkpoint_can_be_adapted_too(finetuned) -> None:
    probed = finetuned("probe", out="probed")
    adapted = finetuned("adapt", probed.path, **QUICK | {"epochs": 1})
    assert trained_pooling(adapted.path) == "first"
    assert adapted.labels == []


def test_texts_are_drawn_to_their_own_dropout(finetuned, base, context) -> None:
    adapted = finetuned("adapt", objective="contrast", **QUICK)
    found = figures(adapted)
    assert found["contrast_loss_after"] < found["contrast_loss_before"]
    assert "new_head" not in found and "perplexity_after" not in found
    assert context.task.load_model(adapted.path, ["a", "b"], pooling="first").num_labels == 2


def test_what_was_adapted_cannot_be_scored(finetuned, topics, context) -> None:
    adapted = finetuned("adapt", **QUICK | {"epochs": 1})
    with pytest.raises(ModelError, match="knows no labels: it was adapted to texts alone"):
        evaluate(adapted, topics, "validation", task=context.task)


def test_a_tokenizer_without_a_mask_token_is_refused_before_training(base, registry) -> None:
    tokenizer = AutoTokenizer.from_pretrained(base)
    tokenizer.mask_token = None
    tokenizer.save_pretrained(base)
    with pytest.raises(ModelError, match="has no mask token to hide words with"):
        Adapt.check_base(registry.options("finetune", "adapt", {}), base)
    Adapt.check_base(registry.options("finetune", "adapt", {"objective": "contrast"}), base)


def test_an_interrupted_adaption_goes_on(finetuned, context, monkeypatch) -> None:
    from edgeft_unlabelled import adapting

    whole = figures(finetuned("adapt", **QUICK))
    monkeypatch.setattr(adapting, "save_encoder", interrupted)
    with pytest.raises(KeyboardInterrupt):
        finetuned("adapt", **QUICK)
    assert any(context.scratch.glob("checkpoint-*"))
    monkeypatch.undo()
    again = figures(finetuned("adapt", **QUICK))
    assert again["masked_loss_after"] == pytest.approx(whole["masked_loss_after"], abs=1e-3)
    assert not context.scratch.exists()


def interrupted(*_: Any) -> None:
    raise KeyboardInterrupt


def test_the_head_reads_hidden_words_as_a_whole_model_does(each_tiny_base: Path) -> None:
    set_seed(0)
    model, new = load_masked(each_tiny_base)
    assert new
    tokenizer = load_tokenizer(each_tiny_base)
    texts = ["where is my card?", "the app says that the cash machine was out of notes"]
    batches = Batches(encode(texts, tokenizer, 32), tokenizer.pad_token_id)
    with repeatable(1):
        batch = masked(batches, tokenizer, 0.4)([0, 1])
    losses = masked_losses(model.eval(), batch)
    whole = model(
        input_ids=batch["input_ids"],
        attention_mask=batch["attention_mask"],
        labels=batch["labels"],
    )
    assert len(losses) == int((batch["labels"] != -100).sum()) > 0
    assert losses.mean().item() == pytest.approx(whole.loss.item(), rel=1e-4)


def test_the_same_words_are_hidden_at_every_look(base: Path) -> None:
    tokenizer = load_tokenizer(base)
    batches = Batches(encode(["the bread cheese soup today"], tokenizer, 32), 0)
    looks = []
    for _ in range(2):
        with repeatable(3):
            looks.append(masked(batches, tokenizer, 0.5)([0])["input_ids"])
    assert torch.equal(*looks)
