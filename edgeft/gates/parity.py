"""Whether a graph answers as the checkpoint it was captured from.

A capture can go wrong without a word: a size of the example frozen into the graph, a mask dropped,
a row that depends on how far its batch is padded. Each of these is tried here.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import numpy as np
import torch
from transformers import PreTrainedModel, PreTrainedTokenizerFast

from edgeft.errors import GateError, first_line
from edgeft.gates.texts import whole
from edgeft.runtime.deciding import Decisions
from edgeft.runtime.given import Given
from edgeft.runtime.session import open_session
from edgeft.runtime.words import HEAD
from edgeft.tasks import Task
from edgeft.training.tokenizing import as_read

TOLERANCE = 1e-3
"""largest difference of a logit between torch and onnxruntime, both in float32"""
NEARLY = 2e-2
"""the same for a graph that was asked to approximate; int8 moves logits twenty times as far"""
UNDECIDED = 1e-4
"""how far off a logit may be for a close call to go the other way, as float32 sums round"""
BATCHES = (1, 2, 3, 8)
"""rows a batch, cycled until every text has been in one"""
LONGEST = 512
"""tokens of the longest text tried: float attention needs memory by the square of it"""

Feed = dict[str, np.ndarray]


@dataclass(frozen=True)
class Case:
    """One batch: what the graph is fed, and what the checkpoint answers to it."""

    name: str
    feed: Feed
    """int64 (rows, tokens) by input name"""
    logits: np.ndarray
    """float32 (rows, labels), or (real tokens of all rows, labels) of a head for tokens"""
    lengths: np.ndarray | None = None
    """real tokens of each row, for a head for tokens"""


@dataclass(frozen=True)
class Expected:
    """What a checkpoint answers: batches of real texts, and the same rows seen in other ways."""

    batches: list[Case]
    """real texts, padded to the longest of their batch"""
    alone: list[Case]
    """rows of the batches, each without its padding"""
    masked: Case
    """a row with the second half of its tokens hidden"""
    unmasked: Case
    """the same row with every token seen"""
    decisions: Decisions
    """what logits decide, as the task has it before validation rows have told more"""


@dataclass(frozen=True)
class ParityResult:
    """How close a graph is to its checkpoint."""

    max_difference: float
    """largest difference of a logit in any batch"""
    padding_difference: float
    """largest difference between a row alone and the same row in a padded batch"""
    mask_effect: float
    """how much hiding half of a row's tokens moves its logits"""
    rows: int
    lengths: list[int]
    """tokens of the batches tried"""
    tolerance: float = TOLERANCE

    def figures(self) -> dict[str, Any]:
        """What the history keeps of it."""
        return asdict(self)


