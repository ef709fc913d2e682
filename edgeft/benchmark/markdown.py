"""A benchmark as Markdown: the machine in a line, a table a setting, how it was measured."""

from collections.abc import Sequence
from textwrap import fill

from edgeft.benchmark.records import Benchmark, ColdStart, Figure, Interval, Row, SubjectFacts
from edgeft.columns import columns_of, padded

WIDTH = 100
"""columns of a terminal that a page is written for"""


def to_markdown(benchmark: Benchmark) -> str:
    """The whole page; every figure with its interval, its n and its machine."""
    sizes = {subject.name: subject for subject in benchmark.subjects}
    parts = [
        "# Benchmark",
        "\n".join(map(wrapped, machine_line(benchmark).splitlines())),
        wrapped(texts_line(benchmark)),
        *(setting(rows, sizes) for rows in settings(benchmark)),
    ]
    if benchmark.cold_starts:
        parts.append(cold_start_table(benchmark.cold_starts))
    if benchmark.notes:
        parts.append("## Notes\n\n" + "\n".join(wrapped(f"- {note}") for note in benchmark.notes))
    parts.append(METHOD)
    return "\n\n".join(parts) + "\n"


METHOD = """## How this was measured

Every subject runs in a process of its own, limited to the threads named. The processes take turns
in a new random order each round and answer the same texts in a round; the first 25 ms of a turn do
not count. Milliseconds are of one call, from text to answer. Brackets are 95 % bootstrap intervals,
rounds resampled. Tokenization and session are the parts of a bundle's call, timed apart. CPU
is the median CPU time of a call, all threads together, which other programs hardly move. Memory is
the high-water mark of the subject's process. Texts of a call are computed together: `batch_size` is
their number, for bundles too. Cold start is from starting a process to its first answer, files in
the page cache. The JSON has the other intervals, and every raw value."""


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
    some = f" (of {texts.counted:,} of them)" if 0 < texts.counted < texts.n else ""
    return (
        f"{texts.n:,} texts{source}; {unit} a text: median {tokens['p50']:g},"
        f" 95th percentile {tokens['p95']:g}, longest {tokens['max']:g}{some}."
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
    """A title and two tables: how fast each subject is, and what it takes."""
    first = rows[0]
    return "\n\n".join(
        [
            f"## {setting_title(first).capitalize()}",
            table(*speeds(rows)),
            table(*costs(rows, sizes)),
            wrapped(
                f"{first.calls:,} calls each, in rounds of {first.calls_a_round}. Ratio is p50 over"
                f" that of {first.subject}, agrees the share of {answered(first)}texts answered as"
                " it does (numbers: within a tenth of their standard deviation)."
                f" {computed_by(rows)}"
            ),
        ]
    )


Table = tuple[list[str], list[list[str]]]
"""a header, and rows"""


def speeds(rows: Sequence[Row]) -> Table:
    """How long a call takes, and how that compares with the first subject."""
    header = ["subject", "p50 ms", "p90 ms", "p99 ms", "ratio", "agrees"]
    body = [
        [
            row.subject,
            spread(row.total.p50_ms, row.total.p50_interval),
            digits(row.total.p90_ms),
            digits(row.total.p99_ms),
            "1" if row is rows[0] else of_figure(row.ratio),
            f"{row.agreement:.1%}",
        ]
        for row in rows
    ]
    return header, body


def costs(rows: Sequence[Row], sizes: dict[str, SubjectFacts]) -> Table:
    """Where the time of a call goes, and what a subject takes of the machine."""
    header = [
        "subject", "texts/s", "tokenization", "session", "CPU ms", "memory MB", "file MB",
    ]  # fmt: skip
    body = [
        [
            row.subject,
            f"{row.texts_a_second.value:,.0f}",
            digits(row.tokenization.p50_ms) if row.tokenization else "",
            digits(row.session.p50_ms) if row.session else "",
            digits(row.cpu_ms.value) if row.cpu_ms else "",
            megabytes(row.peak_memory_bytes),
            megabytes(sizes[row.subject].size_bytes),
        ]
        for row in rows
    ]
    return header, body


def answered(row: Row) -> str:
    """How many different texts were answered, where that is known, before the word `texts`."""
    return f"{row.agreement_n:,} different " if row.agreement_n else ""


def computed_by(rows: Sequence[Row]) -> str:
    """What computed, in a sentence."""
    providers: dict[str, list[str]] = {}
    for row in rows:
        providers.setdefault(row.provider, []).append(row.subject)
    if len(providers) == 1:
        return f"All ran on {rows[0].provider}."
    parts = [f"{', '.join(names)} on {provider}" for provider, names in providers.items()]
    return f"{'; '.join(parts)}."


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
    """A Markdown table, numbers to the right, that reads well on a terminal too."""
    lines = [[cell.replace("|", "&#124;") for cell in line] for line in (header, *body)]
    widths = [max(3, *map(columns_of, column)) for column in zip(*lines, strict=True)]
    rule = ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])]
    aligned = [
        [padded(line[0], widths[0]), *map(str.rjust, line[1:], widths[1:])] for line in lines
    ]
    return "\n".join(f"| {' | '.join(line)} |" for line in (aligned[0], rule, *aligned[1:]))


def wrapped(text: str) -> str:
    """Text in lines of WIDTH columns."""
    return fill(text, WIDTH, break_long_words=False, break_on_hyphens=False)


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
