"""Reads a bundle with onnxruntime and tokenizers alone, from its standard files: no edgeft.

python plain_onnxruntime.py BUNDLE GRAPH TEXTS.json OUT.json
"""

import json
import sys
from pathlib import Path

import numpy as np
import onnxruntime
import tokenizers


def main(bundle: Path, graph: str, texts: Path, out: Path) -> None:
    config = json.loads((bundle / "config.json").read_text(encoding="utf-8"))
    limits = json.loads((bundle / "tokenizer_config.json").read_text(encoding="utf-8"))
    tokenizer = tokenizers.Tokenizer.from_file(str(bundle / "tokenizer.json"))
    tokenizer.enable_truncation(limits["model_max_length"])
    session = onnxruntime.InferenceSession(bundle / graph, providers=["CPUExecutionProvider"])
    inputs = {each.name for each in session.get_inputs()}
    logits = []
    for text in json.loads(texts.read_text(encoding="utf-8")):
        encoded = tokenizer.encode(text)
        fields = {
            "input_ids": encoded.ids,
            "attention_mask": encoded.attention_mask,
            "token_type_ids": encoded.type_ids,
        }
        feed = {name: np.array([fields[name]], dtype=np.int64) for name in inputs}
        logits.append(session.run(["logits"], feed)[0][0])
    found = {
        "labels": [config["id2label"][str(row.argmax())] for row in logits],
        "logits": [[float(value) for value in row] for row in logits],
        "versions": {
            "onnxruntime": onnxruntime.__version__,
            "tokenizers": tokenizers.__version__,
        },
    }
    out.write_text(json.dumps(found), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3]), Path(sys.argv[4]))
