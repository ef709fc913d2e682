"""docs/few_labels_results.py: tables made of what benchmarks/ wrote about few labels."""

import json
import runpy
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

DOCS = Path(__file__).parents[2] / "docs"
Told = Callable[[dict[str, Any]], str]


@pytest.fixture
def told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Told]:
    """What the comparison with SetFit says of a summary."""
    monkeypatch.syspath_prepend(str(DOCS))
    functions = runpy.run_path(str(DOCS / "few_labels_results.py"))
    monkeypatch.setattr(sys.modules["results"], "RESULTS", tmp_path)

    def tell(summary: dict[str, Any]) -> str:
        machine = {"cpu": "some", "usable_cores": 1}
        found = {"machine": machine, "texts_a_label": 8, "n": 3080, "summary": summary}
        (tmp_path / "beside_setfit.json").write_text(json.dumps(found), encoding="utf-8")
        text: str = functions["beside_setfit"]()
        return text

    yield tell
    sys.modules.pop("results", None)


def of(accuracy: float, seconds: float, seeds: int) -> dict[str, Any]:
    """Accuracy and seconds of draws that were all alike."""
    return {
        name: {"mean": value, "lowest": value, "highest": value, "seeds": seeds}
        for name, value in (("accuracy", accuracy), ("seconds", seconds))
    }


def test_methods_with_as_many_draws_stand_side_by_side(told: Told) -> None:
    both = {"auto": of(0.86, 600, 2), "setfit": of(0.78, 2000, 2)}
    text = told({"all": both, "shared": both})
    assert "some, 1 core (`benchmarks/beside_setfit.py`):" in text
    assert "| `auto` | 0.860 (0.860 to 0.860) | 600 s (600 to 600) | 2 |" in text
    assert "| SetFit |" in text.splitlines()[-1]


def test_with_other_draws_those_of_all_are_told_apart(told: Told) -> None:
    text = told(
        {
            "all": {"auto": of(0.86, 600, 5), "setfit": of(0.78, 2000, 1)},
            "shared": {"auto": of(0.85, 500, 1), "setfit": of(0.78, 2000, 1)},
        }
    )
    assert "| SetFit | 0.780 | 2000 s | 1 |" in text
    assert text.endswith("On the draw that all had: `auto` 0.850 in 500 s, SetFit 0.780 in 2000 s.")


def test_as_many_draws_that_are_not_the_same_are_told_apart_as_well(told: Told) -> None:
    text = told(
        {
            "all": {"auto": of(0.86, 600, 3), "setfit": of(0.79, 2100, 3)},
            "shared": {"auto": of(0.85, 500, 2), "setfit": of(0.78, 2000, 2)},
        }
    )
    assert "On the 2 draws that all had: `auto` 0.850 in 500 s" in text


def test_without_a_draw_of_all_nothing_is_compared(told: Told) -> None:
    text = told({"all": {"auto": of(0.86, 600, 5), "setfit": of(0.78, 2000, 1)}, "shared": {}})
    assert text.splitlines()[-1].startswith("| SetFit")
