"""Learning from few labels: a head on a frozen encoder, and pairs of texts."""

from collections import Counter
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
import torch
from trainings import figures
from transformers import AutoConfig

from edgeft.architectures.cloze import cloze_model
from edgeft.artifacts import Checkpoint
from edgeft.context import Context
from edgeft.data.rows import open_split
from edgeft.errors import ModelError, PluginError
from edgeft.evaluation import evaluate
from edgeft.options import Gates
from edgeft.probing.heads import Head, mean_of
from edgeft.training.encoding import load_tokenizer
from edgeft_finetune.contrastive import Contrast
from edgeft_finetune.full import fit
from edgeft_finetune.options import FullOptions
from edgeft_finetune.soup import averaged


@pytest.mark.parametrize("method", ["probe", "contrastive"])
def test_a_checkpoint_scores_as_its_step_said(method, finetuned, topics, context) -> None:
    checkpoint = finetuned(method)
    found = evaluate(checkpoint, topics, "validation", task=context.task, threads=1)
    assert found.scores.metrics["accuracy"] == pytest.approx(
        figures(checkpoint)["validation"]["accuracy"],
        abs=0.04,  # the step reads in bfloat16
    )
    assert found.scores.metrics["accuracy"] >= 0.9
    checkpoint.verify()


def test_a_probe_leaves_the_encoder_as_it_was(finetuned, base, context) -> None:
    before = context.task.load_model(base, pooling="mean").base_model.state_dict()
    after = context.task.load_model(finetuned("probe").path).base_model.state_dict()
    assert before.keys() == after.keys()
    assert all(torch.equal(before[name], after[name]) for name in before)


def test_a_probe_takes_the_frequency_of_labels_off(finetuned, topics, make_data, context) -> None:
    train, rare = list(open_split(topics, "train")), topics.labels[1]
    few = [row for row in train if row["label"] == rare][:3]
    uneven = make_data(
        topics.labels,
        train=[row for row in train if row["label"] != rare] + few,
        validation=list(open_split(topics, "validation")),
    )

    def bias(**options: Any) -> np.ndarray:
        made = finetuned("probe", uneven, strength=1.0, **options)
        return context.task.load_model(made.path).classifier.bias.detach().numpy()

    counts = np.bincount([uneven.labels.index(row) for row in open_split(uneven, "train")["label"]])
    moved = bias(logit_adjustment=2.0) - bias()
    assert moved == pytest.approx(-2 * np.log(counts / counts.sum()), abs=1e-5)
    assert np.argmax(moved) == 1


def test_contrast_moves_the_encoder(finetuned, base, context) -> None:
    before = context.task.load_model(base, pooling="mean").base_model.state_dict()
    checkpoint = finetuned("contrastive", epochs=1)
    after = context.task.load_model(checkpoint.path).base_model.state_dict()
    assert any(not torch.equal(before[name], after[name]) for name in before)
    assert not context.scratch.exists()


def test_examples_of_labels_are_kept_as_long_as_nothing_is_trained(
    finetuned, topics, context, registry
) -> None:
    checkpoint = finetuned("contrastive", epochs=1, examples=64)
    model = context.task.load_model(checkpoint.path)
    places = max(Counter(open_split(topics, "train")["label"]).values())
    assert figures(checkpoint)["examples"] in (places, 1 + places)  # and the name
    assert len(model.classifier.examples) == len(topics.labels)
    assert figures(finetuned("contrastive", epochs=1, examples=2))["examples"] == 0
    trained_on = context.task.load_model(checkpoint.path, topics.labels)
    assert not hasattr(trained_on.classifier, "examples")
    assert torch.equal(trained_on.classifier.weight, model.classifier.weight)

    def made(kind: str, method: str, of: Any, **options: Any) -> Any:
        step = registry.step(kind, method)(registry.options(kind, method, options), at(kind))
        return step.run(of, topics)

    def at(name: str) -> Context:
        return context.at(context.out.with_name(name), gates=Gates(max_drop=0.1))

    bundle = made("quantize", "dynamic", made("export", "onnx", checkpoint))
    assert "int8" in bundle.manifest.variants
    split = {"task": context.task, "threads": 1}
    whole = evaluate(checkpoint, topics, "validation", **split).scores.metrics["accuracy"]
    small = evaluate(bundle, topics, "validation", **split).scores.metrics["accuracy"]
    assert small >= whole - 0.1
    student = made("distill", "layers", checkpoint, keep=1, epochs=1, precision="fp32")
    assert context.task.load_model(student.path).config.head_examples == 0


