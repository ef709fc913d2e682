"""What is inside a bundle: operations, sizes by part of the model, and what can run it."""

import math
import re
from collections import Counter
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from pydantic import BaseModel, Field

from edgeft.artifacts import Bundle
from edgeft.errors import BundleError
from edgeft.manifests import Variant
from edgeft.onnxfile import W4, OnnxFile, Weight, packed, read_onnx, smaller_forms
from edgeft.runtime.manifest import read_manifest
from edgeft.runtime.versions import oldest_onnxruntime

PARTS = {
    # the first pattern found in the names around a weight says which part it belongs to
    "embeddings": r"embed",
    "head": r"classifier|classification_head|pooler|score|(^|[./ ])head[./]",
    "attention": r"attention|attn|sa_layer_norm",
    "feed-forward": r"intermediate|ffn|mlp|feed_forward|layer[./]\d+[./]output|output_layer_norm",
}
HOPS = 4
"""operations to follow from a weight until a name tells: quantizing puts some in between"""
ONNXRUNTIMES = ("onnxruntime", "onnxruntime-gpu", "onnxruntime-directml", "onnxruntime-openvino")


class Tensor(BaseModel):
    """An input or output of a graph."""

    name: str
    type: str
    shape: list[int | str] = Field(description="a name stands for a free dimension")


class GraphInspection(BaseModel):
    """One graph of a bundle."""

    file: str
    kind: str
    size_bytes: int
    producer: str = Field(description="what wrote it")
    opset: int
    opsets: dict[str, int] = Field(description="operator sets by domain; the standard one is ''")
    ir_version: int
    inputs: list[Tensor]
    outputs: list[Tensor]
    metadata: dict[str, str]
    nodes: int
    ops: dict[str, int] = Field(description="how often each operation occurs, commonest first")
    parameters: int = Field(description="numbers in its weights")
    weight_types: dict[str, int] = Field(description="bytes of weights by number type")
    parts: dict[str, int] = Field(description="bytes of weights by part of the model")
    oldest_onnxruntime: str = Field(description="oldest release that runs it; empty if unknown")
    cpu: str = Field(description="CPU feature that the arithmetic relies on, if any")
    notes: list[str] = Field(description="what a reader should know before relying on it")


ANSWERS = {
    "identity": "a number",
    "span": "a part of the second text, or none",
    "vector": "a vector of length 1",
}
"""by decoding, where the names of a graph's outputs are no labels"""


class Inspection(BaseModel):
    """A bundle and its graphs."""

    path: str
    task: str
    labels: list[str]
    answers: str = Field(description="what it answers with, where that is none of the labels")
    thresholds: dict[str, float] = Field(
        description="of each label that has one, as `decoding.thresholds` of its manifest means it"
    )
    max_length: int
    chosen: str
    size_bytes: int
    files: dict[str, int] = Field(description="bytes of every file")
    variants: dict[str, GraphInspection] = Field(description="those whose graph can be read")
    complaints: list[str] = Field(description="files that are missing, or not as they were written")
    onnxruntime: str = Field(description="release installed here; empty if none is")


def inspect_bundle(path: str | Path) -> Inspection:
    """Look into the bundle at `path`, however damaged its files are.

    Raises BundleError where there is none, or its manifest cannot be read.
    """
    bundle = Bundle.open(path)
    manifest = bundle.manifest
    installed = installed_onnxruntime()
    complaints = [*bundle.complaints(), *refused(bundle.path)]
    variants = {}
    for name, variant in manifest.variants.items():
        try:
            variants[name] = inspect_graph(bundle, variant, installed)
        except (BundleError, FileNotFoundError) as error:
            if not complaints:  # it was written as it is
                complaints.append(str(error))
    return Inspection(
        path=str(path),
        task=manifest.task,
        labels=manifest.labels,
        answers=ANSWERS.get(manifest.decoding.function, ""),
        thresholds={
            label: at
            for label, at in zip(manifest.labels, manifest.decoding.thresholds, strict=False)
            if at
        },
        max_length=manifest.max_length,
        chosen=manifest.chosen,
        size_bytes=bundle.size_bytes,
        files={name: file.bytes for name, file in bundle.files().items()},
        variants=variants,
        complaints=complaints,
        onnxruntime=installed,
    )


def refused(bundle: Path) -> list[str]:
    """Why no device loads a bundle, by what its manifest says; nothing where one does."""
    try:
        read_manifest(bundle)
    except BundleError as error:
        return [error.message]
    return []


