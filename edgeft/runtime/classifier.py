"""The typed callable that an application holds: texts in, labels with probabilities out."""

import logging
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar, overload

import numpy as np
import onnxruntime

from edgeft.errors import BundleError, DataError, EdgeftError, ProviderError
from edgeft.runtime.answers import Answer, best, best_of_one, top
from edgeft.runtime.batching import batches, windows
from edgeft.runtime.counts import TokenCounter, TokenCounts
from edgeft.runtime.golden import SelfTest, failed, replay
from edgeft.runtime.manifest import Manifest, read_manifest, verify_files
from edgeft.runtime.session import CPU, Device, open_session
from edgeft.runtime.threads import available_threads
from edgeft.runtime.tokenization import FrozenTokenizer
from edgeft.runtime.tuning import read_tuning

log = logging.getLogger(__name__)

T = TypeVar("T")


def load(
    path: str | Path,
    *,
    variant: str | None = None,
    device: Device = "auto",
    threads: int | None = None,
    verify: bool = True,
    tuning: bool = True,
) -> "Classifier":
    """Load the bundle at `path`.

    `variant` names a graph of the bundle; without it the one chosen at build time, or on an
    explicit `device="cuda"` the float one, since int8 has no CUDA kernels. `device="auto"` takes
    CUDA for a float graph where it can be had, and else the CPU: `.provider` says which it was.

    By default each batch is computed by one thread, and as many batches of a list at once as this
    process may use threads: putting several on one short text slows a small graph down. With
    `threads` that many work together on one batch at a time, which helps long texts in large
    graphs; with `threads=1` a call never uses more than one. `verify` compares every file with
    its checksum: about 70 ms for 100 MB. What `edgeft tune` measured on this machine decides what
    is not given here, unless `tuning` is off.

    Raises BundleError for a bundle that is damaged, foreign or too new, and ProviderError for a
    device that cannot be had.
    """
    bundle = Path(path)
    manifest = read_manifest(bundle)
    if verify:
        verify_files(bundle, manifest)
    tuned = read_tuning(bundle, manifest) if tuning and device != "cuda" else None
    if variant is None and device == "cuda":
        variant = float_variant(manifest)
    if variant is None and tuned:
        variant = tuned.variant
    name, graph = manifest.variant(variant)
    session_options = graph.session
    if tuned and name == tuned.variant:
        session_options = tuned.session
        threads = tuned.threads if threads is None else threads
    if graph.kind.startswith("int8"):
        if device == "cuda":
            raise ProviderError(
                f"variant {name!r} is {graph.kind}, which CUDA has no kernels for",
                hint="load a float variant, or use device='cpu'",
            )
        device = "cpu"
    session = open_session(bundle / graph.file, device, threads or 1, session_options)
    provider = session.get_providers()[0]
    at_once = available_threads() if threads is None and provider == CPU else 1
    log.info("%s: variant %s, %s, %d threads", bundle, name, provider, threads or at_once)
    return Classifier(bundle, manifest, name, session, threads or at_once, at_once)


def float_variant(manifest: Manifest) -> str | None:
    """The chosen variant if it is a float one, else the first that is; None if there is none."""
    floats = [name for name, each in manifest.variants.items() if not each.kind.startswith("int8")]
    return manifest.chosen if manifest.chosen in floats else next(iter(floats), None)


