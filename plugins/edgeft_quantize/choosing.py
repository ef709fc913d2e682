"""Which variant ships, and with which session options: the smallest that is about the fastest.

Where the recipe has budgets, it is one of those that stay within them, if any does.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from edgeft.gates.sessions import AS_IT_IS, best_session
from edgeft.gates.speed import MARGIN, Timing, fastest, interleaved, smallest_of_the_fast
from edgeft.plugin import Bundle, Draft, Gates
from edgeft.runtime.given import Given
from edgeft.runtime.manifest import TOKENIZER, Manifest
from edgeft.runtime.session import open_session
from edgeft.runtime.tokenization import FrozenTokenizer

MEGA = 1e6


def choose(
    draft: Draft[Bundle], texts: Sequence[Given], threads: int, gates: Gates
) -> dict[str, Any]:
    """Find each variant's session options on single texts, then the variant that ships.

    That is the smallest whose whole answers, tokenization included, take about as long as those of
    the fastest, of all that stay within the budgets in `gates`; of all where none does. Sets the
    session options and the chosen variant in the draft's manifest; returns what was measured.
    """
    manifest = draft.manifest
    facts = Manifest.from_dict(manifest.model_dump(mode="json"))
    tokenizer = FrozenTokenizer(facts, draft.path / TOKENIZER)
    feeds = [tokenizer.feed([row]) for row in tokenizer.rows(texts)]

    def runner(file: str, session: dict[str, Any]) -> Callable[[Any], object]:
        opened = open_session(draft.path / file, "cpu", threads, session)
        return partial(opened.run, None)

    sessions = {
        name: best_session(partial(runner, variant.file), feeds)
        for name, variant in manifest.variants.items()
    }
    for name, variant in manifest.variants.items():
        variant.session = sessions[name].options

    def answering(file: str, session: dict[str, Any]) -> Callable[[Given], object]:
        run = runner(file, session)
        return lambda text: run(tokenizer.feed(tokenizer.rows([text])))

    timings = interleaved(
        {
            name: answering(variant.file, variant.session)
            for name, variant in manifest.variants.items()
        },
        texts,
    )
    sizes = {
        name: (draft.path / variant.file).stat().st_size
        for name, variant in manifest.variants.items()
    }
    fitting = within(gates, timings, sizes) or timings
    manifest.chosen = smallest_of_the_fast(fitting, sizes)
    called = {
        name: name if found.name == AS_IT_IS else f"{name} {found.name}"
        for name, found in sessions.items()
    }
    return {
        "chosen": manifest.chosen,
        "reason": reason(manifest.chosen, called, timings, fitting),
        "p50_ms": {name: round(timing.p50_ms, 4) for name, timing in timings.items()},
        "interval": {
            name: [round(edge, 4) for edge in timing.interval] for name, timing in timings.items()
        },
        "sessions": {name: found.figures() for name, found in sessions.items()},
        "texts": len(feeds),
        "threads": threads,
    }


def within(
    gates: Gates, timings: Mapping[str, Timing], sizes: Mapping[str, int]
) -> dict[str, Timing]:
    """The times of those variants that meet every budget, by their size in bytes and their p50."""
    return {
        name: timing
        for name, timing in timings.items()
        if (gates.max_size_mb is None or sizes[name] / MEGA <= gates.max_size_mb)
        and (gates.max_p50_ms is None or timing.p50_ms <= gates.max_p50_ms)
    }


def reason(
    chosen: str, called: dict[str, str], timings: dict[str, Timing], fitting: dict[str, Timing]
) -> str:
    """Why a variant was chosen of the `fitting` ones, for a reader."""
    times = ", ".join(f"{called[name]} {timings[name].p50_ms:.3g} ms" for name in timings)
    best = fastest(fitting)
    if chosen != best:
        why = f"smaller than {best} by a greater share than it is slower, if at all"
    elif len(fitting) < len(timings):
        why = "the fastest"
    elif chosen == "fp32":
        why = f"no int8 variant stays beyond doubt within {MARGIN:.0%} of its time"
    else:
        why = "the fastest that passes"
    if len(fitting) < len(timings):
        why += f", of the {len(fitting)} within the budgets"
    return f"{why} (median of whole answers to single texts, interleaved: {times})"
