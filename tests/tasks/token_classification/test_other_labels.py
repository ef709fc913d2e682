"""Models of strangers, whose labels say which token ends an entity: BIOES, and its kin."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from entities import TRAINING

from edgeft.artifacts import MANIFEST, Bundle, Checkpoint, Dataset
from edgeft.context import Context
from edgeft.evaluation import evaluate
from edgeft.registry import Registry
from edgeft.runtime import Tagger, load
from edgeft.runtime.entities import parts_of, runs, types_of
from edgeft.tasks.token_classification import TokenClassification
from edgeft.tasks.token_classification.tags import tags_of

TASK = TokenClassification()
BIOES = ["O", *(f"{part}-{kind}" for kind in ("person", "place") for part in "BIES")]


def found(names: list[str], *tags: str) -> list[tuple[int, int, str, bool]]:
    """First unit, last plus one, type, and whether it begins as it should."""
    numbers = np.asarray([names.index(tag) for tag in tags])
    of = runs(numbers, np.asarray([0, len(tags)]), names)
    return [
        (first, last, types_of(names)[kind], legal)
        for first, last, kind, legal in zip(of.firsts, of.lasts, of.kinds, of.legal, strict=True)
    ]


def test_ends_and_singles_are_read_as_such() -> None:
    assert types_of(BIOES) == ["person", "place"]
    tags = ("B-person", "I-person", "E-person", "S-person", "S-person", "O", "S-place")
    assert found(BIOES, *tags) == [
        (0, 3, "person", True), (3, 4, "person", True), (4, 5, "person", True),
        (6, 7, "place", True),
    ]  # fmt: skip
    assert found(BIOES, "E-person", "E-person") == [
        (0, 1, "person", False), (1, 2, "person", False),
    ]  # fmt: skip
    bilou = ["O", "B-x", "I-x", "L-x", "U-x"]
    assert found(bilou, "U-x", "B-x", "L-x") == [(0, 1, "x", True), (1, 3, "x", True)]


def test_prefixes_are_part_of_a_name_where_nothing_begins() -> None:
    assert parts_of(["O", "E-mail", "S-bahn"]) == [("", ""), ("I", "E-mail"), ("I", "S-bahn")]
    assert types_of(["O", "B-E-mail", "I-E-mail"]) == ["E-mail"]


def test_spans_become_the_labels_that_a_model_has() -> None:
    units = np.asarray([(0, 3), (4, 7), (8, 10), (11, 15)])
    tags = tags_of('[[0, 10, "person"], [11, 15, "place"]]', units, BIOES)
    assert [BIOES[tag] for tag in tags] == ["B-person", "I-person", "E-person", "S-place"]


@pytest.fixture(scope="module")
def foreign(
    make_entity_base: Any,
    entity_dataset: Dataset,
    registry: Registry,
    tmp_path_factory: pytest.TempPathFactory,
) -> Checkpoint:
    """A model as a hub has it: nothing of edgeft's beside its weights and tokenizer."""
    data = Dataset(entity_dataset.path, entity_dataset.manifest.model_copy(deep=True))
    data.manifest.labels = BIOES
    context = Context(
        out=tmp_path_factory.mktemp("foreign") / "model", task=TASK, device="cpu", threads=1
    )
    step: Any = registry.step("finetune", "full")
    options = registry.options("finetune", "full", {"epochs": 5, **TRAINING})
    made = step(options, context).run(make_entity_base("bert"), data)
    (made.path / MANIFEST).unlink()
    return Checkpoint.open(made.path)


def test_it_is_evaluated_exported_and_taught_from(
    foreign: Checkpoint, entity_dataset: Dataset, registry: Registry, tmp_path: Path
) -> None:
    assert foreign.labels == BIOES
    scores = evaluate(foreign, entity_dataset, "test", task=TASK, threads=1).scores
    assert scores.metrics["f1"] > 0.8
    assert [each["label"] for each in scores.per_class] == ["person", "place"]

    def step(kind: str, method: str, **options: Any) -> Any:
        context = Context(out=tmp_path / kind, task=TASK, device="cpu", threads=1)
        return registry.step(kind, method)(registry.options(kind, method, options), context)

    student = step("distill", "layers", keep=2, epochs=2, **TRAINING).run(foreign, entity_dataset)
    assert student.labels == BIOES
    bundle: Bundle = step("export", "onnx", strategies=["trace"], rewrites=[]).run(
        foreign, entity_dataset
    )
    exported = evaluate(bundle, entity_dataset, "test", task=TASK, threads=1).scores
    assert exported.metrics == pytest.approx(scores.metrics)
    with load(bundle.path, Tagger, threads=1) as model:
        assert model.selftest().passed
        person, place = model("maria lopez lives in rome train3")
    assert (person.label, person.text) == ("person", "maria lopez")
    assert (place.label, place.text) == ("place", "rome")
