"""`edgeft ablate`: what each lever gives, as a table, JSON and pages; bad levers are named."""

import json
from pathlib import Path

import pytest

RECIPE = """\
base: {base}
data: {{train: {train}, validation_size: 0.2, test_size: 0.2}}
steps:
  - finetune: {{method: full, epochs: 1, batch_size: 16, precision: fp32, label_smoothing: 0.1}}
bench: {{seconds: 0.1}}
"""


@pytest.fixture
def recipe(tmp_path: Path, tiny_base: Path, train_csv: Path) -> Path:
    path = tmp_path / "recipe.yaml"
    path.write_text(RECIPE.format(base=tiny_base, train=train_csv), encoding="utf-8")
    return path


def test_a_table_pages_and_json(edgeft, recipe: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    asked = ("ablate", recipe, "--out", out, "--seeds", "2", "--threads", "1")
    done = edgeft(*asked)
    assert done.code == 0
    header, line, *rest = done.out.splitlines()
    assert header.split() == ["without", "gain", "95", "%", "interval", "verdict", "time"]
    assert line.startswith("finetune.label_smoothing  ")
    assert rest[-1] == str(out / "ablation.html")
    assert {each.name for each in out.iterdir()} >= {
        "ablation.html", "ablation.json", "ablation.md", "reports", "seed-0", "seed-1",
    }  # fmt: skip
    again = edgeft(*asked, "--json")
    found = json.loads(again.out)
    assert again.err.count("run before") == 4
    assert found == json.loads((out / "ablation.json").read_text(encoding="utf-8"))
    assert (found["model"], found["metric"]) == ("teacher", "accuracy")


def test_what_is_no_lever_is_refused(edgeft, recipe: Path, tmp_path: Path) -> None:
    done = edgeft("ablate", recipe, "--out", tmp_path / "out", "--lever", "finetune.smoothing")
    assert done.code == 1
    assert done.last_two == [
        "error: 'finetune.smoothing' is no lever of the recipe",
        "hint: did you mean 'finetune.label_smoothing'?",
    ]
    plain = edgeft(
        "ablate", recipe, "--out", tmp_path / "out", "--set", "finetune.label_smoothing=0"
    )
    assert plain.code == 1
    assert plain.last_two[0] == "error: the recipe has no data lever that could be left out"
    assert not (tmp_path / "out").exists()
