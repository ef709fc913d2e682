"""A benchmark as a picture: a dot a subject at its p50, a line from there to its p99."""

import warnings
from pathlib import Path

import matplotlib as mpl
from matplotlib import font_manager
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter

from edgeft.benchmark.markdown import digits, setting_title, settings
from edgeft.benchmark.records import Benchmark, Row

DOT = "#2f6fb2"
LINE = "#5f6570"
FAMILIES = (
    "DejaVu Sans", "Noto Sans CJK SC", "Noto Sans CJK JP", "WenQuanYi Zen Hei",
    "Droid Sans Fallback", "PingFang SC", "Hiragino Sans", "Microsoft YaHei", "Yu Gothic",
    "Malgun Gothic", "Noto Sans Thai", "Leelawadee UI", "Arial Unicode MS",
)  # fmt: skip
"""fonts for names in any script, each for what those before it lack"""
BOXES = "Last Resort"
"""in the name of fonts that draw a box for every character"""


def draw(benchmark: Benchmark, path: Path) -> str:
    """Write the picture as PNG: one panel a setting, milliseconds on a logarithmic scale.

    Returns the characters that no font here has, sorted: they are boxes in the picture.
    """
    panels = settings(benchmark)
    chosen, boxes = families("".join(row.subject for rows in panels for row in rows))
    height = sum(0.45 * len(rows) + 1.1 for rows in panels)
    style = {"font.size": 9, "axes.spines.top": False, "axes.spines.right": False}
    with mpl.rc_context(style | {"font.family": chosen}), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph")  # those of `boxes`
        figure = Figure(figsize=(8, height + 0.6), layout="constrained")
        axes = figure.subplots(
            len(panels), squeeze=False, height_ratios=[len(rows) + 1.5 for rows in panels]
        )
        for panel, rows in zip(axes[:, 0], panels, strict=True):
            draw_setting(panel, rows)
        axes[-1, 0].set_xlabel("milliseconds a call: dot at p50, line to p99")
        figure.suptitle(
            f"{benchmark.machine.cpu}, {benchmark.texts.n:,} texts, {benchmark.machine.date[:10]}",
            fontsize=9,
        )
        figure.savefig(path, dpi=150, format="png")
    return boxes


def families(text: str) -> tuple[list[str], str]:
    """Fonts of this machine for a text, and those of its characters that none has, sorted.

    The first comes with matplotlib; fonts that are not listed are taken for what these lack.
    """
    here = [each for each in font_manager.fontManager.ttflist if BOXES not in each.name]
    found = [name for name in FAMILIES if any(each.name == name for each in here)]
    left = set(text) - {" "}
    listed = [each for each in here if each.name in found and each.style == "normal"]
    for font in (*listed, *here):
        if not left:
            break
        known = {chr(code) for code in font_manager.get_font(font.fname).get_charmap()}
        if font.name not in found and left & known:
            found.append(font.name)
        left -= known
    return found, "".join(sorted(left))


def draw_setting(axes: Axes, rows: list[Row]) -> None:
    """One panel, the first subject at the top."""
    for place, row in enumerate(rows):
        p50, p99 = row.total.p50_ms, row.total.p99_ms
        axes.plot([p50, p99], [place, place], color=LINE, linewidth=1.5)
        axes.plot(p99, place, marker="|", color=LINE, markersize=9)
        axes.plot(p50, place, marker="o", color=DOT, markersize=7)
        times = f"  ({digits(row.ratio.value)} ×)" if place else ""
        axes.text(p99, place, f"  {digits(p50)} ms{times}", va="center", ha="left")
    axes.set_xscale("log")
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:g}")
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.grid(axis="x", which="major", color="#d5d8dd", linewidth=0.8)
    axes.set_axisbelow(True)
    fastest = min(row.total.p50_ms for row in rows)
    slowest = max(row.total.p99_ms for row in rows)
    axes.set_xlim(fastest / 3, slowest * 4)
    axes.set_yticks(range(len(rows)), [row.subject for row in rows])
    axes.set_ylim(-0.6, len(rows) - 0.4)
    axes.invert_yaxis()
    axes.set_title(setting_title(rows[0]), loc="left", fontsize=9)
