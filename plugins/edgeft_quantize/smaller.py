"""Further variants whose files keep fewer bits, as long as that costs next to nothing."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from edgeft.gates import GateResult
from edgeft.quantization.codes import part_of
from edgeft.quantization.packing import W4
from edgeft_quantize import DynamicOptions, QuantizeOptions
from edgeft_quantize.choosing import MEGA
from edgeft_quantize.job import Job
from edgeft_quantize.ladder import Rung
from edgeft_quantize.saturation import refuse_saturation
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
WEIGHTS = Change("weights in int4", W4, weights="int4")
CODES = Change("large embeddings in pq", PQ, tables=PQ)


def add_smaller(job: Job, rung: Rung, gate: GateResult, options: QuantizeOptions) -> None:
    """Add a variant for each change that costs next to nothing, on top of those before it.

    That is a part of the allowed loss beyond what the rung's gate shows: the better part of it is
    the student's, whose loss is measured on what ships. What costs something else, too, is tried
    only where a budget of bytes asks for it: weights of four bits time and memory as a session is
    opened, codes of tables time and more of the metric.
    """
    allowed = min(gate.allowed, max(gate.drop, 0.0) + SHARE * gate.allowed)
    least, kept = job, rung
    refused: set[Change] = set()
    with job.context.progress.bar("trying fewer bits", unit="graphs") as bar:
        for change in changes(options):
            asked = change is TABLES or is_over_budget(least)
            if not asked or (change is CODES and (TABLES in refused or not any_codes(job))):
                continue
            smaller = change.on(kept)
            name = with_fewer_bits(job.variant, rung, smaller, job.draft.manifest.variants)
            made = replace(job, variant=name)
            found, lost = made.make(smaller, allowed)
            if change.weights and found.passed and job.profile.sums_pairs:
                refuse_saturation(made, smaller, found, f"saturation_{change.figure}")
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


def changes(options: QuantizeOptions) -> Iterator[Change]:
    """What is to be tried: all that the options leave open."""
    if options.embeddings == "auto":
        yield TABLES
    if isinstance(options, DynamicOptions) and options.weights == "auto":
        yield WEIGHTS
    if options.embeddings == "auto":
        yield CODES


def is_over_budget(job: Job) -> bool:
    """Whether a graph has more bytes than may ship."""
    most = job.context.gates.max_size_mb
    return most is not None and job.target.stat().st_size > most * MEGA


def any_codes(job: Job) -> bool:
    """Whether there is a table that codes would make smaller."""
    return any(part_of(node.rows, node.columns) for node in job.tables)
