"""A checkpoint through Olive's passes to an int8 ONNX file.

The passes that `olive optimize --task text-classification --precision int8 --provider
CPUExecutionProvider --exporter torchscript_exporter` writes down, except the last: of its own it
takes static S8S8, calibrated on wikitext from the hub by the CUDA provider, and warns that this is
slow on x86. Dynamic quantization needs no data set.
"""

import json
import sys
from pathlib import Path
from typing import Any

from olive.workflows import run


def main(config: dict[str, Any]) -> None:
    out = Path(config["out"])
    run(
        {
            "input_model": {
                "type": "HfModel",
                "model_path": config["checkpoint"],
                "load_kwargs": {"attn_implementation": "eager"},
                "task": "text-classification",
            },
            "passes": {
                "conversion": {"type": "OnnxConversion", "use_dynamo_exporter": False},
                "peephole": {"type": "OnnxPeepholeOptimizer"},
                "transformers": {"type": "OrtTransformersOptimization"},
                "quantization": {"type": "OnnxDynamicQuantization"},
            },
            "output_dir": str(out),
            "cache_dir": str(out / "cache"),
        }
    )


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
