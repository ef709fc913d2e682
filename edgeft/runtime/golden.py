"""The golden file: what a bundle answered where it was built, so that a device can compare.

golden.json holds texts with their token ids and, a variant, logits and what they decide: a label,
the labels that hold, labelled parts, or the part that answers. Every text was run alone: the logits
of a dynamically quantized graph change a little with the rows around them.
"""

import json
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime

from edgeft.errors import BundleError, EdgeftError
from edgeft.runtime.deciding import Decisions
from edgeft.runtime.feeding import Row
from edgeft.runtime.given import Given
from edgeft.runtime.manifest import TOKENIZER, Manifest
from edgeft.runtime.session import open_session
from edgeft.runtime.tokenization import FrozenTokenizer
from edgeft.runtime.units import Span

GOLDEN = "golden.json"
LEAST = 32
"""fewest texts of a golden file"""
ODD = (
    "",
    " ",
    "?",
    "Ünïcödé — “quotes”, naïve café, ½ €3.50 …",
    "日本語のテキスト와 한국어 и русский",
    "🙂🙃 emoji, tab\tand\nnew line",
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    "one long text that has to be cut " * 200,
)
"""texts that trip tokenizers up; every golden file begins with them"""
WIDEST = 512
"""logits of a row that are written and compared"""
FLOAT_TOLERANCE = 1e-3
"""float32 kernels of different CPUs sum in different orders"""
INTEGER_TOLERANCE = 1e-2
"""least tolerance of an int8 graph: about one step of its quantized activations"""


@dataclass(frozen=True)
class SelfTest:
    """How a bundle's answers here compare with those where it was built."""

    variant: str
    n: int
    """texts replayed"""
    ids_equal: int
    """texts whose token ids are the same"""
    labels_equal: int
    """texts of which the same is decided, or in so close a call that the tolerance covers it"""
    max_difference: float
    """largest difference of a logit"""
    tolerance: float
    """largest difference that passes"""
    failures: tuple[str, ...]
    """a sentence for each thing that is wrong"""

    @property
    def passed(self) -> bool:
        return not self.failures


