"""Ways out of PyTorch: the exporter `onnx`."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal

from edgeft.plugin import Bundle, Checkpoint, Dataset, Exporter, Field, Options, Task, hookimpl

Strategy = Literal["trace", "dynamo"]
RewriteName = Literal[
    "first-token", "plain", "attention", "one-query", "projections", "unpadded", "gelu"
]


class OnnxOptions(Options):
    """How a checkpoint becomes an ONNX file."""

    opset: int | None = Field(
        None,
        ge=14,
        description="ONNX operator set; by default the newest that both strategies write and"
        " that the oldest onnxruntime runs",
    )
    minimum_onnxruntime: str = Field(
        "1.20",
        pattern=r"^\d+\.\d+$",
        description="oldest onnxruntime that shall run the bundle; decides the IR version",
    )
    strategies: list[Strategy] = Field(
        ["trace", "dynamo"],
        min_length=1,
        description="ways to capture the graph; the fastest correct one is kept",
    )
    rewrites: list[RewriteName] = Field(
        ["first-token", "plain", "attention", "projections", "unpadded"],
        description="other operations for the same answers; each is kept where it is faster here,"
        " or smaller and not slower, or has fewer nodes and looks no slower. Two more may be"
        " named: `gelu` approximates that activation, and lets logits differ by 0.02 from the"
        " checkpoint's instead of 0.001; `one-query` computes a last layer of which one token is"
        " read without keys and values, and keeps two weights of that layer in float32",
    )
    timed_as: Literal["int8", "fp32"] = Field(
        "int8",
        description="what the captured graphs are timed as: int8 where a quantize step follows,"
        " fp32 where none does",
    )
    timed_batch_size: int = Field(
        1, ge=1, description="texts of a call that graphs are timed on, where you ask in batches"
    )
    timed_tokens: int | None = Field(
        None,
        ge=4,
        description="tokens of a text that graphs are timed on, where yours are longer than the"
        " validation texts; by default as many as these have",
    )
    golden: Path | None = Field(
        None,
        description="file of 32 texts or more (txt, csv, tsv, jsonl, json, parquet) that the bundle"
        " carries in golden.json, with its answers, to be tested by where it lives; by default 56"
        " of validation, which whoever gets the bundle can read. Its columns are called text and,"
        " where two are read together, pair",
    )


class Onnx(Exporter[OnnxOptions]):
    """Captures the model in several ways, and keeps the fastest graph that answers as it does."""

    name = "onnx"
    Options = OnnxOptions
    needs = ("torch", "transformers", "onnx", "onnxscript")
    files = ("golden",)

    @classmethod
    def check_task(cls, options: OnnxOptions, task: Task) -> None:
        """Raise DataError where too few texts are given to test the bundle by."""
        from edgeft_onnx.golden import given_golden

        super().check_task(options, task)
        given_golden(options.golden, task)

    def run(self, checkpoint: Checkpoint, data: Dataset) -> Bundle:
        from edgeft_onnx.export import export

        return export(self, checkpoint, data)


@hookimpl
def edgeft_register_exporters() -> Iterable[type[Exporter[Any]]]:
    return [Onnx]
