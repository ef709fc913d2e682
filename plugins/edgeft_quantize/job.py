"""One quantization: what it starts from, the graphs it makes, and the gate of each."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from edgeft.data.rows import inputs_of, open_split, truth_of
from edgeft.evaluation import outputs_of
from edgeft.gates import GateResult
from edgeft.gates.accuracy import accuracy_gate
from edgeft.plugin import Bundle, Context, Dataset, Draft, Quantizer
from edgeft.quantization.moments import Feed
from edgeft.quantization.nodes import WeightNode
from edgeft.quantization.profiles import Profile
from edgeft.runtime.given import Given
from edgeft.runtime.outputs import Outputs
from edgeft_quantize.feeds import feeds_of
from edgeft_quantize.ladder import Rung
from edgeft_quantize.variants import FLOAT, add_variant, file_of

GATE_ROWS = 10_000
"""most validation rows that a gate looks at"""

QuantizeGraph = Callable[[Path, Path, Rung], str]


@dataclass(frozen=True)
class GateRows:
    """What a gate compares answers on."""

    texts: list[Given]
    truth: np.ndarray
    """what their answers say, (texts, ...)"""
    reference: Outputs
    """what the float32 graph says"""


@dataclass(frozen=True)
class Job:
    """What does not change from rung to rung."""

    step: Quantizer[Any]
    bundle: Bundle
    data: Dataset
    rows: GateRows
    draft: Draft[Bundle]
    nodes: list[WeightNode]
    variant: str
    """name of the variant that is made"""
    profile: Profile
    quantize_graph: QuantizeGraph

    @property
    def context(self) -> Context:
        return self.step.context

    @property
    def source(self) -> Path:
        """The float32 graph."""
        return self.bundle.variant_file(FLOAT)

    @property
    def target(self) -> Path:
        """The graph that is made."""
        return self.draft.path / file_of(self.variant)

    @property
    def tables(self) -> list[WeightNode]:
        """The nodes that look embeddings up."""
        return [node for node in self.nodes if node.is_table]

    def feeds(self, count: int) -> list[Feed]:
        """Validation texts as the runtime feeds them, each alone."""
        return feeds_of(self.bundle, self.data, "validation", count, seed=self.context.seed)

    def make(self, rung: Rung, allowed: float) -> tuple[GateResult, float]:
        """Write a rung's graph as the variant.

        Returns its gate, which passes where no more than `allowed` of the metric is lost, and how
        far its answers lie from the float32 graph's.
        """
        kind = self.quantize_graph(self.source, self.target, rung)
        add_variant(self.draft, self.variant, kind, self.profile.name, rung)
        self.draft.seal()
        made = Bundle(self.draft.path, self.draft.manifest)
        found = answers(made, self.variant, self.rows.texts, self.context)
        gate = accuracy_gate(
            self.rows.reference,
            found,
            self.rows.truth,
            gates=self.context.gates.model_copy(update={"max_drop": allowed}),
            task=self.context.task,
            names=self.bundle.labels,
            step=f"quantize {self.step.name}",
        )
        gate.note = rung.name
        return gate, self.context.task.divergence(self.rows.reference, found)


def gate_rows(bundle: Bundle, data: Dataset, context: Context) -> GateRows:
    """Validation texts, their answers, and what the float32 graph says of them."""
    rows = open_split(data, "validation")
    if len(rows) > GATE_ROWS:
        chosen = np.random.default_rng(context.seed).choice(len(rows), GATE_ROWS, replace=False)
        rows = rows.select(np.sort(chosen))
    texts = list(inputs_of(rows))
    reference = answers(bundle, FLOAT, texts, context)
    return GateRows(texts, truth_of(rows, context.task, bundle.labels), reference)


def answers(
    bundle: Bundle,
    variant: str,
    texts: list[Given],
    context: Context,
    batch_size: int | None = None,
) -> Outputs:
    """What a variant says of texts, through the runtime that ships."""
    found = outputs_of(
        bundle,
        texts,
        task=context.task,
        variant=variant,
        threads=context.threads,
        batch_size=batch_size,
    )
    return context.task.decided(found, bundle.manifest.decoding)
