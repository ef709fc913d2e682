"""Going on from a checkpoint: new labels are learnt, old ones kept, and what is lost is said."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import datasets
import pytest
import torch
from notes import Notes
from pydantic import ValidationError
from tiny_models import save_base
from topics import WORDS, rows_of, write_dataset

from edgeft.artifacts import Checkpoint, Dataset
from edgeft.context import Context
from edgeft.data.rows import open_split, write_split
from edgeft.errors import DataError
from edgeft.evaluation import evaluate
from edgeft.registry import Registry
from edgeft.tasks.text_classification import TextClassification
from edgeft_finetune import continuing
from edgeft_finetune.continuing import balances, remembering, seldom
from edgeft_finetune.full import fit
from edgeft_finetune.labels_loss import labels_loss
from edgeft_finetune.options import FullOptions

QUICK = {"batch_size": 8, "precision": "fp32", "learning_rate": 3e-3, "epochs": 8}
OLD, NEW = ["card", "cash"], ["transfer"]
OTHER_WORDS = {
    "health": ["doctor", "pill", "fever", "nurse", "blood", "clinic"],
    "money": ["bank", "loan", "coin", "credit", "price", "bill"],
    "travel": ["train", "hotel", "flight", "beach", "ticket", "map"],
}


@pytest.fixture
def part(tiny_dataset: Dataset, tmp_path: Path) -> Callable[[list[str]], Dataset]:
    """The tiny dataset with the rows of some labels alone."""

    def parted(labels: list[str]) -> Dataset:
        with Dataset.create(tmp_path / "-".join(labels)) as draft:
            for split in ("train", "validation", "test"):
                rows = [row for row in open_split(tiny_dataset, split) if row["label"] in labels]
                draft.manifest.rows[split] = len(rows)
                write_split(draft.path, split, rows)
            draft.manifest.task = tiny_dataset.manifest.task
            draft.manifest.labels = labels
        return draft.artifact

    return parted


@pytest.fixture
def run(registry: Registry, context: Context, tiny_base: Path) -> Callable[..., Checkpoint]:
    def trained(name: str, data: Dataset, base: Path = tiny_base, **options: Any) -> Checkpoint:
        step = registry.step("finetune", "full")
        given = registry.options("finetune", "full", {**QUICK, **options})
        made: Checkpoint = step(given, context.at(context.out.with_name(name))).run(base, data)
        return made

    return trained


def accuracy(checkpoint: Checkpoint, data: Dataset, context: Context) -> float:
    found = evaluate(checkpoint, data, data.held_out, task=context.task, threads=1)
    return found.scores.metrics["accuracy"]


def test_old_labels_are_kept_and_new_ones_learnt(part, run, context: Context) -> None:
    old, new = part(OLD), part(NEW)
    first = run("first", old)
    assert accuracy(first, old, context) > 0.8
    naive = run("naive", new, continue_from=str(first.path), remember=0)
    kept = run("kept", new, continue_from=str(first.path), old_data=str(old.path), replay=20)
    assert naive.labels == kept.labels == [*OLD, *NEW]
    assert accuracy(naive, old, context) < 0.5  # all that it saw since is transfers
    assert accuracy(kept, old, context) >= accuracy(first, old, context) - 0.1
    assert accuracy(kept, new, context) >= 0.8
    figures = kept.manifest.history[-1].figures
    assert figures["replayed"] == 40
    assert figures["new_labels"] == 1
    assert figures["old_texts"]["n"] == 20
    assert figures["old_texts"]["after"] == pytest.approx(accuracy(kept, old, context), abs=1e-6)
    assert figures["old_texts"]["before"] == pytest.approx(accuracy(first, old, context), abs=1e-6)
    assert [record.kind for record in kept.manifest.history] == ["finetune", "finetune"]
    kept.verify()


def test_without_old_texts_more_is_kept_by_remembering_than_without(
    topics: Dataset, run, context: Context, tmp_path: Path
) -> None:
    base = tmp_path / "base"
    every_word = [" ".join(some) for some in (WORDS | OTHER_WORDS).values()]
    save_base("bert", base, [*every_word, "the today"])
    new = write_dataset(
        tmp_path / "new",
        sorted(OTHER_WORDS),
        train=rows_of(120, seed=2, first=0, words=OTHER_WORDS),
        validation=rows_of(60, seed=3, first=1000, words=OTHER_WORDS),
    )
    first = run("first", topics, base)
    going_on = {"continue_from": str(first.path), "learning_rate": 1e-3, "epochs": 12}
    naive = run("naive", new, remember=0, **going_on)
    remembered = run("remembered", new, **going_on)
    assert accuracy(first, topics, context) > 0.9
    assert accuracy(remembered, topics, context) > accuracy(naive, topics, context) + 0.2
    assert accuracy(remembered, new, context) > 0.5


def test_a_head_with_more_labels_answers_the_old_ones_as_before(
    part, run, each_tiny_checkpoint: Checkpoint, context: Context
) -> None:
    from edgeft_finetune.continuing import take_over_head

    path, labels = each_tiny_checkpoint.path, each_tiny_checkpoint.labels
    before = context.task.load_model(path).eval()
    wider = context.task.load_model(path, [*labels, "new"]).eval()
    take_over_head(before, wider, len(labels))
    ids = torch.tensor([[1, 5, 6, 7, 2]])
    with torch.inference_mode():
        found = wider(input_ids=ids, attention_mask=torch.ones_like(ids)).logits
        wanted = before(input_ids=ids, attention_mask=torch.ones_like(ids)).logits
    assert found.shape == (1, len(labels) + 1)
    assert torch.allclose(found[:, :-1], wanted, atol=1e-5)


def test_remembering_looks_at_the_old_labels_alone() -> None:
    plain = labels_loss(0.0, None)
    logits = torch.tensor([[2.0, 0.0, 5.0]])
    batch = {"labels": torch.tensor([2]), "before": torch.tensor([[2.0, 0.0]])}
    same = remembering(plain, TextClassification(), 2, 1.0)(logits, batch)
    assert torch.allclose(same, plain(logits, batch))
    moved = batch | {"before": torch.tensor([[0.0, 2.0]])}
    other = remembering(plain, TextClassification(), 2, 3.0)(logits, moved)
    # p = softmax([1, -1] halves): KL(q || p) of two mirrored distributions, T^2 = 4
    p = torch.tensor([1.0, 0.0]).softmax(0)
    divergence = (p.flip(0) * (p.flip(0) / p).log()).sum() * 4
    assert torch.allclose(other, plain(logits, batch) + 3 * divergence)


def rows(**counts: int) -> datasets.Dataset:
    """So many rows of each label."""
    labels = [label for label, count in counts.items() for _ in range(count)]
    return datasets.Dataset.from_dict({"text": labels, "label": labels})


def test_labels_shown_again_by_a_few_texts_count_as_often_as_they_are() -> None:
    found = seldom(rows(old=2, new=8), [rows(old=8), rows(new=8)], ["old", "new"])
    # 2 of 10 shown, 8 of 16 in truth; and 8 of 10, 8 of 16
    assert found.exp().tolist() == pytest.approx([0.2 / 0.5, 0.8 / 0.5])


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, False),
        ({"resample": "balanced", "remember": 0}, True),
        ({"class_weights": "balanced"}, True),
        ({"logit_adjustment": 1}, True),
        ({"replay": 0}, True),
    ],
)
def test_what_says_how_much_labels_count_is_not_corrected(
    options: dict[str, Any], expected: bool
) -> None:
    given = FullOptions(continue_from="first", old_data="data", **options)
    assert balances(given) is expected


def test_a_training_that_goes_on_knows_the_old_texts(part, run, monkeypatch) -> None:
    old, new = part(OLD), part(NEW)
    first = run("first", old, epochs=1)
    seen: dict[str, Any] = {}

    def watched(*given: Any, **named: Any) -> Any:
        seen.update(named)
        return fit(*given, **named)

    monkeypatch.setattr(continuing, "fit", watched)
    run("kept", new, epochs=1, continue_from=str(first.path), old_data=str(old.path), replay=5)
    held_out = [row["label"] for row in seen["validation"]]
    assert held_out == [
        row["label"] for data in (new, old) for row in open_split(data, "validation")
    ]
    assert "pair" in seen["rows"].column_names
    logits, batch = torch.zeros(1, 3), {"labels": torch.tensor([0]), "before": torch.zeros(1, 2)}
    plain = labels_loss(0.0, None)
    # the texts of both old labels are shown less often than they are there, those of the new more
    assert seen["around"](plain)(logits, batch) > plain(logits, batch)


def test_what_was_lost_is_said(part, run, registry: Registry, context: Context) -> None:
    old, new = part(OLD), part(NEW)
    first = run("first", old, epochs=1)
    notes = Notes()
    options = registry.options(
        "finetune", "full",
        {**QUICK, "epochs": 1, "continue_from": str(first.path), "old_data": str(old.path)},
    )  # fmt: skip
    circumstances = context.at(context.out, progress=notes)
    registry.step("finetune", "full")(options, circumstances).run(Path("unused"), new)
    assert any(said.startswith("on 20 old test texts: accuracy 0.") for said in notes.said)


def test_data_of_another_model_is_refused(part, run, tiny_dataset: Dataset) -> None:
    first = run("first", part(OLD), epochs=1)
    with pytest.raises(DataError, match="never had: 'transfer'"):
        run("second", part(NEW), continue_from=str(first.path), old_data=str(tiny_dataset.path))


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"old_data": "data"}, "old_data is that of continue_from"),
        ({"continue_from": "first", "head": "probe"}, "keeps its head"),
        ({"continue_from": "first", "mixup": 0.2}, "set it to 0"),
    ],
)
def test_options_that_make_no_sense_are_refused(values: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        FullOptions(**values)
