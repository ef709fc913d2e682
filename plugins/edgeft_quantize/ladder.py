"""The ways to quantize one graph, from what was asked for to what loses least."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from edgeft.plugin import ModelError
from edgeft.quantization.nodes import WeightNode
from edgeft.quantization.profiles import profile_of
from edgeft_quantize import DynamicOptions, QuantizeOptions
from edgeft_quantize.excluding import matching

SHARES = (0.5, 0.8, 0.95)
"""of all that quantizing costs, what the operators taken out of it account for, in turn"""
NAMED = 3
"""most modules that a rung's name lists"""


@dataclass(frozen=True)
class Rung:
    """One way to quantize a graph."""

    name: str
    """for a reader"""
    per_channel: bool
    reduce_range: bool
    nodes: tuple[str, ...]
    """names of the nodes that become integers"""
    tables: str = "int8"
    """what looked-up tables become: int8, int4 or pq"""
    weights: str = "int8"
    """what the file keeps of the weights of products: int8, or int4 of which int8 is made"""
    attention_bits: int = 0
    """bits of keys and values where attention multiplies integers; 0 where it stays float32"""

    def same_graph(self, other: "Rung") -> bool:
        """Whether both make the same graph, whatever they are called."""
        return replace(self, name=other.name) == other


@dataclass(frozen=True)
class Cost:
    """What quantizing some nodes, and nothing else, costs."""

    module: str
    """the module or the layer that they are in"""
    nodes: tuple[str, ...]
    divergence: float
    """mean divergence of the answers from float32's, in nats"""


Measure = Callable[[Rung], list[Cost]]


def first_rung(nodes: Sequence[WeightNode], options: QuantizeOptions) -> Rung:
    """What was asked for; raises ModelError where the options leave nothing to quantize."""
    profile = profile_of(options.profile)
    floats = matching(nodes, options.exclude)
    if options.embeddings == "float32":
        floats |= {node.name for node in nodes if node.is_table}
    chosen = tuple(node.name for node in nodes if node.name not in floats)
    if not chosen:
        raise ModelError(
            f"nothing would be quantized: all {len(nodes)} weights of the graph are excluded",
            hint="exclude less, or leave the quantize step out",
        )
    reduced = profile.reduce_range if options.reduce_range is None else options.reduce_range
    as_integers = isinstance(options, DynamicOptions) and options.attention == "int8"
    in_four_bits = isinstance(options, DynamicOptions) and options.weights == "int4"
    by_channel = profile.per_channel if options.per_channel is None else options.per_channel
    return Rung(
        "as asked",
        by_channel or in_four_bits,
        reduced,
        chosen,
        options.embeddings if options.embeddings in ("int4", "pq") else "int8",
        "int4" if in_four_bits else "int8",
        (7 if reduced or profile.sums_pairs else 8) if as_integers else 0,
    )


def ladder(first: Rung, nodes: Sequence[WeightNode], measure: Measure) -> Iterator[Rung]:
    """What is tried in turn until the gates pass, each graph once.

    First as asked; then finer scales and more bits; then attention in float32; then without the
    operators that `measure` finds guilty; then ever more stays float32: what is outside the layers,
    what takes the activations with the largest outliers, and the embeddings. `measure` is only
    called where that is reached.
    """
    tried: list[Rung] = []
    for rung in rungs(first, nodes, measure):
        if rung.nodes and not any(rung.same_graph(other) for other in tried):
            tried.append(rung)
            yield rung


def rungs(first: Rung, nodes: Sequence[WeightNode], measure: Measure) -> Iterator[Rung]:
    """All rungs, some of which may be empty or alike."""
    yield first
    finest = replace(first, name="a scale for each channel", per_channel=True)
    yield finest
    for tables in ("int4", "int8") if first.tables == "pq" else ("int8",):
        finest = replace(finest, name=f"embeddings in {tables}", tables=tables)
        yield finest
    finest = replace(finest, name="weights in int8", weights="int8")
    yield finest
    finest = replace(finest, name="attention in float32", attention_bits=0)
    yield finest
    for guilty in guilty_sets(measure(finest)):
        modules = sorted(cost.module for cost in guilty)
        listed = ", ".join(modules) if len(modules) <= NAMED else f"{len(modules)} modules"
        out = {name for cost in guilty for name in cost.nodes}
        yield without(finest, f"the costliest in float32: {listed}", out)
    floats = {node.name for node in nodes if node.is_outside_layers}
    yield without(finest, "head in float32", floats)
    floats |= {node.name for node in nodes if node.narrows}
    yield without(finest, "head and narrowing products in float32", floats)
    floats |= {node.name for node in nodes if node.is_table}
    yield without(finest, "head, narrowing products and embeddings in float32", floats)


def without(rung: Rung, name: str, floats: set[str]) -> Rung:
    """The rung with some of its nodes left in float32."""
    return replace(rung, name=name, nodes=tuple(each for each in rung.nodes if each not in floats))


def guilty_sets(costs: Sequence[Cost]) -> Iterator[list[Cost]]:
    """The costliest, as few as account for each of SHARES of the sum of all costs."""
    ordered = sorted(costs, key=lambda cost: -cost.divergence)
    total = sum(cost.divergence for cost in ordered)
    for share in SHARES:
        taken: list[Cost] = []
        for cost in ordered:
            if sum(each.divergence for each in taken) >= share * total:
                break
            taken.append(cost)
        yield taken
