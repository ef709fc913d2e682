"""Everything of a bundle but its choice of graph: tokenizer, config, manifest, golden outputs."""

import json
import shutil
import tempfile
from collections.abc import Iterator
from itertools import count, product
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from transformers import PreTrainedTokenizerFast

from edgeft.architectures import known_config
from edgeft.data.rows import inputs_of, open_split, truth_of
from edgeft.evaluation import outputs_of
from edgeft.gates.texts import spread
from edgeft.plugin import Bundle, Checkpoint, DataError, Dataset, Decoding, Draft, Task, Variant
from edgeft.runtime.given import Given
from edgeft.runtime.golden import write_golden
from edgeft.training.encoding import freeze_tokenizer
from edgeft_onnx.golden import GOLDEN_TEXTS

GRAPH = "onnx/model.onnx"
TOKENIZER_FILES = ("tokenizer.json", "tokenizer_config.json")
CALIBRATED = 5_000
"""most validation rows that decide how outputs become answers"""
MINIMUM_RUNTIME = "0.1.0"
"""the first edgeft whose runtime reads bundles"""


def write_bundle(
    draft: Draft[Bundle],
    graph: Path,
    checkpoint: Checkpoint,
    tokenizer: PreTrainedTokenizerFast,
    max_length: int,
    data: Dataset,
    task: Task,
    *,
    golden: list[Given],
) -> None:
    """Fill the draft of a bundle: move the graph in, and write what stands beside it.

    `golden` are the texts that it is tested by later; the data's own where there are none.
    """
    (draft.path / "onnx").mkdir()
    graph.rename(draft.path / GRAPH)
    config = json.dumps(known_config(checkpoint.path), indent=2)
    (draft.path / "config.json").write_text(config + "\n", encoding="utf-8")
    write_tokenizer(tokenizer, max_length, draft.path)
    describe(draft.manifest, draft.path / GRAPH, tokenizer, max_length, task)
    draft.manifest.decoding = calibrated(draft, data, task)
    texts = golden or enough(of_data(data))
    write_golden(draft.path, texts, draft.manifest.model_dump(mode="json"))


def describe(
    manifest: Any,
    graph: Path,
    tokenizer: PreTrainedTokenizerFast,
    max_length: int,
    task: Task,
) -> None:
    """Say in the manifest what a runtime needs to know of tokenizer and graph."""
    model = onnx.load(graph, load_external_data=False)
    manifest.minimum_runtime = MINIMUM_RUNTIME
    manifest.inputs = [each.name for each in model.graph.input]
    manifest.decoding = task.first_decoding(manifest.labels)
    manifest.max_length = max_length
    manifest.truncation_side = "right" if task.per_token else tokenizer.truncation_side
    manifest.pad.id = tokenizer.pad_token_id
    manifest.pad.token = tokenizer.pad_token
    manifest.pad.type_id = tokenizer.pad_token_type_id
    manifest.pad.side = "right" if task.per_token else tokenizer.padding_side
    manifest.variants["fp32"] = Variant(
        file=GRAPH,
        kind="fp32",
        opset=next(each.version for each in model.opset_import if each.domain == ""),
        ir_version=model.ir_version,
        weight_type="float32",
    )
    manifest.chosen = "fp32"


def write_tokenizer(tokenizer: PreTrainedTokenizerFast, max_length: int, folder: Path) -> None:
    """Write the tokenizer with its limit stated and nothing baked in."""
    freeze_tokenizer(tokenizer, max_length)
    with tempfile.TemporaryDirectory() as scratch:
        tokenizer.save_pretrained(scratch)
        for name in TOKENIZER_FILES:
            shutil.copyfile(Path(scratch) / name, folder / name)


def calibrated(draft: Draft[Bundle], data: Dataset, task: Task) -> Decoding:
    """How the graph's outputs become answers, as the validation rows tell."""
    rows = open_split(data, "validation")
    if len(rows) > CALIBRATED:
        chosen = np.random.default_rng(0).choice(len(rows), CALIBRATED, replace=False)
        rows = rows.select(np.sort(chosen))
    draft.seal()
    made = Bundle(draft.path, draft.manifest)
    outputs = outputs_of(made, list(inputs_of(rows)), task=task)
    truth = truth_of(rows, task, draft.manifest.labels)
    return task.calibrated(truth, outputs, draft.manifest.labels)


def of_data(data: Dataset) -> list[Given]:
    """Texts of validation to test a bundle by, and of train where these are few."""
    texts = dict.fromkeys(spread(data, "validation", GOLDEN_TEXTS))
    if len(texts) < GOLDEN_TEXTS:
        texts |= dict.fromkeys(spread(data, "train", GOLDEN_TEXTS - len(texts)))
    if not texts:
        raise DataError(f"{data.path} has no texts", hint="prepare it again")
    return list(texts)


def enough(texts: list[Given]) -> list[Given]:
    """GOLDEN_TEXTS different ones: where there are fewer, some of them joined besides."""
    found, longer = dict.fromkeys(texts), joined(texts)
    while len(found) < GOLDEN_TEXTS:
        found[next(longer)] = None
    return list(found)


def joined(texts: list[Given]) -> Iterator[Given]:
    """Two texts, then three, and so on, in every combination; of pairs, both members."""
    for number in count(2):
        for some in product(texts, repeat=number):
            if isinstance(some[0], tuple):
                firsts, seconds = zip(*some, strict=True)
                yield " ".join(firsts), " ".join(seconds)
            else:
                yield " ".join(each for each in some if isinstance(each, str))
