"""A checkpoint becomes a bundle: capture, compare, time, choose, write."""

import logging
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import onnx
from onnxruntime.quantization import QuantType, quantize_dynamic
from transformers import PreTrainedModel

from edgeft.gates.parity import (
    Feed,
    ParityResult,
    compare,
    encoded,
    expect,
    longest_input,
)
from edgeft.gates.speed import Timing, fastest, interleaved
from edgeft.gates.texts import spread
from edgeft.plugin import Bundle, Checkpoint, Dataset, EdgeftError, GateError, ModelError
from edgeft.runtime.session import open_session
from edgeft.training.encoding import load_tokenizer
from edgeft.training.machine import set_threads
from edgeft_onnx import Onnx
from edgeft_onnx.bundling import write_bundle
from edgeft_onnx.capture import STRATEGIES, WRAPPED, Example, example_feed
from edgeft_onnx.compatibility import choose_opset
from edgeft_onnx.finishing import finish, metadata_of

INPUTS = ["input_ids", "attention_mask"]
TEXTS = 64
"""texts that a graph is compared with its checkpoint on, and timed on"""


@dataclass(frozen=True)
class Captured:
    """A graph that answers as its checkpoint does."""

    strategy: str
    path: Path
    parity: ParityResult


def export(step: Onnx, checkpoint: Checkpoint, data: Dataset) -> Bundle:
    """Write the bundle of a checkpoint.

    Raises ModelError where no strategy can capture it, and GateError where none of the captured
    graphs answers as the checkpoint does.
    """
    context, options = step.context, step.options
    opset, ir_version = choose_opset(options.opset, options.minimum_onnxruntime)
    set_threads(context.threads)
    model = context.task.load_model(checkpoint.path).eval()
    tokenizer = load_tokenizer(checkpoint.path)
    max_length = longest_input(checkpoint, model, tokenizer)
    texts = spread(data, "validation", TEXTS, seed=context.seed)
    expected = expect(model, tokenizer, texts, max_length)
    example = example_feed(INPUTS, tokenizer.pad_token_id, model.config.vocab_size)
    finished = partial(
        finish,
        wrapped=WRAPPED,
        ir_version=ir_version,
        metadata=metadata_of(context.task.name, checkpoint.labels, max_length),
    )
    with step.writing(Bundle, checkpoint=checkpoint, data=data) as draft:
        work = draft.path / "captures"
        work.mkdir()
        model.set_attn_implementation("eager")  # its graph is smaller, and onnxruntime fuses it
        captured: list[Captured] = []
        refused: dict[str, EdgeftError] = {}
        with context.progress.bar("capturing", len(options.strategies)) as bar:
            for strategy in dict.fromkeys(options.strategies):
                path = work / f"{strategy}.onnx"
                try:
                    capture(strategy, model, example, opset, path)
                    finished(path)
                    captured.append(Captured(strategy, path, compare(path, expected)))
                except (GateError, ModelError) as error:
                    refused[strategy] = error
                bar.advance()
        if not captured:
            raise next(iter(refused.values()))
        feeds = [encoded(tokenizer, [text], max_length=max_length) for text in texts]
        timings = time_graphs(captured, feeds, context.threads, options.timed_as)
        best = fastest(timings)
        draft.figures |= figures(captured, refused, timings, best, options.timed_as)
        why = reason(timings, best, options.timed_as)
        draft.manifest.choice = {"capture": {"strategy": best, "reason": why}}
        draft.manifest.minimum_onnxruntime = options.minimum_onnxruntime
        graph = next(each.path for each in captured if each.strategy == best)
        write_bundle(draft, graph, checkpoint, tokenizer, max_length, data, context.task)
        shutil.rmtree(work)
    for each, refusal in refused.items():
        context.progress.note(f"export: strategy {each} was refused: {refusal.message}")
    return draft.artifact


def capture(
    strategy: str, model: PreTrainedModel, example: Example, opset: int, path: Path
) -> None:
    """Capture a graph; raises ModelError with the first line of what went wrong."""
    try:
        STRATEGIES[strategy](model, example, opset, path)
    except Exception as error:  # a torch exporter raises whatever its passes raise
        said = str(error).strip().partition("\n")[0] or repr(error)
        raise ModelError(
            f"{type(model).__name__} cannot be captured by {strategy}: {said}",
            hint="try another strategy, or an architecture that transformers exports",
        ) from error


def time_graphs(
    captured: Sequence[Captured], feeds: list[Feed], threads: int | None, timed_as: str
) -> dict[str, Timing]:
    """Time the graphs against each other on single texts of real lengths.

    The graph that is fastest in float32 is not always the one whose int8 twin is, so they are
    timed as what will ship.
    """

    def runner(path: Path) -> Any:
        if timed_as == "int8":
            path = int8_twin(path)
        session = open_session(path, "cpu", threads or 1, {})  # as the runtime does
        return lambda feed: session.run(None, feed)

    return interleaved({each.strategy: runner(each.path) for each in captured}, feeds)


def int8_twin(path: Path) -> Path:
    """Write the graph with int8 products and tables beside it, for timing only."""
    twin = path.with_suffix(".int8.onnx")
    logger = logging.getLogger()
    level = logger.level
    logger.setLevel(logging.ERROR)  # onnxruntime advises on the root logger
    try:
        quantize_dynamic(
            path,
            twin,
            weight_type=QuantType.QInt8,
            op_types_to_quantize=["MatMul", "Gemm", "Gather"],
            extra_options={"DefaultTensorType": onnx.TensorProto.FLOAT},
        )
    finally:
        logger.setLevel(level)
    return twin


def figures(
    captured: Sequence[Captured],
    refused: dict[str, EdgeftError],
    timings: dict[str, Timing],
    best: str,
    timed_as: str,
) -> dict[str, Any]:
    """What the history keeps of the strategies."""
    return {
        "strategy": best,
        "timed_as": timed_as,
        "reason": reason(timings, best, timed_as),
        "strategies": {
            each.strategy: {
                "p50_ms": round(timings[each.strategy].p50_ms, 4),
                "interval": [round(edge, 4) for edge in timings[each.strategy].interval],
                "bytes": each.path.stat().st_size,
                "parity": each.parity.figures(),
            }
            for each in captured
        },
        "refused": {strategy: error.message for strategy, error in refused.items()},
    }


def reason(timings: dict[str, Timing], best: str, timed_as: str) -> str:
    """Why a strategy was chosen, for a reader."""
    if len(timings) == 1:
        return "the only strategy that gave a correct graph"
    times = ", ".join(f"{name} {timing.p50_ms:.2f} ms" for name, timing in timings.items())
    first = best == next(iter(timings))
    why = "no other is faster beyond doubt" if first else "it is faster beyond doubt"
    return f"{why} (median of single texts as {timed_as}, interleaved: {times})"
