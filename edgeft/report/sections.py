"""What a report says, in which order: titled sections of texts, tables, figures and code.

`edgeft.report.markdown` and `edgeft.report.html` decide how that looks.
"""

import io
from typing import Any

from ruamel.yaml import YAML

from edgeft.gates import GateResult
from edgeft.report import Report, Row
from edgeft.report.blocks import Block, Code, Figure, Section, Table, Text, facts, logs
from edgeft.report.budgets import attempts, budgets
from edgeft.report.plots import confusion_svg, interval_svg
from edgeft.report.speed import (
    COLD_COLUMNS,
    COLUMNS,
    cold_start_rows,
    machine_sentence,
    read_benchmark,
    timing_rows,
)
from edgeft.report.wording import (
    fact_rows,
    figure,
    interval,
    megabytes,
    milliseconds,
    minutes,
)

CONFUSED_PAIRS = 20
FULL_MATRIX_LABELS = 30


def sections(report: Report) -> list[Section]:
    """Everything that a report says, most wanted first; sections without content are left out."""
    candidates = [
        Section("Result", result(report)),
        Section("Gates", gates(report.gates)),
        Section("Budgets", budgets(report.budgets)),
        Section("Students tried", attempts(report)),
        Section("Chosen variant", facts(report.choice)),
        Section("Speed", speed(report.benchmark)),
        Section("Labels", labels(report)),
        Section("Confusions", confusions(report)),
        Section("Steps", steps(report)),
        Section("Data", data(report.data)),
        Section("Recipe", [Code(as_yaml(report.recipe), "yaml")]),
    ]
    return [section for section in candidates if section.blocks]


def result(report: Report) -> list[Block]:
    """The verdict and one row a model."""
    blocks: list[Block] = [Text(report.verdict)]
    if not report.rows:
        return blocks
    columns = ["model", report.rows[0].metric, "95 % interval", "texts", "size", "p50", "what"]
    blocks.append(Table(columns, [model_row(row) for row in report.rows]))
    notes = [f"{row.name}: {row.note}" for row in report.rows if row.note]
    split = report.rows[0].split
    blocks.append(
        Text(
            f"Figures are of the {split} split. Intervals are bootstrapped over its texts; p50 is"
            " the median time of one text, from string to answer, on the machine of this run."
        )
    )
    blocks += [Text(note) for note in notes]
    blocks.append(Figure(interval_svg(report.rows), f"{report.rows[0].metric}, 95 % interval"))
    return blocks


def model_row(row: Row) -> list[str]:
    return [
        row.name,
        figure(row.value),
        interval(row.interval),
        f"{row.n:,}",
        megabytes(row.size_bytes),
        milliseconds(row.p50_ms),
        row.what,
    ]


def gates(found: list[GateResult]) -> list[Block]:
    """What each lossy step cost on validation, and what the recipe allows."""
    if not found:
        return []
    columns = ["step", "metric", "before", "after", "loss", "95 % interval", "texts", "allowed"]
    columns += ["passed", "note"]
    rows = [
        [
            gate.step,
            gate.metric,
            figure(gate.reference),
            figure(gate.candidate),
            figure(gate.drop),
            interval(gate.interval),
            f"{gate.n:,}",
            figure(gate.allowed),
            "yes" if gate.passed else "no",
            gate.note,
        ]
        for gate in found
    ]
    return [Table(columns, rows)]


def labels(report: Report) -> list[Block]:
    """Precision, recall and F1 of each label for the shipped model, and F1 of its teacher."""
    shipped = shipped_row(report)
    if shipped is None or shipped.scores is None or not shipped.scores.per_class:
        return []
    teacher = next((row for row in report.rows if row.name == "teacher" and row.scores), None)
    before = {
        each["label"]: each["f1"]
        for each in (teacher.scores.per_class if teacher and teacher.scores else [])
    }
    rows = [
        [
            str(each["label"]),
            f"{each['support']:,}",
            figure(each["precision"]),
            figure(each["recall"]),
            figure(each["f1"]),
            figure(before.get(each["label"])),
        ]
        for each in shipped.scores.per_class
    ]
    columns = ["label", "texts", "precision", "recall", "F1", "teacher's F1"]
    return [Text(f"Of the {shipped.name}, on {shipped.split}."), Table(columns, rows)]


