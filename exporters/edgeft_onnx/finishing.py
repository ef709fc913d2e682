"""What a captured graph needs before it can ship: names, versions, metadata, and nothing else."""

import ast
import json
from collections.abc import Iterator
from pathlib import Path

import onnx

from edgeft.plugin import ModelError

SCOPES = "pkg.torch.onnx.name_scopes"
"""where the dynamo strategy says which modules a node belongs to"""
LARGEST = 2**31 - 2**20
"""bytes of the largest file: a protobuf message ends at 2 GB"""


def finish(path: Path, *, wrapped: str, ir_version: int, metadata: dict[str, str]) -> None:
    """Rewrite a captured graph in place.

    Nodes are called /module/path/Operator and weights module.path.weight, whichever strategy
    captured them, so that a user's globs and the inspector mean the same thing in both. Recorded
    shapes go, for quantization trips over them.
    """
    model = onnx.load(path)
    name_nodes(model.graph, wrapped)
    name_weights(model.graph, wrapped)
    name_axes(model.graph)
    del model.graph.value_info[:]
    for node in model.graph.node:
        del node.metadata_props[:]
        node.ClearField("doc_string")
    for each in [*model.graph.input, *model.graph.output, *model.graph.initializer]:
        each.ClearField("doc_string")
        del each.metadata_props[:]
    model.graph.ClearField("doc_string")
    del model.graph.metadata_props[:]
    model.graph.name = "edgeft"
    model.ir_version = ir_version
    model.producer_name = "edgeft"
    model.ClearField("producer_version")
    del model.metadata_props[:]
    onnx.helper.set_model_props(model, metadata)
    if model.ByteSize() > LARGEST:
        raise ModelError(
            f"the graph would have {model.ByteSize() / 1e9:.1f} GB, and one file can hold 2",
            hint="export a smaller model",
        )
    onnx.checker.check_model(model)
    onnx.save(model, path)


def metadata_of(task: str, labels: list[str], max_length: int) -> dict[str, str]:
    """What the ONNX file says of itself where it is found without its bundle."""
    return {
        "edgeft.task": task,
        "edgeft.labels": json.dumps(labels, ensure_ascii=False),
        "edgeft.max_length": str(max_length),
    }


def name_nodes(graph: onnx.GraphProto, wrapped: str) -> None:
    """Call every node after the module it belongs to and its operator."""
    taken: set[str] = set()
    for node in graph.node:
        place = "".join(f"/{part}" for part in modules_of(node, wrapped))
        node.name = free(f"{place}/{node.op_type}", taken)


def modules_of(node: onnx.NodeProto, wrapped: str) -> Iterator[str]:
    """The modules that a node is in, outermost first, as `encoder`, `layer.0`, `attention`."""
    said = {each.key: each.value for each in node.metadata_props}.get(SCOPES)
    if said is None:  # traced: /model/bert/encoder/layer.0/attention/MatMul
        parts = node.name.split("/")[1:-1]
        yield from parts[1:] if parts[:1] == [wrapped] else parts
        return
    outer = wrapped
    for scope in ast.literal_eval(said)[:-1]:
        if scope.startswith(f"{outer}."):
            yield scope.removeprefix(f"{outer}.")
            outer = scope


def name_weights(graph: onnx.GraphProto, wrapped: str) -> None:
    """Call every weight after its module; one that a strategy transposed has lost its name."""
    users: dict[str, list[onnx.NodeProto]] = {}
    for node in graph.node:
        for name in node.input:
            users.setdefault(name, []).append(node)
    names = {
        *(each.name for each in graph.initializer),
        *(name for node in graph.node for name in [*node.input, *node.output]),
    }
    renamed: dict[str, str] = {}
    for weight in graph.initializer:
        old = weight.name
        name = old.removeprefix(f"{wrapped}.")
        if name == old and is_matrix(weight) and users.get(old):
            place = users[old][0].name.split("/")[1:-1]
            name = ".".join([*place, "weight"])
        if name != old:
            renamed[old] = weight.name = free(name, names)
    for node in graph.node:
        for place, name in enumerate(node.input):
            node.input[place] = renamed.get(name, name)


def name_axes(graph: onnx.GraphProto) -> None:
    """Call the free dimensions batch and sequence, whatever symbols a strategy gave them."""
    for given in graph.input:
        batch, sequence = given.type.tensor_type.shape.dim
        batch.dim_param, sequence.dim_param = "batch", "sequence"
    for answer in graph.output:
        shape = answer.type.tensor_type.shape.dim
        shape[0].dim_param = "batch"
        if len(shape) == 3:
            shape[1].dim_param = "sequence"


def is_matrix(weight: onnx.TensorProto) -> bool:
    """Whether it holds floats in two or more dimensions."""
    return weight.data_type == onnx.TensorProto.FLOAT and len(weight.dims) > 1


def free(name: str, taken: set[str]) -> str:
    """The name, numbered where it is taken already; takes it."""
    candidate, number = name, 0
    while candidate in taken:
        number += 1
        candidate = f"{name}_{number}"
    taken.add(candidate)
    return candidate
