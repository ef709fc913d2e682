"""Positions and token types looked up with as little arithmetic as a text needs.

Positions are the first rows of a table, so a slice of it replaces the lookup; a table that ends
where texts are cut is smaller. A token type that is the same for every token is a constant, and
constants can be added to the table of positions before any text comes.
"""

from dataclasses import dataclass

import numpy as np
import onnx
from onnx import NodeProto

from edgeft.graphs.graph import Graph, place_of
from edgeft.graphs.probing import Values, probe

MAX_LENGTH = "edgeft.max_length"
"""where the model says how many tokens a text may have"""
SIZES_OF_A_SHAPE = 15
"""operator set from which Shape gives one size of several"""


@dataclass(frozen=True)
class Lookup:
    """A row of a table for every token."""

    node: NodeProto
    table: np.ndarray
    """float32 (rows, width)"""
    first: int
    """row of the first token"""
    sum: NodeProto
    """the addition that reads it, and nothing else does"""


def plain_embeddings(model: onnx.ModelProto) -> int:
    """Look positions up as a slice of their table, and add constant token types to it beforehand.

    Returns the number of lookups changed: 0 where positions depend on the tokens themselves.
    """
    graph = Graph(model)
    if graph.opset < SIZES_OF_A_SHAPE or "input_ids" not in graph.inputs:
        return 0
    lookups = [
        node
        for node in graph.nodes
        if node.op_type == "Gather"
        and (table := graph.constant(node.input[0])) is not None
        and table.ndim == 2
        and node.input[1] not in graph.inputs
    ]
    seen = probe(model, [node.input[1] for node in lookups])
    positions = found(graph, lookups, seen, rising=True)
    if len(positions) != 1:
        return 0
    (position,) = positions
    longest = longest_text(model) or len(position.table) - position.first
    table = position.table[position.first : position.first + longest]
    changed = 1
    for constant in found(graph, lookups, seen, rising=False):
        if are_in_one_sum(graph, constant.sum, position.sum):
            table = table + constant.table[constant.first]
            (rest,) = set(constant.sum.input) - {constant.node.output[0]}
            graph.replace(constant.sum.output[0], rest)
            changed += 1
    graph.replace(position.node.output[0], first_rows(graph, position, table))
    graph.close()
    return changed


def found(
    graph: Graph, lookups: list[NodeProto], seen: dict[str, Values], *, rising: bool
) -> list[Lookup]:
    """Lookups whose rows are counted up from the first token, or are one row for all tokens."""
    lookups_found = []
    for node in lookups:
        indices = seen.get(node.input[1])
        readers = graph.readers(node.output[0])
        table = graph.constant(node.input[0])
        if not indices or table is None or [each.op_type for each in readers] != ["Add"]:
            continue
        first = int(indices[0].flat[0])
        if all(
            rows.ndim == 2 and (rows == first + rising * np.arange(rows.shape[1])).all()
            for rows in indices
        ):
            lookups_found.append(Lookup(node, table, first, readers[0]))
    return lookups_found


def are_in_one_sum(graph: Graph, one: NodeProto, other: NodeProto) -> bool:
    """Whether the result of one addition goes, through additions only, into the other's."""
    return reaches(graph, one, other) or reaches(graph, other, one)


def reaches(graph: Graph, start: NodeProto, end: NodeProto) -> bool:
    """Whether `end` adds to what `start` adds up, and nothing else reads it on the way."""
    node = start
    while node is not end:
        readers = graph.readers(node.output[0])
        if [each.op_type for each in readers] != ["Add"]:
            return False
        node = readers[0]
    return True


def first_rows(graph: Graph, position: Lookup, table: np.ndarray) -> str:
    """A value with a row of the table (tokens, width) for every token of the batch.

    A slice copies float rows, and a Gather lets them become int8: which is smaller decides.
    """
    place = place_of(position.node)
    name = position.node.input[0]
    tokens = graph.add("Shape", ["input_ids"], place, start=1, end=2)
    start = graph.add_weight(f"{name}.start", np.array([0], dtype=np.int64))
    table_name = graph.change_weight(name, table, position.node)
    if 4 * len(table) <= len(position.table):
        return graph.add("Slice", [table_name, start, tokens], place)
    every = graph.add_weight(f"{name}.rows", np.arange(len(table), dtype=np.int64))
    rows = graph.add("Slice", [every, start, tokens], place)
    return graph.add("Gather", [table_name, rows], place)


def longest_text(model: onnx.ModelProto) -> int:
    """The tokens that a text may have, as the model's metadata say; 0 if they do not."""
    said = {each.key: each.value for each in model.metadata_props}
    return int(said.get(MAX_LENGTH, 0))
