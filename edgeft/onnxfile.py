"""What stands in an ONNX file, read without the onnx package.

An ONNX file is one protobuf message, ModelProto; the numbers below are its field numbers
(onnx/onnx.proto). Weights are measured, never copied, so a file of any size costs little.
"""

import math
import mmap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from edgeft.errors import BundleError

TYPES = {
    1: ("float32", 32), 2: ("uint8", 8), 3: ("int8", 8), 4: ("uint16", 16), 5: ("int16", 16),
    6: ("int32", 32), 7: ("int64", 64), 8: ("string", 0), 9: ("bool", 8), 10: ("float16", 16),
    11: ("float64", 64), 12: ("uint32", 32), 13: ("uint64", 64), 16: ("bfloat16", 16),
    21: ("uint4", 4), 22: ("int4", 4),
}  # fmt: skip
"""name and bits of TensorProto's data types"""
VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5
EXTERNAL = 1
SCOPES = "pkg.torch.onnx.name_scopes"
"""where torch's dynamo exporter says which module a node comes from"""
W4 = "w4"
"""what weights of products are called that have four bits in the file"""
UNPACKING = {
    "_mask": ("int4", 2),
    "_sixteenth": ("int4", 2),
    "_book": ("pq", 0),
    "_integers": (W4, 2),
}
"""how what takes the numbers of a byte apart is called, after their weight; what such a weight is
called, and how many numbers it has a byte: 0 where that is the last dimension of what unpacks it"""


@dataclass(frozen=True)
class Weight:
    """A tensor that the file holds, or that it names in another file."""

    name: str
    type: str
    shape: tuple[int, ...]
    bytes: int
    external: bool = False


@dataclass(frozen=True)
class Node:
    """One operation of the graph."""

    op: str
    domain: str
    name: str
    scope: str
    """the module that it comes from, where the exporter says so"""
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]


@dataclass(frozen=True)
class Port:
    """An input or output of the graph; a dimension is a number, or a name where it is free."""

    name: str
    type: str
    shape: tuple[int | str, ...]


@dataclass
class OnnxFile:
    """What an ONNX file says of itself."""

    ir_version: int = 0
    producer: str = ""
    opsets: dict[str, int] = field(default_factory=dict)
    metadata: dict[str, str] = field(default_factory=dict)
    inputs: list[Port] = field(default_factory=list)
    outputs: list[Port] = field(default_factory=list)
    nodes: list[Node] = field(default_factory=list)
    weights: list[Weight] = field(default_factory=list)

    @property
    def opset(self) -> int:
        """The version of the standard operator set."""
        return self.opsets.get("", 0)


def packed(shapes: Mapping[str, Sequence[int]]) -> dict[str, tuple[str, int]]:
    """Which weights hold several numbers a byte, what they are called and how many they hold.

    That is told by what unpacks them. `shapes` are those of all weights, by name.
    """
    return {
        weight: (form, count or shape[-1])
        for name, shape in shapes.items()
        for end, (form, count) in UNPACKING.items()
        if name.endswith(end) and (weight := f"{name.removesuffix(end)}_quantized") in shapes
    }


def smaller_forms(shapes: Mapping[str, Sequence[int]]) -> list[str]:
    """What weights of these shapes are called that hold several numbers a byte: int4, pq, w4."""
    return sorted({form for form, _ in packed(shapes).values()})


def read_onnx(path: Path) -> OnnxFile:
    """Read the file at `path`; raises BundleError where it is no whole ONNX file."""
    try:
        with path.open("rb") as file:
            found = model(memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)))
    except FileNotFoundError as error:
        raise BundleError(f"no file at {path}", hint="check the path") from error
    except (ValueError, IndexError, TypeError, AttributeError) as error:
        raise BundleError(
            f"{path} is no whole ONNX file: {error}", hint="copy or make it again"
        ) from error
    if not found.nodes or not found.opsets:
        raise BundleError(f"{path} is no ONNX file: it holds no graph", hint="check the path")
    return found


def model(view: memoryview) -> OnnxFile:
    """ModelProto."""
    found = OnnxFile()
    for number, value in fields(view):
        if number == 1:
            found.ir_version = as_int(value)
        elif number == 2:
            found.producer = as_text(value)
        elif number == 7:
            graph(as_bytes(value), found, outermost=True)
        elif number == 8:
            domain, version = pair(value)
            found.opsets[as_text(domain).removesuffix("ai.onnx")] = as_int(version)
        elif number == 14:
            key, text = pair(value)
            found.metadata[as_text(key)] = as_text(text)
    return found


def graph(view: memoryview, found: OnnxFile, *, outermost: bool) -> None:
    """GraphProto, and those inside its nodes: branches and loop bodies."""
    for number, value in fields(view):
        if number == 1:
            node(as_bytes(value), found)
        elif number == 5:
            found.weights.append(tensor(as_bytes(value)))
        elif number in (11, 12) and outermost:
            (found.inputs if number == 11 else found.outputs).append(port(as_bytes(value)))


