"""A checkpoint becomes a bundle: capture, compare, time, choose, write."""

import errno
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from itertools import cycle, islice
from pathlib import Path
from typing import Any

from transformers import PreTrainedModel, PreTrainedTokenizerFast

from edgeft.gates.parity import Feed, encoded, expect
from edgeft.gates.texts import spread
from edgeft.plugin import (
    Bundle,
    Checkpoint,
    Context,
    Dataset,
    EdgeftError,
    GateError,
    ModelError,
    Task,
    first_line,
)
from edgeft.runtime.given import Given
from edgeft.surgery.silent import without_silent
from edgeft.training.encoding import load_tokenizer, longest_input
from edgeft.training.machine import set_threads
from edgeft.training.resuming import prepare_scratch
from edgeft.training.tokenizing import as_read
from edgeft_onnx import Onnx, OnnxOptions
from edgeft_onnx.bundling import write_bundle
from edgeft_onnx.capture import STRATEGIES, WRAPPED, Example, example_feed
from edgeft_onnx.compatibility import choose_opset, runnable
from edgeft_onnx.finishing import finish, metadata_of
from edgeft_onnx.golden import given_golden
from edgeft_onnx.tournament import Graph, Judge, Standings, play

INPUTS = ["input_ids", "attention_mask"]
TEXTS = 64
"""texts that a graph is compared with its checkpoint on, and timed on"""
LONGEST_TOKEN = 20
"""characters that no text's tokens have on average"""


def export(step: Onnx, checkpoint: Checkpoint, data: Dataset) -> Bundle:
    """Write the bundle of a checkpoint.

    Raises ModelError where no strategy can capture it, and GateError where none of the captured
    graphs answers as the checkpoint does.
    """
    context, options = step.context, step.options
    opset, ir_version = choose_opset(options.opset, options.minimum_onnxruntime)
    golden = given_golden(options.golden, context.task)
    set_threads(context.threads)
    model = context.task.load_model(checkpoint.path).eval()
    tokenizer = load_tokenizer(checkpoint.path)
    max_length = checkpoint.max_length or longest_input(model, tokenizer)
    texts = spread(data, "validation", TEXTS, seed=context.seed)
    expected = expect(model, tokenizer, texts, max_length, context.task)
    read = as_read(texts, tokenizer, max_length, context.task.marks)
    feeds = timed_on(read, tokenizer, max_length, options)
    example = example_feed(
        inputs_of(tokenizer, context.task), tokenizer.pad_token_id, model.config.vocab_size
    )
    finished = partial(
        finish,
        wrapped=WRAPPED,
        ir_version=ir_version,
        metadata=metadata_of(context.task.name, checkpoint.labels, max_length),
    )
    model.set_attn_implementation("eager")  # its graph is smaller, and its attention is found
    model = without_silent(model)
    prepare_scratch(context)
    judge = Judge(expected, feeds, context.timed_threads, options.timed_as, context.scratch)
    with step.writing(Bundle, checkpoint=checkpoint, data=data) as draft, forgetting(context):
        strategies = list(dict.fromkeys(options.strategies))
        rewrites = runnable(options.rewrites, options.minimum_onnxruntime)
        captured: list[Graph] = []
        refused: dict[str, EdgeftError] = {}
        tried = 2 * len(strategies) - 1 + len(rewrites)
        with context.progress.bar("choosing a graph", tried, "graphs") as bar:
            for strategy in strategies:

                def make(path: Path, strategy: str = strategy) -> None:
                    capture(strategy, model, example, opset, path)
                    finished(path)

                try:
                    captured.append(judge.admit(strategy, make))
                except (GateError, ModelError) as error:
                    refused[strategy] = error
                bar.advance()
            if not captured:
                raise next(iter(refused.values()))
            standings = play(judge, captured, rewrites, bar.advance)
        draft.figures |= figures(standings, refused, options)
        draft.figures["threads"] = context.timed_threads
        draft.manifest.choice = {
            "capture": {key: draft.figures[key] for key in ("strategy", "rewrites", "reason")}
        }
        draft.figures["quotes_data"] = not golden
        draft.manifest.minimum_onnxruntime = options.minimum_onnxruntime
        write_bundle(
            draft,
            standings.best.path,
            checkpoint,
            tokenizer,
            max_length,
            data,
            context.task,
            golden=golden,
        )
    for each, refusal in refused.items():
        context.progress.note(f"export: strategy {each} was refused: {refusal.message}")
    return draft.artifact


