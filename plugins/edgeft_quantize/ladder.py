"""The ways to quantize one graph, from what was asked for to what loses least."""

from collections.abc import Sequence
from dataclasses import dataclass

from edgeft.plugin import ModelError
from edgeft_quantize import QuantizeOptions
from edgeft_quantize.nodes import WeightNode, matching


@dataclass(frozen=True)
class Rung:
    """One way to quantize a graph."""

    name: str
    """for a reader"""
    per_channel: bool
    reduce_range: bool
    nodes: tuple[str, ...]
    """names of the nodes that become int8"""


def ladder(nodes: Sequence[WeightNode], options: QuantizeOptions) -> list[Rung]:
    """What is tried in turn until the accuracy gate passes.

    First as asked; then a scale a channel; then ever more stays float32: what is outside the
    layers, what takes the activations with the largest outliers, and the embeddings. Raises
    ModelError where the options leave nothing to quantize.
    """
    floats = matching(nodes, options.exclude)
    if not options.embeddings:
        floats |= {node.name for node in nodes if node.is_table}
    rungs: list[Rung] = []

    def add(name: str, per_channel: bool) -> None:
        chosen = tuple(node.name for node in nodes if node.name not in floats)
        rung = Rung(name, per_channel, options.reduce_range, chosen)
        before = rungs[-1] if rungs else None
        if chosen and (
            before is None or (before.nodes, before.per_channel) != (chosen, per_channel)
        ):
            rungs.append(rung)

    add("as asked", options.per_channel)
    if not rungs:
        raise ModelError(
            f"nothing would be quantized: all {len(nodes)} weights of the graph are excluded",
            hint="exclude less, or leave the quantize step out",
        )
    add("a scale for each channel", True)
    floats |= {node.name for node in nodes if node.is_outside_layers}
    add("head in float32", True)
    floats |= {node.name for node in nodes if node.narrows}
    add("head and narrowing products in float32", True)
    floats |= {node.name for node in nodes if node.is_table}
    add("head, narrowing products and embeddings in float32", True)
    return rungs
