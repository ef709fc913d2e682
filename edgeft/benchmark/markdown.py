"""A benchmark as Markdown: the machine in a line, a table a setting, how it was measured."""

from collections.abc import Sequence

from edgeft.benchmark.records import Benchmark, ColdStart, Figure, Interval, Row, SubjectFacts


def to_markdown(benchmark: Benchmark) -> str:
    """The whole page; every figure with its interval, its n and its machine."""
    sizes = {subject.name: subject for subject in benchmark.subjects}
    parts = [
        "# Benchmark",
        machine_line(benchmark),
        texts_line(benchmark),
        *(setting(rows, sizes) for rows in settings(benchmark)),
    ]
    if benchmark.cold_starts:
        parts.append(cold_start_table(benchmark.cold_starts))
    if benchmark.notes:
        parts.append("## Notes\n\n" + "\n".join(f"- {note}" for note in benchmark.notes))
    parts.append(METHOD)
    return "\n\n".join(parts) + "\n"


METHOD = """## How this was measured

Every subject runs in a process of its own, limited to the threads named. The processes take turns
in a new random order each round and answer the same texts in a round; the first 25 ms of a turn do
not count. Milliseconds are of one call, from text to label. Brackets are 95 % bootstrap intervals,
rounds resampled. Tokenization and session are the parts of a bundle's call, timed apart. CPU
is the median CPU time of a call, all threads together, which other programs hardly move. Memory is
the high-water mark of the subject's process. Cold start is from starting a process to its first
answer, files in the page cache."""


def machine_line(benchmark: Benchmark) -> str:
    """The machine and the versions, in two sentences."""
    machine = benchmark.machine
    packages = ", ".join(f"{name} {version}" for name, version in machine.packages.items())
    gpu = f", {', '.join(machine.gpu)}" if machine.gpu else ""
    virtual = ", virtual" if machine.virtual else ""
    flags = f" ({' '.join(machine.flags)})" if machine.flags else ""
    return (
        f"{machine.cpu}, {machine.usable_cores} of {machine.cores} cores{virtual}{flags}{gpu};"
        f" {machine.system}, Python {machine.python}; {machine.date}.\n{packages}."
    )


def texts_line(benchmark: Benchmark) -> str:
    """How many texts, and how long."""
    texts = benchmark.texts
    source = f" of {texts.source}" if texts.source else ""
    tokens = texts.tokens or texts.characters
    unit = "tokens" if texts.tokens else "characters"
    return (
        f"{texts.n:,} texts{source}; {unit} a text: median {tokens['p50']:g},"
        f" 95th percentile {tokens['p95']:g}, longest {tokens['max']:g}."
    )


def settings(benchmark: Benchmark) -> list[list[Row]]:
    """The rows, those of one number of threads and one batch size together."""
    grouped: dict[tuple[int, int], list[Row]] = {}
    for row in benchmark.rows:
        grouped.setdefault((row.threads, row.batch_size), []).append(row)
    return list(grouped.values())


def setting_title(row: Row) -> str:
    """Such as: 1 thread, one text a call."""
    threads = f"{row.threads} thread{'s' * (row.threads > 1)}"
    texts = "one text" if row.batch_size == 1 else f"{row.batch_size} texts"
    return f"{threads}, {texts} a call"


def setting(rows: Sequence[Row], sizes: dict[str, SubjectFacts]) -> str:
    """A title and a table."""
    first = rows[0]
    header = [
        "subject", "runs on", "p50 ms", "p90", "p99", "tokenization", "session", "CPU ms",
        "texts/s",
        f"p50 / p50 of {first.subject}", "same answers", "memory MB", "file MB",
    ]  # fmt: skip
    body = [
        [
            row.subject,
            row.provider,
            spread(row.total.p50_ms, row.total.p50_interval),
            spread(row.total.p90_ms, row.total.p90_interval),
            spread(row.total.p99_ms, row.total.p99_interval),
            digits(row.tokenization.p50_ms) if row.tokenization else "",
            digits(row.session.p50_ms) if row.session else "",
            digits(row.cpu_ms.value) if row.cpu_ms else "",
            f"{row.texts_a_second.value:,.0f}",
            "1" if row is first else of_figure(row.ratio),
            f"{row.agreement:.1%}",
            megabytes(row.peak_memory_bytes),
            megabytes(sizes[row.subject].size_bytes),
        ]
        for row in rows
    ]
    calls = f"{first.calls:,} calls each, in rounds of {first.calls_a_round}."
    return f"## {setting_title(first).capitalize()}\n\n{table(header, body)}\n\n{calls}"


def cold_start_table(starts: Sequence[ColdStart]) -> str:
    """Medians of fresh processes."""
    header = ["subject", "n", "s to the first answer", "import", "load", "answer"]
    body = [
        [
            start.subject,
            str(start.n),
            of_figure(start.seconds),
            digits(start.import_seconds),
            digits(start.load_seconds),
            digits(start.answer_seconds),
        ]
        for start in starts
    ]
    return f"## Cold start\n\n{table(header, body)}"


def table(header: Sequence[str], body: Sequence[Sequence[str]]) -> str:
    """A Markdown table, numbers to the right."""
    lines = [header, ["---", *["---:"] * (len(header) - 1)], *body]
    return "\n".join(
        f"| {' | '.join(cell.replace('|', '&#124;') for cell in line)} |" for line in lines
    )


def of_figure(figure: Figure) -> str:
    return spread(figure.value, figure.interval)


def spread(value: float, interval: Interval) -> str:
    """A value with its interval, such as `0.37 [0.36, 0.38]`."""
    low, high = interval
    return f"{digits(value)} [{digits(low)}, {digits(high)}]"


def digits(value: float) -> str:
    """Three significant digits, without an exponent."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def megabytes(count: int | None) -> str:
    return "" if count is None else f"{count / 1e6:,.1f}"
