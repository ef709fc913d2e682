"""Drawings of a report as inline SVG text: no plotting package, no network, any browser."""

from html import escape
from unicodedata import east_asian_width

from edgeft.report import Row
from edgeft.report.axes import ends, marks

INK = "#1f2933"
FAINT = "#cbd2d9"
BLUE = "#2b6cb0"
COLOURS = (BLUE, "#c05621", "#2f855a", "#6b46c1", "#b83280", "#4a5568")
FONT = 'font-family="system-ui, sans-serif"'
LETTER_WIDTH = 7
WIDE = 12
"""what a Chinese, Japanese or Korean character takes"""
LONGEST = 24
"""characters of a label beside a matrix"""


def interval_svg(rows: list[Row]) -> str:
    """A line a model: a dot at its metric, a bar over its interval."""
    line_height, width, margin = 28, 640, 60
    left = max(120, max(width_of(row.name) for row in rows) + 24)
    low, high = ends([edge for row in rows for edge in (row.interval or (row.value,))])
    span = width - left - margin
    height = line_height * len(rows) + 34

    def x(value: float) -> float:
        return left + (value - low) / (high - low) * span

    parts = []
    for value, written in marks(low, high):
        parts.append(
            f'<line x1="{x(value):.1f}" x2="{x(value):.1f}" y1="6" y2="{height - 24}"'
            f' stroke="{FAINT}"/>'
            f'<text x="{x(value):.1f}" y="{height - 8}" text-anchor="middle">{written}</text>'
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


def curves_svg(lines: dict[str, list[tuple[float, float]]], *, least: float = 0.0) -> str:
    """A line for each name through its points (x, y), with the last value beside it.

    Marks of x lie no closer than `least`: 1 where nothing lies between whole numbers.
    """
    width, height, left, right, low_edge = 640, 260, 50, 210, 30
    points = [point for line in lines.values() for point in line]
    most = max(x for x, _ in points)
    low, high = ends([y for _, y in points])

    def place(x: float, y: float) -> tuple[float, float]:
        across = (width - left - right) * x / most
        return left + across, 10 + (height - 10 - low_edge) * (high - y) / (high - low)

    parts = []
    for value, written in marks(low, high):
        y = place(0, value)[1]
        parts.append(
            f'<line x1="{left}" x2="{width - right}" y1="{y:.1f}" y2="{y:.1f}" stroke="{FAINT}"/>'
            f'<text x="{left - 8}" y="{y + 4:.1f}" text-anchor="end">{written}</text>'
        )
    parts += [
        f'<text x="{place(value, low)[0]:.1f}" y="{height - 8}" text-anchor="middle">{written}'
        "</text>"
        for value, written in marks(0, most, least=least)
    ]
    names = sorted(lines, key=lambda name: -lines[name][-1][1])
    for number, name in enumerate(names):
        colour = COLOURS[number % len(COLOURS)]
        found = [place(*point) for point in lines[name]]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in found)
        y = 20 + 18 * number
        parts.append(
            f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>'
            f'<text x="{width - right + 12}" y="{y}" fill="{colour}">'
            f"{escape(name)} {lines[name][-1][1]:.3f}</text>"
        )
        parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>' for x, y in found]
    return svg(width, max(height, 40 + 18 * len(names)), parts)


def confusion_svg(matrix: list[list[int]], names: list[str]) -> str:
    """A heat map of a confusion matrix: each row shaded by its share of the label's texts."""
    cell = max(6, min(28, 560 // max(1, len(names))))
    left = max(width_of(name[:LONGEST]) for name in names) + 12 if cell >= 12 else 12
    parts = []
    for true, counts in enumerate(matrix):
        total = max(1, sum(counts))
        if cell >= 12:
            parts.append(
                f'<text x="{left - 6}" y="{true * cell + cell * 0.7:.1f}" text-anchor="end">'
                f"{escape(names[true][:LONGEST])}</text>"
            )
        for answer, count in enumerate(counts):
            title = f"{names[true]} answered as {names[answer]}: {count}"
            parts.append(
                f'<rect x="{left + answer * cell}" y="{true * cell}" width="{cell}"'
                f' height="{cell}" fill="{BLUE}" fill-opacity="{count / total:.3f}"'
                f' stroke="{FAINT}" stroke-width="0.5"><title>{escape(title)}</title></rect>'
            )
    return svg(left + cell * len(names) + 8, cell * len(matrix) + 8, parts)


def width_of(name: str) -> int:
    """About how wide a name is, in pixels at the size that drawings are written in."""
    return sum(WIDE if east_asian_width(each) in "WF" else LETTER_WIDTH for each in name)


def svg(width: int, height: int, parts: list[str]) -> str:
    """The parts as one SVG element."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}"'
        f' width="{width}" height="{height}" {FONT} font-size="12" fill="{INK}" role="img">'
        f"{''.join(parts)}</svg>"
    )
