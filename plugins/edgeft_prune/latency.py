"""How many neurons a model may keep to answer in time, measured on graphs as they ship.

Each width that is tried is exported and quantized by the steps that a recipe takes for that, loaded
by the runtime, and timed side by side with all that were tried before it.
"""

import shutil
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from transformers import PreTrainedModel

from edgeft.gates.speed import interleaved
from edgeft.gates.texts import spread
from edgeft.plugin import Bundle, Checkpoint, EdgeftError, Gates, ModelError
from edgeft.processes import world_size
from edgeft.progress import Silence
from edgeft.runtime import Model, load
from edgeft.runtime.given import Given
from edgeft.training.loop import save_checkpoint
from edgeft.training.resuming import prepare_scratch, remembered
from edgeft_prune.finishing import Pruning

SHIPPED = (("export", "onnx"), ("quantize", "dynamic"))
"""steps that make what is timed, with their default options"""
STEP = 8
"""neurons that a width is a multiple of: what int8 matrix products take at a time"""
TRIALS = 6
"""most widths that are tried: halving then knows the right one to a sixteenth of all neurons"""
NEAR = 0.95
"""share of the target that is near enough to look no further"""
TEXTS = 64
ROUNDS = 4 * TEXTS

Narrow = Callable[[int], PreTrainedModel]
"""of a width: the model with so many neurons a layer"""
Times = dict[int, float]
"""p50 in ms by width"""
Measured = list[dict[str, Any]]
"""what the history keeps of each width"""


def neurons_within(target: float, width: int, narrow: Narrow, job: Pruning) -> int:
    """The most neurons a layer, up to `width`, of which a single text takes at most `target` ms.

    What was measured goes into the figures, and is found again after an interruption. Raises
    ModelError where even the fewest neurons take longer.
    """
    if world_size() > 1:
        raise ModelError(
            "p50_ms cannot be measured while several processes compute",
            hint="prune in one process, or give `neurons` or `parameters`",
        )
    prepare_scratch(job.context)
    try:
        found = remembered(
            job.context.scratch / "widths.json", lambda: tried(target, width, narrow, job)
        )
        times = {each["neurons"]: each["p50_ms"] for each in found}
        size = within(times, target)
        if size is None:
            least = min(times)
            raise ModelError(
                f"p50_ms: {target:g} ms cannot be reached: a text takes {times[least]:.3g} ms here"
                f" with {least} neurons a layer, the fewest, and {times[width]:.3g} with {width}",
                hint="keep fewer layers first (prune: layers), or allow more",
            )
    except EdgeftError:
        shutil.rmtree(job.context.scratch)
        raise
    if size == width:
        job.context.progress.note(
            f"prune: all neurons stay: a text takes {times[size]:.3g} ms here"
        )
    job.draft.figures |= {"p50_ms": times[size], "p50_texts": TEXTS, "widths": found}
    return size


def tried(target: float, width: int, narrow: Narrow, job: Pruning) -> Measured:
    """Look for the most neurons that are quick enough; every width tried, the narrowest first.

    An interruption costs one of them.
    """
    texts = spread(job.data, "validation", TEXTS, seed=job.context.seed)
    work = job.context.scratch / "widths"
    running: dict[int, Model[Any]] = {}
    found: Measured = []
    with ExitStack() as loaded, job.context.progress.bar("timing widths", TRIALS) as bar:

        def measure(size: int) -> Times:
            classifier = shipped(lambda: narrow(size), work / str(size), job)
            running[size] = loaded.enter_context(classifier)
            found[:] = timed(running, texts, width)
            times = {each["neurons"]: each["p50_ms"] for each in found}
            bar.advance(p50_ms=times[size])
            return times

        search(target, width, measure)
    shutil.rmtree(work)
    return found


def search(target: float, width: int, measure: Callable[[int], Times]) -> Times:
    """Try all neurons, the fewest, and then widths between those that do and do not suffice.

    `measure` adds a width to those that are timed, and returns the times of all of them.
    """
    times = measure(width)
    if within(times, target) is None:
        times = measure(min(STEP, width))
    while len(times) < TRIALS and (size := between(times, target)):
        times = measure(size)
    return times


def between(times: Times, target: float) -> int | None:
    """The middle between the widest that suffices and the next one tried; None if near enough."""
    below = within(times, target)
    if below is None or below == max(times) or times[below] >= NEAR * target:
        return None
    above = min(size for size in times if size > below)
    middle = (below + above) // 2 // STEP * STEP
    return middle if middle > below else None


def within(times: Times, target: float) -> int | None:
    """The widest of those tried that takes at most the target, None if there is none."""
    return max((size for size, p50 in times.items() if p50 <= target), default=None)


def timed(running: dict[int, Model[Any]], texts: Sequence[Given], width: int) -> Measured:
    """The median time of single texts at each width, all timed side by side."""
    timings = interleaved(
        {str(size): classifier for size, classifier in running.items()}, texts, rounds=ROUNDS
    )
    return [
        {
            "neurons": size,
            "share": round(size / width, 4),
            "p50_ms": round(timings[str(size)].p50_ms, 4),
            "interval": [round(edge, 4) for edge in timings[str(size)].interval],
            "variant": running[size].variant,
        }
        for size in sorted(running)
    ]


def shipped(make: Callable[[], PreTrainedModel], place: Path, job: Pruning) -> Model[Any]:
    """Load what would ship of a model, made below `place` unless it stands there already.

    Int8 may lose what it likes: a model that was not repaired yet says nothing of what it will.
    """
    bundle = place / SHIPPED[-1][0]
    if not bundle.is_dir():
        made = checkpoint_of(make(), place / "checkpoint", job)
        for kind, name in SHIPPED:
            cls: Any = job.context.find_step(kind, name)
            circumstances = job.context.at(
                place / kind, force=True, gates=Gates(max_drop=1), progress=Silence()
            )
            before, made = made, cls(cls.Options(), circumstances).run(made, job.data)
            shutil.rmtree(before.path)
    return load(bundle, device="cpu", threads=job.context.timed_threads, tuning=False)


def checkpoint_of(model: PreTrainedModel, path: Path, job: Pruning) -> Checkpoint | Bundle:
    """Write a model as a checkpoint for others to work on."""
    with Checkpoint.create(path, force=True) as draft:
        draft.manifest.task = job.context.task.name
        save_checkpoint(draft, model, job.tokenizer, job.max_length, job.checkpoint.labels)
    return draft.artifact