def inspect_graph(bundle: Bundle, variant: Variant, installed: str) -> GraphInspection:
    """Look into one graph; `installed` is the release of onnxruntime here, or empty."""
    path = bundle.path / variant.file
    found = read_onnx(path)
    oldest = oldest_of(found, bundle.manifest.minimum_onnxruntime)
    types: Counter[str] = Counter()
    for weight in found.weights:
        types[weight.type] += weight.bytes
    return GraphInspection(
        file=variant.file,
        kind=variant.kind,
        size_bytes=path.stat().st_size,
        producer=found.producer,
        opset=found.opset,
        opsets=found.opsets,
        ir_version=found.ir_version,
        inputs=[Tensor(name=p.name, type=p.type, shape=list(p.shape)) for p in found.inputs],
        outputs=[Tensor(name=p.name, type=p.type, shape=list(p.shape)) for p in found.outputs],
        metadata=found.metadata,
        nodes=len(found.nodes),
        ops=dict(Counter(node.op for node in found.nodes).most_common()),
        parameters=parameters(found),
        weight_types=dict(types.most_common()),
        parts=sizes_by_part(found),
        oldest_onnxruntime=oldest,
        cpu=variant.cpu,
        notes=notes(found, variant, installed, oldest),
    )


def oldest_of(found: OnnxFile, made_for: str) -> str:
    """The oldest release that runs a graph: the one it was made for, unless it needs a newer one.

    Empty where none is known to run it.
    """
    oldest = oldest_onnxruntime(found.opset, found.ir_version)
    return max(oldest, made_for, key=numbers) if oldest else ""


def notes(found: OnnxFile, variant: Variant, installed: str, oldest: str) -> list[str]:
    """What may surprise whoever runs the graph elsewhere, or here on an older release."""
    said = []
    if not oldest:
        said.append(f"opset {found.opset}, IR {found.ir_version}: newer than edgeft knows of")
    elif installed and numbers(installed) < numbers(oldest):
        said.append(f"onnxruntime {installed} is installed here, it needs {oldest} or newer")
    others = sorted(set(found.opsets) - {""} - {"ai.onnx.ml"})
    used = sorted({node.domain for node in found.nodes} & set(others))
    if used:
        said.append(f"operations of {', '.join(used)}: onnxruntime alone runs them")
    if W4 in smaller_forms({weight.name: weight.shape for weight in found.weights}):
        said.append("weights of 4 bits: int8 is made of them as a session is opened, once")
    if variant.kind.startswith("int8"):
        said.append("int8: no CUDA kernels, so it runs on the CPU")
    if (found.opset, found.ir_version) != (variant.opset, variant.ir_version):
        said.append(f"edgeft.json says opset {variant.opset}, IR {variant.ir_version}")
    if any(weight.external for weight in found.weights):
        said.append("weights stand in another file: edgeft writes none such")
    return said


def sizes_by_part(found: OnnxFile) -> dict[str, int]:
    """The bytes of weights in embeddings, attention, feed-forward layers, head, and the rest."""
    sizes = dict.fromkeys(["embeddings", "attention", "feed-forward", "head", "other"], 0)
    consumers: dict[str, list[int]] = {}
    for place, node in enumerate(found.nodes):
        for name in node.inputs:
            consumers.setdefault(name, []).append(place)
    for weight in found.weights:
        sizes[part_of(weight, found, consumers)] += weight.bytes
    return sizes


def part_of(weight: Weight, found: OnnxFile, consumers: dict[str, list[int]]) -> str:
    """The part that a weight belongs to, by its own name or those of the operations it feeds.

    Exporters rename the weights of matrix products (onnx::MatMul_204), and quantizing renames
    operations too; but not far behind is one that kept its module's name.
    """
    names, values = weight.name, {weight.name}
    for _ in range(HOPS):
        part = part_named(names)
        if part:
            return part
        fed = [found.nodes[place] for value in values for place in consumers.get(value, [])]
        names = " ".join(" ".join((node.name, node.scope, *node.inputs)) for node in fed)
        values = {output for node in fed for output in node.outputs}
    return part_named(names) or "other"


def part_named(names: str) -> str | None:
    """The part whose pattern comes first in `names`."""
    found = [
        (match.start(), part)
        for part, pattern in PARTS.items()
        if (match := re.search(pattern, names))
    ]
    return min(found)[1] if found else None


def parameters(found: OnnxFile) -> int:
    """How many numbers all weights hold: several to a byte where they are packed."""
    held = packed({weight.name: weight.shape for weight in found.weights})
    counts = {name: count for name, (_, count) in held.items()}
    return sum(math.prod(each.shape) * counts.get(each.name, 1) for each in found.weights)


def numbers(release: str) -> list[int]:
    """Major and minor version, for comparing."""
    return [int(part) for part in re.findall(r"\d+", release)[:2]]


def installed_onnxruntime() -> str:
    """The release of onnxruntime that is installed here, whichever build; empty if none is."""
    for name in ONNXRUNTIMES:
        try:
            return version(name)
        except PackageNotFoundError:
            continue
    return ""
