"""A benchmark as a picture: a bar a subject up to its p50, a whisker to its p99."""

from pathlib import Path

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from edgeft.benchmark.markdown import digits, setting_title, settings
from edgeft.benchmark.records import Benchmark, Row

BAR = "#2f6fb2"
WHISKER = "#5f6570"


def draw(benchmark: Benchmark, path: Path) -> None:
    """Write the picture as PNG: one panel a setting, milliseconds on a logarithmic scale."""
    panels = settings(benchmark)
    height = sum(0.45 * len(rows) + 1.1 for rows in panels)
    with mpl.rc_context({"font.size": 9, "axes.spines.top": False, "axes.spines.right": False}):
        figure = Figure(figsize=(8, height + 0.6), layout="constrained")
        axes = figure.subplots(
            len(panels), squeeze=False, height_ratios=[len(rows) + 1.5 for rows in panels]
        )
        for panel, rows in zip(axes[:, 0], panels, strict=True):
            draw_setting(panel, rows)
        axes[-1, 0].set_xlabel("milliseconds a call: bar to p50, line to p99")
        figure.suptitle(
            f"{benchmark.machine.cpu}, {benchmark.texts.n:,} texts, {benchmark.machine.date[:10]}",
            fontsize=9,
        )
        figure.savefig(path, dpi=150, format="png")


def draw_setting(axes: Axes, rows: list[Row]) -> None:
    """One panel, the first subject at the top."""
    for place, row in enumerate(rows):
        p50, p99 = row.total.p50_ms, row.total.p99_ms
        axes.barh(place, p50, color=BAR, height=0.6)
        axes.plot([p50, p99], [place, place], color=WHISKER, linewidth=1.5)
        axes.plot(p99, place, marker="|", color=WHISKER, markersize=9)
        times = f"  ({digits(row.ratio.value)} ×)" if place else ""
        axes.text(p99, place, f"  {digits(p50)} ms{times}", va="center", ha="left")
    axes.set_xscale("log")
    fastest = min(row.total.p50_ms for row in rows)
    slowest = max(row.total.p99_ms for row in rows)
    axes.set_xlim(fastest / 3, slowest * 4)
    axes.set_yticks(range(len(rows)), [row.subject for row in rows])
    axes.invert_yaxis()
    axes.set_title(setting_title(rows[0]), loc="left", fontsize=9)
