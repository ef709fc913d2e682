"""A checkpoint as a CTranslate2 encoder with int8 weights; the classifier's weights beside it.

CTranslate2 converts a BERT's body and pooler; its documentation computes a classifier's last layer
outside of it.
"""

import json
import sys
from pathlib import Path
from typing import Any

import ctranslate2
import numpy as np
from transformers import AutoModelForSequenceClassification, AutoTokenizer


def main(config: dict[str, Any]) -> None:
    out = Path(config["out"])
    model = AutoModelForSequenceClassification.from_pretrained(
        config["checkpoint"], use_safetensors=True
    )
    body = out / "body"
    model.bert.save_pretrained(body)
    AutoTokenizer.from_pretrained(config["checkpoint"]).save_pretrained(body)
    converter = ctranslate2.converters.TransformersConverter(str(body))
    converter.convert(str(out / "model"), quantization="int8")
    head = model.classifier
    np.savez(
        out / "head.npz",
        weight=head.weight.detach().numpy().T.copy(),  # (hidden, labels)
        bias=head.bias.detach().numpy(),
    )


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
