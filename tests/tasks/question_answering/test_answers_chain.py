import json

import pytest
from questions import TRAINING

from edgeft.artifacts import Bundle
from edgeft.runtime import Reader, load

FULL = {"finetune": {"method": "full", "epochs": 5, **TRAINING}}
EXPORT = {"export": {"method": "onnx", "strategies": ["trace"], "rewrites": []}}


@pytest.fixture
def run_it(over_files, question_files, make_question_base):
    return over_files("question-answering", make_question_base("bert"), question_files)


def test_a_recipe_takes_answers_through_every_kind_of_step(run_it, copies, cost_of_int8, tmp_path):
    report = run_it(
        FULL,
        {"augment": {"method": "delete"}},
        {"distill": {"method": "layers", "keep": 2, "epochs": 3, **TRAINING}},
        {"prune": "vocabulary"},
        {"prune": {"method": "structure", "repair": {"epochs": 1, **TRAINING}}},
        EXPORT,
        {"quantize": "dynamic"},
    )
    assert [row.name for row in report.rows] == ["teacher", "student", "bundle"]
    assert report.row("teacher").value > 0.7
    assert report.row("bundle").value > 0.7
    assert cost_of_int8() <= 0.05
    for made, of in copies("delete"):
        assert made["text"] != of["text"]
        assert (made["pair"], made["label"]) == (of["pair"], of["label"])
    assert [gate.step for gate in report.gates] == [
        "distill-layers", "prune-vocabulary", "prune-structure", "export-onnx", "quantize-dynamic",
    ]  # fmt: skip
    assert all(gate.passed and gate.metric == "f1" for gate in report.gates)
    decisions = report.row("bundle").scores.per_class
    assert [each["label"] for each in decisions] == ["answer", "no answer"]

    page = (tmp_path / "run" / "report.md").read_text()
    assert "| no answer |" in page
    assert "baseline" not in page
    assert "Excerpt(answer=" in (tmp_path / "run" / "bundle" / "README.md").read_text()

    bundle = Bundle.open(tmp_path / "run" / "bundle")
    assert bundle.manifest.decoding.function == "span"
    assert len(bundle.manifest.decoding.thresholds) == 2
    vocabulary = json.loads((bundle.path / "tokenizer.json").read_text())["model"]["vocab"]
    assert {"rice", "paris", "where"} <= set(vocabulary)  # of contexts, too
    context = "anna eats rice, lives in new york, test3"
    with load(bundle.path, Reader) as model:
        assert model.selftest().passed
        found = model("where does anna live?", context)
        assert (found.answer, found.start, found.end) == ("new york", 25, 33)
        assert found.answer == context[found.start : found.end]
        assert not model("when was anna born?", context)


def test_adapters_learn_answers_that_int8_keeps_in_less_time(run_it, cost_of_int8):
    lora = {
        "finetune": {"method": "lora", "epochs": 6, **TRAINING, "learning_rate": 1e-2, "alpha": 8}
    }
    report = run_it(lora, EXPORT, {"quantize": "dynamic"}, compared=True)
    assert report.row("teacher").value > 0.5
    assert 0 < report.row("bundle").p50_ms < report.row("teacher").p50_ms
    assert cost_of_int8() <= 0.05
