"""A checkpoint as onnxruntime's users make it int8: torch's ONNX exporter, then quantize_dynamic.

The float graph is traced with plain attention, from which int8 comes out fastest. Quantized as
onnxruntime's documentation shows it: `quant_pre_process`, then `quantize_dynamic`, with defaults.
The former needs `auto_merge`, or it ends with "Incomplete symbolic shape inference".
"""

import json
import sys
from pathlib import Path
from typing import Any

import torch
from onnxruntime.quantization import quantize_dynamic
from onnxruntime.quantization.shape_inference import quant_pre_process
from transformers import AutoModelForSequenceClassification

OPSET = 17


def main(config: dict[str, Any]) -> None:
    out = Path(config["out"])
    model = AutoModelForSequenceClassification.from_pretrained(
        config["checkpoint"], use_safetensors=True, attn_implementation="eager"
    ).eval()
    ids = torch.randint(1000, 2000, (2, 11))
    mask = torch.ones_like(ids)
    mask[1, 7:] = 0
    names = ["input_ids", "attention_mask", "token_type_ids"]
    torch.onnx.export(
        model,
        (ids, mask, torch.zeros_like(ids)),
        str(out / "model.onnx"),
        input_names=names,
        output_names=["logits"],
        dynamic_axes={name: {0: "batch", 1: "tokens"} for name in names} | {"logits": {0: "batch"}},
        opset_version=OPSET,
        dynamo=False,
    )
    quant_pre_process(str(out / "model.onnx"), str(out / "prepared.onnx"), auto_merge=True)
    quantize_dynamic(str(out / "prepared.onnx"), str(out / "model_int8.onnx"))
    (out / "prepared.onnx").unlink()


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
