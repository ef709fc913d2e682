"""Reads a bundle with optimum's ORTModelForSequenceClassification and transformers' tokenizer.

python optimum_model.py BUNDLE GRAPH TEXTS.json OUT.json
"""

import json
import sys
from importlib.metadata import version
from pathlib import Path

from optimum.onnxruntime import ORTModelForSequenceClassification
from transformers import AutoTokenizer


def main(bundle: Path, graph: str, texts: Path, out: Path) -> None:
    folder, _, name = graph.rpartition("/")
    model = ORTModelForSequenceClassification.from_pretrained(
        bundle, subfolder=folder, file_name=name
    )
    tokenizer = AutoTokenizer.from_pretrained(bundle)
    logits = []
    for text in json.loads(texts.read_text(encoding="utf-8")):
        encoded = tokenizer(text, truncation=True, return_tensors="pt")
        logits.append(model(**encoded).logits[0].tolist())
    found = {
        "labels": [model.config.id2label[row.index(max(row))] for row in logits],
        "logits": logits,
        "versions": {
            name: version(name)
            for name in ("optimum", "optimum-onnx", "transformers", "onnxruntime", "torch")
        },
    }
    out.write_text(json.dumps(found), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3]), Path(sys.argv[4]))
