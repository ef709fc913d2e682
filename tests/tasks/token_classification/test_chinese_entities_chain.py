"""Names in texts without spaces, from a CoNLL file to what a device finds, by characters."""

import json
import random
from pathlib import Path
from typing import Any

import pytest
from entities import write_conll
from tiny_models import save_base

from edgeft.runtime import Tagger, load

TRAINING = {"learning_rate": 3e-3, "batch_size": 8, "precision": "fp32"}
NAMES = {"人名": ["王伟", "李娜", "欧阳修远"], "地名": ["上海", "北京", "乌鲁木齐"]}
FRAMES = [
    "{人名}住在{地名}，已经{n}年了。", "昨天{人名}从{地名}回来：“累！”{n}", "没有人在那里。{n}",
    "“{地名}”的天气很好（{n}度）。", "{人名}和朋友们都很高兴！{n}",
]  # fmt: skip
STEPS: list[dict[str, Any]] = [
    {"finetune": {"method": "full", "epochs": 5, **TRAINING}},
    {"augment": {"method": "mention"}},
    {"augment": {"method": "delete"}},
    {"distill": {"method": "layers", "keep": 2, "epochs": 3, **TRAINING}},
    {"prune": "vocabulary"},
    {"export": {"method": "onnx", "strategies": ["trace"], "rewrites": []}},
    {"quantize": "dynamic"},
]


def sentence(chooser: random.Random, number: int) -> tuple[list[str], list[str]]:
    """The characters of a sentence and their tags, a full-width number in it."""
    digits = str(number).translate({48 + digit: 0xFF10 + digit for digit in range(10)})
    characters: list[str] = []
    tags: list[str] = []
    for part in FRAMES[number % len(FRAMES)].replace("{n}", digits).replace("}", "{").split("{"):
        name = chooser.choice(NAMES.get(part, [part]))
        characters += name
        tags += [f"{'I' if place else 'B'}-{part}" if part in NAMES else "O"
                 for place in range(len(name))]  # fmt: skip
    return characters, tags


@pytest.fixture
def files(tmp_path: Path) -> dict[str, str]:
    """A CoNLL file a split."""
    found = {}
    for split, first, count in (("train", 0, 120), ("validation", 120, 40), ("test", 160, 40)):
        chooser = random.Random(split)
        rows = [sentence(chooser, number) for number in range(first, first + count)]
        found[split] = write_conll(tmp_path / f"{split}.conll", rows)
    return found


@pytest.fixture
def base(tmp_path: Path) -> Path:
    """A model that knows the characters of these sentences, one token each."""
    chooser = random.Random(0)
    texts = ["".join(sentence(chooser, number)[0]) for number in range(200)]
    save_base("bert", tmp_path / "base", texts)
    return tmp_path / "base"


def test_names_in_chinese_are_found_where_they_stand(
    over_files, copies, cost_of_int8, files, base, tmp_path
) -> None:
    report = over_files("token-classification", base, files)(*STEPS)

    assert report.row("teacher").value > 0.8
    assert report.row("bundle").value > 0.8
    assert cost_of_int8() <= 0.05
    pruned = next(step for step in report.steps if step.kind == "prune")
    assert pruned.figures["unknown_rate"] == pruned.figures["unknown_rate_of"]
    assert "| 人名 |" in (tmp_path / "run" / "report.md").read_text(encoding="utf-8")

    for method in ("mention", "delete"):
        made = [row for row, _ in copies(method)]
        spans = [(row["text"], *span) for row in made for span in json.loads(row["label"])]
        assert {text[start:end] for text, start, end, kind in spans if kind == "人名"} == {
            *NAMES["人名"]
        }
        assert all(text[start:end] in NAMES[kind] for text, start, end, kind in spans)

    with load(tmp_path / "run" / "bundle", Tagger) as model:
        assert model.selftest().passed
        for text in ("王伟住在乌鲁木齐，已经９年了。", "👩‍🚀昨天王伟从乌鲁木齐回来：“累！”"):
            found = model(text)
            assert [(each.label, each.text) for each in found] == [
                ("人名", "王伟"),
                ("地名", "乌鲁木齐"),
            ]
            assert all(text[each.start : each.end] == each.text for each in found)
