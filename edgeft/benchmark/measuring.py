"""One benchmark from its first process to its last figure."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import cycle, islice

import numpy as np
import onnxruntime

from edgeft.benchmark.agreement import agreement, interval
from edgeft.benchmark.cold_starts import start_afresh
from edgeft.benchmark.conversations import Worker
from edgeft.benchmark.machine import describe_machine
from edgeft.benchmark.quantiles import middle, rate, ratio, timing
from edgeft.benchmark.records import (
    Benchmark,
    Machine,
    Row,
    SubjectFacts,
    Texts,
    Timing,
)
from edgeft.benchmark.subjects import Subject, with_unique_names
from edgeft.benchmark.turns import Measured, opened, take_turns
from edgeft.errors import DataError, EdgeftError
from edgeft.progress import Progress
from edgeft.runtime.given import Given
from edgeft.runtime.manifest import read_manifest

FEWEST_ROUNDS = 20
MOST_CALLS = 20_000
"""calls of a subject that are enough: a fast one has as many in a few seconds"""
CALLS_A_ROUND = (16, 64)
"""calls of a turn, more of fast subjects: before each turn a worker warms up for a while"""
TURN_SECONDS = 0.01
"""timed work of the slowest subject's turn that warming up is worth"""
WARM_UP_CALLS = 10
FEW_CALLS = 1000
COUNTED = 2000
"""texts whose tokens are counted"""


@dataclass(frozen=True)
class Settings:
    """How to measure; see `edgeft.benchmark.measure`."""

    batch_sizes: tuple[int, ...]
    threads: tuple[int, ...]
    device: str
    seconds: float
    cold_starts: int
    seed: int

    def check(self) -> None:
        """Raise EdgeftError for a setting under which nothing can be measured."""
        for name, values in (("batch size", self.batch_sizes), ("number of threads", self.threads)):
            if not values or min(values) < 1:
                raise EdgeftError(f"a {name} of 0 measures nothing", hint="name numbers from 1 up")
        if self.seconds <= 0 or self.cold_starts < 0:
            raise EdgeftError(
                f"seconds = {self.seconds}, cold_starts = {self.cold_starts} measure nothing",
                hint="give seconds more than 0 and cold starts 0 or more",
            )


def measure_subjects(
    subjects: Sequence[Subject], texts: Sequence[Given], settings: Settings, progress: Progress
) -> Benchmark:
    """Measure; the work behind `edgeft.benchmark.measure`."""
    settings.check()
    if not subjects:
        raise EdgeftError("there is nothing to measure", hint="name a bundle or a checkpoint")
    if not texts:
        raise DataError("there are no texts to measure with", hint="name a file of your own texts")
    subjects = with_unique_names(subjects)
    machine = describe_machine()
    texts = random.Random(settings.seed).sample(list(texts), len(texts))
    rows: list[Row] = []
    tokens: list[int] = []
    for threads in settings.threads:
        for batch_size in settings.batch_sizes:
            title = f"{threads} thread{'s' * (threads > 1)}, batch {batch_size}"
            with opened(
                subjects, threads=threads, device=settings.device, first=texts[0]
            ) as workers:
                tokens = tokens or workers[0].ask("tokens", texts=texts[:COUNTED])["tokens"]
                rows += measure_setting(
                    workers, texts, threads, batch_size, title, settings, progress
                )
    cold = start_afresh(
        subjects,
        texts[0],
        starts=settings.cold_starts,
        threads=settings.threads[0],
        device=settings.device,
        seed=settings.seed,
        progress=progress,
    )
    return Benchmark(
        machine=machine,
        texts=describe_texts(texts, tokens),
        device=settings.device,
        seconds=settings.seconds,
        seed=settings.seed,
        subjects=[facts_of(subject, machine) for subject in subjects],
        rows=rows,
        cold_starts=cold,
        notes=[*notes_on(machine, rows), *notes_on_decoding(subjects)],
    )


