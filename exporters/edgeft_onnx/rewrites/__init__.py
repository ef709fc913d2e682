"""Rewrites of a captured graph: other operations, the same answers.

Each is a function of a model that edits it and returns how much it changed, 0 where it found
nothing to do. Whether a rewrite pays is for the tournament to measure, and whether the answers
are the same for the parity gate.
"""

from collections.abc import Callable

import onnx

from edgeft.graphs.attention import one_attention
from edgeft_onnx.rewrites.embeddings import plain_embeddings
from edgeft_onnx.rewrites.first_token import first_token_only
from edgeft_onnx.rewrites.gelu import tanh_gelu
from edgeft_onnx.rewrites.mask import plain_mask
from edgeft_onnx.rewrites.one_query import one_query
from edgeft_onnx.rewrites.projections import one_projection
from edgeft_onnx.rewrites.shapes import constant_shapes
from edgeft_onnx.rewrites.unpadded import without_mask

Rewrite = Callable[[onnx.ModelProto], int]


def plain(model: onnx.ModelProto) -> int:
    """Compute sizes, embeddings and the mask without what does nothing."""
    return constant_shapes(model) + plain_embeddings(model) + plain_mask(model)


def first_token(model: onnx.ModelProto) -> int:
    """Compute the last layer for the first token alone, where a classifier reads no other."""
    constant_shapes(model)  # a size that is computed would say how many tokens there were
    return first_token_only(model)


def without_keys(model: onnx.ModelProto) -> int:
    """Compute a last layer in which the first token alone asks without keys and values."""
    first_token(model)
    return one_query(model)


REWRITES: dict[str, Rewrite] = {
    "first-token": first_token,
    "plain": plain,
    "attention": one_attention,
    "one-query": without_keys,
    "projections": one_projection,
    "unpadded": without_mask,
}
"""Rewrites by name, in the order in which they are tried: what saves most comes first."""

APPROXIMATE: dict[str, Rewrite] = {"gelu": tanh_gelu}
"""rewrites whose answers are nearly the same: nobody tries them who does not name them"""


def has_subgraphs(model: onnx.ModelProto) -> bool:
    """Whether a graph has branches or loops, whose use of outer values rewrites do not see."""
    return any(
        each.HasField("g") or each.graphs for node in model.graph.node for each in node.attribute
    )


def rewritten(model: onnx.ModelProto, rewrite: str) -> onnx.ModelProto | None:
    """A copy of the model with a rewrite made; None where that finds nothing to do."""
    if rewrite in REWRITES and has_subgraphs(model):
        return None
    copy = onnx.ModelProto()
    copy.CopyFrom(model)
    return copy if (REWRITES | APPROXIMATE)[rewrite](copy) else None
