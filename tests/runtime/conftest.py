"""A small real bundle for the runtime: a two-layer BERT, traced by torch, quantized."""

import json
import shutil
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from edgeft.artifacts import Bundle
from edgeft.manifests import BundleManifest, Decoding, Pad, Variant
from edgeft.runtime.given import Given
from edgeft.runtime.golden import GOLDEN, ODD, given_of

MAX_LENGTH = 16
LABELS = ["cash", "card", "transfer"]
INPUTS = ["input_ids", "attention_mask", "token_type_ids"]
TEXTS = [f"where is my card number {n}, please?" for n in range(28)]


@pytest.fixture(scope="session")
def runtime_bundle(
    make_tiny_base: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory
) -> Bundle:
    """A bundle with an fp32 and an int8 variant; read it, never change it."""
    from onnxruntime.quantization import QuantType, quantize_dynamic

    from edgeft.runtime.golden import write_golden

    base = make_tiny_base("bert")
    out = tmp_path_factory.mktemp("runtime") / "bundle"
    with Bundle.create(out) as draft:
        graphs = draft.path / "onnx"
        graphs.mkdir()
        trace(classifier(base), graphs / "model.onnx")
        quantize_dynamic(
            graphs / "model.onnx", graphs / "model_quantized.onnx", weight_type=QuantType.QInt8
        )
        for name in ("config.json", "tokenizer.json", "tokenizer_config.json"):
            shutil.copy(base / name, draft.path)
        pad = json.loads((base / "config.json").read_text())["pad_token_id"]
        draft.manifest = BundleManifest(
            task="text-classification",
            labels=LABELS,
            inputs=INPUTS,
            max_length=MAX_LENGTH,
            pad=Pad(id=pad),
            variants={
                "fp32": variant("onnx/model.onnx", "fp32", "float32"),
                "int8": variant("onnx/model_quantized.onnx", "int8-dynamic", "int8"),
            },
            chosen="int8",
        )
        write_golden(draft.path, TEXTS, draft.manifest.model_dump())
    return draft.artifact


@pytest.fixture(scope="session")
def encoder_bundle(make_tiny_base: Callable[[str], Path], tmp_path_factory: Any) -> Bundle:
    """A bundle of a random sentence encoder, in float."""
    from edgeft.tasks.sentence_embeddings import SentenceEmbeddings

    base = make_tiny_base("bert")
    model = SentenceEmbeddings().load_model(base, attn_implementation="eager").eval()
    return in_float(base, model, tmp_path_factory.mktemp("encoder"), function="vector")


@pytest.fixture(scope="session")
def entailment_bundle(make_tiny_base: Callable[[str], Path], tmp_path_factory: Any) -> Bundle:
    """A bundle of a random classifier of pairs whose labels are those of entailment."""
    base = make_tiny_base("bert")
    out = tmp_path_factory.mktemp("entailment")
    labels = ["contradiction", "entailment", "neutral"]
    return in_float(base, classifier(base), out, labels, function="softmax", pairs=True)


def in_float(base: Path, model: Any, folder: Path, labels: Any = (), **decoding: Any) -> Bundle:
    """A bundle with a float graph of a model alone."""
    from edgeft.runtime.golden import write_golden

    with Bundle.create(folder / "bundle") as draft:
        (draft.path / "onnx").mkdir()
        inputs = INPUTS if labels else INPUTS[:2]
        trace(model, draft.path / "onnx" / "model.onnx", inputs)
        for name in ("config.json", "tokenizer.json", "tokenizer_config.json"):
            shutil.copy(base / name, draft.path)
        draft.manifest = BundleManifest(
            task="pair-classification" if labels else "sentence-embeddings",
            labels=list(labels),
            inputs=inputs,
            max_length=MAX_LENGTH,
            decoding=Decoding(**decoding),
            pad=Pad(id=json.loads((base / "config.json").read_text())["pad_token_id"]),
            variants={"fp32": variant("onnx/model.onnx", "fp32", "float32")},
            chosen="fp32",
        )
        texts = list(zip(TEXTS, TEXTS[::-1], strict=True)) if labels else TEXTS
        write_golden(draft.path, texts, draft.manifest.model_dump())
    return draft.artifact


def variant(file: str, kind: str, weight_type: str) -> Variant:
    session = {"disabled_optimizers": ["SkipLayerNormFusion"]} if kind != "fp32" else {}
    return Variant(
        file=file, kind=kind, opset=17, ir_version=8, weight_type=weight_type, session=session
    )


def classifier(base: Path) -> Any:
    """A classifier on a random BERT."""
    import torch
    from transformers import AutoModelForSequenceClassification

    torch.manual_seed(0)
    model = AutoModelForSequenceClassification.from_pretrained(
        base, num_labels=len(LABELS), attn_implementation="eager"
    ).eval()
    torch.nn.init.normal_(model.classifier.weight, std=2.0)
    return model


def trace(model: Any, out: Path, inputs: list[str] = INPUTS) -> None:
    """Export a model; two rows of odd length keep its dimensions free."""
    import torch

    ids = torch.randint(5, 100, (2, 7))
    mask = torch.ones_like(ids)
    mask[1, 5:] = 0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch deprecates the tracing exporter
        torch.onnx.export(
            model,
            (ids, mask, torch.zeros_like(ids))[: len(inputs)],
            str(out),
            input_names=inputs,
            output_names=["logits"],
            dynamic_axes={name: {0: "batch", 1: "tokens"} for name in inputs}
            | {"logits": {0: "batch"}},
            opset_version=17,
            dynamo=False,
        )


@pytest.fixture
def asked() -> Callable[[Path], list[Given]]:
    """Eight texts of a bundle's own data, as its golden file has them."""

    def read(bundle: Path) -> list[Given]:
        texts = json.loads((bundle / GOLDEN).read_text(encoding="utf-8"))["texts"]
        return [given_of(each["text"]) for each in texts[len(ODD) : len(ODD) + 8]]

    return read


@pytest.fixture
def own_bundle(runtime_bundle: Bundle, tmp_path: Path) -> Path:
    """A copy of the bundle that a test may damage."""
    return shutil.copytree(runtime_bundle.path, tmp_path / "bundle")


@pytest.fixture
def edit() -> Callable[..., None]:
    """Change fields of a bundle's edgeft.json."""

    def change(bundle: Path, **fields: Any) -> None:
        path = bundle / "edgeft.json"
        path.write_text(json.dumps(json.loads(path.read_text()) | fields))

    return change
