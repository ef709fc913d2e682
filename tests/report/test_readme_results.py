"""docs/results.py: the README's tables, made of what benchmarks/ wrote."""

import json
import runpy
from copy import deepcopy
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


def test_absent_results_are_said_to_be_absent(results: dict[str, Any]) -> None:
    assert results["tables"]() == "No results are committed yet."


def test_quickstart_in_a_sentence(results: dict[str, Any], tmp_path: Path) -> None:
    found = {
        "machine": {"usable_cores": 2},
        "seconds": 320.4,
        "rows": [row("baseline", 0.9), row("teacher", 0.95), row("bundle", 0.94)],
    }
    (tmp_path / "quickstart.json").write_text(json.dumps(found), encoding="utf-8")
    assert results["tables"]() == (
        "The quickstart below (BBC News, 20 test texts) takes 5 min 20 s on 2 cores, installation"
        " apart: teacher 0.950, int8 bundle 0.940 of 15.8 MB, baseline 0.900 (accuracy;"
        " `benchmarks/quickstart.py`)."
    )


def test_banking77_takes_latencies_from_the_interleaved_benchmark(
    results: dict[str, Any], tmp_path: Path, benchmark: dict[str, Any]
) -> None:
    timed = benchmark["rows"][0]
    pipeline = deepcopy(timed) | {"subject": "teacher-pipeline"}
    pipeline["total"]["p50_ms"] = 8.8
    names = ("baseline", "teacher", "bundle")
    accuracy = {"mean": 0.925, "lowest": 0.92, "highest": 0.93, "seeds": 3}
    found = {
        "summary": {
            "accuracy": dict.fromkeys(names, accuracy),
            "times_faster_than_pipeline_at_p50": {"value": 26.3, "interval": [25.1, 27.2]},
        },
        "seeds": [{"seed": 0, "rows": [row(name, 0.925) for name in names]}],
        "benchmark": {**benchmark, "rows": [timed, pipeline]},
    }
    (tmp_path / "banking77.json").write_text(json.dumps(found), encoding="utf-8")
    said = results["tables"]()
    assert "3 seeds: the bundle answers 26.3 times as fast" in said
    assert "(95 % interval 25.1 to 27.2, one thread, one text at a time)" in said
    assert "| baseline | 0.925 (0.920 to 0.930) | 15.8 MB | 0.0500 ms | the baseline |" in said
    assert "| teacher | 0.925 (0.920 to 0.930) | 15.8 MB | 8.80 ms | the teacher |" in said
    assert "| bundle | 0.925 (0.920 to 0.930) | 15.8 MB | 0.334 ms | the bundle |" in said
