"""Nodes with branches: how they are made, what they read, and in which order nodes can stand.

A branch reads values of the graph that it stands in without naming them as inputs of its node, and
onnxruntime's quantizers, which put nodes in order, do not look there.
"""

from collections.abc import Iterator

from onnx import GraphProto, NodeProto, TensorProto, helper


def branch(name: str, nodes: list[NodeProto], result: str) -> GraphProto:
    """Nodes that read the values around them, as a graph with one float result."""
    made = helper.make_tensor_value_info(result, TensorProto.FLOAT, None)
    return helper.make_graph(nodes, name, [], [made])


def all_nodes(graph: GraphProto) -> Iterator[NodeProto]:
    """The nodes of a graph and of its branches."""
    for node in graph.node:
        yield node
        for each in node.attribute:
            if each.HasField("g"):
                yield from all_nodes(each.g)


def read_by(node: NodeProto) -> list[str]:
    """The values that a node reads, those that its branches read from around them among them."""
    branches = [each.g for each in node.attribute if each.HasField("g")]
    made = {name for branch in branches for inner in branch.node for name in inner.output}
    inside = [name for branch in branches for inner in branch.node for name in read_by(inner)]
    return [name for name in [*node.input, *inside] if name and name not in made]


def put_in_order(graph: GraphProto) -> None:
    """Let every node stand behind those whose values it reads, and else where it stood."""
    nodes = list(graph.node)
    ordered = list(in_order(nodes, [name for node in nodes for name in node.output]))
    del graph.node[:]
    graph.node.extend(ordered)


def in_order(nodes: list[NodeProto], wanted: list[str]) -> Iterator[NodeProto]:
    """The nodes that some values are made by, makers first."""
    makers = {name: place for place, node in enumerate(nodes) for name in node.output if name}
    done: set[int] = set()
    waiting = [(name, False) for name in reversed(wanted)]
    while waiting:
        name, is_ready = waiting.pop()
        place = makers.get(name)
        if place is None or place in done:
            continue
        if is_ready:
            done.add(place)
            yield nodes[place]
            continue
        waiting.append((name, True))
        waiting += [(each, False) for each in reversed(read_by(nodes[place]))]
