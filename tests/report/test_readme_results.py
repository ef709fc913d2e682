"""docs/results.py: sentences made of what benchmarks/ wrote."""

import json
import runpy
from pathlib import Path
from typing import Any

import pytest

DOCS = Path(__file__).parents[2] / "docs"


@pytest.fixture
def results(tmp_path: Path) -> dict[str, Any]:
    """The functions of docs/results.py, reading an empty directory."""
    functions = runpy.run_path(str(DOCS / "results.py"))
    functions["read"].__globals__["RESULTS"] = tmp_path
    return functions


def row(name: str, value: float) -> dict[str, Any]:
    return {
        "name": name,
        "what": f"the {name}",
        "metric": "accuracy",
        "value": value,
        "n": 20,
        "size_bytes": 15_800_000,
        "p50_ms": 0.05,
    }


def test_nothing_is_said_of_absent_results(results: dict[str, Any]) -> None:
    assert results["quickstart"]() == results["million_rows"]() == ""


@pytest.mark.parametrize(
    ("baseline", "added"),
    [(0.9, ""), (0.95, " Single words give these topics away: the baseline is no worse.")],
)
def test_quickstart_in_a_sentence(
    results: dict[str, Any], tmp_path: Path, baseline: float, added: str
) -> None:
    found = {
        "machine": {"usable_cores": 2},
        "seconds": 320.4,
        "rows": [row("baseline", baseline), row("teacher", 0.95), row("bundle", 0.94)],
    }
    (tmp_path / "quickstart.json").write_text(json.dumps(found), encoding="utf-8")
    assert results["quickstart"]() == (
        "The quickstart below (BBC News in other splits, 20 test texts, with the steps of"
        " `examples/bbc-news.yaml`) takes 5 min 20 s on 2 cores, installation apart: teacher"
        f" 0.950, int8 bundle 0.940 of 15.8 MB, baseline {baseline:.3f} (accuracy;"
        f" `benchmarks/quickstart.py`).{added}"
    )
