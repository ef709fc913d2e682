"""Which variant this machine runs fastest, with which session options."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from edgeft.gates.speed import Timing, fastest, interleaved
from edgeft.plugin import Bundle, Draft
from edgeft.runtime.manifest import Manifest
from edgeft.runtime.session import open_session
from edgeft.runtime.tokenization import FrozenTokenizer

HARMFUL = {"disabled_optimizers": ["SkipLayerNormFusion"]}
"""a fusion that onnxruntime makes when it opens a graph, and that costs time on many CPUs"""


def choose(draft: Draft[Bundle], texts: Sequence[str], threads: int | None) -> dict[str, Any]:
    """Time every variant, with and without the harmful fusion, on single texts; choose the fastest.

    Sets each variant's session options and the chosen variant in the draft's manifest; returns
    what was measured. An alternative has to be faster beyond doubt to be chosen over float32 as
    it is.
    """
    manifest = draft.manifest
    facts = Manifest.from_dict(manifest.model_dump(mode="json"))
    tokenizer = FrozenTokenizer(facts, draft.path / "tokenizer.json")
    feeds = [tokenizer.feed([row]) for row in tokenizer.encode(texts)]

    def runner(file: str, session: dict[str, Any]) -> Callable[[Any], object]:
        opened = open_session(draft.path / Path(file), "cpu", threads or 1, session)
        return lambda feed: opened.run(None, feed)

    timings = interleaved(
        {
            label(name, session): runner(variant.file, session)
            for name, variant in manifest.variants.items()
            for session in ({}, HARMFUL)
        },
        feeds,
    )
    best: dict[str, str] = {}
    for name, variant in manifest.variants.items():
        best[name] = fastest(
            {each: timings[each] for each in (label(name, {}), label(name, HARMFUL))}
        )
        variant.session = HARMFUL if best[name] == label(name, HARMFUL) else {}
    winner = fastest({best[name]: timings[best[name]] for name in manifest.variants})
    manifest.chosen = next(name for name in best if best[name] == winner)
    return {
        "chosen": manifest.chosen,
        "reason": reason(manifest.chosen, best, timings),
        "p50_ms": {name: round(timing.p50_ms, 4) for name, timing in timings.items()},
        "interval": {
            name: [round(edge, 4) for edge in timing.interval] for name, timing in timings.items()
        },
        "texts": len(feeds),
    }


def label(variant: str, session: dict[str, Any]) -> str:
    """What a variant with its session options is called in the record."""
    return f"{variant} without SkipLayerNormFusion" if session else variant


def reason(chosen: str, best: dict[str, str], timings: dict[str, Timing]) -> str:
    """Why a variant was chosen, for a reader."""
    times = ", ".join(f"{best[name]} {timings[best[name]].p50_ms:.2f} ms" for name in best)
    why = (
        "no int8 variant is faster beyond doubt" if chosen == "fp32" else "the fastest that passes"
    )
    return f"{why} (median of single texts, interleaved: {times})"
