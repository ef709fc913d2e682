"""Drawings of a report as inline SVG text: no plotting package, no network, any browser."""

from html import escape

from edgeft.report import Attempt, Row

INK = "#1f2933"
FAINT = "#cbd2d9"
BLUE = "#2b6cb0"
FONT = 'font-family="system-ui, sans-serif"'
LETTER_WIDTH = 7
LARGEST_DISC = 22
"""radius of the disc of the largest file"""


def interval_svg(rows: list[Row]) -> str:
    """A line a model: a dot at its metric, a bar over its interval."""
    line_height, left, width, margin = 28, 120, 640, 60
    low, high = bounds(rows)
    span = width - left - margin
    height = line_height * len(rows) + 34

    def x(value: float) -> float:
        return left + (value - low) / (high - low) * span

    parts = []
    for tick in range(5):
        value = low + (high - low) * tick / 4
        parts.append(
            f'<line x1="{x(value):.1f}" x2="{x(value):.1f}" y1="6" y2="{height - 24}"'
            f' stroke="{FAINT}"/>'
            f'<text x="{x(value):.1f}" y="{height - 8}" text-anchor="middle">{value:.3f}</text>'
        )
    for number, row in enumerate(rows):
        y = line_height * number + 20
        start, end = row.interval or (row.value, row.value)
        parts.append(
            f'<text x="{left - 12}" y="{y + 4}" text-anchor="end">{escape(row.name)}</text>'
            f'<line x1="{x(start):.1f}" x2="{x(end):.1f}" y1="{y}" y2="{y}"'
            f' stroke="{BLUE}" stroke-width="3"/>'
            f'<circle cx="{x(row.value):.1f}" cy="{y}" r="5" fill="{BLUE}"/>'
            f'<text x="{x(end) + 10:.1f}" y="{y + 4}">{row.value:.3f}</text>'
        )
    return svg(width, height, parts)


def frontier_svg(
    attempts: list[Attempt], *, limit: float | None = None, longest: float | None = None
) -> str:
    """A disc a student: its metric over its latency, its area the size of its file.

    The chosen one is filled. Dashed lines are the metric at which the gates end (`limit`) and the
    longest latency that is allowed (`longest`, milliseconds).
    """
    drawn = [each for each in attempts if each.value is not None and each.p50_ms]
    left, top, width, height = 60, 16, 640, 320
    right, bottom = width - 110, height - 44
    slowest = max([each.p50_ms or 0 for each in drawn] + [longest or 0]) * 1.15
    values = [each.value or 0 for each in drawn] + ([] if limit is None else [limit])
    air = max((max(values) - min(values)) * 0.15, 0.005)
    low, high = min(values) - air, max(values) + air
    largest = max(each.size_bytes or 1 for each in drawn)

    def x(milliseconds: float) -> float:
        return left + milliseconds / slowest * (right - left)

    def y(value: float) -> float:
        return bottom - (value - low) / (high - low) * (bottom - top)

    parts = [
        f'<text x="{(left + right) / 2:.1f}" y="{height - 6}" text-anchor="middle">'
        "median ms for one text; the area of a disc is the size of its file</text>"
    ]
    for tick in range(5):
        value, time = low + (high - low) * tick / 4, slowest * tick / 4
        parts.append(
            f'<line x1="{left}" x2="{right}" y1="{y(value):.1f}" y2="{y(value):.1f}"'
            f' stroke="{FAINT}"/>'
            f'<text x="{left - 8}" y="{y(value) + 4:.1f}" text-anchor="end">{value:.3f}</text>'
            f'<text x="{x(time):.1f}" y="{bottom + 18}" text-anchor="middle">{time:.3g}</text>'
        )
    if limit is not None:
        parts.append(dashed(left, right, y(limit), y(limit)))
    if longest is not None:
        parts.append(dashed(x(longest), x(longest), top, bottom))
    for each in sorted(drawn, key=lambda each: -(each.size_bytes or 0)):
        across, down = x(each.p50_ms or 0), y(each.value or 0)
        radius = LARGEST_DISC * ((each.size_bytes or 0) / largest) ** 0.5
        opacity = 0.9 if each.outcome == "chosen" else 0.3
        parts.append(
            f'<circle cx="{across:.1f}" cy="{down:.1f}" r="{radius:.1f}" fill="{BLUE}"'
            f' fill-opacity="{opacity}" stroke="{BLUE}"><title>{escape(each.what)}</title></circle>'
            f'<text x="{across + radius + 4:.1f}" y="{down + 4:.1f}">{escape(each.name)}</text>'
        )
    return svg(width, height, parts)


def dashed(x1: float, x2: float, y1: float, y2: float) -> str:
    """A dashed line at a budget."""
    return (
        f'<line x1="{x1:.1f}" x2="{x2:.1f}" y1="{y1:.1f}" y2="{y2:.1f}" stroke="{INK}"'
        ' stroke-dasharray="4 4"/>'
    )


def confusion_svg(matrix: list[list[int]], names: list[str]) -> str:
    """A heat map of a confusion matrix: each row shaded by its share of the label's texts."""
    cell = max(6, min(28, 560 // max(1, len(names))))
    longest = min(24, max(len(name) for name in names))
    left = longest * LETTER_WIDTH + 12 if cell >= 12 else 12
    parts = []
    for true, counts in enumerate(matrix):
        total = max(1, sum(counts))
        if cell >= 12:
            parts.append(
                f'<text x="{left - 6}" y="{true * cell + cell * 0.7:.1f}" text-anchor="end">'
                f"{escape(names[true][:24])}</text>"
            )
        for answer, count in enumerate(counts):
            title = f"{names[true]} answered as {names[answer]}: {count}"
            parts.append(
                f'<rect x="{left + answer * cell}" y="{true * cell}" width="{cell}"'
                f' height="{cell}" fill="{BLUE}" fill-opacity="{count / total:.3f}"'
                f' stroke="{FAINT}" stroke-width="0.5"><title>{escape(title)}</title></rect>'
            )
    return svg(left + cell * len(names) + 8, cell * len(matrix) + 8, parts)


def bounds(rows: list[Row]) -> tuple[float, float]:
    """The ends of the axis: all intervals, and a little air."""
    low = min((row.interval or (row.value,))[0] for row in rows)
    high = max((row.interval or (row.value,))[-1] for row in rows)
    air = max((high - low) * 0.1, 0.005)
    return low - air, high + air


def svg(width: int, height: int, parts: list[str]) -> str:
    """The parts as one SVG element."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}"'
        f' width="{width}" height="{height}" {FONT} font-size="12" fill="{INK}" role="img">'
        f"{''.join(parts)}</svg>"
    )
