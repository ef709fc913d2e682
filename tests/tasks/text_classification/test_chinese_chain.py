"""Texts without spaces and labels in another script, through the whole chain to a bundle."""

import random
from pathlib import Path
from typing import Any

import pytest
from tiny_models import save_base

from edgeft.artifacts import Dataset
from edgeft.data.rows import open_split
from edgeft.runtime import Classifier, load

GOOD = ["很干净", "很安静", "非常满意", "物超所值"]
BAD = ["很脏乱", "太吵了", "非常失望", "太差劲了"]
THINGS = ["房间", "大堂", "早餐", "前台", "ＷｉＦｉ"]
STEPS: list[dict[str, Any]] = [
    {"finetune": {"method": "lora", "epochs": 8, "learning_rate": 3e-3, "batch_size": 8}},
    {"augment": {"method": "delete"}},
    {"augment": {"method": "mask"}},
    {"augment": {"method": "neighbours"}},
    {"distill": {"method": "layers", "keep": 2, "epochs": 2, "learning_rate": 3e-3}},
    {"prune": {"method": "vocabulary"}},
    {"export": {"method": "onnx", "strategies": ["trace"], "rewrites": []}},
    {"quantize": {"method": "dynamic"}},
]


def review(chooser: random.Random, number: int) -> dict[str, Any]:
    """A review with full-width digits and punctuation."""
    label, said = chooser.choice([("好评", GOOD), ("差评", BAD)])
    price = str(100 + number).translate({48 + digit: 0xFF10 + digit for digit in range(10)})
    text = f"「{chooser.choice(THINGS)}」{chooser.choice(said)}，{price}元／晚！"
    return {"text": text, "label": label}


@pytest.fixture
def tiny_base(tmp_path: Path) -> Path:
    """A model that knows the characters of these reviews, one token each."""
    chooser = random.Random(0)
    base = tmp_path / "base"
    save_base("bert", base, [review(chooser, number)["text"] for number in range(200)])
    return base


def test_chinese_reviews_become_a_bundle_that_answers_in_chinese(
    chain, cost_of_int8, tmp_path
) -> None:
    bundle, report = chain("text-classification", review, steps=STEPS)

    rows = {row.name: row for row in report.rows}
    assert rows["baseline"].value == 1
    assert rows["teacher"].value > 0.9
    assert rows["bundle"].value > 0.9
    assert cost_of_int8() <= 0.05
    assert "unknown to" not in (tmp_path / "run" / "report.md").read_text(encoding="utf-8")
    for page in ("report.md", "report.html", "bundle/README.md"):
        assert "差评" in (tmp_path / "run" / page).read_text(encoding="utf-8")

    copied = open_split(Dataset.open(tmp_path / "run" / "augment-delete"), "train")
    texts = {row["id"]: row["text"] for row in copied if row["parent"] is None}
    copies = [row for row in copied if row["parent"] is not None]
    assert len(copies) > len(texts) / 2
    for row in copies:  # a text loses a few characters, not a clause
        assert 0.6 * len(texts[row["parent"]]) < len(row["text"]) < len(texts[row["parent"]])

    pruned = next(step for step in report.steps if step.kind == "prune")
    assert pruned.figures["unknown_rate"] == pruned.figures["unknown_rate_of"]
    with load(bundle, Classifier) as model:
        assert model.selftest().passed
        answers = model(["「房间」很干净，４９９元／晚！", "「早餐」太差劲了，４９９元／晚！"])
        assert [answer.label for answer in answers] == ["好评", "差评"]
