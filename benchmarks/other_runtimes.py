"""Proves that a bundle gives the same labels wherever it is read.

    python benchmarks/other_runtimes.py runs/banking77/bundle --texts test.csv

The labels of `edgeft.runtime` here are compared, for every graph of the bundle and text by text,
with those of
- plain onnxruntime and tokenizers, from the bundle's standard files,
- `edgeft.runtime` in a fresh environment that has numpy, onnxruntime and tokenizers only, where the
  bundle's own self-test has to pass as well,
- optimum's ORTModelForSequenceClassification in an environment of its own (optimum-onnx pins an
  older transformers),
- transformers.js in Node, where there is npm.
The environments are made under --environments, and made again only if they are not there. Writes
results/other_runtimes.json; ends with 1 where a label differs.
"""

import argparse
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from recording import ROOT, record

from edgeft.artifacts import Bundle
from edgeft.data.texts import read_texts
from edgeft.runtime import load

READERS = ROOT / "benchmarks" / "readers"
OPTIMUM = ["optimum-onnx[onnxruntime]==0.1.0", "torch==2.13.0"]
TRANSFORMERS_JS = "@huggingface/transformers@4.3.1"


def main() -> None:
    asked = arguments()
    bundle = Bundle.open(asked.bundle)
    texts = list(read_texts(asked.texts, column=asked.column))
    texts = random.Random(0).sample(texts, min(asked.n, len(texts)))
    graphs = {name: variant.file for name, variant in bundle.manifest.variants.items()}
    found = []
    with tempfile.TemporaryDirectory() as scratch:
        environments = Path(asked.environments or scratch).resolve()
        asked_texts = Path(scratch) / "texts.json"
        asked_texts.write_text(json.dumps(texts), encoding="utf-8")
        for reader, command, folder in commands(environments):
            for variant, graph in graphs.items():
                out = Path(scratch) / f"{reader}-{variant}.json"
                call = [*command, str(asked.bundle.resolve()), graph, str(asked_texts), str(out)]
                subprocess.run(call, check=True, cwd=folder, env=offline())
                answers = json.loads(out.read_text(encoding="utf-8"))
                compared = compare(reader, variant, answers, reference(bundle, variant, texts))
                print({key: value for key, value in compared.items() if key != "differing"})
                found.append(compared)
    record(
        "other_runtimes",
        {
            "bundle": {"digest": bundle.digest, "labels": len(bundle.labels), "graphs": graphs},
            "texts": {"n": len(texts), "source": asked.texts.name},
            "readers": found,
        },
    )
    if not all(each["same"] for each in found):
        sys.exit("not every reader gives the same labels")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("bundle", type=Path)
    parser.add_argument("--texts", type=Path, required=True, help="csv, tsv, jsonl, json or txt")
    parser.add_argument("--column", default="text", help="column of the texts")
    parser.add_argument("--n", type=int, default=500, help="most texts to compare")
    parser.add_argument("--environments", type=Path, help="keep the environments here")
    return parser.parse_args()


def commands(environments: Path) -> list[tuple[str, list[str], Path]]:
    """Each reader with its command and the directory to run it in, its environment made."""
    here = READERS
    found = [
        ("onnxruntime", [sys.executable, str(here / "plain_onnxruntime.py")], here),
        ("edgeft.runtime alone", [bare(environments), str(here / "edgeft_runtime.py")], here),
        (
            "ORTModelForSequenceClassification",
            [environment(environments / "optimum", OPTIMUM), str(here / "optimum_model.py")],
            here,
        ),
    ]
    npm, node = shutil.which("npm"), shutil.which("node")
    if npm and node:
        folder = environments / "node"
        if not (folder / "node_modules").is_dir():
            folder.mkdir(parents=True, exist_ok=True)
            (folder / "package.json").write_text('{"private": true}\n', encoding="utf-8")
            install = [npm, "install", "--ignore-scripts", "--no-audit", "--no-fund"]
            subprocess.run([*install, TRANSFORMERS_JS], check=True, cwd=folder)
        found.append(("transformers.js", [node, str(here / "transformers_js.mjs")], folder))
    return found


def bare(environments: Path) -> str:
    """The Python of an environment that has what a device has."""
    wheels = environments / "wheels"
    shutil.rmtree(wheels, ignore_errors=True)
    build = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "-w", str(wheels)]
    subprocess.run([*build, str(ROOT)], check=True)
    python = environment(environments / "bare", ["numpy", "onnxruntime", "tokenizers"])
    (wheel,) = wheels.glob("edgeft-*.whl")
    install = [python, "-m", "pip", "install", "--quiet", "--force-reinstall", "--no-deps"]
    subprocess.run([*install, str(wheel)], check=True)
    return python


def environment(folder: Path, packages: list[str]) -> str:
    """The Python of a virtual environment with `packages`."""
    python = folder / "bin" / "python"
    if not python.is_file():
        partial = folder.with_suffix(".partial")
        shutil.rmtree(partial, ignore_errors=True)
        subprocess.run([sys.executable, "-m", "venv", str(partial)], check=True)
        pip = [str(partial / "bin" / "python"), "-m", "pip", "install", "--quiet"]
        subprocess.run([*pip, *packages], check=True)
        partial.rename(folder)
    return str(python)


def offline() -> dict[str, str]:
    """An environment in which nothing may be downloaded and nothing of ours is found."""
    kept = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    return {**kept, "HF_HUB_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false"}


def reference(bundle: Bundle, variant: str, texts: list[str]) -> dict[str, Any]:
    """What `edgeft.runtime` answers here, each text alone."""
    with load(bundle.path, variant=variant, device="cpu", threads=1) as model:
        logits = np.concatenate([model.logits([text]) for text in texts])
        return {"labels": [model(text).label for text in texts], "logits": logits}


def compare(
    reader: str, variant: str, answers: dict[str, Any], wanted: dict[str, Any]
) -> dict[str, Any]:
    """How a reader's answers differ from the reference; texts themselves are not kept."""
    pairs = list(zip(answers["labels"], wanted["labels"], strict=True))
    differing = [place for place, (found, right) in enumerate(pairs) if found != right]
    differences = np.abs(np.array(answers["logits"]) - wanted["logits"]).max(axis=1)  # (texts,)
    selftest = answers.get("selftest")
    return {
        "reader": reader,
        "variant": variant,
        "n": len(pairs),
        "same_labels": len(pairs) - len(differing),
        "labels_given": len(set(answers["labels"])),
        "largest_logit_difference": float(f"{differences.max():.3g}"),
        "texts_that_differ_by_0.001": int((differences > 1e-3).sum()),
        "same": not differing and (selftest is None or selftest["passed"]),
        "differing": differing,
        "versions": answers["versions"],
        **{key: answers[key] for key in ("installed", "selftest") if key in answers},
    }


if __name__ == "__main__":
    main()
