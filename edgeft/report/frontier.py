"""The students of a search as inline SVG: metric over latency, size as area, budgets as lines."""

import math
from html import escape

from edgeft.report import Attempt
from edgeft.report.axes import ends, marks
from edgeft.report.plots import BLUE, FAINT, INK, svg, width_of
from edgeft.report.wording import size

LEFT, RIGHT, TOP, BOTTOM = 64, 520, 36, 300
WIDTH, HEIGHT = 660, 344
LARGEST_DISC = 22
"""radius of the disc of the largest file; also the room that is left above the axis"""
LINE = 14
"""pixels from one name to the next below it"""


def frontier_svg(
    attempts: list[Attempt],
    *,
    limit: float | None = None,
    longest: float | None = None,
    largest: int | None = None,
) -> str:
    """A disc a measured student: its metric over its latency, its area the size of its file.

    The chosen one is filled. Dashed are the budgets: the metric at which the gates end (`limit`),
    the longest latency (`longest`, milliseconds), and beside the drawing the disc of the largest
    file (`largest`, bytes).
    """
    slowest = max([each.p50_ms or 0 for each in attempts] + [longest or 0]) * 1.15
    levels = [each.value or 0 for each in attempts] + ([] if limit is None else [limit])
    low, high = ends(levels, share=0.15)
    heaviest = max([each.size_bytes or 1 for each in attempts] + [largest or 1])

    def x(milliseconds: float) -> float:
        return LEFT + milliseconds / slowest * (RIGHT - LEFT)

    def y(value: float) -> float:
        return BOTTOM - (value - low) / (high - low) * (BOTTOM - TOP)

    def radius(count: int | None) -> float:
        return LARGEST_DISC * math.sqrt((count or 0) / heaviest)

    parts = [
        label((LEFT + RIGHT) / 2, HEIGHT - 6, "median ms for one text", anchor="middle"),
        label(LEFT - 8, 12, attempts[0].metric, anchor="end"),
        label(RIGHT + 20, 12, "area: size of the file"),
    ]
    for value, written in marks(low, high):
        parts.append(
            f'<line x1="{LEFT}" x2="{RIGHT}" y1="{y(value):.1f}" y2="{y(value):.1f}"'
            f' stroke="{FAINT}"/>'
        )
        parts.append(label(LEFT - 8, y(value) + 4, written, anchor="end"))
    for time, written in marks(0.0, slowest):
        parts.append(label(x(time), BOTTOM + 18, written, anchor="middle"))
    if limit is not None:
        parts.append(dashed(LEFT, RIGHT, y(limit), y(limit)))
        parts.append(label(RIGHT + 4, y(limit) + 4, f"at least {limit:.3f}"))
    if longest is not None:
        parts.append(dashed(x(longest), x(longest), TOP - 12, BOTTOM))
        parts.append(label(x(longest), TOP - 16, f"at most {longest:g} ms", anchor="middle"))
    if largest is not None:
        across, down = RIGHT + 44, BOTTOM - LARGEST_DISC
        parts.append(
            f'<circle cx="{across}" cy="{down}" r="{radius(largest):.1f}" fill="none"'
            f' stroke="{INK}" stroke-dasharray="4 4"/>'
        )
        parts.append(label(RIGHT + 4, BOTTOM + 18, f"at most {largest / 1e6:g} MB"))
    for each in sorted(attempts, key=lambda each: -(each.size_bytes or 0)):
        parts.append(
            f'<circle cx="{x(each.p50_ms or 0):.1f}" cy="{y(each.value or 0):.1f}"'
            f' r="{radius(each.size_bytes):.1f}" fill="{BLUE}"'
            f' fill-opacity="{0.9 if each.outcome == "chosen" else 0.2}" stroke="{BLUE}">'
            f"<title>{escape(f'{each.what}, {size(each.size_bytes)}')}</title></circle>"
        )
    taken: list[tuple[float, float, float]] = []
    for each in sorted(attempts, key=lambda each: -(each.value or 0)):
        chosen = each.outcome == "chosen"
        written = f"{each.name} (chosen)" if chosen else each.name
        start = x(each.p50_ms or 0) + radius(each.size_bytes) + 4
        place = free_line(y(each.value or 0) + 4, start, start + width_of(written), taken)
        parts.append(label(start, place, written, weight="bold" if chosen else "normal"))
    return svg(WIDTH, HEIGHT, parts)


def free_line(
    down: float, start: float, end: float, taken: list[tuple[float, float, float]]
) -> float:
    """Where a name from `start` to `end` stands on no other: at `down`, or below it.

    Adds it to `taken`, the names that stand already as (down, start, end).
    """
    for line, first, last in sorted(taken):
        if start < last and first < end and abs(down - line) < LINE:
            down = line + LINE
    taken.append((down, start, end))
    return down


def label(x: float, y: float, text: str, *, anchor: str = "start", weight: str = "normal") -> str:
    """A line of text, legible on a disc; `anchor` says which part of it stands at x."""
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-weight="{weight}"'
        f' paint-order="stroke" stroke="white" stroke-width="3">{escape(text)}</text>'
    )


def dashed(x1: float, x2: float, y1: float, y2: float) -> str:
    """A dashed line at a budget."""
    return (
        f'<line x1="{x1:.1f}" x2="{x2:.1f}" y1="{y1:.1f}" y2="{y2:.1f}" stroke="{INK}"'
        ' stroke-dasharray="4 4"/>'
    )
