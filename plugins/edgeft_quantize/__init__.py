"""Quantizers: `dynamic` and `static` int8, undone where they cost too much or win nothing."""

from collections.abc import Iterable
from typing import Any

from edgeft.plugin import Bundle, Dataset, Field, Options, Quantizer, hookimpl

NEEDS = ("torch", "onnx", "onnxruntime")


class QuantizeOptions(Options):
    """What becomes int8, and how finely."""

    per_channel: bool = Field(
        False, description="a scale for each output of a weight, not one for the whole weight"
    )
    embeddings: bool = Field(
        True, description="whether embedding tables become int8: half the size of a small model"
    )
    exclude: list[str] = Field(
        [],
        description="globs of modules that stay float32, such as classifier or *.layer.0.attention;"
        " all that is inside a module stays with it",
    )
    reduce_range: bool = Field(
        False,
        description="7 bits for weights: for x86 processors without VNNI, where sums of 8-bit"
        " products saturate",
    )


class StaticOptions(QuantizeOptions):
    """What becomes int8, how finely, and what the scales of activations are taken from."""

    calibration_texts: int = Field(
        200, ge=1, description="training texts that the ranges of activations are taken from"
    )


class Dynamic(Quantizer[QuantizeOptions]):
    """Makes weights int8, and activations as they come: no calibration, the sure choice on CPUs."""

    name = "dynamic"
    Options = QuantizeOptions
    needs = NEEDS

    def run(self, bundle: Bundle, data: Dataset) -> Bundle:
        from edgeft_quantize.dynamic import quantize_graph
        from edgeft_quantize.quantize import quantize

        return quantize(self, self.options, bundle, data, quantize_graph)


class Static(Quantizer[StaticOptions]):
    """Makes weights and the inputs of matrix products int8, with ranges seen on training texts."""

    name = "static"
    Options = StaticOptions
    needs = NEEDS

    def run(self, bundle: Bundle, data: Dataset) -> Bundle:
        from functools import partial

        from edgeft_quantize.quantize import quantize
        from edgeft_quantize.static import calibration_feeds, quantize_graph

        feeds = calibration_feeds(
            bundle, data, self.options.calibration_texts, seed=self.context.seed
        )
        return quantize(self, self.options, bundle, data, partial(quantize_graph, feeds=feeds))


@hookimpl
def edgeft_register_quantizers() -> Iterable[type[Quantizer[Any]]]:
    return [Dynamic, Static]
