"""An ablation as pages: ablation.md and ablation.html."""

from collections.abc import Sequence
from pathlib import Path
from statistics import mean

from edgeft.ablation import NAME, Ablation, Gain, Outcome
from edgeft.report import Row, html, markdown
from edgeft.report.blocks import Block, Figure, Items, Section, Table
from edgeft.report.plots import interval_svg
from edgeft.report.wording import size
from edgeft.writing import write_text

HEADS = ["without", "gain", "95 % interval", "verdict", "time"]
CLEANING = (
    "Cleaning may take validation texts away as well, such as those that test has, too: without it,"
    " others are answered, and the difference is none of the model. Look at test, or clean once,"
    " and let the recipe read what is left."
)


def write(found: Ablation, out: Path) -> None:
    """Write ablation.json, ablation.md and ablation.html into a directory."""
    page = ("What each data lever gives", origin(found), sections(found))
    write_text(out / f"{NAME}.json", found.model_dump_json(indent=1) + "\n")
    write_text(out / f"{NAME}.md", markdown.page(*page))
    write_text(out / f"{NAME}.html", html.page(*page))


def origin(found: Ablation) -> str:
    """What was measured, on what, and how often."""
    values = [each.value for each in found.runs]
    least, most = (of(each.n for each in found.runs) for of in (min, max))
    texts = f"{least:,}" if least == most else f"{least:,} to {most:,}"
    failed = failures(found.runs)
    return (
        f"{found.metric} of the {found.model} on {texts} {found.split} texts,"
        f" {len(values)} seeds: {mean(values):.4f} with everything"
        f" ({min(values):.4f} to {max(values):.4f}{f'; {failed}' if failed else ''}),"
        f" edgeft {found.edgeft}"
    )


def sections(found: Ablation) -> list[Section]:
    """The gains as a drawing and a table, every run, and how to read them."""
    cleans = not all(each.same_texts for each in found.gains)
    gains: list[Block] = [
        Figure(
            interval_svg([row(each, found) for each in found.gains]),
            f"How much {found.metric} each lever gives, with its 95 % interval: right of 0 it"
            " helps, left of it it harms.",
        ),
        Table(HEADS, rows(found)),
        Items(
            [
                "A gain is the metric with the lever less that without it, in runs of one seed;"
                " its interval is Student's t over the seeds, and of a share at least one text to"
                " either side. More seeds make it narrower. Other texts might say otherwise, which"
                " it does not count.",
                "All is measured on validation: levers that were chosen by test would make its"
                " figure too good. The table of the runs shows test beside it.",
                *[CLEANING] * cleans,
                "The recipe keeps all other levers while one is left out: two that do the same"
                " may each seem to give nothing.",
                "Time is what the lever adds to a run; of several seeds the first is left out, for"
                " what all runs use is computed in it.",
            ]
        ),
    ]
    runs = Table(
        ["run", *(f"seed {each.seed}" for each in found.runs)],
        [
            ["everything", *map(cell, found.runs)],
            *([f"without {gain.lever}", *map(cell, gain.runs)] for gain in found.gains),
        ],
    )
    return [Section("Gains", gains), Section("Runs", [runs])]


def rows(found: Ablation) -> list[list[str]]:
    """A line a lever, as HEADS name its cells."""
    return [
        [
            gain.lever,
            f"{gain.gain:+.4f}",
            f"{gain.interval[0]:+.4f} to {gain.interval[1]:+.4f}",
            "; ".join(filter(None, [gain.verdict, failures(gain.runs)])),
            f"{gain.seconds:+.0f} s",
        ]
        for gain in found.gains
    ]


def failures(runs: Sequence[Outcome]) -> str:
    """How many of the runs failed a gate or a budget; empty where none did."""
    failed = sum(not each.passed for each in runs)
    return f"{failed} of {len(runs)} failed their gates" if failed else ""


def row(gain: Gain, found: Ablation) -> Row:
    """A gain as the drawing of intervals takes it."""
    return Row(
        name=gain.lever,
        what=gain.what,
        split=found.split,
        metric=found.metric,
        value=gain.gain,
        n=found.runs[0].n,
        interval=gain.interval,
    )


def cell(run: Outcome) -> str:
    """What one run came to, and whether it may ship."""
    left = size(run.size_bytes) if run.size_bytes else run.model
    test = "" if run.test is None else f" (test {run.test:.4f})"
    return f"{run.value:.4f}{test}, {left}" + ("" if run.passed else ", gate failed")