def measure_setting(
    workers: Sequence[Worker],
    texts: Sequence[Given],
    threads: int,
    batch_size: int,
    title: str,
    settings: Settings,
    progress: Progress,
) -> list[Row]:
    """Time all subjects with one number of threads and one batch size, interleaved."""
    order = random.Random(settings.seed)
    with progress.bar(f"warming up: {title}", total=1, unit="rounds") as bar:
        warm_up = take_turns(
            workers,
            batches(texts, batch_size),
            rounds=1,
            calls_a_round=WARM_UP_CALLS,
            order=order,
            bar=bar,
        )
    rounds, calls_a_round = plan_rounds(warm_up, settings.seconds)
    with progress.bar(f"timing: {title}", total=rounds, unit="rounds") as bar:
        measured = take_turns(
            workers,
            batches(texts, batch_size),
            rounds=rounds,
            calls_a_round=calls_a_round,
            order=order,
            bar=bar,
        )
    reference = measured[0]
    different = first_places(reference.asked)
    return [
        row_of(
            worker,
            each,
            reference,
            different=different,
            threads=threads,
            batch_size=batch_size,
            seed=settings.seed,
        )
        for worker, each in zip(workers, measured, strict=True)
    ]


def first_places(texts: Sequence[Given]) -> list[int]:
    """Where each different text stands first."""
    return sorted({text: place for place, text in reversed(list(enumerate(texts)))}.values())


def batches(texts: Sequence[Given], size: int) -> Iterator[list[Given]]:
    """Lists of `size` texts without end, in the order given: every text before any again."""
    endless = cycle(texts)
    while True:
        yield list(islice(endless, size))


