"""Options and methods that ask for one label a text."""

import json
import random
from pathlib import Path

import pytest

from edgeft.data import DataSource
from edgeft.errors import PluginError
from edgeft.pipeline.alone import run_step

WORDS = ["coins", "notes", "machine", "cash"]
QUICK = {
    "epochs": 4,
    "learning_rate": 3e-3,
    "batch_size": 8,
    "precision": "fp32",
    "weights": "last",
}


@pytest.fixture
def rows_of(tmp_path: Path):
    """A file of rows whose number or labels are the words of their text."""

    def write(task: str) -> DataSource:
        chooser = random.Random(0)
        path = tmp_path / "rows.jsonl"
        lines = []
        for number in range(120):
            words = chooser.sample(WORDS, chooser.randrange(5))
            label = words if task == "multi-label-classification" else 100.0 * len(words)
            text = f"is there a fee for {' '.join(words)} {number}"
            lines.append(json.dumps({"text": text, "label": label}))
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return DataSource(train=str(path), validation_size=0.25)

    return write


@pytest.mark.parametrize("option", [{"resample": "root"}, {"class_weights": "balanced"}])
def test_options_for_one_label_are_refused_before_anything_is_read(
    option: dict, rows_of, registry, tiny_base: Path, tmp_path: Path
) -> None:
    with pytest.raises(PluginError, match=f"{next(iter(option))} asks for one label a text"):
        run_step(
            "finetune", "full", tmp_path / "model", registry,
            data=rows_of("regression"), model=str(tiny_base), settings=option, task="regression",
        )  # fmt: skip
    assert not (tmp_path / "model.data").exists()


def test_a_method_for_one_label_says_which_tasks_it_is_for(
    rows_of, registry, tiny_base: Path, tmp_path: Path
) -> None:
    with pytest.raises(PluginError) as caught:
        run_step(
            "finetune", "probe", tmp_path / "model", registry,
            data=rows_of("regression"), model=str(tiny_base), task="regression",
        )  # fmt: skip
    assert caught.value.message == "finetune probe does not work for regression"
    assert caught.value.hint.startswith("it is for tasks that answer with: label;")
