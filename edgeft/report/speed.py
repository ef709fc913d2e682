"""How fast the models of a run are: the tables of a benchmark, and its machine in a sentence."""

from typing import Any

from edgeft.benchmark.markdown import machine_line, texts_line
from edgeft.benchmark.records import Benchmark, Row, Timing
from edgeft.report.wording import milliseconds, significant, size

COLUMNS = ["model", "threads", "batch", "p50", "95 % interval", "p90", "p99", "texts/s", "memory"]
COLD_COLUMNS = ["model", "cold start", "import", "load", "first answer"]


def read_benchmark(found: dict[str, Any]) -> Benchmark | None:
    """The benchmark in a report or manifest, or None where nothing was measured."""
    return Benchmark.model_validate(found) if found else None


def machine_sentence(benchmark: Benchmark) -> str:
    """Where, when, with what and on which texts was measured."""
    return f"{machine_line(benchmark)} {texts_line(benchmark)} The models took turns."


def timing_rows(benchmark: Benchmark) -> list[list[str]]:
    """One row a model, number of threads and batch size."""
    return [timing_row(row) for row in benchmark.rows]


def timing_row(row: Row) -> list[str]:
    return [
        row.subject,
        str(row.threads),
        str(row.batch_size),
        milliseconds(row.total.p50_ms),
        bounds(row.total),
        milliseconds(row.total.p90_ms),
        milliseconds(row.total.p99_ms),
        significant(row.texts_a_second.value),
        size(row.peak_memory_bytes),
    ]


def bounds(timing: Timing) -> str:
    """The interval of the median, in milliseconds."""
    low, high = timing.p50_interval
    return f"{significant(low)} to {significant(high)}"


def cold_start_rows(benchmark: Benchmark) -> list[list[str]]:
    """One row a model: seconds of a fresh process up to its first answer, and of its parts."""
    return [
        [
            start.subject,
            f"{start.seconds.value:.2f} s",
            f"{start.import_seconds:.2f} s",
            f"{start.load_seconds:.2f} s",
            f"{start.answer_seconds:.2f} s",
        ]
        for start in benchmark.cold_starts
    ]
