"""The weights of a graph in four bits, rounded once for all rungs that ask for them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
import onnx
from onnx import numpy_helper

from edgeft.plugin import Bundle, Context, Dataset
from edgeft.quantization.gptq import (
    MOST,
    MOST_OF_7_BITS,
    FourBits,
    four_bits,
    inverse_factor,
    is_worth_four_bits,
)
from edgeft.quantization.moments import second_moments
from edgeft.quantization.nodes import WeightNode, weight_nodes
from edgeft_quantize.feeds import feeds_of
from edgeft_quantize.ladder import Rung


@dataclass(frozen=True)
class Rounding:
    """What is rounded, and the texts that tell what matters."""

    source: Path
    bundle: Bundle
    data: Dataset
    context: Context
    texts: int
    made: dict[tuple[str, int], FourBits] = field(default_factory=dict)
    """weights by their names, and the largest integer that a group of theirs may have"""

    def of(self, rung: Rung, scratch: Path) -> Mapping[str, FourBits]:
        """Those that a rung wants with four bits, by name; `scratch` is a folder for a graph."""
        if rung.weights != "int4":
            return {}
        most = MOST_OF_7_BITS if rung.reduce_range else MOST
        wanted = [node for node in self.products if node.name in rung.nodes]
        missing = [node for node in wanted if (node.weight, most) not in self.made]
        if missing:
            for name, found in self.rounded(missing, most, scratch):
                self.made[name, most] = found
        return {node.weight: self.made[node.weight, most] for node in wanted}

    @cached_property
    def products(self) -> list[WeightNode]:
        """Those whose weights are worth it."""
        found = [node for node in weight_nodes(self.source) if not node.is_table]
        total = sum(node.rows * node.columns for node in found)
        return [
            node
            for node in found
            if is_worth_four_bits(
                node.rows, node.columns, total=total, outside=node.is_outside_layers
            )
        ]

    def rounded(
        self, nodes: Sequence[WeightNode], most: int, scratch: Path
    ) -> Iterator[tuple[str, FourBits]]:
        """The weights of these nodes with four bits, by name."""
        bundle, data, context = self.bundle, self.data, self.context
        feeds = feeds_of(bundle, data, "train", self.texts, seed=context.seed)
        names = [node.reads for node in nodes]
        moments = second_moments(self.source, names, feeds, context.threads or 1, scratch)
        reads: dict[str, tuple[str, ...]] = {}  # layers may share a weight
        for node in nodes:
            reads[node.weight] = (*reads.get(node.weight, ()), node.reads)
        values = weights_of(self.source, nodes)
        with context.progress.bar("rounding to four bits", unit="weights") as bar:
            for read in dict.fromkeys(reads.values()):
                factor = inverse_factor(np.sum([moments[name] for name in read], axis=0))
                for name in [each for each, of in reads.items() if of == read]:
                    yield name, four_bits(values[name], factor, most)
                    bar.advance(1)


def weights_of(source: Path, nodes: Iterable[WeightNode]) -> dict[str, np.ndarray]:
    """What these nodes of a graph multiply by, (inputs, outputs), by name."""
    held = {each.name: each for each in onnx.load(source).graph.initializer}
    found = {node.weight: (numpy_helper.to_array(held[node.weight]), node) for node in nodes}
    return {name: array.T if node.turned else array for name, (array, node) in found.items()}
