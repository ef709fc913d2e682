from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from trainings import EPOCH, Batch, Recorder, equal, run, weights

from edgeft.artifacts import Checkpoint, Dataset
from edgeft.context import Context
from edgeft.data.rows import open_split
from edgeft.errors import ModelError, RecipeError, TrainingError
from edgeft.runtime.outputs import Outputs
from edgeft.tasks import Scores
from edgeft.tasks.text_classification import TextClassification
from edgeft.training import TrainingOptions
from edgeft.training.arguments import warmup_steps
from edgeft.training.encoding import load_tokenizer
from edgeft.training.loop import cross_entropy, save_checkpoint, train


def test_same_seed_trains_the_same_model(
    tiny_base: Path, tiny_dataset: Dataset, context: Context, tmp_path: Path
) -> None:
    first = run(tiny_base, tiny_dataset, context, epochs=1)
    again = run(tiny_base, tiny_dataset, context.at(tmp_path / "again"), epochs=1)
    other = run(tiny_base, tiny_dataset, context.at(tmp_path / "other", seed=1), epochs=1)

    assert equal(weights(first.model), weights(again.model))
    assert not equal(weights(first.model), weights(other.model))


def test_loss_that_is_no_number_is_an_error_naming_the_step(
    tiny_base: Path, tiny_dataset: Dataset, context: Context
) -> None:
    calls: list[int] = []

    def loss(logits: torch.Tensor, batch: Batch) -> torch.Tensor:
        calls.append(1)
        return cross_entropy(logits, batch) * (float("nan") if len(calls) == 3 else 1.0)

    with pytest.raises(TrainingError) as caught:
        run(tiny_base, tiny_dataset, context, loss=loss)

    assert caught.value.message == "the loss is nan at step 3"
    assert caught.value.hint == "lower learning_rate, or set precision to fp32"


@pytest.mark.parametrize("weights", ["best", "last", "auto"])
def test_best_or_last_weights_are_kept_when_training_turns_bad(
    weights: str, tiny_base: Path, tiny_dataset: Dataset, context: Context
) -> None:
    calls: list[int] = []

    def unlearning(logits: torch.Tensor, batch: Batch) -> torch.Tensor:
        calls.append(1)
        return cross_entropy(logits, batch) * (1 if len(calls) <= 8 * EPOCH else -1)

    options = {"epochs": 10, "schedule": "constant", "weights": weights}
    trained = run(tiny_base, tiny_dataset, context, loss=unlearning, **options)

    accuracies = [entry["accuracy"] for entry in trained.log]
    assert max(accuracies) > accuracies[-1]
    kept = accuracies[-1] if weights == "last" else max(accuracies)
    assert trained.metrics["accuracy"] == kept
    with Checkpoint.create(context.out) as draft:
        save_checkpoint(
            draft, trained.model, load_tokenizer(tiny_base), trained.max_length, tiny_dataset.labels
        )
    from edgeft.evaluation import evaluate

    found = evaluate(draft.artifact, tiny_dataset, "validation", task=context.task, threads=1)
    assert found.scores.metrics["accuracy"] == pytest.approx(kept)


def test_looking_for_the_best_and_keeping_the_last_is_refused() -> None:
    with pytest.raises(ValueError, match="set weights to best"):
        TrainingOptions(early_stopping=2, weights="last")


class ErrorRate(TextClassification):
    """A task whose metric is better when it is smaller."""

    metrics = {"error_rate": False}
    metric = "error_rate"

    def score(self, truth: np.ndarray, outputs: Outputs, names: list[str]) -> Scores:
        found = super().score(truth, outputs, names)
        return found.model_copy(update={"metrics": {"error_rate": 1 - found.metrics["accuracy"]}})


def test_best_is_the_smallest_where_the_metric_says_so(
    tiny_base: Path, tiny_dataset: Dataset, context: Context
) -> None:
    task = ErrorRate()

    trained = run(tiny_base, tiny_dataset, replace(context, task=task), epochs=6)

    rates = [entry["error_rate"] for entry in trained.log]
    assert trained.metrics["error_rate"] == min(rates) < max(rates)


def test_early_stopping_ends_a_training_that_gets_no_better(
    tiny_base: Path, tiny_dataset: Dataset, context: Context
) -> None:
    trained = run(tiny_base, tiny_dataset, context, epochs=20, learning_rate=1e-9, early_stopping=2)

    assert len(trained.log) == 3


def test_accumulated_batches_make_one_step(
    tiny_base: Path, tiny_dataset: Dataset, context: Context
) -> None:
    trained = run(tiny_base, tiny_dataset, context, epochs=1, batch_size=4, accumulation=2)

    assert trained.log[-1]["step"] == EPOCH


def test_accumulated_batches_train_as_one_large_batch(
    tiny_base: Path, tiny_dataset: Dataset, context: Context, tmp_path: Path
) -> None:
    def sharp(logits: torch.Tensor, batch: Batch) -> torch.Tensor:
        return cross_entropy(logits, batch)

    found = []
    for index, (size, accumulation) in enumerate([(96, 1), (24, 4)]):
        torch.manual_seed(0)
        model = context.task.load_model(
            tiny_base,
            tiny_dataset.labels,
            hidden_dropout_prob=0.0,
            attention_probs_dropout_prob=0.0,
        )
        options = {"epochs": 1, "learning_rate": 1e-3, "warmup": 0.0, "precision": "fp32"}
        trained = train(
            model,
            load_tokenizer(tiny_base),
            open_split(tiny_dataset, "train"),
            None,
            task=context.task,
            labels=tiny_dataset.labels,
            options=TrainingOptions(batch_size=size, accumulation=accumulation, **options),
            context=context.at(tmp_path / str(index)),
            loss=sharp,
        )
        found.append(weights(trained.model))

    for name in found[0]:
        assert torch.allclose(found[0][name], found[1][name], atol=2e-4), name


