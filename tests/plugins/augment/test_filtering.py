"""Copies whose label a model doubts are taken out again; originals and unlabelled rows never."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from notes import Notes

from edgeft.artifacts import Checkpoint, Dataset
from edgeft.context import Context
from edgeft.data.rows import open_split, write_split
from edgeft.errors import PluginError
from edgeft_augment import Filter
from edgeft_augment.filtering import logits_of_heads
from edgeft_augment.options import FilterOptions
from edgeft_finetune import Full
from edgeft_finetune.options import FullOptions

QUICK = {"batch_size": 8, "precision": "fp32", "learning_rate": 3e-3, "epochs": 8}


@pytest.fixture
def spoilt(tiny_dataset: Dataset, tmp_path: Path) -> Dataset:
    """The tiny dataset with a faithful copy of its rows, and some that are another label's."""
    rows = list(open_split(tiny_dataset, "train"))
    faithful = [{**row, "parent": row["id"], "text": f"{row['text']} please"} for row in rows[:30]]
    others = {row["label"]: row["text"] for row in rows}
    wrong = [
        {
            **row,
            "parent": row["id"],
            "text": next(text for label, text in others.items() if label != row["label"]),
        }
        for row in rows[30:40]
    ]
    unlabelled = [{**rows[0], "parent": rows[0]["id"], "label": None}]
    with Dataset.create(tmp_path / "spoilt") as draft:
        all_rows = [*rows, *faithful, *wrong, *unlabelled]
        numbered = [{**row, "id": number} for number, row in enumerate(all_rows)]
        for row in numbered:
            if row["parent"] is not None:
                row["parent"] = [each["id"] for each in rows].index(row["parent"])
        draft.manifest.rows["train"] = write_split(draft.path, "train", numbered)
        for split in ("validation", "test"):
            held_out = list(open_split(tiny_dataset, split))
            draft.manifest.rows[split] = write_split(draft.path, split, held_out)
        draft.manifest.task = tiny_dataset.manifest.task
        draft.manifest.labels = tiny_dataset.labels
    return draft.artifact


def filtered(
    data: Dataset,
    model: Path,
    context: Context,
    notes: Notes,
    asked: str = "",
    *,
    soft: bool = False,
) -> Dataset:
    circumstances = context.at(context.out, progress=notes)
    if asked == "teacher":
        options = FilterOptions(soft=soft)
        return Filter(options, circumstances).run(data, Checkpoint.open(model))
    return Filter(FilterOptions(model=str(model), soft=soft), circumstances).run(data)


@pytest.mark.parametrize(
    ("asked", "soft"), [("model", False), ("encoder", True), ("teacher", True)]
)
def test_copies_of_another_meaning_are_left_out(
    spoilt: Dataset,
    tiny_dataset: Dataset,
    tiny_base: Path,
    context: Context,
    asked: str,
    soft: bool,
) -> None:
    model, notes = tiny_base, Notes()
    trained = Full(FullOptions(**QUICK), context.at(context.out.with_name("model")))
    model = trained.run(tiny_base, tiny_dataset).path
    if asked == "encoder":  # the same encoder, asked through a head for labels it does not know
        model = without_head(model)
    made = filtered(spoilt, model, context, notes, asked, soft=soft)
    before, after = open_split(spoilt, "train"), open_split(made, "train")
    count = len(open_split(tiny_dataset, "train"))
    assert after["text"][:count] == before["text"][:count]
    assert after["label"][-1] is None
    left = set(before["text"]) - set(after["text"])
    figures = made.manifest.history[-1].figures
    assert figures["copies"] == 40
    assert figures["left_out"] == len(before) - len(after)
    kept = [text for text in after["text"][count:] if text.endswith(" please")]
    assert len(kept) >= 28
    assert len(after) - count - 1 - len(kept) <= 2  # of ten
    assert not any(text.endswith(" please") for text in left) or len(left) <= 2
    said = f"filter leaves out {figures['left_out']} of 40 copies: their label is doubtful"
    assert said in notes.said
    shares = after["soft"][:]
    assert shares[:count] == [None] * count
    assert shares[-1] is None  # a mixed copy, of no label
    assert figures.get("soft", 0) == (40 - figures["left_out"] if soft else 0)
    if soft:
        of_copies = np.asarray(shares[count:-1])
        assert of_copies.shape == (figures["soft"], len(made.labels))
        np.testing.assert_allclose(of_copies.sum(axis=1), 1, atol=1e-5)
        told = [made.labels[place] for place in of_copies.argmax(axis=1)]
        assert np.mean(np.asarray(told) == after["label"][count:-1]) > 0.9
    else:
        assert shares[count:-1] == [None] * (len(after) - count - 1)


def without_head(model: Path) -> Path:
    """The encoder of a checkpoint, saved alone."""
    from transformers import AutoModel, AutoTokenizer

    out = model.with_name("encoder")
    encoder = AutoModel.from_pretrained(model)
    encoder.config.id2label, encoder.config.label2id = {0: "a", 1: "b"}, {"a": 0, "b": 1}
    encoder.save_pretrained(out)
    AutoTokenizer.from_pretrained(model).save_pretrained(out)
    return out


def test_a_copy_that_is_answered_as_its_original_stays() -> None:
    random = np.random.default_rng(0)
    centres = np.eye(2) * 4
    targets = np.repeat([0, 1], 20)
    firsts = centres[targets] + random.normal(size=(40, 2)) * 0.1
    copies = np.stack([firsts[0], centres[1], firsts[25]])
    answers = logits_of_heads(
        np.concatenate([firsts, copies]).astype(np.float32),
        np.concatenate([targets, [0, 0, 1]]),
        np.asarray([0, 1, 25]),
        2,
        seed=0,
    ).argmax(axis=1)
    assert answers[40:].tolist() == [0, 1, 1]
    assert (answers[:40] == targets).all()


def test_without_copies_nothing_changes(
    tiny_dataset: Dataset, tiny_base: Path, context: Context
) -> None:
    notes = Notes()
    made = filtered(tiny_dataset, tiny_base, context, notes)
    assert open_split(made, "train")["text"][:] == open_split(tiny_dataset, "train")["text"][:]
    assert notes.said == ["filter leaves out 0 of 0 copies: their label is doubtful"]


def test_a_model_is_needed(tiny_dataset: Dataset, make_context: Callable[..., Context]) -> None:
    with pytest.raises(PluginError, match="needs a model to ask"):
        Filter(FilterOptions(), make_context()).run(tiny_dataset)
