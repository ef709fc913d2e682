"""Further variants whose files keep fewer bits, as long as that costs next to nothing."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from edgeft.gates import GateResult
from edgeft.quantization.codes import fits
from edgeft.quantization.nodes import WeightNode
from edgeft_quantize import DynamicOptions, QuantizeOptions
from edgeft_quantize.choosing import MEGA
from edgeft_quantize.job import Job
from edgeft_quantize.ladder import Rung
from edgeft_quantize.variants import PQ, drop_variant, with_fewer_bits

SHARE = 0.25
"""of the allowed loss, what fewer bits may cost beyond int8"""


@dataclass(frozen=True)
class Change:
    """What more can be kept in fewer bits."""

    name: str
    """for a reader"""
    figure: str
    """what the history calls its gate"""
    tables: str = ""
    """what looked-up tables become; empty where they stay"""
    weights: str = ""
    """what the weights of products become; empty where they stay"""

    def on(self, rung: Rung) -> Rung:
        """A rung with the change."""
        if self.tables:
            return replace(rung, name=self.name, tables=self.tables)
        return replace(rung, name=self.name, weights=self.weights, per_channel=True)


TABLES = Change("large embeddings in int4", "int4", tables="int4")
WEIGHTS = Change("weights in int4", "w4", weights="int4")
CODES = Change("large embeddings in pq", PQ, tables=PQ)


def add_smaller(job: Job, rung: Rung, gate: GateResult, options: QuantizeOptions) -> None:
    """Add a variant for each change that costs next to nothing, on top of those before it.

    That is a part of the allowed loss beyond what the rung's gate shows: the better part of it is
    the student's, whose loss is measured on what ships. Codes cost more than the others as a rule:
    they are tried only where a budget of bytes asks for them.
    """
    allowed = min(gate.allowed, max(gate.drop, 0.0) + SHARE * gate.allowed)
    least, kept = job, rung
    refused: set[Change] = set()
    with job.context.progress.bar("trying fewer bits", unit="graphs") as bar:
        for change in changes(options, job.nodes):
            if change is CODES and (TABLES in refused or not asks_for_codes(least)):
                continue
            smaller = change.on(kept)
            made = replace(job, variant=with_fewer_bits(job.variant, rung, smaller))
            found, lost = made.make(smaller, allowed)
            bar.advance(1, **{found.metric: found.candidate})
            is_smaller = made.target.stat().st_size < least.target.stat().st_size
            if is_smaller:
                figures = found.model_dump(mode="json") | {"divergence": lost}
                job.draft.figures[change.figure] = figures
            if is_smaller and found.passed:
                least, kept = made, smaller
                continue
            if is_smaller:
                refused.add(change)
            drop_variant(job.draft, made.variant)
            job.draft.seal()


def changes(options: QuantizeOptions, nodes: Sequence[WeightNode]) -> list[Change]:
    """What is to be tried: all that the options leave open, what holds most of the weights first.

    What is tried later may cost no more on top of that.
    """
    tables = sum(node.rows * node.columns for node in nodes if node.is_table)
    weights = sum(node.rows * node.columns for node in nodes if not node.is_table)
    found = []
    if options.embeddings == "auto":
        found.append(TABLES)
    if isinstance(options, DynamicOptions) and options.weights == "auto":
        found.insert(0 if weights > tables else len(found), WEIGHTS)
    return [*found, CODES] if options.embeddings == "auto" else found


def asks_for_codes(job: Job) -> bool:
    """Whether a graph is over a budget of bytes, and has a table that codes would make smaller."""
    most = job.context.gates.max_size_mb
    over = most is not None and job.target.stat().st_size > most * MEGA
    return over and any(fits(node.rows, node.columns) for node in job.tables)
