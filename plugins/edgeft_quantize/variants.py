"""The graphs of a bundle: what a further one is called, written, and taken out again."""

import shutil
from collections.abc import Collection, Iterator
from itertools import chain, count

import onnx

from edgeft.plugin import Bundle, Draft, ModelError, Variant
from edgeft.quantization.packing import W4, forms_of
from edgeft.runtime.golden import GOLDEN
from edgeft.runtime.manifest import MANIFEST
from edgeft_quantize.ladder import Rung

FLOAT = "fp32"
INT8 = "int8"
PQ = "pq"
QUANTIZED = "onnx/model_quantized.onnx"
"""where transformers.js looks for an int8 graph"""
INTEGERS = (onnx.TensorProto.INT8, onnx.TensorProto.UINT8)
VNNI = "VNNI on x86: without it, sums of 8-bit products may saturate"


def take_over(bundle: Bundle, draft: Draft[Bundle]) -> None:
    """Copy what stays as it is into the draft; figures of the old choice do not."""
    shutil.copytree(
        bundle.path,
        draft.path,
        dirs_exist_ok=True,
        ignore=shutil.ignore_patterns(MANIFEST, "README.md", "tuning*.json", GOLDEN),
    )
    draft.manifest = bundle.manifest.model_copy(
        deep=True, update={"metrics": {}, "benchmark": {}, "history": []}
    )


def free_variant(taken: dict[str, Variant], profile: str, kind: str, tables: str) -> str:
    """A name for a further variant, which says what sets it apart.

    `int8` for the first; then by profile, by kind or by tables, whichever is new; then a number.
    """
    return next(name for name in names(taken, profile, kind, tables) if name not in taken)


def names(taken: dict[str, Variant], profile: str, kind: str, tables: str) -> Iterator[str]:
    """Names in the order in which they are preferred."""
    yield INT8
    if all(each.profile != profile for each in taken.values()):
        yield f"{INT8}-{profile}"
    if all(each.kind != kind for each in taken.values()):
        yield kind
    if tables != INT8:
        yield f"{INT8}-{tables}"
    yield from (f"{INT8}-{number}" for number in count(2))


def with_fewer_bits(variant: str, rung: Rung, smaller: Rung, taken: Collection[str]) -> str:
    """A name for a variant beside another one, by what has fewer bits: `int8-int4-w4`."""
    tables = [smaller.tables] if smaller.tables != rung.tables else []
    weights = [W4] if smaller.weights != rung.weights else []
    name = "-".join([variant, *tables, *weights])
    further = (f"{name}-{number}" for number in count(2))
    return next(each for each in chain([name], further) if each not in taken)


def file_of(variant: str) -> str:
    """The path of a variant's graph inside the bundle."""
    return QUANTIZED if variant == INT8 else f"onnx/model_{variant}.onnx"


def add_variant(draft: Draft[Bundle], name: str, kind: str, profile: str, rung: Rung) -> None:
    """List the graph that stands at a variant's place, finished.

    Raises ModelError where nothing in it is an integer.
    """
    path = draft.path / file_of(name)
    model = onnx.load(path)
    if not any(each.dims and each.data_type in INTEGERS for each in model.graph.initializer):
        raise ModelError(
            f"nothing was quantized: onnxruntime left all {len(rung.nodes)} weights as they were",
            hint="exclude less, or leave the quantize step out",
        )
    del model.graph.value_info[:]
    model.ir_version = draft.manifest.variants[FLOAT].ir_version
    model.producer_name = "edgeft"
    model.ClearField("producer_version")
    kept = [each for each in model.metadata_props if each.key.startswith("edgeft.")]
    del model.metadata_props[:]
    model.metadata_props.extend(kept)
    onnx.save(model, path)
    draft.manifest.variants[name] = Variant(
        file=file_of(name),
        kind=kind,
        opset=next(each.version for each in model.opset_import if each.domain == ""),
        ir_version=model.ir_version,
        weight_type=", ".join([INT8, *forms_of(model.graph)]),
        scales="per channel" if rung.per_channel else "per tensor",
        cpu="" if rung.reduce_range else VNNI,
        profile=profile,
    )


def drop_variant(draft: Draft[Bundle], name: str) -> None:
    """Take a variant's graph out again."""
    (draft.path / file_of(name)).unlink()
    del draft.manifest.variants[name]
