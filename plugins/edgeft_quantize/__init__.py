"""Quantizers: `dynamic` and `static` int8, undone where they cost too much or win nothing."""

from collections.abc import Iterable
from typing import Any, Literal

from edgeft.plugin import Bundle, Dataset, Field, Options, Quantizer, field_validator, hookimpl

NEEDS = ("torch", "onnx", "onnxruntime")


class QuantizeOptions(Options):
    """What becomes int8, how finely, and for which processors."""

    profile: Literal["auto", "x86-vnni", "x86-portable", "arm64", "wasm"] = Field(
        "auto",
        description="processors that the graph is for, auto for this machine's: decides"
        " per_channel and reduce_range where they are not set. x86-portable is right on every"
        " x86 processor, and ships no graph whose sums saturate",
    )
    per_channel: bool | None = Field(
        None,
        description="a scale for each output of a weight, not one for the whole weight; by default"
        " as the profile says, which is yes",
    )
    embeddings: Literal["auto", "int8", "int4", "pq", "float32"] = Field(
        "auto",
        description="type of embedding tables, which are most of a small model: int8 with a scale"
        " for each token, int4 with scales for blocks of a large table's rows, pq for about"
        " three bits a weight by product quantization, with the most frequent tokens in int8,"
        " float32, or auto for int8 and a further variant with int4 where that costs"
        " next to nothing, and with pq where `max_size_mb` asks for still less; what a model has"
        " learnt by `qat` goes before that",
    )
    exclude: list[str] = Field(
        [],
        description="globs of modules that stay float32, such as classifier or *.layer.0.attention;"
        " all that is inside a module stays with it",
    )
    reduce_range: bool | None = Field(
        None,
        description="7 bits for weights: for x86 processors without VNNI, where sums of 8-bit"
        " products saturate; by default as the profile says",
    )

    @field_validator("embeddings", mode="before")
    @classmethod
    def read_yes_or_no(cls, value: object) -> object:
        """What earlier recipes say: true for int8, false for float32."""
        return {True: "int8", False: "float32"}[value] if isinstance(value, bool) else value


class DynamicOptions(QuantizeOptions):
    """What becomes int8, how finely, for which processors, and whether attention does."""

    weights: Literal["auto", "int8", "int4"] = Field(
        "auto",
        description="type that the file keeps the weights of products in: int8, int4 for little"
        " more than half of the bytes, of which int8 is made as a session is opened, which takes"
        " time and memory there, or auto for int8, and a further variant with int4 where"
        " `max_size_mb` asks for less and that costs next to nothing; what a model has learnt by"
        " `qat` goes before that",
    )
    calibration_texts: int = Field(
        1000, ge=1, description="training texts that int4 weights are rounded by"
    )
    attention: Literal["float32", "int8"] = Field(
        "float32",
        description="type of the products of queries, keys and values: int8 is worth a try for"
        " batches of 64 to 128 tokens on processors with VNNI, and others keep float32",
    )


class StaticOptions(QuantizeOptions):
    """What becomes int8, how finely, and what the scales of activations are taken from."""

    calibration_texts: int = Field(
        200, ge=1, description="training texts that the ranges of activations are taken from"
    )


class Dynamic(Quantizer[DynamicOptions]):
    """Makes weights int8, and activations as they come: no calibration, the sure choice on CPUs."""

    name = "dynamic"
    Options = DynamicOptions
    needs = NEEDS

    def run(self, bundle: Bundle, data: Dataset) -> Bundle:
        from functools import partial

        from edgeft_quantize.dynamic import quantize_graph
        from edgeft_quantize.quantize import float_graph, quantize
        from edgeft_quantize.rounding import Rounding
        from edgeft_quantize.tokens import Tokens

        texts = self.options.calibration_texts
        rounding = Rounding(float_graph(bundle), bundle, data, self.context, texts)
        tokens = Tokens(bundle, data, self.context)
        write = partial(quantize_graph, rounding=rounding, tokens=tokens)
        return quantize(self, self.options, bundle, data, write)


class Static(Quantizer[StaticOptions]):
    """Makes weights and the inputs of matrix products int8, with ranges seen on training texts."""

    name = "static"
    Options = StaticOptions
    needs = NEEDS

    def run(self, bundle: Bundle, data: Dataset) -> Bundle:
        from functools import partial

        from edgeft_quantize.feeds import feeds_of
        from edgeft_quantize.quantize import quantize
        from edgeft_quantize.static import quantize_graph
        from edgeft_quantize.tokens import Tokens

        texts = self.options.calibration_texts
        feeds = feeds_of(bundle, data, "train", texts, seed=self.context.seed)
        tokens = Tokens(bundle, data, self.context)
        write = partial(quantize_graph, feeds=feeds, tokens=tokens)
        return quantize(self, self.options, bundle, data, write)


@hookimpl
def edgeft_register_quantizers() -> Iterable[type[Quantizer[Any]]]:
    return [Dynamic, Static]
