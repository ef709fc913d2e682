"""A checkpoint as OpenVINO models: converted from torch, and int8 by NNCF after training.

As OpenVINO's BERT tutorial does it: `openvino.convert_model` on the torch model, `nncf.quantize`
with `ModelType.TRANSFORMER` and its default 300 calibration samples, `openvino.save_model`.
"""

import json
import sys
from pathlib import Path
from typing import Any

import nncf
import numpy as np
import openvino
import torch
from transformers import AutoModelForSequenceClassification

from peers.texts import Encoder


def main(config: dict[str, Any]) -> None:
    out = Path(config["out"])
    model = AutoModelForSequenceClassification.from_pretrained(
        config["checkpoint"], use_safetensors=True
    ).eval()
    ids = torch.randint(1000, 2000, (2, 11))
    mask = torch.ones_like(ids)
    mask[1, 7:] = 0
    example = {"input_ids": ids, "attention_mask": mask, "token_type_ids": torch.zeros_like(ids)}
    converted = openvino.convert_model(
        model, example_input=example, input={name: [-1, -1] for name in example}
    )
    for given in converted.inputs:
        given.get_tensor().set_names({next(name for name in example if name in given.names)})
    openvino.save_model(converted, out / "fp32.xml", compress_to_fp16=False)
    encode = Encoder(Path(config["checkpoint"]), config["max_length"])
    texts = json.loads(Path(config["calibration"]).read_text(encoding="utf-8"))
    calibration = nncf.Dataset(texts, lambda text: feed(*encode(text)))
    quantized = nncf.quantize(
        converted,
        calibration,
        subset_size=len(texts),
        model_type=nncf.ModelType.TRANSFORMER,
    )
    openvino.save_model(quantized, out / "int8.xml")


def feed(ids: np.ndarray, mask: np.ndarray) -> dict[str, np.ndarray]:
    """What the converted model takes."""
    return {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