def test_a_batch_holds_texts_of_a_label_together(finetuned, monkeypatch) -> None:
    class Watched(Contrast):
        batches: ClassVar[list[torch.Tensor]] = []

        def forward(self, outputs: Any, batch: dict[str, torch.Tensor]) -> torch.Tensor:
            labels, again = batch["labels"].chunk(2)
            assert torch.equal(labels, again)
            self.batches.append(labels)
            return super().forward(outputs, batch)

    def beside_their_own(together: int) -> float:
        """The share of texts that follow one of their own label."""
        Watched.batches.clear()
        finetuned("contrastive", epochs=1, batch_size=8, views=2, together=together)
        pairs = [each[1:] == each[:-1] for each in Watched.batches]
        return float(torch.cat(pairs).float().mean())

    monkeypatch.setattr("edgeft_finetune.contrastive.Contrast", Watched)
    assert beside_their_own(1) < 0.5 < beside_their_own(4)


def test_what_a_training_made_is_blended_with_what_was_before(finetuned, base, context) -> None:
    def encoder(path: Path) -> dict[str, torch.Tensor]:
        return context.task.load_model(path, pooling="mean").base_model.state_dict()

    settings = {"epochs": 1, "soup": 1, "precision": "fp32"}
    before = encoder(base)
    trained = encoder(finetuned("contrastive", blend=1.0, **settings).path)
    half = encoder(finetuned("contrastive", blend=0.5, **settings).path)
    moved = [name for name in before if not torch.equal(before[name], trained[name])]
    assert moved
    for name in moved:
        torch.testing.assert_close(half[name], (before[name] + trained[name]) / 2)


def test_a_soup_is_the_mean_of_trainings_that_began_alike() -> None:
    encoder = torch.nn.Linear(1, 1, bias=False)
    weight = encoder.weight.data
    weight.fill_(1.0)

    def run(number: int) -> int:
        assert weight.item() == 1.0
        weight.fill_((2.0, 6.0)[number])
        return number

    assert averaged(encoder, run, 2, 0.75) == 1
    assert weight.item() == pytest.approx(0.75 * 4.0 + 0.25 * 1.0)


def test_the_head_is_the_mean_of_the_one_that_learnt_and_one_fitted_anew(
    finetuned, context, monkeypatch
) -> None:
    heads = []

    def watched(*given: Head) -> Head:
        heads.extend(given)
        return mean_of(*given)

    monkeypatch.setattr("edgeft_finetune.contrastive.mean_of", watched)
    made = context.task.load_model(finetuned("contrastive", epochs=1, precision="fp32").path)
    learnt, fitted = (torch.from_numpy(each.weight) for each in heads)
    assert not torch.equal(learnt, fitted)
    torch.testing.assert_close(made.classifier.weight.detach(), (learnt + fitted) / 2)


def test_tokens_are_not_hidden_where_single_ones_are_asked_about(registry) -> None:
    options = registry.options("finetune", "full", {"cutoff": 0.1})
    step = registry.step("finetune", "full")
    step.check_task(options, registry.task("text-classification"))
    for task in ("token-classification", "question-answering", "relation-extraction", "fill-mask"):
        with pytest.raises(PluginError, match="cutoff may hide what is asked about"):
            step.check_task(options, registry.task(task))


