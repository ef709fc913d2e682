from dataclasses import replace
from pathlib import Path
from shutil import copytree

import numpy as np
import pytest
import torch

from edgeft.artifacts import Bundle, Checkpoint, Dataset
from edgeft.context import Context
from edgeft.data.rows import open_split
from edgeft.errors import ModelError, ProviderError
from edgeft.evaluation import evaluate, logits_of
from edgeft.tasks.text_classification import TextClassification
from edgeft.training.encoding import load_tokenizer

TASK = TextClassification()


def with_labels(data: Dataset, labels: list[str]) -> Dataset:
    return Dataset(data.path, data.manifest.model_copy(update={"labels": labels}))


def test_logits_are_the_models_in_the_given_order(
    each_tiny_checkpoint: Checkpoint, tiny_dataset: Dataset
) -> None:
    texts = open_split(tiny_dataset, "test")["text"][:7]
    texts = [*texts, "", "cash " * 200]
    model = TASK.load_model(each_tiny_checkpoint.path).eval()
    tokenizer = load_tokenizer(each_tiny_checkpoint.path)

    found = logits_of(each_tiny_checkpoint, texts, task=TASK, threads=1, batch_size=4)

    for row, text in enumerate(texts):
        inputs = tokenizer(text, truncation=True, return_tensors="pt")
        with torch.inference_mode():
            alone = model(
                input_ids=inputs["input_ids"], attention_mask=inputs["attention_mask"]
            ).logits
        assert found[row] == pytest.approx(alone[0].numpy(), abs=1e-4)
    assert found.dtype == np.float32


def test_no_texts_have_no_logits(tiny_checkpoint: Checkpoint) -> None:
    assert logits_of(tiny_checkpoint, [], task=TASK, threads=1).shape == (0, 3)


def test_labels_are_matched_by_name(tiny_checkpoint: Checkpoint, tiny_dataset: Dataset) -> None:
    turned = with_labels(tiny_dataset, ["transfer", "card", "cash"])

    found = evaluate(tiny_checkpoint, tiny_dataset, "test", task=TASK, threads=1)
    again = evaluate(tiny_checkpoint, turned, "test", task=TASK, threads=1)

    assert again.scores.metrics == pytest.approx(found.scores.metrics)
    assert np.array_equal(again.correct, found.correct)
    assert np.array_equal(again.outputs.values, found.outputs.values[:, [2, 0, 1]])
    assert [row["label"] for row in again.scores.per_class] == turned.labels


def test_label_that_only_the_model_knows_is_always_a_wrong_answer(
    tiny_base: Path, tiny_dataset: Dataset, context: Context
) -> None:
    labels = ["other", *tiny_dataset.labels]
    model = TASK.load_model(tiny_base, labels)
    torch.nn.init.zeros_(model.classifier.weight)
    model.classifier.bias.data = torch.tensor([1.0, 0.0, 0.0, 0.0])
    tokenizer = load_tokenizer(tiny_base)
    model.save_pretrained(context.out)
    tokenizer.save_pretrained(context.out)

    found = evaluate(Checkpoint.open(context.out), tiny_dataset, "validation", task=TASK, threads=1)

    assert found.scores.metrics["accuracy"] == 0
    assert [row["label"] for row in found.scores.per_class] == [*tiny_dataset.labels, "other"]


def test_label_that_the_model_does_not_know_is_an_error(
    tiny_checkpoint: Checkpoint, tiny_dataset: Dataset
) -> None:
    with pytest.raises(ModelError) as caught:
        evaluate(
            tiny_checkpoint,
            with_labels(tiny_dataset, [*tiny_dataset.labels, "loan"]),
            "test",
            task=TASK,
        )

    path = tiny_checkpoint.path
    assert caught.value.message == f"{path} does not know the label 'loan' of the data"
    known = tiny_dataset.labels[0]
    other = with_labels(tiny_dataset, [f"{known}s", "loan"])
    with pytest.raises(ModelError) as caught:
        evaluate(tiny_checkpoint, other, "test", task=TASK)
    assert caught.value.message == f"{path} does not know 2 labels of the data, such as '{known}s'"
    assert caught.value.hint.endswith(f"or rename the label: it knows {known!r}")


def test_bundle_is_scored_through_its_runtime(
    tiny_bundle: Bundle, tiny_checkpoint: Checkpoint, tiny_dataset: Dataset
) -> None:
    texts = open_split(tiny_dataset, "test")["text"][:]

    by_torch = logits_of(tiny_checkpoint, texts, task=TASK, threads=1)
    by_runtime = logits_of(tiny_bundle, texts, task=TASK, threads=1, variant="fp32")

    assert by_runtime == pytest.approx(by_torch, abs=1e-3)


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has a GPU")
def test_cuda_that_is_not_there_is_an_error(
    tiny_checkpoint: Checkpoint, tiny_dataset: Dataset, context: Context
) -> None:
    with pytest.raises(ProviderError, match="torch cannot compute on cuda"):
        logits_of(tiny_checkpoint, ["a"], task=replace(context).task, device="cuda")


def test_answers_that_are_no_numbers_are_named(
    tiny_checkpoint: Checkpoint, tiny_dataset: Dataset, tmp_path: Path
) -> None:
    broken = Checkpoint.open(copytree(tiny_checkpoint.path, tmp_path / "broken"))
    model = TASK.load_model(broken.path)
    model.classifier.bias.data[:] = torch.nan
    model.save_pretrained(broken.path)
    with pytest.raises(ModelError, match=r"broken answers with numbers that are none \(NaN\)"):
        evaluate(broken, tiny_dataset, "test", task=TASK, threads=1)
