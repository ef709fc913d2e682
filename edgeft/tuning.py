"""Chooses anew, on the device where a bundle lives: variant, session options and threads.

A device needs nothing for it that it does not need to run the bundle. What was found is written
to tuning.json beside the manifest, where `edgeft.runtime.load` finds it.
"""

import json
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

from edgeft.benchmark.texts import golden_texts
from edgeft.errors import BundleError, OutputError
from edgeft.gates.sessions import AS_IT_IS, CHANGES, BestSession, best_session, between
from edgeft.gates.speed import Duel, duel, interleaved
from edgeft.progress import Progress, Silence
from edgeft.runtime.given import Given
from edgeft.runtime.golden import replay
from edgeft.runtime.manifest import TOKENIZER, Manifest, read_manifest, verify_files
from edgeft.runtime.session import open_session
from edgeft.runtime.threads import available_threads
from edgeft.runtime.tokenization import FrozenTokenizer
from edgeft.runtime.tuning import SCHEMA, TUNING, bundle_print, machine
from edgeft.unfinished import Unfinished
from edgeft.writing import write_text

TEXTS = 64
"""texts that candidates are timed on: evenly spaced by length, if there are more"""
AS_BUILT = "as built"

Runner = Callable[[dict[str, Any]], object]


@dataclass
class Tuned:
    """What is fastest here, and every comparison that says so."""

    variant: str
    session: dict[str, Any]
    threads: int | None
    """threads that work together on one text; None where one alone is fastest"""
    name: str
    """the winner, for a reader"""
    p50_ms: float
    """median of one text, without tokenization"""
    ratio: float
    """its time over that of the bundle as it was built; 1 where that is the winner"""
    texts: int
    duels: list[Duel] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)
    """candidates whose golden answers were others, and what was wrong"""


def tune(
    path: str | Path,
    texts: Sequence[Given] | None = None,
    *,
    threads: int | None = None,
    progress: Progress | None = None,
) -> Tuned:
    """Find what runs the bundle at `path` fastest on this machine, and write its tuning.json.

    Candidates take turns on single `texts`, by default the bundle's golden ones. One is kept where
    it is faster beyond doubt (95 %) and gives the golden answers. Up to `threads` threads are
    tried, by default as many as this process may use. A call that is interrupted leaves what it
    measured of each candidate to the next one with the same texts. Raises BundleError for a bundle
    that is damaged, or of which no variant gives its golden answers here.
    """
    bundle = Path(path)
    manifest = read_manifest(bundle)
    verify_files(bundle, manifest)
    if not os.access(bundle, os.W_OK):
        raise OutputError(
            f"{bundle} may not be written to, and what is found stands in it",
            hint="copy the bundle to a place that you may write, and tune that",
        )
    progress = progress or Silence()
    bench = Bench(bundle, manifest, list(texts) if texts is not None else golden_texts(bundle))
    limit = threads or available_threads()
    counts = list(thread_counts(limit))
    with progress.bar("tuning", len(manifest.variants) + 1 + len(counts), "rounds") as bar:
        winner = bench.best_variant(bar.advance)
        for count in counts:
            winner = bench.with_threads(winner, count)
            bar.advance()
    tuned = bench.result(winner)
    write_text(bundle / TUNING, as_json(bundle, tuned))
    bench.unfinished.forget()
    return tuned


@dataclass(frozen=True)
class Candidate:
    """One way to run the bundle."""

    name: str
    variant: str
    session: dict[str, Any]
    threads: int = 1


