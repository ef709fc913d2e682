"""What all loaded bundles have in common: texts in, the graph's outputs out, in many threads."""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from pathlib import Path
from types import TracebackType
from typing import Any, Generic, Self, TypeVar

import numpy as np
import onnxruntime

from edgeft.errors import BundleError, DataError, EdgeftError
from edgeft.runtime.batching import ROWS, batches, windows
from edgeft.runtime.counts import TokenCounter, TokenCounts
from edgeft.runtime.feeding import Row
from edgeft.runtime.forking import CALLS
from edgeft.runtime.given import Given
from edgeft.runtime.golden import SelfTest, failed, replay
from edgeft.runtime.manifest import TOKENIZER, Manifest
from edgeft.runtime.outputs import Outputs
from edgeft.runtime.session import CPU
from edgeft.runtime.tokenization import FrozenTokenizer
from edgeft.runtime.units import Span

A = TypeVar("A")


class Model(Generic[A]):
    """A loaded bundle. Call it with a text, or with a list of texts.

    A text has the same answer alone and in any list: where the rows of a batch share a scale, as
    in a dynamically quantized graph, texts are computed one by one unless `batch_size` is given.
    Safe to call from many threads at once. `close()`, or leaving a `with` block, frees it.
    """

    def __init__(
        self,
        path: Path,
        manifest: Manifest,
        variant: str,
        session: onnxruntime.InferenceSession,
        threads: int,
        at_once: int = 1,
    ) -> None:
        """Use an open `session`, which has `threads` threads in all, for `at_once` batches."""
        self.path = path
        self.manifest = manifest
        self.variant = variant
        self.threads = threads
        self.labels = list(manifest.labels)
        self.max_length = manifest.max_length
        self.batch_size = 1 if manifest.variants[variant].shares_scales else ROWS
        self.provider: str = session.get_providers()[0]
        self._output = output_name(session, manifest)
        self._width = len(manifest.labels) or width_of(session, self._output)
        inputs = [each.name for each in session.get_inputs()]
        self._tokenizer = FrozenTokenizer(manifest, path / TOKENIZER, inputs, parallel=threads > 1)
        self._counter = TokenCounter(self._tokenizer.tokenizer, pairs=manifest.decoding.pairs)
        self._at_once = at_once
        self._workers = ThreadPoolExecutor(at_once) if at_once > 1 else None
        self._process = os.getpid()
        self._session: onnxruntime.InferenceSession | None = session

    def __call__(self, texts: Any, *, batch_size: int | None = None) -> Any:
        """The answer to a text, or to each of a list of texts, in their order.

        At most `batch_size` texts are computed together, `model.batch_size` by default. Raises
        DataError for what is not text.
        """
        if self._is_one(texts):
            return self._decode([texts], self._outputs([texts], batch_size))[0]
        found: list[A] = []
        for window in windows(self._iterate(texts)):
            found += self._decode(window, self._outputs(window, batch_size))
        return found

    def stream(self, texts: Iterable[Any], *, batch_size: int | None = None) -> Iterator[A]:
        """Answer an iterable of any length, holding some thousands of texts at a time."""
        for window in windows(self._iterate(texts)):
            yield from self._decode(window, self._outputs(window, batch_size))

    def outputs(self, texts: Iterable[Any], batch_size: int | None = None) -> Outputs:
        """What the graph says of texts, before it becomes answers, in the order of the texts."""
        found = [self._outputs(window, batch_size) for window in windows(self._iterate(texts))]
        return joined(found) if found else self._outputs([], batch_size)

    @property
    def tokens(self) -> TokenCounts:
        """The tokens read since it was loaded, and how many the vocabulary does not know.

        Every text that was asked about counts, by whichever thread; those of `selftest` do not.
        """
        return self._counter.counts()

    def selftest(self) -> SelfTest:
        """Replay the bundle's golden file here; what differs is reported, nothing is raised."""
        try:
            session = self._open()
        except EdgeftError as error:
            return failed(self.variant, error.message)
        with CALLS:
            return replay(self.path, self.variant, self.manifest, self._tokenizer, session)

    def close(self) -> None:
        """Free the graph; batches that are being computed end well, later calls raise."""
        self._session = None
        if self._workers is not None:
            self._workers.shutdown(wait=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        kind = type(self).__name__
        return f"{kind}({str(self.path)!r}, variant={self.variant!r}, {self.provider})"

    def _decode(self, texts: Sequence[Any], outputs: Outputs) -> list[A]:
        """The answers to texts that the graph said this of."""
        raise NotImplementedError

    def _is_one(self, texts: Any) -> bool:
        """Whether this is one thing to ask about, and not a list of such."""
        return isinstance(texts, tuple if self._tokenizer.pairs else str)

    def _iterate(self, texts: Any) -> Iterable[Any]:
        """The texts, one alone as well; raises DataError for what is no iterable of texts."""
        if self._is_one(texts):
            return [texts]
        if isinstance(texts, str | bytes | Mapping) or not isinstance(texts, Iterable):
            what = "pair of texts" if self._tokenizer.pairs else "text"
            raise DataError(
                f"{texts!r:.60} is no {what} and no list of them",
                hint="pass a tuple of two strings, or a list of such tuples"
                if self._tokenizer.pairs
                else "pass a string or a list",
            )
        return texts

    def _open(self) -> onnxruntime.InferenceSession:
        session = self._session  # another thread may close the model meanwhile
        if session is None:
            raise EdgeftError(f"the model of {self.path} is closed", hint="load it again")
        if os.getpid() != self._process:
            self._forked()
        return session

    def _forked(self) -> None:
        """Get new workers in a process that was forked: no thread survives that."""
        if self.provider != CPU or self._at_once < self.threads:  # some are onnxruntime's own
            raise EdgeftError(
                f"the model of {self.path} was loaded before this process was forked: its threads"
                " are gone",
                hint="load it in each process, or with threads=1",
            )
        if self._workers is not None:
            self._workers = ThreadPoolExecutor(self._at_once)
        self._process = os.getpid()

    def _of_one(self, text: Any) -> np.ndarray:
        """The logits (1, labels) of one text that makes one row, without the detours of a list."""
        with CALLS:
            session = self._open()
            rows = self._tokenizer.rows([text])
            self._counter.add([rows[0].ids])
            return self._run(session, rows)

    def _outputs(self, texts: Sequence[Given], batch_size: int | None) -> Outputs:
        """What the graph says of texts that fit in memory."""
        if batch_size is None:
            batch_size = self.batch_size
        if batch_size < 1:
            raise EdgeftError(f"batch_size is {batch_size}", hint="use 1 or more")
        with CALLS:
            return self._computed(self._open(), texts, batch_size)

    def _computed(
        self, session: onnxruntime.InferenceSession, texts: Sequence[Given], batch_size: int
    ) -> Outputs:
        """What a session says of texts, at most `batch_size` of them together."""
        if self._tokenizer.by_unit:
            windows = self._tokenizer.windows(texts)
            rows, parts = list(chain.from_iterable(windows)), [len(each) for each in windows]
        else:
            rows, parts = self._tokenizer.rows(texts), None
        self._counter.add([row.ids for row in rows])
        if len(rows) == 1:
            return self._gathered(rows, [self._run(session, rows)[0]], parts)
        found: list[np.ndarray] = [np.empty(0)] * len(rows)
        most = min(batch_size, -(-len(rows) // self._at_once))  # a share for each that computes

        def compute(batch: np.ndarray) -> None:
            members = [rows[place] for place in batch]
            for place, logits in zip(batch, self._run(session, members), strict=True):
                found[place] = logits

        shares = batches([len(row.ids) for row in rows], most)
        try:
            running = self._workers.map(compute, shares) if self._workers else map(compute, shares)
        except RuntimeError:  # the workers take nothing more
            self._open()  # says so where another thread closed the model meanwhile
            raise
        list(running)  # waits for all of them, and raises what one of them raised
        return self._gathered(rows, found, parts)

    def _gathered(
        self, rows: Sequence[Row], logits: Sequence[np.ndarray], parts: Sequence[int] | None
    ) -> Outputs:
        """The outputs of rows, of each its logits (labels,) or (tokens, labels).

        Of units, `parts` says how many rows each text has.
        """
        if parts is None:
            empty = np.empty((0, self._width), np.float32)
            return Outputs(np.stack(logits) if len(logits) else empty)
        return by_unit(rows, logits, len(self.labels), parts)

    def _run(self, session: onnxruntime.InferenceSession, rows: Sequence[Row]) -> np.ndarray:
        """The logits (rows, labels) or (rows, tokens, labels) of rows computed together."""
        logits: np.ndarray = session.run([self._output], self._tokenizer.feed(rows))[0]
        return logits


def by_unit(
    rows: Sequence[Row], logits: Sequence[np.ndarray], width: int, parts: Sequence[int]
) -> Outputs:
    """The outputs of texts' units, of each row its tokens' logits (tokens, labels).

    `parts` says how many rows each text has.
    """
    if len(rows) == 1:  # one text alone, the call that has to be quick: nothing is put together
        (row,) = rows
        return Outputs(
            at_places(logits[0], row), np.array([0, len(row.places)]), spans_of(row.spans)
        )
    values = [at_places(each, row) for row, each in zip(rows, logits, strict=True)]
    return Outputs(
        np.concatenate([np.empty((0, width), np.float32), *values]),
        np.cumsum([0, *(len(row.places) for row in rows)])[np.cumsum([0, *parts])],
        spans_of(list(chain.from_iterable(row.spans for row in rows))),
    )


def at_places(logits: np.ndarray, row: Row) -> np.ndarray:
    """The logits (units, labels) of a row's units, of those of its tokens (tokens, labels)."""
    found: np.ndarray = logits.take(np.array(row.places, np.intp), axis=0)
    return found


def spans_of(spans: Sequence[Span]) -> np.ndarray:
    """Spans as int32 (units, 2), number by number: of pairs numpy takes twice as long."""
    return np.fromiter(chain.from_iterable(spans), np.int32, 2 * len(spans)).reshape(-1, 2)


def joined(parts: Sequence[Outputs]) -> Outputs:
    """Outputs of several lists of texts as those of one."""
    values = np.concatenate([each.values for each in parts])
    starts, spans = [each.starts for each in parts], [each.spans for each in parts]
    if any(each is None for each in starts):
        return Outputs(values)
    lengths = [np.diff(each) for each in starts if each is not None]
    return Outputs(
        values,
        np.cumsum([0, *np.concatenate(lengths)]),
        np.concatenate([each for each in spans if each is not None]),
    )


def output_name(session: onnxruntime.InferenceSession, manifest: Manifest) -> str:
    """The graph's output that answers; raises BundleError where it does not fit the labels."""
    shapes = {each.name: each.shape for each in session.get_outputs()}
    name = manifest.decoding.output
    hint = "copy or make the bundle again"
    if name not in shapes:
        raise BundleError(f"the graph has no output {name!r}, it has {sorted(shapes)}", hint=hint)
    width = shapes[name][-1]
    if manifest.labels and isinstance(width, int) and width != len(manifest.labels):
        raise BundleError(
            f"the graph answers {width} labels, edgeft.json names {len(manifest.labels)}", hint=hint
        )
    return name


def width_of(session: onnxruntime.InferenceSession, output: str) -> int:
    """The numbers that an output has a text; 0 where the graph does not say."""
    (width,) = [each.shape[-1] for each in session.get_outputs() if each.name == output]
    return width if isinstance(width, int) else 0
