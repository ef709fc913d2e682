"""Which operators an integer graph loses its accuracy at.

Each is quantized alone, with the operators that ship, and the answers are compared with
float32's. The divergence of the probabilities tells what accuracy is too coarse to tell: of a few
hundred texts hardly one changes its label.
"""

from collections.abc import Callable, Sequence

from edgeft.quantization.nodes import WeightNode
from edgeft_quantize.ladder import Cost

EXPLAINED = 0.95
"""share of all costs within which layers are taken apart"""


def sensitivity(
    nodes: Sequence[WeightNode],
    divergence: Callable[[tuple[str, ...]], float],
) -> list[Cost]:
    """What each part of a graph costs, the costliest first.

    `divergence` says how far the answers of the graph with only the nodes of these names quantized
    lie from float32's. Whole layers are measured first, and those that matter are then taken
    apart.
    """

    def cost(module: str, names: tuple[str, ...]) -> Cost:
        return Cost(module, names, divergence(names))

    layers: dict[str, list[WeightNode]] = {}
    for node in nodes:
        layers.setdefault(node.layer, []).append(node)
    whole = [cost(layer, tuple(each.name for each in layers[layer])) for layer in layers]
    whole.sort(key=lambda each: -each.divergence)
    total = sum(each.divergence for each in whole)
    found: list[Cost] = []
    explained = 0.0
    for each in whole:
        inside = layers[each.module]
        apart = len(inside) > 1 and explained < EXPLAINED * total
        found += [cost(node.module, (node.name,)) for node in inside] if apart else [each]
        explained += each.divergence
    return sorted(found, key=lambda each: -each.divergence)