class Bench:
    """Where the candidates of one bundle are opened, checked and timed."""

    def __init__(self, bundle: Path, manifest: Manifest, texts: list[Given]) -> None:
        self.bundle = bundle
        self.manifest = manifest
        self.tokenizer = FrozenTokenizer(manifest, bundle / TOKENIZER)
        rows = sorted(self.tokenizer.rows(texts), key=lambda row: len(row.ids))
        if not rows:
            raise BundleError("there are no texts to time", hint="name some: --file FILE")
        spaced = [rows[place * len(rows) // TEXTS] for place in range(TEXTS)]
        chosen = spaced if len(rows) > TEXTS else rows
        Random(0).shuffle(chosen)
        self.feeds = [self.tokenizer.feed([row]) for row in chosen]
        self.duels: list[Duel] = []
        self.unfinished = Unfinished(bundle, self.feeds)
        self.refused: dict[str, str] = {}
        self.built = Candidate(
            AS_BUILT, manifest.chosen, dict(manifest.variants[manifest.chosen].session)
        )

    def open(self, candidate: Candidate) -> Runner | None:
        """What runs a candidate; None, remembered as refused, where its answers are others."""
        file = self.bundle / self.manifest.variants[candidate.variant].file
        session = open_session(file, "cpu", candidate.threads, candidate.session)
        found = replay(self.bundle, candidate.variant, self.manifest, self.tokenizer, session)
        if not found.passed:
            self.refused[candidate.name] = "; ".join(found.failures)
            return None
        return partial(session.run, None)

    def best_variant(self, moved: Callable[[], None]) -> Candidate:
        """The fastest variant with its session options; as built where none is beyond doubt."""
        finalists: dict[str, tuple[Candidate, Runner]] = {}
        built = self.open(self.built)
        if built is not None:
            finalists[AS_BUILT] = (self.built, built)
        for variant in self.manifest.variants:
            if self.open(Candidate(variant, variant, {})) is not None:
                found = self.session_of(variant)
                self.duels += [renamed(each, variant) for each in found.duels]
                best = self.called(variant, found.options)
                runner = None if self.is_built(best) and built is not None else self.open(best)
                if runner is not None:
                    finalists[best.name] = (best, runner)
            moved()
        if not finalists:
            said = next(iter(self.refused.values()))
            raise BundleError(
                f"no variant of {self.bundle} gives its golden answers here: {said}",
                hint="export and quantize it again on this kind of machine",
            )
        if len(finalists) == 1:
            moved()
            return next(iter(finalists.values()))[0]
        timings = interleaved(
            {name: runner for name, (_, runner) in finalists.items()}, self.feeds, seconds=6.0
        )
        winner, *others = finalists
        for name in others:
            self.duels.append(duel(name, winner, timings))
            if self.duels[-1].is_faster:
                winner = name
        moved()
        return finalists[winner][0]

    def is_built(self, candidate: Candidate) -> bool:
        """Whether a candidate is what the bundle was built as, under another name."""
        own = (self.built.variant, self.built.session)
        return (candidate.variant, candidate.session) == own

    def session_of(self, variant: str) -> BestSession:
        """The best session options of a variant."""

        def judge(challenger: str, fight: Callable[[], Duel]) -> Duel:
            return self.unfinished.duel(f"{variant}: {challenger}", fight)

        return best_session(partial(self.with_options, variant), self.feeds, judge=judge)

    def with_options(self, variant: str, options: dict[str, Any]) -> Runner | None:
        """A variant with session options, on one thread."""
        return self.open(self.called(variant, options))

    def called(self, variant: str, options: dict[str, Any]) -> Candidate:
        """The candidate of a variant and options, with its name."""
        changes = [name for name, change in CHANGES.items() if change.items() <= options.items()]
        return Candidate(", ".join([variant, *(changes or [AS_IT_IS])]), variant, options)

    def with_threads(self, best: Candidate, count: int) -> Candidate:
        """The candidate on more threads where that is faster, else as it is."""
        name = f"{best.name.partition(' on ')[0]} on {count} threads"
        more = Candidate(name, best.variant, best.session, count)
        runners = {each.name: self.open(each) for each in (best, more)}
        ready = {name: runner for name, runner in runners.items() if runner is not None}
        if len(ready) < len(runners):
            return best
        fight = partial(between, ready, self.feeds)
        self.duels.append(self.unfinished.duel(more.name, fight))
        return more if self.duels[-1].is_faster else best

    def result(self, winner: Candidate) -> Tuned:
        """The winner, timed once more against the bundle as it was built."""
        built, runner = self.open(self.built), self.open(winner)
        ready = {AS_BUILT: built, winner.name: runner}
        timings = interleaved(
            {name: each for name, each in ready.items() if each is not None},
            self.feeds,
            seconds=3.0,
        )
        ratio = duel(winner.name, AS_BUILT, timings).ratio if AS_BUILT in timings else 1.0
        return Tuned(
            variant=winner.variant,
            session=winner.session,
            threads=winner.threads if winner.threads > 1 else None,
            name=winner.name,
            p50_ms=timings[winner.name].p50_ms,
            ratio=ratio,
            texts=len(self.feeds),
            duels=self.duels,
            refused=self.refused,
        )


def renamed(found: Duel, variant: str) -> Duel:
    """The duel of two choices of session options, with the variant in their names."""
    fields = vars(found) | {
        "challenger": f"{variant}, {found.challenger}",
        "champion": f"{variant}, {found.champion}",
    }
    return Duel(**fields)


def thread_counts(limit: int) -> Iterator[int]:
    """2, 4, 8 and so on, and the limit itself; nothing where it is 1."""
    count = 2
    while count < limit:
        yield count
        count *= 2
    if limit > 1:
        yield limit


def as_json(bundle: Path, tuned: Tuned) -> str:
    """What tuning.json says."""
    found = {
        "schema_version": SCHEMA,
        "bundle": bundle_print(bundle),
        "machine": machine(),
        "variant": tuned.variant,
        "session": tuned.session,
        "threads": tuned.threads,
        "figures": {
            "date": datetime.now(UTC).isoformat(timespec="seconds"),
            "winner": tuned.name,
            "p50_ms": round(tuned.p50_ms, 4),
            "ratio_to_as_built": round(tuned.ratio, 4),
            "texts": tuned.texts,
            "duels": [{"name": each.challenger, **each.figures()} for each in tuned.duels],
            "refused": tuned.refused,
        },
    }
    return json.dumps(found, ensure_ascii=False, indent=1) + "\n"
