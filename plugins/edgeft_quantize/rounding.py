"""The weights of a graph in four bits, rounded once for all rungs that ask for them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
import onnx
from onnx import numpy_helper

from edgeft.plugin import Bundle, Context, Dataset
from edgeft.quantization.gptq import MOST, MOST_OF_7_BITS, FourBits, four_bits, group_of
from edgeft.quantization.moments import second_moments
from edgeft.quantization.nodes import PRODUCTS
from edgeft_quantize.feeds import feeds_of
from edgeft_quantize.ladder import Rung

SMALL = 1 / 16
"""of the largest weight of a product, the size from which on four bits win anything to speak of"""


@dataclass(frozen=True)
class Product:
    """A product of what a text makes and a weight (inputs, outputs)."""

    node: str
    activations: str
    weight: str
    values: np.ndarray


@dataclass(frozen=True)
class Rounding:
    """What is rounded, and the texts that tell what matters."""

    source: Path
    bundle: Bundle
    data: Dataset
    context: Context
    texts: int
    made: dict[int, dict[str, FourBits]] = field(default_factory=dict)
    """by the largest integer that a group may have, the weights by name"""

    def of(self, rung: Rung) -> Mapping[str, FourBits]:
        """Those that a rung wants with four bits, by name."""
        if rung.weights != "int4":
            return {}
        most = MOST_OF_7_BITS if rung.reduce_range else MOST
        if most not in self.made:
            self.made[most] = self.rounded(most)
        wanted = {each.weight for each in self.products if each.node in rung.nodes}
        return {name: found for name, found in self.made[most].items() if name in wanted}

    @cached_property
    def products(self) -> list[Product]:
        """Those whose weights are worth it: not a small head, nor an odd number of inputs."""
        found = list(products_of(self.source))
        largest = max((each.values.size for each in found), default=0)
        return [
            each
            for each in found
            if each.values.size >= SMALL * largest and group_of(len(each.values))
        ]

    @cached_property
    def moments(self) -> dict[str, np.ndarray]:
        """The second moments of what each weight multiplies, by the weight's name."""
        bundle, data, context = self.bundle, self.data, self.context
        feeds = feeds_of(bundle, data, "train", self.texts, seed=context.seed)
        names = [each.activations for each in self.products]
        seen = second_moments(self.source, names, feeds, context.threads or 1)
        found: dict[str, np.ndarray] = {}
        for each in self.products:  # layers may share a weight
            found[each.weight] = found.get(each.weight, 0) + seen[each.activations]
        return found

    def rounded(self, most: int) -> dict[str, FourBits]:
        """All weights with four bits."""
        values = {each.weight: each.values for each in self.products}
        found: dict[str, FourBits] = {}
        with self.context.progress.bar("rounding to four bits", unit="weights") as bar:
            for name, moments in self.moments.items():
                found[name] = four_bits(values[name], moments, most)
                bar.advance(1)
        return found


def products_of(path: Path) -> Iterator[Product]:
    """The products of a float32 graph that multiply by a weight."""
    graph = onnx.load(path).graph
    held = {each.name: each for each in graph.initializer if len(each.dims) == 2}
    for node in graph.node:
        if node.op_type in PRODUCTS and node.input[1] in held:
            values = numpy_helper.to_array(held[node.input[1]])
            turned = any(each.name == "transB" and each.i for each in node.attribute)
            values = values.T if turned else values
            yield Product(node.name, node.input[0], node.input[1], values)