def write_golden(bundle: Path, texts: Sequence[Given], manifest: Mapping[str, Any]) -> None:
    """Write `bundle`/golden.json for every variant of `manifest`, computed on this CPU.

    `manifest` holds the fields of a bundle's edgeft.json (`BundleManifest.model_dump()`), whose
    `files` may still be empty; the graphs and tokenizer.json must stand in `bundle`. `texts` are
    real ones, at least 24 of them: with the odd ones added here they make 32 or more. They are
    shipped, so choose none that is secret.
    """
    facts = Manifest.from_dict(dict(manifest))
    odd = zip(ODD, ODD[::-1], strict=True) if facts.decoding.pairs else ODD
    chosen = list(dict.fromkeys([*odd, *texts]))
    if len(chosen) < LEAST:
        raise BundleError(
            f"{len(chosen) - len(ODD)} texts make no golden file, it needs {LEAST - len(ODD)}",
            hint="give more texts",
        )
    tokenizer = FrozenTokenizer(facts, bundle / TOKENIZER)
    rows = [tokenizer.rows([given])[0] for given in chosen]
    logits = {
        name: logits_alone(
            open_session(bundle / variant.file, "cpu", 1, variant.session), tokenizer, facts, rows
        )
        for name, variant in facts.variants.items()
    }
    golden = {
        "schema_version": 1,
        "machine": {
            "platform": platform.platform(),
            "processor": platform.machine(),
            "onnxruntime": onnxruntime.__version__,
        },
        "temperature": facts.decoding.temperature,
        "tolerance": {name: tolerance(name, facts, logits) for name in logits},
        "texts": [
            {
                "text": given,
                "ids": rows[place].ids,
                "outputs": {
                    name: written(found[place], rows[place], facts)
                    for name, found in logits.items()
                },
            }
            for place, given in enumerate(chosen)
        ],
    }
    path = bundle / GOLDEN
    path.write_text(json.dumps(golden, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def written(logits: np.ndarray, row: Row, manifest: Manifest) -> dict[str, Any]:
    """The logits of a text (labels,), or of its units (units, labels), and what they decide."""
    found = Decisions(manifest.decoding, manifest.labels).of(logits, row.spans)
    return found | {"logits": np.round(thinned(logits).astype(float), 6).tolist()}


def thinned(logits: np.ndarray) -> np.ndarray:
    """Every so many of a row's logits, where there are more than WIDEST: thousands of words."""
    return logits[..., :: step_of(logits.shape[-1])]


def step_of(width: int) -> int:
    """The stride at which logits are written: 1 up to WIDEST labels."""
    return max(1, -(-width // WIDEST))


def thinned_decisions(manifest: Manifest) -> Decisions:
    """What thinned logits decide."""
    every = slice(None, None, step_of(len(manifest.labels)))
    decoding = replace(manifest.decoding, thresholds=manifest.decoding.thresholds[every])
    return Decisions(decoding, manifest.labels[every])


def given_of(text: str | list[str]) -> Given:
    """What was asked, from JSON, which has no tuples."""
    return text if isinstance(text, str) else (text[0], text[1])


def tolerance(name: str, manifest: Manifest, logits: Mapping[str, list[np.ndarray]]) -> float:
    """The largest difference that is no fault: of float graphs 1e-3, in the scale of the answers.

    An int8 graph's arithmetic differs between CPU families by as much as its rounding does, so
    it may differ as far as it lies from its own float32 graph here, where there is one.
    """
    scale = Decisions(manifest.decoding, manifest.labels).scale(logits[name])
    if not manifest.variants[name].kind.startswith("int8"):
        return FLOAT_TOLERANCE * scale
    floats = [other for other in logits if not manifest.variants[other].kind.startswith("int8")]
    if floats:
        pairs = zip(logits[name], logits[floats[0]], strict=True)
        allowed = max(largest(np.abs(one - other)) for one, other in pairs)
    else:
        allowed = float(0.05 * np.ptp(np.concatenate([each.ravel() for each in logits[name]])))
    return round(max(INTEGER_TOLERANCE * scale, allowed), 6)


def largest(values: np.ndarray) -> float:
    """The largest of values; 0 of none, as of a text without a unit."""
    return float(values.max()) if values.size else 0.0


def logits_alone(
    session: onnxruntime.InferenceSession,
    tokenizer: FrozenTokenizer,
    manifest: Manifest,
    rows: Sequence[Row],
) -> list[np.ndarray]:
    """The logits of each row in a batch of its own: (labels,), or of its units (units, labels)."""
    found = [session.run([manifest.decoding.output], tokenizer.feed([row]))[0][0] for row in rows]
    if tokenizer.by_unit:
        return [each[list(row.places)] for each, row in zip(found, rows, strict=True)]
    return found


def replay(
    bundle: Path,
    name: str,
    manifest: Manifest,
    tokenizer: FrozenTokenizer,
    session: onnxruntime.InferenceSession,
) -> SelfTest:
    """Run the golden texts again with variant `name` and compare; what is wrong is reported."""
    try:
        golden = json.loads((bundle / GOLDEN).read_text(encoding="utf-8"))
        texts = [given_of(each["text"]) for each in golden["texts"]]
        wanted_ids = [each["ids"] for each in golden["texts"]]
        said = [dict(each["outputs"][name]) for each in golden["texts"]]
        wanted = [np.array(each.pop("logits"), np.float64) for each in said]
        allowed = float(golden["tolerance"][name])
        temperature = float(golden.get("temperature", manifest.decoding.temperature))
        if not texts:
            raise ValueError("it holds no texts")
    except (OSError, ValueError, KeyError, TypeError) as error:
        return failed(name, f"{bundle / GOLDEN} cannot be used: {error!r}")
    try:
        rows = [tokenizer.rows([given])[0] for given in texts]
        whole = logits_alone(session, tokenizer, manifest, rows)
    except EdgeftError as error:
        return failed(name, error.message)
    except Exception as error:  # onnxruntime's exceptions share no other ancestor
        return failed(name, f"the graph does not run: {error}")
    logits = [thinned(each) for each in whole]
    for one, other in zip(wanted, logits, strict=True):
        if one.size != other.size:
            return failed(name, f"the graph answers {other.shape}, {one.shape} were written")
    decisions = Decisions(manifest.decoding, manifest.labels)
    found = compare(
        name,
        texts,
        (wanted_ids, [row.ids for row in rows]),
        (wanted, logits),
        allowed,
        thinned_decisions(manifest),
        [row.spans for row in rows],
        [
            as_written(decisions, *each, allowed)
            for each in zip(said, wanted, whole, [row.spans for row in rows], strict=True)
        ],
    )
    if temperature == manifest.decoding.temperature:
        return found
    probable = (
        f"edgeft.json has the temperature {manifest.decoding.temperature:g}, {GOLDEN}"
        f" {temperature:g}: answers are told to be more or less probable"
    )
    return replace(found, failures=(*found.failures, probable))


def as_written(
    decisions: Decisions,
    said: Mapping[str, Any],
    wanted: np.ndarray,
    found: np.ndarray,
    spans: Sequence[Span],
    allowed: float,
) -> bool:
    """Whether what is written of a text is what its logits decide: those written, or those found.

    Other logits are the concern of others: here labels or thresholds are not those of the golden
    file. Of thousands of words the logits written are too few to decide.
    """
    if wanted.size == found.size and decisions.told(
        said, wanted.reshape(found.shape), allowed, spans
    ):
        return True
    return decisions.told(said, found, allowed, spans)


def compare(
    name: str,
    texts: Sequence[Given],
    ids: tuple[Sequence[Sequence[int]], Sequence[Sequence[int]]],
    logits: tuple[Sequence[np.ndarray], Sequence[np.ndarray]],
    allowed: float,
    decisions: Decisions,
    spans: Sequence[Sequence[Span]],
    answered: Sequence[bool],
) -> SelfTest:
    """Compare (wanted, found) ids and logits of each text, whose units have `spans`.

    `answered` says of each text whether what is written of it is what its logits decide.
    """
    pairs = [(one, two.reshape(one.shape)) for one, two in zip(*logits, strict=True)]
    same_ids = np.array([list(a) == list(b) for a, b in zip(*ids, strict=True)])
    same_decisions = np.array(
        [
            right and decisions.alike(one, two, allowed, units)
            for (one, two), units, right in zip(pairs, spans, answered, strict=True)
        ]
    )
    differences = np.array([largest(np.abs(one - two)) for one, two in pairs])
    differences[~np.isfinite(differences)] = np.inf
    failures = []
    for bad, what in (
        (~same_ids, "other token ids"),
        (~same_decisions, decisions.other),
        (differences > allowed, f"logits that differ by more than {allowed:g}"),
    ):
        if bad.any():
            count, first = int(bad.sum()), texts[int(bad.argmax())]
            failures.append(f"{count} of {len(texts)} texts have {what}, such as {first!r:.80}")
    return SelfTest(
        variant=name,
        n=len(texts),
        ids_equal=int(same_ids.sum()),
        labels_equal=int(same_decisions.sum()),
        max_difference=float(differences.max()),
        tolerance=allowed,
        failures=tuple(failures),
    )


def failed(name: str, failure: str) -> SelfTest:
    """A self-test that could not be run at all."""
    return SelfTest(name, 0, 0, 0, 0.0, 0.0, (failure,))