def plan_rounds(warm_up: Sequence[Measured], seconds: float) -> tuple[int, int]:
    """How many rounds, of how many calls, fill `seconds` of timed work a subject on average.

    Of subjects so fast that MOST_CALLS take less, so many are enough.
    """
    medians = [float(np.median(each.total)) / 1e9 for each in warm_up]
    least, most = CALLS_A_ROUND
    worthwhile = min(most, max(least, int(TURN_SECONDS / max(medians))))
    calls_a_round = max(1, min(worthwhile, int(seconds / (FEWEST_ROUNDS * max(medians)))))
    rounds = int(seconds * len(medians) / (calls_a_round * sum(medians)))
    return max(FEWEST_ROUNDS, min(MOST_CALLS // calls_a_round, rounds)), calls_a_round


def row_of(
    worker: Worker,
    measured: Measured,
    reference: Measured,
    *,
    different: Sequence[int],
    threads: int,
    batch_size: int,
    seed: int,
) -> Row:
    """The figures of one subject in one setting; raises RuntimeError for a wrong thread count.

    `different` is where the answers to different texts stand.
    """
    if worker.opened["threads"] != threads:
        raise RuntimeError(
            f"{worker.name} runs {worker.opened['threads']} threads, asked for {threads}"
        )
    total, cpu = milliseconds(measured.total), milliseconds(measured.cpu)
    tokenization, session = part_timings(measured, seed)
    agrees = agreement(*([each.answers[at] for at in different] for each in (measured, reference)))
    low, high = interval(agrees, len(different))
    return Row(
        subject=worker.name,
        provider=worker.opened["provider"],
        threads=threads,
        batch_size=batch_size,
        calls=total.size,
        calls_a_round=total.shape[1],
        total=timing(total, seed=seed),
        tokenization=tokenization,
        session=session,
        texts_a_second=rate(total, batch_size, seed=seed),
        ratio=ratio(total, milliseconds(reference.total), seed=seed),
        cpu_ms=middle(cpu, seed=seed),
        cpu_ratio=ratio(cpu, milliseconds(reference.cpu), seed=seed),
        agreement=round(agrees, 4),
        agreement_interval=(round(low, 4), round(high, 4)),
        agreement_n=len(different),
        cores_used=round(float(cpu.sum() / total.sum()), 2),
        peak_memory_bytes=worker.ask("memory")["peak_memory_bytes"],
    )


def milliseconds(rounds: Sequence[Sequence[int]]) -> np.ndarray:
    """Nanoseconds as milliseconds (rounds, calls)."""
    return np.array(rounds, dtype=np.float64) / 1e6


def part_timings(measured: Measured, seed: int) -> tuple[Timing | None, Timing | None]:
    """Tokenization and session, where the subject tells them apart."""
    parts = [[part for part in calls if part is not None] for calls in measured.parts]
    if not all(parts):
        return None, None
    split = milliseconds(np.array(parts).tolist())  # (rounds, calls, 2)
    return timing(split[:, :, 0], seed=seed), timing(split[:, :, 1], seed=seed)


def describe_texts(texts: Sequence[Given], tokens: Sequence[int]) -> Texts:
    """How many texts, and how long."""
    return Texts(
        n=len(texts),
        characters=lengths([len("".join(text)) for text in texts]),
        tokens=lengths(tokens) if tokens else {},
        counted=len(tokens),
    )


def lengths(values: Sequence[int]) -> dict[str, float]:
    """The median, 95th percentile and maximum."""
    p50, p95 = np.quantile(values, [0.5, 0.95])
    return {"p50": float(p50), "p95": round(float(p95), 1), "max": float(max(values))}


def facts_of(subject: Subject, machine: Machine) -> SubjectFacts:
    """What a reader has to know of a subject."""
    if subject.kind == "bundle":
        # as imported: of two builds that are installed together one hides the other
        runs_on = f"edgeft.runtime on onnxruntime {onnxruntime.__version__}"
    else:
        torch = machine.packages.get("torch", "")
        runs_on = f"transformers {machine.packages.get('transformers', '')} pipeline, torch {torch}"
    return SubjectFacts(
        name=subject.name,
        kind=subject.kind,
        variant=subject.variant,
        size_bytes=subject.size_bytes,
        runs_on=runs_on,
    )


def notes_on_decoding(subjects: Sequence[Subject]) -> list[str]:
    """What makes answers differ that are decided in different ways."""
    tuned = [
        each.name
        for each in subjects
        if each.kind == "bundle" and {*read_manifest(each.path).decoding.thresholds} - {0.0, 0.5}
    ]
    plain = [each.name for each in subjects if each.kind != "bundle"]
    if not (tuned and plain):
        return []
    return [
        f"Thresholds that were tuned on validation decide in {', '.join(tuned)}, and not in"
        f" {', '.join(plain)}, which transformers' pipeline asks: that alone makes answers differ."
        " `edgeft evaluate` compares both with thresholds."
    ]


def notes_on(machine: Machine, rows: Sequence[Row]) -> list[str]:
    """What makes figures less sure than they look."""
    notes = []
    if machine.load_average is not None and machine.load_average > 0.5:
        notes.append(
            f"The machine was busy before: load average {machine.load_average} on"
            f" {machine.cores} cores."
        )
    most = max(row.threads for row in rows)
    if most > machine.usable_cores:
        notes.append(f"{most} threads shared {machine.usable_cores} usable cores.")
    greedy = [place_of(row) for row in rows if row.cores_used > row.threads + 0.1]
    if greedy:
        notes.append(f"More cores than threads were used: {'; '.join(greedy)}.")
    delayed = [place_of(row) for row in rows if row.delayed]
    if delayed:
        notes.append(
            "Other programs took part of the time, which slows long calls more than short ones"
            " (compare CPU times, or measure again on an idle machine):"
            f" {'; '.join(delayed)}."
        )
    few = [place_of(row) for row in rows if row.calls < FEW_CALLS]
    if few:
        notes.append(f"A p99 of less than {FEW_CALLS:,} calls is rough: {'; '.join(few)}.")
    return notes


def place_of(row: Row) -> str:
    """Which row, for a note."""
    threads = f"{row.threads} thread{'s' * (row.threads > 1)}"
    return f"{row.subject}, {threads}, batch {row.batch_size}"
