"""Opens a bundle as what its answers make of it: a classifier, a tagger and so on."""

import logging
from pathlib import Path
from typing import Any, TypeVar, overload

import onnxruntime

from edgeft.errors import BundleError, ProviderError
from edgeft.runtime.classifier import Classifier
from edgeft.runtime.embedder import Embedder
from edgeft.runtime.filler import Filler
from edgeft.runtime.labeller import Labeller
from edgeft.runtime.manifest import (
    TOKENIZER,
    Manifest,
    is_older,
    read_manifest,
    refuse_missing,
    verify_files,
)
from edgeft.runtime.model import Model
from edgeft.runtime.reader import Reader
from edgeft.runtime.relater import RelationClassifier
from edgeft.runtime.scorer import Scorer
from edgeft.runtime.session import CPU, Device, open_session, refuse_unknown
from edgeft.runtime.tagger import Tagger
from edgeft.runtime.threads import available_threads
from edgeft.runtime.tuning import read_tuning

log = logging.getLogger(__name__)

KINDS: dict[str, type[Model[Any]]] = {
    "softmax": Classifier,
    "sigmoid": Labeller,
    "identity": Scorer,
    "tags": Tagger,
    "vector": Embedder,
    "span": Reader,
    "relation": RelationClassifier,
    "mask": Filler,
}
"""what a bundle is loaded as, by its manifest's decoding"""

M = TypeVar("M", bound=Model[Any])


@overload
def load(
    path: str | Path,
    *,
    variant: str | None = None,
    device: Device = "auto",
    threads: int | None = None,
    verify: bool = True,
    tuning: bool = True,
) -> Classifier: ...
@overload
def load(
    path: str | Path,
    kind: type[M],
    *,
    variant: str | None = None,
    device: Device = "auto",
    threads: int | None = None,
    verify: bool = True,
    tuning: bool = True,
) -> M: ...


def load(
    path: str | Path,
    kind: type[Model[Any]] | None = None,
    *,
    variant: str | None = None,
    device: Device = "auto",
    threads: int | None = None,
    verify: bool = True,
    tuning: bool = True,
) -> Model[Any]:
    """Load the bundle at `path`.

    What it is loaded as depends on what it answers with. A type checker takes it for a Classifier
    unless told the `kind`, such as `load("bundle", Tagger)`, which also refuses another one.

    `variant` names a graph of the bundle; without it the one chosen at build time, or on an
    explicit `device="cuda"` the float one, since int8 has no CUDA kernels. `device="auto"` takes
    CUDA for a float graph where it can be had, and else the CPU: `.provider` says which it was.

    By default each batch is computed by one thread, and as many batches of a list at once as this
    process may use threads: putting several on one short text slows a small graph down. With
    `threads` that many work together on one batch at a time, which helps long texts in large
    graphs; with `threads=1` a call never uses more than one. `verify` compares every file with
    its checksum: about 70 ms for 100 MB. What `edgeft tune` measured on this machine decides what
    is not given here, unless `tuning` is off.

    Raises BundleError for a bundle that is damaged, foreign, too new or of another kind,
    ProviderError for a device that cannot be had, and EdgeftError for fewer threads than one.
    """
    refuse_unknown(device)
    bundle = Path(path)
    manifest = read_manifest(bundle)
    own = KINDS[manifest.decoding.function]
    if kind is not None and not issubclass(own, kind):
        raise BundleError(
            f"{bundle} is a {own.__name__}, not a {kind.__name__}",
            hint=f"load it as what it is: load(path, {own.__name__})",
        )
    if verify:
        verify_files(bundle, manifest)
    tuned = read_tuning(bundle, manifest) if tuning and device != "cuda" else None
    if variant is None and device == "cuda":
        variant = float_variant(manifest)
    if variant is None and tuned:
        variant = tuned.variant
    name, graph = manifest.variant(variant)
    if not verify:
        refuse_missing(bundle, (TOKENIZER, graph.file))
    session_options = graph.session
    if tuned and name == tuned.variant:
        session_options = tuned.session
        threads = tuned.threads if threads is None else threads
    if not runs_on_cuda(graph.kind):
        if device == "cuda":
            raise ProviderError(
                f"variant {name!r} is {graph.kind}, which CUDA has no kernels for",
                hint="load a float variant, or use device='cpu'",
            )
        device = "cpu"
    needed = manifest.minimum_onnxruntime
    if needed and is_older(onnxruntime.__version__, needed):
        raise BundleError(
            f"{bundle} needs onnxruntime {needed}, this is {onnxruntime.__version__}",
            hint="upgrade: pip install -U onnxruntime",
        )
    of_session = 1 if threads is None else threads
    session = open_session(bundle / graph.file, device, of_session, session_options)
    provider = session.get_providers()[0]
    at_once = available_threads() if threads is None and provider == CPU else 1
    log.info("%s: variant %s, %s, %d threads", bundle, name, provider, threads or at_once)
    return own(bundle, manifest, name, session, threads or at_once, at_once)


def runs_on_cuda(kind: str) -> bool:
    """Whether CUDA has kernels for a kind of graph, such as fp32 or int8-dynamic."""
    return not kind.startswith("int8")


def float_variant(manifest: Manifest) -> str | None:
    """The chosen variant if it is a float one, else the first that is; None if there is none."""
    floats = [name for name, each in manifest.variants.items() if runs_on_cuda(each.kind)]
    return manifest.chosen if manifest.chosen in floats else next(iter(floats), None)
