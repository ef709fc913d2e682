"""How figures are written in reports and model cards: one way each, with their units."""

from typing import Any

LONGEST_LIST = 12


def heading(task: str, kinds: int, called: str = "labels") -> str:
    """What a model does, and among how many labels, or types, it chooses, if it does."""
    return f"{task}: {kinds} {called}" if kinds > 1 else task


def figure(value: float | None) -> str:
    """A metric to three decimals; an empty string for none."""
    return "" if value is None else f"{value:.3f}"


def interval(bounds: tuple[float, float] | list[float] | None) -> str:
    """Two bounds to three decimals; an empty string for none."""
    return "" if bounds is None else f"{bounds[0]:.3f} to {bounds[1]:.3f}"


def size(count: int | None) -> str:
    """Bytes as kB below 0.1 MB, as MB, or as GB: powers of ten; an empty string for none."""
    if count is None:
        return ""
    if count < 1e5:
        return f"{count / 1e3:.1f} kB"
    return f"{count / 1e9:.2f} GB" if count >= 1e9 else f"{count / 1e6:.1f} MB"


def milliseconds(value: float | None) -> str:
    """Milliseconds to three significant digits; an empty string for none."""
    return "" if value is None else f"{significant(value)} ms"


def minutes(seconds: float) -> str:
    """Seconds as a person would say them: 4.2 s, 3 min 20 s, 1 h 5 min."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def significant(value: float) -> str:
    """Three significant digits without an exponent where that is readable."""
    if value == 0 or 1e-4 <= abs(value) < 1e6:
        digits = f"{value:#.3g}"
        return f"{float(digits):,.0f}" if "e" in digits else digits.rstrip(".")
    return f"{value:.2e}"


def leaf(value: Any) -> str:
    """One value of a mapping, as a reader would write it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return significant(value)
    if isinstance(value, (list, tuple)):
        shown = ", ".join(leaf(each) for each in value[:LONGEST_LIST])
        return f"{shown}, ... ({len(value):,} in all)" if len(value) > LONGEST_LIST else shown
    return str(value)