def expect(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerFast,
    texts: Sequence[Given],
    max_length: int,
    task: Task,
) -> Expected:
    """Let a model answer to texts, and to one as long as `max_length` allows, in many ways.

    Of texts with `marks`, a head that finds none has the same answer to everything, which any graph
    gives: they are read as the runtime reads them.
    """
    texts = as_read(texts, tokenizer, min(max_length, LONGEST), task.marks)
    encode = partial(encoded, tokenizer, max_length=min(max_length, LONGEST))
    batches: list[Case] = []
    alone: list[Case] = []
    for members in in_batches(texts):
        feed = encode(members)
        name = f"{len(members)} x {feed['input_ids'].shape[1]} tokens"
        logits, mask = answer(model, feed), feed["attention_mask"]
        batches.append(case(f"batch {len(batches) + 1} of {name}", feed, logits, mask))
        shortest = int(mask.sum(axis=1).argmin())
        own = slice(shortest, shortest + 1)
        read = encode([members[shortest]])
        alone.append(case(f"row {shortest} of {name}, alone,", read, logits[own], mask[own]))
    full = encode([filling(texts, max_length)])
    hidden = full["attention_mask"].copy()
    hidden[:, hidden.shape[1] // 2 :] = 0
    half = full | {"attention_mask": hidden}
    longest = case("the longest text", full, answer(model, full), full["attention_mask"])
    names = [model.config.id2label[place] for place in range(model.config.num_labels)]
    return Expected(
        [*batches, longest],
        alone,
        masked=case("the half-hidden text", half, answer(model, half), hidden),
        unmasked=longest,
        decisions=Decisions(task.first_decoding(names), names),
    )


def case(name: str, feed: Feed, logits: np.ndarray, mask: np.ndarray) -> Case:
    """A batch, and what was answered to its real tokens, which `mask` (rows, tokens) tells."""
    lengths = mask.sum(axis=1) if logits.ndim == 3 else None
    return Case(name, feed, real(logits, mask), lengths)


def compare(onnx_path: Path, expected: Expected, tolerance: float = TOLERANCE) -> ParityResult:
    """Compare what a graph answers with what is expected; raises GateError naming the batch.

    `tolerance` is that of logits; for numbers it is in the scale of what is expected.
    """
    tolerance *= expected.decisions.scale([case.logits for case in expected.batches])
    session = open_session(onnx_path, "cpu", None, {})
    inputs = [each.name for each in session.get_inputs()]

    def run(feed: Feed) -> np.ndarray:
        (logits,) = session.run(None, {name: feed[name] for name in inputs})
        return real(np.asarray(logits), feed["attention_mask"])

    if "attention_mask" not in inputs:
        raise failure("the graph has no attention mask: padding would change its answers")
    worst = 0.0
    for case in [*expected.batches, expected.masked]:
        logits = tried(run, case)
        worst = max(worst, difference(case, logits, tolerance))
        refuse_other_decisions(case, logits, expected.decisions)
    padding = max(difference(case, tried(run, case), tolerance) for case in expected.alone)
    seen = len(expected.masked.logits)  # of a head for tokens, those that are not hidden
    effect = float(np.abs(run(expected.masked.feed) - run(expected.unmasked.feed)[:seen]).max())
    wanted = float(np.abs(expected.masked.logits - expected.unmasked.logits[:seen]).max())
    if wanted > 0 and effect == 0:
        raise failure("the graph ignores its attention mask, the checkpoint does not")
    return ParityResult(
        max_difference=worst,
        padding_difference=padding,
        mask_effect=effect,
        rows=sum(len(case.feed["input_ids"]) for case in expected.batches),
        lengths=sorted({case.feed["input_ids"].shape[1] for case in expected.batches}),
        tolerance=tolerance,
    )


def tried(run: Callable[[Feed], np.ndarray], case: Case) -> np.ndarray:
    """The graph's answer to a case; raises GateError where it has none."""
    try:
        logits = run(case.feed)
    except Exception as error:  # onnxruntime's exceptions share no other ancestor
        reason = first_line(error)
        raise failure(f"the graph cannot compute {case.name}: {reason}") from error
    if logits.shape != case.logits.shape:
        raise failure(f"the graph answers {case.name} in shape {logits.shape}")
    return logits


def difference(case: Case, logits: np.ndarray, tolerance: float) -> float:
    """The largest difference of a logit; raises GateError where it is above the tolerance."""
    found = float(np.abs(case.logits - logits).max())
    if not found <= tolerance:  # NaN is no parity either
        raise failure(f"{case.name}: logits differ by {found:.1e}, allowed is {tolerance:.1e}")
    return found


def refuse_other_decisions(case: Case, logits: np.ndarray, decisions: Decisions) -> None:
    """Raise GateError where a row is decided otherwise, unless torch itself was undecided."""
    pairs = zip(by_row(case, case.logits), by_row(case, logits), strict=True)
    for row, (wanted, found) in enumerate(pairs):
        places = np.arange(len(wanted))
        units = np.stack([places, np.where(places, places + 1, 0)], axis=1)  # [CLS] is no answer
        if not decisions.alike(wanted, found, UNDECIDED, units):
            raise failure(f"{case.name}: row {row} gets {decisions.other} than from the checkpoint")


def by_row(case: Case, logits: np.ndarray) -> Iterable[np.ndarray]:
    """The logits (labels,) of each row, or those of its real tokens (tokens, labels)."""
    if case.lengths is None:
        return logits
    return np.split(logits, np.cumsum(case.lengths)[:-1])


def failure(message: str) -> GateError:
    """A parity error with what to do about it."""
    return GateError(message, hint="let export try other `strategies`, or none of its `rewrites`")


def real(logits: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Logits (rows, labels) as they are, and of (rows, tokens, labels) those of real tokens."""
    return logits[mask.astype(bool)] if logits.ndim == 3 else logits


def encoded(tokenizer: PreTrainedTokenizerFast, texts: Sequence[Given], *, max_length: int) -> Feed:
    """Texts, or pairs of them, as one batch of ids, mask and types, int64 (rows, longest)."""
    pairs = isinstance(texts[0], tuple)
    return dict(
        tokenizer(
            *(list(each) for each in zip(*texts, strict=True)) if pairs else [list(texts)],
            truncation=True,
            max_length=max_length,
            padding=True,
            return_token_type_ids=pairs and "token_type_ids" in tokenizer.model_input_names,
            return_tensors="np",
        )
    )


def in_batches(texts: Sequence[Given]) -> Iterator[Sequence[Given]]:
    """The texts in batches of changing size."""
    sizes = cycle(BATCHES)
    start = 0
    while start < len(texts):
        size = next(sizes)
        yield texts[start : start + size]
        start += size


def filling(texts: Sequence[Given], max_length: int) -> Given:
    """The texts as one, repeated or cut until it has as many words as there may be tokens.

    No more of them: what two long texts overflow a row by is their lengths' product.
    """
    tokens = min(max_length, LONGEST)
    words = list(islice(cycle(" ".join(whole(each) for each in texts).split() or ["a"]), tokens))
    many = " ".join(words)[: HEAD * tokens]
    return (many, many) if isinstance(texts[0], tuple) else many


def answer(model: PreTrainedModel, feed: Feed) -> np.ndarray:
    """A model's logits, float32 (rows, labels) or (rows, tokens, labels)."""
    tensors = {name: torch.from_numpy(values) for name, values in feed.items()}
    with torch.inference_mode():
        return np.asarray(model(**tensors).logits.float().numpy())