def test_tokens_are_not_hidden_where_a_head_reads_one_of_them(base, topics, context) -> None:
    config = AutoConfig.from_pretrained(base)
    model = cloze_model(config, num_labels=3)
    options = FullOptions(cutoff=0.1)
    with pytest.raises(ModelError, match="the head of a cloze model reads"):
        fit(model, load_tokenizer(base), topics, options, context)


@pytest.mark.parametrize("method", ["contrastive", "full"])
def test_hidden_tokens_are_those_of_the_seed_and_none_are_hidden_from_answers(
    method, finetuned, topics, context
) -> None:
    def head(checkpoint: Checkpoint) -> torch.Tensor:
        return context.task.load_model(checkpoint.path).classifier.weight

    settings = {"epochs": 2, "precision": "fp32", "pooling": "mean"}
    plain = head(finetuned(method, cutoff=0.0, **settings))
    cut = finetuned(method, cutoff=0.3, **settings)
    found = evaluate(cut, topics, "validation", task=context.task, threads=1).scores
    assert found.metrics["accuracy"] == pytest.approx(
        figures(cut)["validation"]["accuracy"], abs=1e-9
    )
    first = head(cut)
    assert not torch.equal(first, plain)
    assert torch.equal(head(finetuned(method, cutoff=0.3, **settings)), first)


def test_vectors_are_kept_for_the_next_probe(finetuned, context, tmp_path, registry, base, topics):
    cached = context.at(context.out, cache=tmp_path / "cache", force=True)
    step = registry.step("finetune", "probe")
    step(registry.options("finetune", "probe", {}), cached).run(base, topics)
    files = sorted((tmp_path / "cache" / "embeddings").iterdir())
    assert len(files) == 3  # training texts, label names, validation
    times = [file.stat().st_mtime_ns for file in files]
    step(registry.options("finetune", "probe", {"strength": 1.0}), cached).run(base, topics)
    assert [file.stat().st_mtime_ns for file in files] == times


def test_label_names_help_where_they_say_what_the_texts_are_about(finetuned, topics) -> None:
    described = {"food": "bread cheese soup", "sport": "goal team match", "tech": "laptop chip"}
    named = finetuned("probe", label_names="yes", descriptions=described)
    assert figures(named)["label_names"] is True
    assert figures(finetuned("probe", label_names="no"))["label_names"] is False


def test_a_description_of_no_label_is_refused(finetuned) -> None:
    with pytest.raises(ModelError, match="descriptions names 'music'"):
        finetuned("probe", descriptions={"music": "songs"})


def test_training_starts_from_the_probe(finetuned, context) -> None:
    probed = context.task.load_model(finetuned("probe").path)
    options = {"epochs": 0.01, "learning_rate": 1e-9, "precision": "fp32", "pooling": "mean"}
    started = context.task.load_model(finetuned("full", head="probe", **options).path)
    np.testing.assert_allclose(
        started.classifier.weight.detach(), probed.classifier.weight.detach(), atol=1e-5
    )


def test_a_head_of_ones_own_cannot_start_as_a_probe(finetuned) -> None:
    with pytest.raises(PluginError, match="head: probe reads a pooled vector"):
        finetuned("full", head="probe", pooling="own")
    with pytest.raises(ModelError, match="does not say what its token vectors are pooled to"):
        finetuned("full", head="probe")


@pytest.mark.parametrize("method", ["probe", "contrastive"])
def test_more_tokens_than_the_model_reads_is_an_error(method, finetuned) -> None:
    with pytest.raises(ModelError, match="max_length 5000 is more than"):
        finetuned(method, max_length=5000)


def test_a_label_with_one_row_can_be_probed(finetuned, topics, make_data) -> None:
    rows = [row for row in open_split(topics, "train") if row["label"] == "food"][:12]
    lone = next(row for row in open_split(topics, "train") if row["label"] == "sport")
    data = make_data(["food", "sport"], train=[*rows, lone], validation=[rows[0], lone])
    assert finetuned("probe", data=data).labels == ["food", "sport"]
