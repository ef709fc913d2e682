"""An ONNX file made int8 as onnxruntime's documentation shows it: pre-process, then quantize."""

import json
import sys
from pathlib import Path
from typing import Any

from onnxruntime.quantization import quantize_dynamic
from onnxruntime.quantization.shape_inference import quant_pre_process


def main(config: dict[str, Any]) -> None:
    out = Path(config["out"])
    prepared = out / "prepared.onnx"
    quant_pre_process(config["onnx"], str(prepared))
    quantize_dynamic(str(prepared), str(out / "model_int8.onnx"))
    prepared.unlink()


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
