"""A checkpoint exported and quantized by optimum, with the preset that sentence-transformers uses.

`sentence_transformers.export_dynamic_quantized_onnx_model(model, "avx512_vnni", ...)` calls exactly
this: `AutoQuantizationConfig.avx512_vnni(is_static=False)` and `ORTQuantizer.quantize`.
"""

import json
import sys
from typing import Any

from optimum.onnxruntime import ORTModelForSequenceClassification, ORTQuantizer
from optimum.onnxruntime.configuration import AutoQuantizationConfig


def main(config: dict[str, Any]) -> None:
    model = ORTModelForSequenceClassification.from_pretrained(config["checkpoint"], export=True)
    quantizer = ORTQuantizer.from_pretrained(model)
    preset = AutoQuantizationConfig.avx512_vnni(is_static=False)
    quantizer.quantize(preset, save_dir=config["out"], file_suffix="int8")


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
