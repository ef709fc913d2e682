"""The instrument: latency, throughput, memory and cold start of bundles and of torch baselines.

Every subject runs in a process of its own and the processes take turns, in a new random order each
round and on the same texts. So no subject's threads, allocator or imports weigh on another's, and a
machine that slows down for a while slows them all. See `edgeft.benchmark.records` for what is kept.

This door is light: it opens the workshop when something is measured.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from edgeft.benchmark.records import Benchmark
    from edgeft.benchmark.subjects import Subject
    from edgeft.progress import Progress
    from edgeft.runtime.given import Given


def measure(
    subjects: "Sequence[Subject]",
    texts: Sequence["Given"],
    *,
    batch_sizes: Sequence[int] = (1, 32),
    threads: Sequence[int] = (1,),
    device: str = "cpu",
    seconds: float = 10.0,
    cold_starts: int = 5,
    seed: int = 0,
    progress: "Progress | None" = None,
) -> "Benchmark":
    """Time every subject on the texts, for each number of threads and each batch size.

    `seconds` is the timed work of one subject in one setting, so everything takes about
    `seconds * subjects * threads * batch sizes`, loading apart. `cold_starts` fresh processes are
    started a subject; 0 leaves cold starts out. The first subject is what the others are compared
    with. Raises EdgeftError for a subject, device or text that cannot be used.
    """
    from edgeft.benchmark.measuring import Settings, measure_subjects
    from edgeft.progress import Silence

    settings = Settings(
        batch_sizes=tuple(batch_sizes),
        threads=tuple(threads),
        device=device,
        seconds=seconds,
        cold_starts=cold_starts,
        seed=seed,
    )
    return measure_subjects(subjects, texts, settings, progress or Silence())


def subject(source: str | Path, *, name: str | None = None, device: str = "cpu") -> "Subject":
    """What `PATH` or `PATH:VARIANT` names: a variant of a bundle, or a torch checkpoint.

    Raises BundleError or ModelError where there is no such thing.
    """
    from edgeft.benchmark.subjects import parse_subject

    return parse_subject(source, name, device)


def every_variant(source: str | Path, device: str = "cpu") -> "list[Subject]":
    """A bundle's variants that `device` computes, the chosen one first; or what `source` names."""
    from edgeft.benchmark.subjects import all_variants

    return all_variants(source, device)


def golden_texts(bundle: Path) -> "list[Given]":
    """The texts that a bundle carries: what to time it on where the user names none."""
    from edgeft.benchmark.texts import golden_texts as read

    return read(bundle)