def confusions(report: Report) -> list[Block]:
    """The confusion matrix where it fits a page, and the pairs that are confused most."""
    shipped = shipped_row(report)
    if shipped is None or shipped.scores is None or not shipped.scores.confusion:
        return []
    matrix, names = shipped.scores.confusion, report.labels
    blocks: list[Block] = []
    if len(names) <= FULL_MATRIX_LABELS:
        rows = [[name, *map(str, counts)] for name, counts in zip(names, matrix, strict=True)]
        blocks.append(Table(["label \\ answer", *names], rows))
    pairs = sorted(
        (
            (matrix[true][answer], names[true], names[answer])
            for true in range(len(names))
            for answer in range(len(names))
            if true != answer and matrix[true][answer]
        ),
        key=lambda pair: (-pair[0], pair[1:]),
    )[:CONFUSED_PAIRS]
    if pairs:
        rows = [[true, answer, str(count)] for count, true, answer in pairs]
        blocks.append(Table(["label", "answered as", "texts"], rows))
    blocks.append(Figure(confusion_svg(matrix, names), "rows: label, columns: answer"))
    return blocks


def steps(report: Report) -> list[Block]:
    """How long each step took, and what it measured of itself."""
    rows = [
        [step.name, step.kind, step.method, "reused" if step.cached else minutes(step.seconds)]
        for step in report.steps
    ]
    took = f"This run took {minutes(report.seconds)}"
    memory = f"its largest memory was {megabytes(report.peak_memory_bytes)}."
    blocks: list[Block] = [Table(["step", "kind", "method", "time"], rows)] if rows else []
    blocks.append(Text(f"{took} and {memory}"))
    measured = [
        [step.name, key, value] for step in report.steps for key, value in fact_rows(step.figures)
    ]
    if measured:
        blocks.append(Table(["step", "figure", "value"], measured))
    for step in report.steps:
        blocks += logs(step.figures, f"{step.name}: ")
    return blocks


def speed(found: dict[str, Any]) -> list[Block]:
    """Latency, throughput and memory of the models that were timed, with the machine."""
    benchmark = read_benchmark(found)
    if benchmark is None:
        return []
    blocks: list[Block] = [Text(machine_sentence(benchmark))]
    blocks.append(Table(COLUMNS, timing_rows(benchmark)))
    if benchmark.cold_starts:
        blocks.append(Table(COLD_COLUMNS, cold_start_rows(benchmark)))
    return blocks + [Text(note) for note in benchmark.notes]


def data(summary: dict[str, Any]) -> list[Block]:
    """Sizes, lengths and repetitions of the splits, and how their labels are balanced."""
    if "splits" not in summary:
        return facts(summary)
    splits = summary["splits"]
    overlap = summary.get("overlap", {})
    rows = [
        [
            split,
            f"{found['rows']:,}",
            spread(found["characters"]),
            spread(found["words"]),
            f"{found['duplicates']['near']:,}",
            f"{overlap[split]['near']:,}" if split in overlap else "",
        ]
        for split, found in splits.items()
    ]
    columns = ["split", "texts", "characters", "words", "repeated", "also in train"]
    blocks: list[Block] = [
        Table(columns, rows),
        Text("Lengths are the median, the 95th percentile and the maximum."),
    ]
    labelled = [split for split, found in splits.items() if found["labels"]]
    names = list(splits["train"]["labels"])
    counts = [
        [name, *(f"{splits[split]['labels'].get(name, 0):,}" for split in labelled)]
        for name in names
    ]
    blocks.append(Table(["label", *labelled], counts))
    return blocks + [Text(note) for note in summary.get("notes", [])]


def spread(found: dict[str, int]) -> str:
    """Median, 95th percentile and maximum in one cell."""
    return " / ".join(f"{found[key]:,}" for key in ("p50", "p95", "max"))


def shipped_row(report: Report) -> Row | None:
    """The row of the bundle, or of the last model that there is."""
    found = [row for row in report.rows if row.name == "bundle"] or report.rows[-1:]
    return found[0] if found else None


def as_yaml(recipe: dict[str, Any]) -> str:
    """The recipe as YAML text."""
    yaml = YAML()
    yaml.default_flow_style = False
    stream = io.StringIO()
    yaml.dump(recipe, stream)
    return stream.getvalue()
