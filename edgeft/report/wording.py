"""How figures are written in reports and model cards: one way each, with their units."""

from collections.abc import Iterator
from typing import Any

LONGEST_LIST = 12


def figure(value: float | None) -> str:
    """A metric to three decimals; an empty string for none."""
    return "" if value is None else f"{value:.3f}"


def interval(bounds: tuple[float, float] | list[float] | None) -> str:
    """Two bounds to three decimals; an empty string for none."""
    return "" if bounds is None else f"{bounds[0]:.3f} to {bounds[1]:.3f}"


def megabytes(size: int | None) -> str:
    """Bytes as megabytes of 10^6, or gigabytes of 10^9; an empty string for none."""
    if size is None:
        return ""
    return f"{size / 1e9:.2f} GB" if size >= 1e9 else f"{size / 1e6:.1f} MB"


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


def fact_rows(found: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Yield (dotted key, value) for every leaf of a nested mapping, in its order; logs apart."""
    for key, value in found.items():
        name = f"{prefix}{key}"
        if isinstance(value, dict):
            yield from fact_rows(value, f"{name}.")
        elif is_log(value):
            continue
        elif value not in (None, "", []):
            yield name, leaf(value)


def fact_logs(
    found: dict[str, Any], prefix: str = ""
) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Yield (dotted key, entries) for every log in a nested mapping."""
    for key, value in found.items():
        if isinstance(value, dict):
            yield from fact_logs(value, f"{prefix}{key}.")
        elif is_log(value):
            yield f"{prefix}{key}", value


def is_log(value: Any) -> bool:
    """Whether a value is a list of mappings, such as one for each epoch."""
    return isinstance(value, list) and bool(value) and all(isinstance(each, dict) for each in value)


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
