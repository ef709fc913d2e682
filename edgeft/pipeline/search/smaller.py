"""Smaller shapes, which a budget asks for where no depth meets it: fewer tokens, fewer dimensions.

They stand in for a student of the same depth, and are tried only where that one is over a budget:
a small vocabulary makes a file smaller and costs no training, half of the width makes a student
smaller and faster, and loses more.
"""

from collections.abc import Iterator
from dataclasses import replace

from edgeft.options import Gates
from edgeft.surgery.shapes import Shape

ROOM = 0.9
"""share of a size budget for layers and tokens: head, positions and the graph need the rest"""
FEWEST = 2000
"""tokens below which a vocabulary has hardly more than characters"""
ROUND = 100


def smaller(full: Shape, gates: Gates, *, tokens: bool, width: bool) -> Iterator[Shape]:
    """What may stand in for a student, in the order in which it is tried.

    With `tokens` its vocabulary may shrink, with `width` its hidden width, to half of the heads.
    Of a budget of bytes nothing is asked where all tokens of the base fit, with one each.
    """
    if tokens and not fits(full, gates):
        yield from with_fewer_tokens(full, gates)
    half = full.half_width
    if width and half and (gates.max_p50_ms is not None or not fits(full, gates)):
        narrow = replace(full, width=half)
        if fits(narrow, gates) or not tokens:
            yield narrow
        else:
            yield from with_fewer_tokens(narrow, gates)


def fits(shape: Shape, gates: Gates) -> bool:
    """Whether its layers and all of its tokens are surely within a budget of bytes, in int8."""
    return gates.max_size_mb is None or shape.parameters <= ROOM * gates.max_size_mb * 1e6


def with_fewer_tokens(shape: Shape, gates: Gates) -> Iterator[Shape]:
    """The shape with the most tokens that fit a budget of bytes; none where these are too few."""
    if gates.max_size_mb is None:
        return
    left = ROOM * gates.max_size_mb * 1e6 - shape.weights
    tokens = int(left // shape.width) // ROUND * ROUND
    if FEWEST <= tokens < shape.vocabulary:
        yield replace(shape, vocabulary=tokens)
