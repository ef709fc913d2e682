"""How much is done, how fast and for how long, for a reader."""

SHORT = 1.0
"""seconds of work that nobody has to be told about when it is done"""


def shown(figures: dict[str, float]) -> list[str]:
    """Figures for a reader, such as `loss 0.312`."""
    return [f"{name} {value:.4g}" for name, value in figures.items()]


def counted(done: float, total: float | None, unit: str) -> str:
    """How much is done for a reader: `1,200/4,000 texts`."""
    amount = f"{done:,.0f}" if total is None else f"{done:,.0f}/{total:,.0f}"
    if (done if total is None else total) == 1:
        unit = unit.removesuffix("s")
    return f"{amount} {unit}".rstrip()


def per_second(rate: float) -> str:
    """A rate for a reader: `86/s`, or `12 s each` where it is slower than one a second."""
    if rate <= 0:
        return "0/s"
    if rate >= 100:
        return f"{rate:,.0f}/s"
    return f"{rate:.3g}/s" if rate >= 1 else f"{1 / rate:.3g} s each"


def clock(seconds: float) -> str:
    """A duration for a reader: `0:07`, `12:30`, `1:02:03`."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