@pytest.mark.parametrize(("share", "steps", "warm"), [(0.1, 1, 0), (0.1, 2, 1), (0.1, 40, 4)])
def test_warming_up_leaves_a_step_to_train(share: float, steps: int, warm: int) -> None:
    assert warmup_steps(share, steps) == warm


def test_training_shows_texts_done_loss_and_metric(
    tiny_base: Path, tiny_dataset: Dataset, context: Context
) -> None:
    recorder = Recorder()

    run(tiny_base, tiny_dataset, replace(context, progress=recorder), epochs=2)

    assert recorder.titles == ["tokenizing of 96", "training of 192"]
    assert recorder.done == 192
    assert set(recorder.figures) == {"loss", "accuracy"}


def test_training_writes_nothing_to_the_terminal(
    tiny_base: Path, tiny_dataset: Dataset, context: Context, capfd: pytest.CaptureFixture[str]
) -> None:
    trained = run(tiny_base, tiny_dataset, context, epochs=1)
    with Checkpoint.create(context.out) as draft:
        save_checkpoint(
            draft, trained.model, load_tokenizer(tiny_base), trained.max_length, tiny_dataset.labels
        )

    assert capfd.readouterr() == ("", "")


def test_training_without_texts_is_refused(
    tiny_base: Path, tiny_dataset: Dataset, context: Context
) -> None:
    with pytest.raises(TrainingError, match="there are no training texts"):
        train(
            context.task.load_model(tiny_base, tiny_dataset.labels),
            load_tokenizer(tiny_base),
            open_split(tiny_dataset, "train").select([]),
            None,
            task=context.task,
            labels=tiny_dataset.labels,
            options=TrainingOptions(),
            context=context,
        )


def test_unknown_metric_is_refused(
    tiny_base: Path, tiny_dataset: Dataset, context: Context
) -> None:
    with pytest.raises(RecipeError) as caught:
        run(tiny_base, tiny_dataset, context, metric="f1")

    assert caught.value.message == "task text-classification knows no metric 'f1'"
    assert caught.value.hint == "it knows: accuracy, macro_f1"


def test_max_length_above_the_models_is_refused(
    tiny_base: Path, tiny_dataset: Dataset, context: Context
) -> None:
    with pytest.raises(ModelError) as caught:
        run(tiny_base, tiny_dataset, context, max_length=65)

    assert caught.value.message == "max_length 65 is more than the 64 tokens the model reads"


def test_tracker_that_is_not_installed_is_refused(
    tiny_base: Path, tiny_dataset: Dataset, context: Context
) -> None:
    with pytest.raises(TrainingError, match="report_to names 'no-such-tracker'"):
        run(tiny_base, tiny_dataset, context, report_to=["no-such-tracker"])


def test_tensorboard_writes_beside_the_artifact(
    tiny_base: Path, tiny_dataset: Dataset, context: Context
) -> None:
    pytest.importorskip("tensorboard")

    run(tiny_base, tiny_dataset, context, epochs=1, report_to=["tensorboard"])

    assert list((context.out.parent / "logs" / "out").glob("events.out.tfevents.*"))


@pytest.mark.parametrize("schedule", ["linear", "cosine", "constant"])
def test_every_schedule_trains(
    schedule: str, tiny_base: Path, tiny_dataset: Dataset, context: Context
) -> None:
    trained = run(tiny_base, tiny_dataset, context, epochs=0.5, schedule=schedule)

    assert trained.log[-1]["step"] == EPOCH / 2


def test_bf16_trains_where_the_processor_has_it(
    tiny_base: Path, tiny_dataset: Dataset, context: Context
) -> None:
    trained = run(tiny_base, tiny_dataset, context, epochs=1, precision="bf16")

    assert {parameter.dtype for parameter in trained.model.parameters()} == {torch.float32}
    assert np.isfinite(trained.log[-1]["loss"])


def test_model_trained_in_bf16_answers_in_fp32(
    tiny_base: Path, tiny_dataset: Dataset, context: Context
) -> None:
    trained = run(tiny_base, tiny_dataset, context, epochs=1, precision="bf16")
    with Checkpoint.create(context.out) as draft:
        save_checkpoint(
            draft, trained.model, load_tokenizer(tiny_base), trained.max_length, tiny_dataset.labels
        )
    ids = torch.tensor([[2, 7, 9, 11, 3]])

    with torch.inference_mode():
        in_memory = trained.model.eval()(input_ids=ids).logits
        from_disk = context.task.load_model(context.out).eval()(input_ids=ids).logits

    assert torch.equal(in_memory, from_disk)


def test_model_trained_in_bf16_is_called_as_before(
    tiny_base: Path, tiny_dataset: Dataset, context: Context
) -> None:
    """accelerate once left a forward without what transformers wraps it in."""
    trained = run(tiny_base, tiny_dataset, context, epochs=1, precision="bf16")
    ids = torch.tensor([[2, 7, 9, 11, 3]])
    with torch.inference_mode():
        found = trained.model.eval()(input_ids=ids, return_dict=True)
        (logits,) = trained.model(input_ids=ids, return_dict=False)
    assert torch.equal(found.logits, logits)
