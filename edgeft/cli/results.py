"""How results are shown on stdout: JSON for scripts, aligned columns for people."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from edgeft.columns import columns_of, padded
from edgeft.processes import is_main

if TYPE_CHECKING:
    from edgeft.artifacts import Artifact
    from edgeft.report import Report
    from edgeft.tasks import Scores

FEW_LABELS = 12
"""labels up to which a confusion matrix fits a terminal"""


def show_json(found: object) -> None:
    """Print one JSON document."""
    typer.echo(json.dumps(found, ensure_ascii=False, indent=1, default=str))


def show_table(rows: Sequence[Sequence[str]], *, indent: str = "", err: bool = False) -> None:
    """Print rows in aligned columns, to stderr with `err`; the last may be of any length."""
    widths = [max(map(columns_of, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = [padded(cell, width) for cell, width in zip(row, widths, strict=True)]
        typer.echo((indent + "  ".join(cells)).rstrip(), err=err)


def show_artifact(made: "Artifact[Any]", as_json: bool) -> None:
    """Print what a step wrote: where it stands and what the step measured of itself.

    In a distributed run only the main process prints.
    """
    if not is_main():
        return
    record = made.manifest.history[-1]
    if as_json:
        show_json({"path": made.path, "digest": made.digest, **record.model_dump(mode="json")})
        return
    typer.echo(f"{made.path}: {made.manifest.kind}, {size(made.size_bytes)}, {record.seconds:g} s")
    rows = [(name, figure(value)) for name, value in record.figures.items() if is_short(value)]
    if rows:
        show_table(rows, indent="  ")


def show_report(report: "Report", out: Path) -> None:
    """Print what a run found: its rows, gates, verdict and cautions, and where everything lies."""
    from edgeft.report.cautions import cautions

    metric = report.rows[0].metric if report.rows else ""
    show_table(
        [
            ("", metric, "95 % interval", "n", "size", "p50"),
            *(
                (
                    row.name,
                    f"{row.value:.4f}",
                    f"{row.interval[0]:.4f} to {row.interval[1]:.4f}" if row.interval else "",
                    str(row.n),
                    size(row.size_bytes) if row.size_bytes else "",
                    f"{row.p50_ms:.3g} ms" if row.p50_ms else "",
                )
                for row in report.rows
            ),
        ]
    )
    for gate in report.gates:
        typer.echo(
            f"gate {gate.step}: {gate.metric} {gate.reference:.4f} to {gate.candidate:.4f} on"
            f" {gate.n} validation texts (allowed drop {gate.allowed:g}):"
            f" {'passed' if gate.passed else 'FAILED'}{f', {gate.note}' if gate.note else ''}"
        )
    for tried in report.attempts:
        typer.echo(f"student {tried.name}: {tried.outcome}, {tried.reason}")
    for budget in report.budgets:
        typer.echo(
            f"budget {budget.budget}: {budget.measured:.3g} of {budget.allowed:g} {budget.unit}"
        )
    typer.echo(f"\n{report.verdict}\n")
    for caution in cautions(report):
        typer.echo(f"note: {caution}")
    if (out / "bundle").is_dir():
        typer.echo(f"bundle: {out / 'bundle'}")
    typer.echo(f"report: {out / 'report.md'}")


def show_scores(scores: "Scores", split: str) -> None:
    """Print every metric with its interval, every class, and a small confusion matrix."""
    for name, value in scores.metrics.items():
        interval = scores.intervals.get(name)
        spread = f" (95 % interval {interval[0]:.4f} to {interval[1]:.4f})" if interval else ""
        typer.echo(f"{name} {value:.4f}{spread} on {scores.n} {split} texts")
    if not scores.per_class:
        return
    columns = list(scores.per_class[0])
    typer.echo("")
    show_table([columns, *([figure(each[name]) for name in columns] for each in scores.per_class)])
    names = [str(each["label"]) for each in scores.per_class]
    if 0 < len(scores.confusion) <= FEW_LABELS:
        typer.echo("\nhow often each label (row) was answered as which (column):")
        show_table(
            [
                ["", *names],
                *(
                    [name, *map(str, counts)]
                    for name, counts in zip(names, scores.confusion, strict=True)
                ),
            ]
        )


def is_short(value: object) -> bool:
    """Whether a figure says something in a line; all stand in the edgeft.json of the artifact."""
    said = value is not None and value is not False
    return said and not isinstance(value, dict | list | tuple)


def figure(value: object) -> str:
    """A figure for a reader."""
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def size(count: float) -> str:
    """A number of bytes for a reader."""
    for unit in ("bytes", "kB", "MB"):
        if count < 999.5:
            return f"{count:.3g} {unit}" if unit != "bytes" else f"{count:.0f} bytes"
        count /= 1000
    return f"{count:.3g} GB"
