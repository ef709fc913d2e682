"""Which variant ships, and with which session options: the smallest that is about the fastest."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from edgeft.gates.sessions import AS_IT_IS, best_session
from edgeft.gates.speed import MARGIN, Timing, fastest, interleaved, smallest_of_the_fast
from edgeft.plugin import Bundle, Draft
from edgeft.runtime.manifest import Manifest
from edgeft.runtime.session import open_session
from edgeft.runtime.tokenization import FrozenTokenizer, Given


def choose(draft: Draft[Bundle], texts: Sequence[Given], threads: int | None) -> dict[str, Any]:
    """Find each variant's session options on single texts, then the variant that ships.

    That is the smallest whose whole answers, tokenization included, take about as long as those of
    the fastest. Sets the session options and the chosen variant in the draft's manifest; returns
    what was measured.
    """
    manifest = draft.manifest
    facts = Manifest.from_dict(manifest.model_dump(mode="json"))
    tokenizer = FrozenTokenizer(facts, draft.path / "tokenizer.json")
    feeds = [tokenizer.feed([row]) for row in tokenizer.rows(texts)]

    def runner(file: str, session: dict[str, Any]) -> Callable[[Any], object]:
        opened = open_session(draft.path / file, "cpu", threads or 1, session)
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
    manifest.chosen = smallest_of_the_fast(timings, sizes)
    called = {
        name: name if found.name == AS_IT_IS else f"{name} {found.name}"
        for name, found in sessions.items()
    }
    return {
        "chosen": manifest.chosen,
        "reason": reason(manifest.chosen, called, timings),
        "p50_ms": {name: round(timing.p50_ms, 4) for name, timing in timings.items()},
        "interval": {
            name: [round(edge, 4) for edge in timing.interval] for name, timing in timings.items()
        },
        "sessions": {name: found.figures() for name, found in sessions.items()},
        "texts": len(feeds),
    }


def reason(chosen: str, called: dict[str, str], timings: dict[str, Timing]) -> str:
    """Why a variant was chosen, for a reader."""
    times = ", ".join(f"{called[name]} {timings[name].p50_ms:.3g} ms" for name in timings)
    best = fastest(timings)
    if chosen != best:
        why = f"smaller than {best}, the fastest, and longer by no more than it is smaller"
    elif chosen == "fp32":
        why = f"no int8 variant stays beyond doubt within {MARGIN:.0%} of its time"
    else:
        why = "the fastest that passes"
    return f"{why} (median of whole answers to single texts, interleaved: {times})"
