"""A bundle gets an int8 variant: quantize, gate on accuracy, time, choose, write."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx

from edgeft.data.rows import label_indices, open_split
from edgeft.evaluation import logits_of
from edgeft.gates.accuracy import accuracy_gate
from edgeft.gates.texts import spread
from edgeft.plugin import (
    Bundle,
    BundleError,
    Context,
    Dataset,
    Draft,
    ModelError,
    Quantizer,
    Variant,
)
from edgeft.runtime.golden import GOLDEN, write_golden
from edgeft_quantize import QuantizeOptions
from edgeft_quantize.choosing import choose
from edgeft_quantize.ladder import Rung, ladder
from edgeft_quantize.nodes import weight_nodes

FLOAT = "fp32"
INT8 = "int8"
GRAPH = "onnx/model_quantized.onnx"
INTEGERS = (onnx.TensorProto.INT8, onnx.TensorProto.UINT8)
"""what weights become: products of onnxruntime signed, embedding tables unsigned"""
VNNI = "VNNI on x86: without it, sums of 8-bit products may saturate"
GATE_ROWS = 10_000
"""most validation rows that a gate looks at"""
TIMED_TEXTS = 64

QuantizeGraph = Callable[[Path, Path, Rung], str]


def quantize(
    step: Quantizer[Any],
    options: QuantizeOptions,
    bundle: Bundle,
    data: Dataset,
    quantize_graph: QuantizeGraph,
) -> Bundle:
    """Write `bundle` with an int8 variant, chosen where it is accurate enough and faster.

    Where every rung of the ladder loses more than the gates allow, float32 stays, and a note
    says so. Raises ModelError where there is nothing to quantize.
    """
    context = step.context
    source = float_graph(bundle)
    rungs = ladder(weight_nodes(source), options)
    texts, labels = gate_rows(data, bundle, seed=context.seed)

    reference = answers(bundle, FLOAT, texts, context)
    with step.writing(Bundle, bundle=bundle, data=data) as draft:
        take_over(bundle, draft)
        tried: list[dict[str, Any]] = []
        with context.progress.bar("quantizing", len(rungs)) as bar:
            for rung in rungs:
                add_variant(draft, source, rung, quantize_graph)
                draft.seal()
                gate = accuracy_gate(
                    reference,
                    answers(Bundle(draft.path, draft.manifest), INT8, texts, context),
                    labels,
                    gates=context.gates,
                    task=context.task,
                    names=bundle.labels,
                    step=f"quantize {step.name}",
                )
                found = gate.model_dump(mode="json") | {"note": rung.name}
                tried.append(found)
                bar.advance(1, **{gate.metric: gate.candidate})
                if gate.passed:
                    break
        draft.figures["gates"] = tried
        if gate.passed:
            sample = spread(data, "validation", TIMED_TEXTS, seed=context.seed)
            draft.figures["batch_effect"] = batch_effect(draft, sample, context)
            draft.figures["choice"] = choose(draft, sample, context.threads)
        else:
            drop_variant(draft)
            draft.figures["choice"] = stays_float(context, gate.drop, gate.metric)
        draft.manifest.choice["variant"] = draft.figures["choice"]
        write_golden(draft.path, shipped_texts(bundle), draft.manifest.model_dump(mode="json"))
    return draft.artifact


def float_graph(bundle: Bundle) -> Path:
    """The float32 graph of a bundle; raises BundleError where it has none."""
    if FLOAT not in bundle.manifest.variants:
        raise BundleError(
            f"{bundle.path} has no {FLOAT} graph to quantize", hint="export the checkpoint again"
        )
    return bundle.variant_file(FLOAT)


def gate_rows(data: Dataset, bundle: Bundle, *, seed: int) -> tuple[list[str], np.ndarray]:
    """Validation texts and the true labels' indices into the bundle's labels, (rows,)."""
    rows = open_split(data, "validation")
    if len(rows) > GATE_ROWS:
        chosen = np.random.default_rng(seed).choice(len(rows), GATE_ROWS, replace=False)
        rows = rows.select(np.sort(chosen))
    return list(rows["text"]), label_indices(rows, bundle.labels)


def answers(
    bundle: Bundle, variant: str, texts: list[str], context: Context, batch_size: int = 64
) -> np.ndarray:
    """A variant's logits, (texts, labels), through the runtime that ships."""
    return logits_of(
        bundle,
        texts,
        task=context.task,
        variant=variant,
        threads=context.threads,
        batch_size=batch_size,
    )


def batch_effect(draft: Draft[Bundle], texts: list[str], context: Context) -> dict[str, Any]:
    """How far a text's int8 logits depend on the texts that it is batched with.

    Dynamic quantization takes one scale for the activations of a whole batch.
    """
    quantized = Bundle(draft.path, draft.manifest)
    alone = answers(quantized, INT8, texts, context, batch_size=1)
    together = answers(quantized, INT8, texts, context)
    return {
        "texts": len(texts),
        "max_difference": round(float(np.abs(alone - together).max()), 6),
        "labels_changed": int((alone.argmax(axis=1) != together.argmax(axis=1)).sum()),
    }


def take_over(bundle: Bundle, draft: Draft[Bundle]) -> None:
    """Copy what stays as it is into the draft; figures of the old choice do not."""
    shutil.copytree(
        bundle.path,
        draft.path,
        dirs_exist_ok=True,
        ignore=shutil.ignore_patterns("edgeft.json", "README.md", GOLDEN, Path(GRAPH).name),
    )
    draft.manifest = bundle.manifest.model_copy(
        deep=True, update={"metrics": {}, "benchmark": {}, "history": []}
    )
    draft.manifest.variants.pop(INT8, None)
    draft.manifest.chosen = FLOAT


def add_variant(
    draft: Draft[Bundle], source: Path, rung: Rung, quantize_graph: QuantizeGraph
) -> None:
    """Write the int8 graph of a rung; raises ModelError where nothing in it is int8."""
    target = draft.path / GRAPH
    kind = quantize_graph(source, target, rung)
    model = onnx.load(target)
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
    onnx.save(model, target)
    draft.manifest.variants[INT8] = Variant(
        file=GRAPH,
        kind=kind,
        opset=next(each.version for each in model.opset_import if each.domain == ""),
        ir_version=model.ir_version,
        weight_type="int8",
        cpu="" if rung.reduce_range else VNNI,
    )


def drop_variant(draft: Draft[Bundle]) -> None:
    """Take the int8 graph out again."""
    (draft.path / GRAPH).unlink()
    del draft.manifest.variants[INT8]


def stays_float(context: Context, drop: float, metric: str) -> dict[str, Any]:
    """What is recorded, and noted for the user, where int8 costs too much in every way."""
    reason = (
        f"int8 costs {drop:.4f} {metric} on validation even with most weights in float32,"
        f" {context.gates.max_drop:g} is allowed"
    )
    context.progress.note(f"quantize: float32 stays: {reason}")
    return {"chosen": FLOAT, "reason": reason}


def shipped_texts(bundle: Bundle) -> list[str]:
    """The texts of the golden file that the bundle had."""
    golden = json.loads((bundle.path / GOLDEN).read_text(encoding="utf-8"))
    return [each["text"] for each in golden["texts"]]
