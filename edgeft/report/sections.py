"""What a report says, in which order: titled sections of texts, tables, figures and code.

`edgeft.report.markdown` and `edgeft.report.html` decide how that looks.
"""

import io
from typing import Any

from ruamel.yaml import YAML

from edgeft.report import Report, Row
from edgeft.report.advice import advice
from edgeft.report.blocks import Block, Code, Figure, Items, Section, Table, Text
from edgeft.report.budgets import attempts, budgets
from edgeft.report.cautions import cautions
from edgeft.report.choice import choice
from edgeft.report.confidence import confidence
from edgeft.report.confusions import confusions, labels
from edgeft.report.costs import costs, steps
from edgeft.report.dataset import dataset
from edgeft.report.doubtful import doubtful
from edgeft.report.learning import learning
from edgeft.report.mistakes import mistakes
from edgeft.report.plots import interval_svg
from edgeft.report.speed import (
    COLD_COLUMNS,
    COLUMNS,
    cold_start_rows,
    machine_sentence,
    read_benchmark,
    timing_rows,
)
from edgeft.report.wording import figure, heading, interval, milliseconds, size


def title(report: Report) -> str:
    """The task, and how many labels its training texts have: of parts, how many types of them."""
    if report.answer == "span":  # whose outputs have names, too
        return report.task
    counted = report.data.get("splits", {}).get("train", {}).get("labels")
    called = "types" if report.answer == "spans" else "labels"
    return heading(report.task, len(counted or report.labels), called)


def origin(report: Report) -> str:
    """What the run started from, and what made it when."""
    made = f"Made by edgeft {report.edgeft} on {report.created}"
    base = report.recipe.get("base")
    train = report.data.get("splits", {}).get("train")
    return f"{made} from {base} and {train['rows']:,} training texts." if train else f"{made}."


def sections(report: Report) -> list[Section]:
    """Everything that a report says, most wanted first; sections without content are left out."""
    found = cautions(report)
    candidates = [
        Section("Result", result(report)),
        Section("Before you rely on it", [Items(found)] if found else []),
        Section("What each step cost", costs(report)),
        Section("Old texts", old_texts(report)),
        Section("Budgets", budgets(report.budgets)),
        Section("Students tried", attempts(report)),
        Section("Chosen variant", choice(report.choice)),
        Section("Speed", speed(report.benchmark)),
        Section("What next", advice(report)),
        Section("Answered or not" if report.answer == "span" else "Labels", labels(report)),
        Section("Confusions", confusions(report)),
        Section("Confidence", confidence(report)),
        Section("Mistakes", mistakes(report)),
        Section("Likely label errors", doubtful(report)),
        Section("Learning", learning(report)),
        Section("Data", dataset(report.data)),
        Section("What each step measured", steps(report)),
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
    blocks += [Text(note) for note in [*other_metrics(report), *notes]]
    blocks.append(Figure(interval_svg(report.rows), f"{report.rows[0].metric}, 95 % interval"))
    return blocks


def other_metrics(report: Report) -> list[str]:
    """What else was measured of what ships, in a sentence."""
    shipped = report.shipped
    if shipped is None or shipped.scores is None:
        return []
    others = {
        name: value for name, value in shipped.scores.metrics.items() if name != shipped.metric
    }
    told = ", ".join(f"{name} {figure(value)}" for name, value in others.items())
    return [f"Of the {shipped.name} also: {told}."] if told else []


def old_texts(report: Report) -> list[Block]:
    """What became of what an earlier model knew."""
    if not report.old_texts:
        return []
    metric, split = report.old_texts[0].metric, report.old_texts[0].split
    return [
        Text(
            f"The held-out texts ({split}) of the data that the model before this run was trained"
            " on, answered by it and by what was made of it, with all labels to choose from."
        ),
        Table(
            ["model", metric, "95 % interval", "texts", "data"],
            [
                [each.model, figure(each.value), interval(each.interval), f"{each.n:,}", each.data]
                for each in report.old_texts
            ],
        ),
    ]


def model_row(row: Row) -> list[str]:
    return [
        row.name,
        figure(row.value),
        interval(row.interval),
        f"{row.n:,}",
        size(row.size_bytes),
        milliseconds(row.p50_ms),
        row.what,
    ]


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


def as_yaml(recipe: dict[str, Any]) -> str:
    """The recipe as YAML text."""
    yaml = YAML()
    yaml.default_flow_style = False
    stream = io.StringIO()
    yaml.dump(recipe, stream)
    return stream.getvalue()