def node(view: memoryview, found: OnnxFile) -> None:
    """NodeProto; the tensor of a Constant counts as a weight by the name of its output."""
    names: dict[int, list[str]] = {1: [], 2: [], 3: [], 4: [], 7: []}
    scope = ""
    attributes = []
    for number, value in fields(view):
        if number in names:
            names[number].append(as_text(value))
        elif number == 5:
            attributes.append(as_bytes(value))
        elif number == 9:
            key, text = pair(value)
            scope = as_text(text) if as_text(key) == SCOPES else scope
    inputs, outputs, name, op, domain = (tuple(names[number]) for number in (1, 2, 3, 4, 7))
    found.nodes.append(Node("".join(op), "".join(domain), "".join(name), scope, inputs, outputs))
    for attribute in attributes:
        for number, value in fields(attribute):
            if number == 5 and op == ("Constant",):
                constant = tensor(as_bytes(value))
                found.weights.append(
                    Weight(outputs[0], constant.type, constant.shape, constant.bytes)
                )
            elif number in (6, 11):
                graph(as_bytes(value), found, outermost=False)


def tensor(view: memoryview) -> Weight:
    """TensorProto."""
    shape: list[int] = []
    name, kind, external = "", 0, False
    text_bytes = 0
    for number, value in fields(view):
        if number == 1:
            shape += [value] if isinstance(value, int) else varints(as_bytes(value))
        elif number == 2:
            kind = as_int(value)
        elif number == 6:
            text_bytes += len(as_bytes(value))
        elif number == 8:
            name = as_text(value)
        elif number == 14:
            external = as_int(value) == EXTERNAL
    type_name, bits = TYPES.get(kind, (f"type {kind}", 8))
    size = text_bytes if type_name == "string" else math.ceil(math.prod(shape) * bits / 8)
    return Weight(name, type_name, tuple(shape), size, external)


def port(view: memoryview) -> Port:
    """ValueInfoProto: a name, and a type that holds a tensor's element type and shape."""
    name, kind = "", 0
    shape: list[int | str] = []
    for number, value in fields(view):
        if number == 1:
            name = as_text(value)
        elif number == 2:
            for inner, held in fields(as_bytes(value)):
                if inner == 1:
                    for place, part in fields(as_bytes(held)):
                        if place == 1:
                            kind = as_int(part)
                        elif place == 2:
                            shape = [dimension(as_bytes(d)) for _, d in fields(as_bytes(part))]
    return Port(name, TYPES.get(kind, (f"type {kind}", 8))[0], tuple(shape))


def dimension(view: memoryview) -> int | str:
    """TensorShapeProto.Dimension: a number, a name, or neither."""
    for _, value in fields(view):
        return value if isinstance(value, int) else as_text(value)
    return "?"


def pair(value: int | memoryview) -> tuple[int | memoryview, int | memoryview]:
    """The first two fields of a message such as StringStringEntryProto; empty where left out."""
    found = dict(fields(as_bytes(value)))
    empty = memoryview(b"")
    return found.get(1, empty), found.get(2, empty)


def fields(view: memoryview) -> Iterator[tuple[int, int | memoryview]]:
    """The fields of a message as (number, value): ints, or the bytes of texts and messages."""
    place = 0
    while place < len(view):
        key, place = varint(view, place)
        wire = key & 7
        if wire == VARINT:
            number, place = varint(view, place)
            yield key >> 3, number
            continue
        if wire == BYTES:
            size, place = varint(view, place)
        elif wire in (FIXED64, FIXED32):
            size = 8 if wire == FIXED64 else 4
        else:
            raise ValueError(f"wire type {wire} does not exist")
        if place + size > len(view):
            raise ValueError("it ends too early")
        yield key >> 3, view[place : place + size]
        place += size


def varint(view: memoryview, place: int) -> tuple[int, int]:
    """The variable-length integer at `place`, and the place behind it."""
    result = shift = 0
    while True:
        byte = view[place]
        place += 1
        result |= (byte & 127) << shift
        if byte < 128:
            return result, place
        shift += 7


def varints(view: memoryview) -> list[int]:
    """Integers packed one behind the other."""
    found = []
    place = 0
    while place < len(view):
        number, place = varint(view, place)
        found.append(number)
    return found


def as_int(value: int | memoryview) -> int:
    if not isinstance(value, int):
        raise ValueError("bytes stand where a number belongs")
    return value


def as_bytes(value: int | memoryview) -> memoryview:
    if isinstance(value, int):
        raise ValueError("a number stands where bytes belong")
    return value


def as_text(value: int | memoryview) -> str:
    return str(as_bytes(value), "utf-8")
