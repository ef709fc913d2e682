"""The README's tables of measured results, from what benchmarks/ wrote."""

import json
from pathlib import Path
from typing import Any

from edgeft.benchmark.markdown import machine_line
from edgeft.benchmark.records import Benchmark
from edgeft.report.markdown import table
from edgeft.report.wording import figure, milliseconds, minutes, significant, size

RESULTS = Path(__file__).parents[1] / "benchmarks" / "results"
TIMED_AS = {"bundle": "bundle", "teacher": "teacher-pipeline"}
"""rows of a report, and what they are called in the benchmark of benchmarks/banking77.py"""


def tables() -> str:
    """Everything that is committed, or a sentence where that is nothing yet."""
    parts = [part for part in (banking77(), quickstart()) if part]
    return "\n\n".join(parts) or "No results are committed yet."


def banking77() -> str:
    """Accuracy over the seeds, size and latency of every model on Banking77."""
    found = read("banking77")
    if found is None:
        return ""
    benchmark = Benchmark.model_validate(found["benchmark"])
    first, accuracy = found["seeds"][0], found["summary"]["accuracy"]
    rows = [
        [
            row["name"],
            f"{figure(accuracy[row['name']]['mean'])} ({spread(row, accuracy[row['name']])})",
            size(row["size_bytes"]),
            milliseconds(p50_of(row, benchmark)),
            row["what"],
        ]
        for row in first["rows"]
    ]
    ratio = found["summary"]["times_faster_than_pipeline_at_p50"]
    low, high = ratio["interval"]
    seeds = accuracy["bundle"]["seeds"]
    return "\n".join(
        [
            f"Banking77, {first['rows'][0]['n']:,} test texts, 77 intents,"
            f" {seeds} seed{'s' * (seeds > 1)}: the bundle answers {significant(ratio['value'])}"
            f" times as fast as the transformers pipeline on its teacher (95 % interval"
            f" {significant(low)} to {significant(high)}, one thread, one text at a time).",
            "",
            *table(["model", f"accuracy ({range_of(seeds)})", "size", "p50", "what"], rows),
            "",
            machine_line(benchmark),
            "`benchmarks/banking77.py` makes this table.",
        ]
    )


def quickstart() -> str:
    """The quickstart in a sentence."""
    found = read("quickstart")
    if found is None:
        return ""
    rows = {row["name"]: row for row in found["rows"]}
    machine = found["machine"]
    beaten = rows["bundle"]["value"] > rows["baseline"]["value"]
    return (
        f"The quickstart below (BBC News, {rows['bundle']['n']:,} test texts) takes"
        f" {minutes(found['seconds'])} on {machine['usable_cores']} cores, installation apart:"
        f" teacher {figure(rows['teacher']['value'])}, int8 bundle"
        f" {figure(rows['bundle']['value'])} of {size(rows['bundle']['size_bytes'])}, baseline"
        f" {figure(rows['baseline']['value'])} ({rows['bundle']['metric']};"
        " `benchmarks/quickstart.py`)."
        + ("" if beaten else " Single words give these topics away: the baseline is no worse.")
    )


def million_rows() -> str:
    """What a run on a million rows takes at its peak."""
    found = read("million_rows")
    if found is None:
        return ""
    peaks = {name: 2**20 * each["peak_mib"] for name, each in found["measured"].items()}
    return (
        f"A run on {found['rows']:,} short training rows ({found['csv_mib']:.0f} MiB of csv)"
        f" takes {size(peaks['run'])} of memory at its peak, the libraries included, and its"
        f" data step alone {size(peaks['data'])} (`benchmarks/million_rows.py`)."
    )


def p50_of(row: dict[str, Any], benchmark: Benchmark) -> float | None:
    """Median milliseconds of one text: of the interleaved benchmark, or else of the run."""
    subject = TIMED_AS.get(row["name"])
    if subject is None:
        return row["p50_ms"]  # type: ignore[no-any-return]
    return benchmark.row(subject, threads=1, batch_size=1).total.p50_ms


def spread(row: dict[str, Any], accuracy: dict[str, Any]) -> str:
    """How far the accuracy reaches: over the seeds, or by the bootstrap of the only one."""
    low, high = accuracy["lowest"], accuracy["highest"]
    if accuracy["seeds"] == 1:
        low, high = row["interval"]
    return f"{figure(low)} to {figure(high)}"


def range_of(seeds: int) -> str:
    return "lowest to highest" if seeds > 1 else "95 % bootstrap interval"


def read(name: str) -> dict[str, Any] | None:
    """One result as it was measured, or None where it is not committed."""
    path = RESULTS / f"{name}.json"
    if not path.exists():
        return None
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found
