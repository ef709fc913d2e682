"""A stranger's task, ordinal regression, from two files to a bundle that knows neither."""

import json
import random

import pytest

ORDINAL = '''
"""Grades in an order: to answer 4 for 5 is better than to answer 1."""

from collections.abc import Iterable

from edgeft.plugin import Scores, Task, hookimpl
from edgeft.tasks.text_classification import TextClassification


class Ordinal(TextClassification):
    """One grade of an ordered list for a text."""

    name = "ordinal-regression"
    metrics = {"mae": False, "accuracy": True}
    metric = "mae"

    def label_names(self, answers):
        return sorted(answers, key=float)

    def loss(self, logits, truth, weights):
        import torch

        known = truth >= 0
        below = torch.softmax(logits[known].float(), dim=-1).cumsum(dim=-1)
        grades = torch.arange(logits.shape[1], device=logits.device)
        wanted = (grades[None] >= truth[known][:, None]).float()
        distances = (below - wanted).square().sum(dim=-1)  # squared earth mover's distance
        shares = torch.ones_like(distances) if weights is None else weights[known]
        return (distances * shares).sum() / known.sum().clamp(min=1)

    def score(self, truth, outputs, names):
        found = super().score(truth, outputs, names)
        metrics = {"mae": self.mae(truth, outputs), "accuracy": found.metrics["accuracy"]}
        return found.model_copy(update={"metrics": metrics, "intervals": {}})

    def difference_interval(self, truth, reference, candidate, metric, names):
        import numpy as np

        if metric != "mae":
            return super().difference_interval(truth, reference, candidate, metric, names)
        random = np.random.default_rng(0)
        drawn = [random.integers(0, len(truth), len(truth)) for _ in range(500)]
        found = [
            self.mae(truth[rows], reference.rows(rows))
            - self.mae(truth[rows], candidate.rows(rows))
            for rows in drawn
        ]
        return tuple(np.quantile(found, [0.025, 0.975]).tolist())

    def mae(self, truth, outputs):
        return float(abs(outputs.values.argmax(axis=1) - truth).mean())


@hookimpl
def edgeft_register_tasks() -> Iterable[type[Task]]:
    return [Ordinal]
'''
GRADES = {"awful": 1, "poor": 2, "fair": 3, "good": 4, "superb": 5}


@pytest.fixture
def reviews(tmp_path):
    """120 reviews, each with the word of its grade."""
    chooser = random.Random(0)
    lines = []
    for number in range(120):
        word = chooser.choice(sorted(GRADES))
        lines.append(json.dumps({"text": f"the stay was {word} {number}", "label": GRADES[word]}))
    path = tmp_path / "reviews.jsonl"
    path.write_text("\n".join(lines) + "\n")
    return path


def test_a_strangers_task_goes_through_the_chain(
    install, edgeft_process, reviews, tiny_base, tmp_path
):
    env = install("ordinal", ORDINAL)
    training = "epochs: 8, learning_rate: 3e-3, batch_size: 8, precision: fp32"
    recipe = tmp_path / "recipe.yaml"
    recipe.write_text(
        f"""
task: ordinal-regression
base: {tiny_base}
data: {{train: {reviews}, test_size: 0.2, validation_size: 0.2}}
steps:
  - clean: {{method: review, apply: true}}
  - augment: {{method: delete, copies: 1}}
  - finetune: {{method: full, {training}}}
  - distill: {{method: layers, keep: 2, {training}}}
  - prune: {{method: vocabulary}}
  - prune: {{method: structure, neurons: 0.75, repair: {{{training}}}}}
  - export: {{method: onnx, strategies: [trace], rewrites: []}}
  - quantize: {{method: dynamic}}
gates: {{max_drop: 0.9}}
bench: {{seconds: 0.2}}
"""
    )
    ran = edgeft_process("run", recipe, "--out", tmp_path / "run", "--threads", 1, env=env)
    assert ran.code == 0, ran.err
    report = json.loads((tmp_path / "run" / "report.json").read_text())
    rows = {row["name"]: row for row in report["rows"]}
    assert rows["teacher"]["metric"] == "mae"
    assert rows["teacher"]["value"] < 0.8
    assert report["labels"] == ["1", "2", "3", "4", "5"]
    assert report["data"]["cleaning"]["rows_before"]["train"] > 0
    assert [gate["step"] for gate in report["gates"]] == [
        "distill-layers", "prune-vocabulary", "prune-structure", "export-onnx", "quantize-dynamic",
    ]  # fmt: skip

    # a device has never heard of the plugin
    bundle = tmp_path / "run" / "bundle"
    asked = edgeft_process("predict", bundle, "the stay was superb", "--json")
    assert asked.code == 0, asked.err
    assert json.loads(asked.out)["label"] in {"4", "5"}
    assert edgeft_process("verify", bundle).code == 0
