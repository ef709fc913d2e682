"""What an edgeft.json says, for each kind of artifact.

The bundle's manifest is also read on devices, without pydantic, by `edgeft.runtime.manifest`.
"""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

SCHEMA = 1
Function = Literal["softmax", "sigmoid", "identity", "tags", "vector", "span", "relation", "mask"]


class Fields(BaseModel):
    """Some fields of a manifest; those that a later edgeft added are left alone."""

    model_config = ConfigDict(extra="ignore")


def plain(value: Any) -> Any:
    """Figures as JSON can hold them: numbers and arrays of numpy and torch as Python's own."""
    if isinstance(value, dict):
        return {key: plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(plain(each) for each in value) if type(value) in (list, tuple) else value
    return value.tolist() if hasattr(value, "tolist") else value


class File(Fields):
    """One file of an artifact."""

    sha256: str = Field(description="checksum of the file's bytes, in hex")
    bytes: int = Field(description="size of the file")


class Record(Fields):
    """One step in the history of an artifact."""

    kind: str = Field(description="kind of step, as the recipe names it: finetune, distill, ...")
    method: str = Field(description="name of the step")
    plugin: str = Field(default="", description="plugin that provides the step")
    version: str = Field(default="", description="version of the plugin's distribution")
    options: dict[str, Any] = Field(default={}, description="every option, defaults included")
    seed: int = 0
    inputs: dict[str, str] = Field(default={}, description="digest of each input by its role")
    seconds: float = Field(default=0.0, description="wall-clock time of the step")
    packages: dict[str, str] = Field(default={}, description="versions that made it")
    figures: Annotated[dict[str, Any], BeforeValidator(plain)] = Field(
        default={}, description="what the step measured of itself"
    )


class Manifest(Fields):
    """What every artifact's edgeft.json says."""

    kind: str = ""
    schema_version: int = Field(default=SCHEMA, description="a reader refuses a newer one")
    edgeft: str = Field(default="", description="version of edgeft that wrote it")
    task: str = Field(default="", description="such as text-classification")
    labels: list[str] = Field(default=[], description="label names, in the order of the logits")
    fingerprint: str = Field(default="", description="hash of all that went in: the cache key")
    history: list[Record] = Field(default=[], description="the steps that made it, oldest first")
    files: dict[str, File] = Field(default={}, description="every file but this one")


class DatasetManifest(Manifest):
    """A dataset: one Parquet file a split, and what a person should know of it."""

    kind: Literal["dataset"] = "dataset"
    rows: dict[str, int] = Field(default={}, description="rows of each split")
    summary: dict[str, Any] = Field(default={}, description="balance, lengths, duplicates, overlap")


class CheckpointManifest(Manifest):
    """A checkpoint: a Hugging Face directory."""

    kind: Literal["checkpoint"] = "checkpoint"
    max_length: int = Field(default=0, description="tokens a text, special tokens included")


class Pad(Fields):
    """How rows of a batch are made equally long."""

    id: int = Field(default=0, description="token id that fills a row")
    token: str = Field(default="[PAD]", description="the token of that id")
    type_id: int = Field(default=0, description="its token type")
    side: Literal["left", "right"] = Field(default="right", description="end that is filled")


class Decoding(Fields):
    """How a graph's output becomes an answer: declarative, for the runtime cannot import tasks."""

    output: str = Field(default="logits", description="name of the graph's output")
    function: Function = Field(
        default="softmax",
        description="what logits become: one label of all (softmax), those labels that hold"
        " (sigmoid), a number (identity), labelled parts of the text (tags), the part of the"
        " second text that answers the first (span), one label of how two marked parts of the text"
        " are related (relation), a word for the mask (mask), or nothing else: they are where the"
        " text lies among others (vector)",
    )
    pairs: bool = Field(default=False, description="whether a second text belongs to each")
    temperature: float = Field(
        default=1.0, gt=0, description="logits are divided by it before they become probabilities"
    )
    thresholds: list[float] = Field(
        default=[],
        description="probability from which on each label holds, for sigmoid; for span, how far the"
        " start and the end of an answer must lie above those of no answer, or nothing where there"
        " always is one; for tags, what is taken off each label's logit before the greatest is"
        " chosen, or nothing",
    )
    longest: int = Field(default=30, ge=1, description="tokens of an answer at most, for span")


class Variant(Fields):
    """One graph of a bundle."""

    file: str = Field(description="path inside the bundle, such as onnx/model_quantized.onnx")
    kind: str = Field(description="fp32, int8-dynamic or int8-static")
    opset: int = Field(description="version of the standard operator set")
    ir_version: int = Field(description="version of the file format")
    weight_type: str = Field(
        description="float32, int8 or uint8; with `int4` behind it where large embedding tables"
        " have 4 bits, `pq` where they are codes of product quantization, `w4` where the file has 4"
        " bits of the weights that are multiplied"
    )
    cpu: str = Field(default="", description="CPU feature that the arithmetic relies on, if any")
    profile: str = Field(
        default="",
        description="processors it is quantized for: x86-vnni, x86-portable, arm64, wasm",
    )
    scales: str = Field(
        default="",
        description="of the int8 weights that are multiplied: per channel or per tensor; empty"
        " where nobody said",
    )
    session: dict[str, Any] = Field(
        default={},
        description="session options that were measured to be faster: disabled_optimizers",
    )


class BundleManifest(Manifest):
    """A bundle: what an application embeds."""

    kind: Literal["bundle"] = "bundle"
    minimum_runtime: str = Field(default="", description="oldest edgeft.runtime that can read it")
    minimum_onnxruntime: str = Field(default="", description="oldest onnxruntime it was made for")
    inputs: list[str] = Field(default=[], description="names of the graph's inputs")
    decoding: Decoding = Field(default=Decoding(), description="how the output becomes an answer")
    max_length: int = Field(default=0, description="tokens a text, special tokens included")
    truncation_side: Literal["left", "right"] = Field(
        default="right", description="end that a longer text loses"
    )
    pad: Pad = Field(default=Pad(), description="how shorter rows of a batch are filled")
    variants: dict[str, Variant] = Field(default={}, description="graphs by name: fp32, int8, ...")
    chosen: str = Field(default="", description="the variant that the runtime loads")
    choice: dict[str, Any] = Field(default={}, description="what was measured to choose it")
    metrics: dict[str, Any] = Field(
        default={}, description="metric, value, n, interval and cautions"
    )
    benchmark: dict[str, Any] = Field(default={}, description="p50 and friends, with the machine")
