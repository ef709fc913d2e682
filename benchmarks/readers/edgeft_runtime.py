"""Reads a bundle with `edgeft.runtime` and replays its golden file, where little is installed.

python edgeft_runtime.py BUNDLE GRAPH TEXTS.json OUT.json
"""

import importlib.util
import json
import sys
from dataclasses import asdict
from importlib.metadata import distributions, version
from pathlib import Path

from edgeft.runtime import load

ABSENT = ("torch", "transformers", "typer", "pluggy", "pydantic", "onnx")


def main(bundle: Path, graph: str, texts: Path, out: Path) -> None:
    present = [name for name in ABSENT if importlib.util.find_spec(name)]
    if present:
        sys.exit(f"this environment is not bare: it has {', '.join(present)}")
    manifest = json.loads((bundle / "edgeft.json").read_text(encoding="utf-8"))
    variant = next(name for name, each in manifest["variants"].items() if each["file"] == graph)
    with load(bundle, variant=variant) as model:
        asked = json.loads(texts.read_text(encoding="utf-8"))
        selftest = model.selftest()
        logits = [model.logits([text])[0] for text in asked]
        found = {
            "labels": [model(text).label for text in asked],
            "logits": [[float(value) for value in row] for row in logits],
            "versions": {
                name: version(name) for name in ("edgeft", "onnxruntime", "tokenizers", "numpy")
            },
            "installed": sorted(each.name for each in distributions()),
            "selftest": {**asdict(selftest), "passed": selftest.passed},
        }
    out.write_text(json.dumps(found), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3]), Path(sys.argv[4]))
