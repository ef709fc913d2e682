"""A rung of the ladder by dynamic quantization."""

from pathlib import Path

from edgeft.quantization.dynamic import quantize_weights
from edgeft_quantize.ladder import Rung
from edgeft_quantize.rounding import Rounding
from edgeft_quantize.tokens import Tokens

KIND = "int8-dynamic"


def quantize_graph(
    source: Path, target: Path, rung: Rung, *, rounding: Rounding, tokens: Tokens
) -> str:
    """Write the graph at `source` with the rung's nodes in int8; returns the variant's kind."""
    quantize_weights(
        source,
        target,
        rung.nodes,
        per_channel=rung.per_channel,
        reduce_range=rung.reduce_range,
        tables=rung.tables,
        counts=tokens.of(rung),
        four_bits=rounding.of(rung, target.parent),
        attention_bits=rung.attention_bits,
    )
    return KIND
