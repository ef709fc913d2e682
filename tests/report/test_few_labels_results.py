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


def spread(value: float, seeds: int) -> dict[str, Any]:
    """Draws that were all alike."""
    return {"mean": value, "lowest": value, "highest": value, "seeds": seeds}


def test_accuracies_are_of_all_draws_and_times_of_those_on_one_processor(told: Told) -> None:
    text = told(
        {
            "accuracy": {"auto": spread(0.86, 5), "setfit": spread(0.78, 2)},
            "seconds": {
                "old": {"setfit": spread(2000, 1)},
                "quick": {"auto": spread(300, 5), "setfit": spread(1000, 1)},
            },
        }
    )
    lines = text.splitlines()
    assert "| `auto` | 0.860 (0.860 to 0.860) | 5 |" in lines
    assert "| SetFit | 0.780 (0.780 to 0.780) | 2 |" in lines
    assert "A draw takes, with 1 core:" in lines
    assert lines[-3:] == [
        "| old | SetFit | 2000 s | 1 |",
        "| quick | `auto` | 300 s (300 to 300) | 5 |",
        "| quick | SetFit | 1000 s | 1 |",
    ]
