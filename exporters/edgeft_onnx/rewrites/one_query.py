"""Attention of one token that asks, without keys and values of the others.

With x_t for what a layer reads of token t, a score is q . (W_k x_t + b_k), which is
(W_k' q) . x_t + q . b_k. Where a single token asks, its query goes through the weights once and
meets what the layer reads; the last term is the same for all tokens, and a softmax does not see it.
What is answered is W_v (sum of p_t x_t) + b_v, for the shares p_t of a softmax add up to 1. So two
products over all tokens become products of a row a head: DeepSeek-V2 (2024) absorbs its projections
alike.
"""

from dataclasses import dataclass

import numpy as np
import onnx

from edgeft.graphs.attention import Attention, attentions
from edgeft.graphs.graph import Graph, place_of
from edgeft.graphs.probing import Values, probe
from edgeft_onnx.rewrites.projections import bias_of, with_bias


@dataclass(frozen=True)
class Projected:
    """What makes keys or values of all tokens: a product, and what is added to it."""

    source: str
    """a value of shape (rows, tokens, hidden)"""
    weight: np.ndarray
    """(hidden, heads * width)"""
    bias: np.ndarray
    """(heads * width,)"""

    @property
    def size(self) -> int:
        """Numbers of a token, of all heads together."""
        return len(self.bias)

    def of_heads(self, heads: int) -> np.ndarray:
        """The weight of each head, (heads, hidden, width)."""
        return self.weight.reshape(len(self.weight), heads, -1).transpose(1, 0, 2)


def one_query(model: onnx.ModelProto) -> int:
    """Compute attention in which one token asks without keys and values; returns how many."""
    graph = Graph(model)
    matches = attentions(graph)
    seen = probe(model, [match.heads for match in matches])
    changed = 0
    for match in matches:
        keys, values = projected(graph, match.key), projected(graph, match.value)
        asking = seen.get(match.heads, [])
        if not (keys and values and asks_once(asking)):
            continue
        _, heads, _, width = asking[0].shape
        if keys.size == values.size == heads * width:  # as many heads ask as answer
            absorb(graph, match, keys, values, heads)
            changed += 1
    graph.close()
    return changed


def asks_once(heads: Values) -> bool:
    """Whether queries (rows, heads, tokens, width) are of a single token, whatever there is."""
    return bool(heads) and all(each.ndim == 4 and each.shape[2] == 1 for each in heads)


def projected(graph: Graph, name: str) -> Projected | None:
    """What makes a value, if it is a product with a weight to which a bias is added."""
    addition = graph.maker(name)
    if addition is None or addition.op_type != "Add":
        return None
    for made in addition.input:
        product = graph.maker(made)
        if product is not None and (found := with_bias(graph, product)):
            weight, bias = graph.arrays[product.input[1]], graph.arrays[bias_of(found)]
            return Projected(str(product.input[0]), weight, bias)
    return None


def absorb(graph: Graph, match: Attention, keys: Projected, values: Projected, heads: int) -> None:
    """Let the query meet what the layer reads, and the values be of its weighted mean."""
    place = place_of(match.softmax)
    module = place.strip("/").replace("/", ".")
    asking = graph.add_weight(f"{module}.asking_axis", np.array([2], dtype=np.int64))

    met = graph.add_weight(f"{module}.key.heads", keys.of_heads(heads).transpose(0, 2, 1))
    asked = graph.add("MatMul", [match.heads, met], place)  # (rows, heads, 1, hidden)
    asked = graph.add("Squeeze", [asked, asking], place)
    turned = graph.add("Transpose", [keys.source], place, perm=[0, 2, 1])
    found = graph.add("MatMul", [asked, turned], place)  # (rows, heads, tokens)
    graph.replace(match.product, graph.add("Unsqueeze", [found, asking], place))

    shares = graph.add("Squeeze", [match.softmax.output[0], asking], place)
    mean = graph.add("MatMul", [shares, values.source], place)  # (rows, heads, hidden)
    mean = graph.add("Unsqueeze", [mean, asking], place)
    answered = graph.add_weight(f"{module}.value.heads", values.of_heads(heads))
    said = graph.add("MatMul", [mean, answered], place)  # (rows, heads, 1, width)
    bias = graph.add_weight(f"{module}.value.bias", values.bias.reshape(heads, 1, -1))
    graph.replace(match.weighted, graph.add("Add", [said, bias], place))