def timed_on(
    texts: Sequence[Given],
    tokenizer: PreTrainedTokenizerFast,
    max_length: int,
    options: OnnxOptions,
) -> list[Feed]:
    """What graphs are timed on: the texts one by one, or as the options say.

    Every batch is whole: texts come again, and one that has to be longer is repeated. Raises
    ModelError where it would be longer than the model reads.
    """
    tokens, size = options.timed_tokens, options.timed_batch_size
    if tokens is not None:
        if tokens > max_length:
            raise ModelError(
                f"export onnx: timed_tokens is {tokens}, and the model reads {max_length}",
                hint="lower timed_tokens, or train with a larger max_length",
            )
        texts = [repeated(text, tokens) for text in texts]
        max_length = tokens
    again = cycle(texts)
    batches = [list(islice(again, size)) for _ in range(0, len(texts), size)]
    return [encoded(tokenizer, batch, max_length=max_length) for batch in batches]


def repeated(text: Given, tokens: int) -> Given:
    """A text, or both of a pair, as often as it takes to have so many tokens."""
    if not isinstance(text, str):
        first, second = text
        return str(repeated(first, tokens)), str(repeated(second, tokens))
    least = max(1, len(text.split()), len(text) // LONGEST_TOKEN)
    return " ".join([text] * (1 + tokens // least))


def inputs_of(tokenizer: PreTrainedTokenizerFast, task: Task) -> list[str]:
    """What a graph is fed: which of two texts a token is of only where there are two."""
    told = task.pairs and "token_type_ids" in tokenizer.model_input_names
    return [*INPUTS, "token_type_ids"] if told else INPUTS


@contextmanager
def forgetting(context: Context) -> Iterator[None]:
    """Forget the graphs where an error ends the export; an interruption lets it go on later."""
    try:
        yield
    except EdgeftError:
        shutil.rmtree(context.scratch, ignore_errors=True)
        raise


def capture(
    strategy: str, model: PreTrainedModel, example: Example, opset: int, path: Path
) -> None:
    """Capture a graph; raises ModelError with the first line of what went wrong."""
    try:
        STRATEGIES[strategy](model, example, opset, path)
    except Exception as error:  # a torch exporter raises whatever its passes raise
        if isinstance(error, OSError) and error.errno == errno.ENOSPC:
            raise  # no fault of the strategy
        raise ModelError(
            f"{type(model).__name__} cannot be captured by {strategy}: {first_line(error)}",
            hint="try another strategy, or an architecture that transformers exports",
        ) from error


def figures(
    standings: Standings, refused: dict[str, EdgeftError], options: OnnxOptions
) -> dict[str, Any]:
    """What the history keeps of the tournament."""
    best = standings.best
    return {
        "strategy": best.strategy,
        "rewrites": best.rewrites,
        "timed_as": options.timed_as,
        "p50_ms": round(standings.p50_ms, 4),
        "reason": reason(standings, options),
        "graphs": {
            graph.name: graph.figures
            | {"sessions": standings.sessions[graph.name]}
            | (standings.duels[graph.name].figures() if graph.name in standings.duels else {})
            for graph in standings.graphs
        },
        "refused": {name: error.message for name, error in refused.items()} | standings.refused,
        "idle": standings.idle,
    }


def reason(standings: Standings, options: OnnxOptions) -> str:
    """Why a graph was chosen, for a reader."""
    if not standings.duels:
        return "the only graph that answers as its checkpoint"
    times = ", ".join(
        f"{'+ ' if ' + ' in name else ''}{name.rpartition(' + ')[2]} {each.ratio:.3f}"
        for name, each in standings.duels.items()
    )
    size, tokens = options.timed_batch_size, options.timed_tokens
    asked = "single texts" if size == 1 else f"batches of {size} texts"
    asked += f" of {tokens} tokens" if tokens else ""
    return (
        "each was kept where faster beyond doubt than the best before it, or smaller and not slower"
        f" beyond doubt, or of fewer nodes and no slower (time as {options.timed_as} over the best"
        f" before, {asked}, interleaved: {times})"
    )
