"""The golden file of every kind of answer holds what the runtime says, and notices what does not.

Whatever is damaged here, the manifest's checksums are made to agree with it: the self-test is what
has to find it.
"""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from every_task import TASKS, Made
from onnx import numpy_helper

from edgeft.artifacts import sha256
from edgeft.runtime import Model, SelfTest, load
from edgeft.runtime.golden import GOLDEN, ODD, given_of
from edgeft.runtime.loading import KINDS

GRAPH = "onnx/model.onnx"
DECIDING = {
    "text-classification": "another label",
    "multi-label-classification": "other labels",
    "token-classification": "other labelled parts",
    "question-answering": "another answer",
    "relation-extraction": "another label",
    "fill-mask": "another label",
}
"""what the self-test says where another answer than the golden one is given; numbers and vectors
are their logits"""


@pytest.fixture
def own(make_every_task: Callable[[str], Made], tmp_path: Path) -> Callable[[str], Path]:
    """A copy of a task's bundle that a test may damage."""

    def copied(task: str) -> Path:
        return shutil.copytree(make_every_task(task).bundle, tmp_path / "bundle")

    return copied


def read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def write(bundle: Path, name: str, found: Any) -> None:
    (bundle / name).write_text(json.dumps(found, ensure_ascii=False), encoding="utf-8")


def replayed(bundle: Path) -> SelfTest:
    """The self-test of a bundle whose manifest agrees with all of its files."""
    manifest = read(bundle / "edgeft.json")
    for name, file in manifest["files"].items():
        file |= {"sha256": sha256(bundle / name), "bytes": (bundle / name).stat().st_size}
    write(bundle, "edgeft.json", manifest)
    with load(bundle, Model, threads=1) as model:
        return model.selftest()


def written(model: Model[Any], answer: Any) -> dict[str, Any]:
    """An answer in the form of golden files."""
    match model.manifest.decoding.function:
        case "sigmoid":
            return {"labels": sorted((each.label for each in answer), key=model.labels.index)}
        case "tags":
            return {"spans": [[each.start, each.end, each.label] for each in answer]}
        case "span":
            return {"answer": [answer.start, answer.end] if answer else None}
        case "identity" | "vector":
            return {}
        case _:
            return {"label": answer.label}


def other(answer: Any, labels: list[str]) -> Any:
    """Another answer than a golden one."""
    match answer:
        case str():
            return labels[labels.index(answer) - 1]
        case [str(), *_] | []:
            return [each for each in labels if each not in answer]
        case [[*_], *_]:
            return answer[1:]
        case [start, end]:
            return [start, end + 1]
        case _:
            return [0, 1]


def test_every_way_of_answering_has_a_task_here(make_every_task: Callable[[str], Made]) -> None:
    found = {
        read(make_every_task(task).bundle / "edgeft.json")["decoding"]["function"] for task in TASKS
    }
    assert found == set(KINDS)


@pytest.mark.parametrize("task", TASKS)
def test_golden_answers_are_what_the_runtime_answers(
    task: str, make_every_task: Callable[[str], Made]
) -> None:
    bundle = make_every_task(task).bundle
    golden = read(bundle / GOLDEN)["texts"][len(ODD) : len(ODD) + 16]
    with load(bundle, Model, threads=1) as model:
        result = model.selftest()
        assert result.passed
        assert result.n == result.labels_equal == result.ids_equal >= 32
        for each in golden:
            given, output = given_of(each["text"]), each["outputs"]["fp32"]
            logits = np.asarray(output.pop("logits")).reshape(-1, max(1, len(model.labels)))
            said = model.outputs([given]).values.reshape(logits.shape)
            np.testing.assert_allclose(said, logits, rtol=0, atol=1e-5)
            assert written(model, model(given)) == output


@pytest.mark.parametrize("task", TASKS)
def test_one_other_weight_is_found(task: str, own: Callable[[str], Path]) -> None:
    bundle = own(task)
    model = onnx.load(bundle / GRAPH)
    (weight,) = [
        each for each in model.graph.initializer if "layer.0.output.dense.weight" in each.name
    ]
    values = numpy_helper.to_array(weight).copy()
    values[0, 0] += 100
    weight.CopyFrom(numpy_helper.from_array(values, weight.name))
    onnx.save(model, bundle / GRAPH)
    result = replayed(bundle)
    assert "logits that differ by more than " in " ".join(result.failures)


@pytest.mark.parametrize("task", TASKS)
def test_one_other_logit_is_found(task: str, own: Callable[[str], Path]) -> None:
    bundle = own(task)
    golden = read(bundle / GOLDEN)
    logits = golden["texts"][len(ODD)]["outputs"]["fp32"]["logits"]
    row = logits[0] if isinstance(logits[0], list) else logits
    row[0] += 0.002
    write(bundle, GOLDEN, golden)
    result = replayed(bundle)
    assert result.max_difference == pytest.approx(0.002, abs=1e-4)
    assert result.failures[0].startswith(f"1 of {result.n} texts have logits that differ")


@pytest.mark.parametrize("task", DECIDING)
def test_other_golden_answers_are_found(task: str, own: Callable[[str], Path]) -> None:
    bundle = own(task)
    golden, labels = read(bundle / GOLDEN), read(bundle / "edgeft.json")["labels"]
    for each in golden["texts"]:
        output = each["outputs"]["fp32"]
        (name,) = output.keys() - {"logits"}
        output[name] = other(output[name], labels)
    write(bundle, GOLDEN, golden)
    result = replayed(bundle)
    assert result.labels_equal < result.n
    assert f"of {result.n} texts have {DECIDING[task]}, such as" in result.failures[0]


@pytest.mark.parametrize("task", DECIDING)
def test_another_temperature_is_found(task: str, own: Callable[[str], Path]) -> None:
    bundle = own(task)
    assert replayed(bundle).passed
    manifest = read(bundle / "edgeft.json")
    manifest["decoding"]["temperature"] += 0.5
    write(bundle, "edgeft.json", manifest)
    failure = replayed(bundle).failures[-1]
    assert f"edgeft.json has the temperature {manifest['decoding']['temperature']:g}" in failure


@pytest.mark.parametrize("task", [each for each in DECIDING if each != "question-answering"])
def test_labels_in_another_order_are_found(task: str, own: Callable[[str], Path]) -> None:
    bundle = own(task)
    manifest = read(bundle / "edgeft.json")
    manifest["labels"] = manifest["labels"][::-1]
    write(bundle, "edgeft.json", manifest)
    result = replayed(bundle)
    assert result.max_difference < 1e-4
    assert f"texts have {DECIDING[task]}, such as" in result.failures[0]
