"""A bundle's model card: what it is, how well, how fast, on what, how to embed it."""

import io
from typing import Any

from ruamel.yaml import YAML

from edgeft.manifests import BundleManifest, Decoding
from edgeft.report.asking import HUB_TASKS, embedding, in_browsers
from edgeft.report.markdown import shown, table
from edgeft.report.speed import COLUMNS, machine_sentence, read_benchmark, timing_rows
from edgeft.report.wording import figure, heading, interval, minutes, size

LABELS_SHOWN = 100


def model_card(manifest: BundleManifest) -> str:
    """Write a bundle's README.md from its manifest; the front matter is what model hubs read."""
    parts = [
        front_matter(manifest),
        f"# {heading(manifest.task or 'model', *kinds(manifest))}",
        about(manifest),
        section("How well", measured(manifest.metrics)),
        section("Before you rely on it", told(manifest.metrics)),
        section("How fast", speed(manifest.benchmark)),
        section("Files", [variants(manifest)]),
        section("Embed it", [embedding(manifest), plain(manifest)]),
        section("Labels", [label_list(manifest.labels)] if kinds(manifest)[0] > 1 else []),
        section("Limits", limits(manifest)),
        section("How it was made", [history(manifest)] if manifest.history else []),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def kinds(manifest: BundleManifest) -> tuple[int, str]:
    """How many labels there are, or types where those of parts of texts name these."""
    if manifest.decoding.function == "span":  # whose outputs have names, too
        return 0, "labels"
    if manifest.decoding.function != "tags":
        return len(manifest.labels), "labels"
    from edgeft.runtime.entities import types_of

    return len(types_of(manifest.labels)), "types"


def front_matter(manifest: BundleManifest) -> str:
    """The YAML block that a model hub reads."""
    stream = io.StringIO()
    read_by = ["transformers.js"] * in_browsers(manifest.decoding)
    YAML().dump(
        {
            "library_name": "edgeft",
            "pipeline_tag": HUB_TASKS[manifest.decoding.function],
            "tags": ["onnx", "onnxruntime", *read_by, "edgeft"],
        },
        stream,
    )
    return f"---\n{stream.getvalue()}---"


def about(manifest: BundleManifest) -> str:
    """What the bundle is, in three sentences."""
    return (
        f"A {manifest.task} model as ONNX graphs, made by edgeft {manifest.edgeft}."
        " It runs with edgeft's runtime (`pip install edgeft`), which imports numpy, onnxruntime"
        " and tokenizers; PyTorch is not needed."
        f" Unless told otherwise the runtime loads its {manifest.chosen} variant."
    )


def measured(metrics: dict[str, Any]) -> list[str]:
    """The metric in a sentence: the bundle's row of the report."""
    if not metrics:
        return []
    said = f"{metrics['metric']} {figure(metrics['value'])} on {metrics['n']:,} texts"
    if metrics.get("split"):
        said += f" of the {metrics['split']} split"
    if metrics.get("interval"):
        said += f"; 95 % bootstrap interval {interval(metrics['interval'])}"
    found = [f"{said}."]
    if metrics.get("nothing_learnt"):
        found.append(f"**It has learnt nothing:** {metrics['nothing_learnt']}.")
    return found


def told(metrics: dict[str, Any]) -> list[str]:
    """What makes the figure less certain than it looks, as the report has it."""
    return ["\n".join(f"- {shown(each)}" for each in metrics.get("cautions", []))]


def speed(found: dict[str, Any]) -> list[str]:
    """Latencies of the bundle and of what it was compared with, and the machine."""
    benchmark = read_benchmark(found)
    if benchmark is None:
        return []
    rows = "\n".join(table(COLUMNS, timing_rows(benchmark)))
    return [machine_sentence(benchmark), rows, "\n".join(benchmark.notes)]


def variants(manifest: BundleManifest) -> str:
    """One row a graph."""
    rows = [
        [
            name,
            variant.file,
            size(manifest.files[variant.file].bytes if variant.file in manifest.files else None),
            variant.kind,
            variant.weight_type,
            str(variant.opset),
            variant.cpu,
        ]
        for name, variant in sorted(manifest.variants.items())
    ]
    columns = ["variant", "file", "size", "kind", "weights", "opset", "relies on"]
    return "\n".join(table(columns, rows))


READ_IN_WINDOWS = ("tags", "span")
"""decodings of what is said of tokens, and not of texts"""
MEANING = {
    "softmax": "softmax makes probabilities of them, in the order of the labels in `config.json`",
    "sigmoid": "the sigmoid makes a probability of each, in the order of the labels in"
    " `config.json`; a label holds from its threshold in `edgeft.json` on",
    "identity": "that is the answer",
    "tags": "the first token of each word speaks for it, by the label of its highest value, in the"
    " order of the labels in `config.json`, after `decoding.thresholds` of `edgeft.json`, if there"
    " are any, are taken off",
    "vector": "pooled and of length 1: products of vectors are cosines",
    "span": "the first value says how likely an answer starts at a token, and the second how likely"
    " it ends there; the row's first token stands for no answer",
    "mask": "softmax makes probabilities of them, in the order of the words in `config.json`, one"
    " of which stands at the mask",
    "relation": "softmax makes probabilities of them, in the order of the labels in `config.json`;"
    " the two parts of a text are marked as in `the { ring } is made of [ gold ]`",
}
"""what a graph's outputs say, by its decoding"""


def plain(manifest: BundleManifest) -> str:
    """What any other onnxruntime needs to know."""
    inputs = ", ".join(f"`{name}`" for name in manifest.inputs)
    decoding, width = manifest.decoding, len(manifest.labels) or "width"
    of_tokens = decoding.function in READ_IN_WINDOWS
    shape = f"(batch, tokens, {width})" if of_tokens else f"(batch, {width})"
    return (
        f"With any onnxruntime: the graphs take {inputs} as int64 (batch, tokens) and give"
        f" `{decoding.output}` as float32 {shape}; {MEANING[decoding.function]}."
        f"{tempered(decoding)}"
    )


def tempered(decoding: Decoding) -> str:
    """What makes probabilities calibrated, where something does."""
    if decoding.temperature == 1 or decoding.function in ("identity", "vector"):
        return ""
    return (
        f" Those of `edgeft.runtime` are of the outputs divided by {decoding.temperature:.4g}, the"
        " `decoding.temperature` of `edgeft.json`."
    )


def label_list(labels: list[str]) -> str:
    """The labels in the order of the logits."""
    shown = ", ".join(f"`{label}`" for label in labels[:LABELS_SHOWN])
    more = len(labels) - LABELS_SHOWN
    return f"{shown} and {more:,} more, in `config.json`." if more > 0 else f"{shown}."


def limits(manifest: BundleManifest) -> list[str]:
    """What the bundle will not do."""
    cut = "end" if manifest.truncation_side == "right" else "beginning"
    most = f"{manifest.max_length:,} tokens, special tokens included"
    if manifest.decoding.function in READ_IN_WINDOWS:
        said = [
            f"- It reads {most}; of a longer text, `edgeft.runtime` reads windows that overlap."
        ]
    elif manifest.decoding.function == "relation":
        said = [f"- It reads {most}; of a longer text, what stands nearest to its two parts."]
    elif manifest.decoding.function == "mask":
        said = [f"- It reads {most}; of a longer text, what stands nearest to the mask."]
    else:
        said = [f"- Texts are cut at the {cut} to {most}."]
    if manifest.decoding.function in ("softmax", "relation", "mask"):
        said.append("- It answers with one of its labels whatever the text is about.")
    said.append("- The licences of the base model and of the training texts apply to it.")
    exported = [each for each in manifest.history if each.kind == "export"]
    if exported and exported[-1].figures.get("quotes_data"):
        said.append("- Its `golden.json` quotes texts of the data that it was made from.")
    if manifest.minimum_onnxruntime:
        said.append(f"- It needs onnxruntime {manifest.minimum_onnxruntime} or newer.")
    return ["\n".join(said)]


def history(manifest: BundleManifest) -> str:
    """One row a step, oldest first."""
    rows = [
        [
            record.kind,
            record.method,
            f"{record.plugin} {record.version}".strip(),
            str(record.seed),
            minutes(record.seconds),
        ]
        for record in manifest.history
    ]
    steps = "\n".join(table(["step", "method", "plugin", "seed", "time"], rows))
    packages = {name: found for each in manifest.history for name, found in each.packages.items()}
    used = ", ".join(f"{name} {found}" for name, found in sorted(packages.items()))
    return f"{steps}\n\nMade with {used}. Every option stands in `edgeft.json`." if used else steps


def section(title: str, blocks: list[str]) -> str:
    """A titled section, or nothing where it would be empty."""
    body = "\n\n".join(block for block in blocks if block)
    return f"## {title}\n\n{body}" if body else ""