class Classifier:
    """A loaded bundle. Call it with a text, or with a list of texts.

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
        self.provider: str = session.get_providers()[0]
        self._output = output_name(session, manifest)
        inputs = [each.name for each in session.get_inputs()]
        self._tokenizer = FrozenTokenizer(
            manifest, path / "tokenizer.json", inputs, parallel=threads > 1
        )
        self._counter = TokenCounter(self._tokenizer.tokenizer)
        self._at_once = at_once
        self._workers = ThreadPoolExecutor(at_once) if at_once > 1 else None
        self._session: onnxruntime.InferenceSession | None = session

    # a str is a sequence of str as well; the first overload that fits is the one that counts
    @overload
    def __call__(  # type: ignore[overload-overlap]
        self, texts: str, *, top_k: None = None, batch_size: int = 32
    ) -> Answer: ...
    @overload
    def __call__(  # type: ignore[overload-overlap]
        self, texts: str, *, top_k: int, batch_size: int = 32
    ) -> list[Answer]: ...
    @overload
    def __call__(
        self, texts: Sequence[str], *, top_k: None = None, batch_size: int = 32
    ) -> list[Answer]: ...
    @overload
    def __call__(
        self, texts: Sequence[str], *, top_k: int, batch_size: int = 32
    ) -> list[list[Answer]]: ...

    def __call__(
        self, texts: str | Sequence[str], *, top_k: int | None = None, batch_size: int = 32
    ) -> Answer | list[Answer] | list[list[Answer]]:
        """The most probable label of a text, or of each of a list of texts, in their order.

        With `top_k`, the `top_k` most probable labels of each, best first. At most `batch_size`
        texts are computed together. Raises DataError for what is not text.
        """
        if top_k is not None and top_k < 1:
            raise EdgeftError(f"top_k is {top_k}", hint="ask for 1 label or more")
        if isinstance(texts, str):
            session = self._open()
            ids = self._tokenizer.encode([texts])
            self._counter.add(ids)
            logits = self._run(session, ids)
            if top_k is None:
                return best_of_one(logits[0], self.labels)
            return top(logits, self.labels, top_k)[0]
        logits = self.logits(texts, batch_size=batch_size)
        return best(logits, self.labels) if top_k is None else top(logits, self.labels, top_k)

    def logits(self, texts: Iterable[str], batch_size: int = 32) -> np.ndarray:
        """The logits (texts, labels) as float32, in the order of the texts."""
        found = [self._logits(window, batch_size) for window in windows(iterate(texts))]
        return np.concatenate(found) if found else np.empty((0, len(self.labels)), np.float32)

    def stream(self, texts: Iterable[str], *, batch_size: int = 32) -> Iterator[Answer]:
        """Answer an iterable of any length, holding some thousands of texts at a time."""
        for window in windows(iterate(texts)):
            yield from best(self._logits(window, batch_size), self.labels)

    @property
    def tokens(self) -> TokenCounts:
        """The tokens read since it was loaded, and how many the vocabulary does not know.

        Every text that was asked about counts, by whichever thread; those of `selftest` do not.
        """
        return self._counter.counts()

    def selftest(self) -> SelfTest:
        """Replay the bundle's golden file here; what differs is reported, nothing is raised."""
        if self._session is None:
            return failed(self.variant, "the classifier is closed")
        return replay(self.path, self.variant, self.manifest, self._tokenizer, self._session)

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
        return f"Classifier({str(self.path)!r}, variant={self.variant!r}, {self.provider})"

    def _open(self) -> onnxruntime.InferenceSession:
        if self._session is None:
            raise EdgeftError(f"the classifier of {self.path} is closed", hint="load it again")
        return self._session

    def _logits(self, texts: list[str], batch_size: int) -> np.ndarray:
        """The logits (texts, labels) of texts that fit in memory."""
        if batch_size < 1:
            raise EdgeftError(f"batch_size is {batch_size}", hint="use 1 or more")
        session = self._open()
        ids = self._tokenizer.encode(texts)
        self._counter.add(ids)
        logits = np.empty((len(ids), len(self.labels)), dtype=np.float32)
        rows = min(batch_size, -(-len(ids) // self._at_once))  # a share for each that computes

        def compute(batch: np.ndarray) -> None:
            logits[batch] = self._run(session, [ids[row] for row in batch])

        shares = batches([len(row) for row in ids], rows)
        # list() waits for all of them, and raises what one of them raised
        list(self._workers.map(compute, shares) if self._workers else map(compute, shares))
        return logits

    def _run(self, session: onnxruntime.InferenceSession, ids: list[list[int]]) -> np.ndarray:
        """The logits (rows, labels) of token ids that are computed together."""
        logits: np.ndarray = session.run([self._output], self._tokenizer.feed(ids))[0]
        return logits


def output_name(session: onnxruntime.InferenceSession, manifest: Manifest) -> str:
    """The graph's output that answers; raises BundleError where it does not fit the labels."""
    shapes = {each.name: each.shape for each in session.get_outputs()}
    name = manifest.decoding.output
    hint = "copy or make the bundle again"
    if name not in shapes:
        raise BundleError(f"the graph has no output {name!r}, it has {sorted(shapes)}", hint=hint)
    width = shapes[name][-1]
    if isinstance(width, int) and width != len(manifest.labels):
        raise BundleError(
            f"the graph answers {width} labels, edgeft.json names {len(manifest.labels)}", hint=hint
        )
    return name


def iterate(texts: Iterable[str]) -> Iterable[str]:
    """The texts, one alone as well; raises DataError for what is no iterable of texts."""
    if isinstance(texts, str):
        return [texts]
    if isinstance(texts, bytes) or not isinstance(texts, Iterable):
        raise DataError(
            f"{texts!r:.60} is no text and no list of texts", hint="pass a string or a list"
        )
    return texts
