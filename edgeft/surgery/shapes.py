"""How large an encoder is, read from its config.json: nothing is loaded."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from edgeft.errors import ModelError
from edgeft.models import read_object
from edgeft.surgery.families import can_be_silenced

LAYERS = ("num_hidden_layers", "n_layers", "num_layers")
WIDTH = ("hidden_size", "dim", "d_model")
NEURONS = ("intermediate_size", "hidden_dim", "d_ff")
HEADS = ("num_attention_heads", "n_heads")


@dataclass(frozen=True)
class Shape:
    """An encoder's sizes."""

    layers: int
    width: int
    neurons: int
    """of the feed-forward network in each layer"""
    vocabulary: int
    shared: float = 1.0
    """key and value heads as a share of the query heads"""
    heads: int = 1
    """of the attention in each layer, the query heads"""
    attention: float = 1.0
    """the share of these heads that is left"""
    loses_heads: bool = False
    """whether some of its heads can be taken away"""

    @property
    def weights(self) -> int:
        """Weights of all matrices in the layers; of gated feed-forward networks a part."""
        attention = (2 + 2 * self.shared) * self.width**2 * self.attention
        return int(self.layers * (attention + 2 * self.width * self.neurons))

    @property
    def parameters(self) -> int:
        """The matrices of the layers and the table of word vectors: about all there is."""
        return self.weights + self.vocabulary * self.width

    @property
    def half_width(self) -> int:
        """The width of half of the heads; 0 where there is no half."""
        return 0 if self.heads % 2 or self.width % self.heads else self.width // 2

    @property
    def whole_heads(self) -> int:
        """The heads that can go one by one: those that share their key and value count as one."""
        return max(1, round(self.heads * self.shared))

    @property
    def left_heads(self) -> int:
        """How many of these are left."""
        return round(self.attention * self.whole_heads)

    @property
    def narrow(self) -> "Shape":
        """The same with half of the neurons, and half of the heads where these can go."""
        halved = self.loses_heads and self.attention == 1 and self.whole_heads % 2 == 0
        return replace(self, neurons=self.neurons // 2, attention=0.5 if halved else self.attention)

    def covers(self, other: "Shape") -> bool:
        """Whether this one computes all that the other computes, and maybe more."""
        return other.layers > 0 and all(
            getattr(self, name) >= getattr(other, name)
            for name in ("layers", "width", "neurons", "attention")
        )


NO_LAYERS = Shape(layers=0, width=0, neurons=0, vocabulary=0)
"""of a student that is tables and a head"""


def shape_of(model: Path) -> Shape:
    """The shape of the model in a directory.

    Raises ModelError where its configuration does not say how many layers, how wide.
    """
    config = read_object(model, "config.json")
    layers, width, neurons = (first(config, names) for names in (LAYERS, WIDTH, NEURONS))
    if not layers or not width or not neurons:
        raise ModelError(
            f"{model / 'config.json'} does not say how many layers the model has, and how wide",
            hint="name the student's method: distill: {method: layers, student: MODEL}",
        )
    heads = first(config, HEADS) or 1
    shared = (config.get("num_key_value_heads") or heads) / heads
    kind = str(config.get("model_type", ""))
    return Shape(
        layers,
        width,
        neurons,
        config.get("vocab_size") or 0,
        shared,
        heads,
        loses_heads=can_be_silenced(kind) or isinstance(config.get("head_dim"), int),
    )


def first(config: dict[str, Any], names: tuple[str, ...]) -> int:
    """The first of these entries that is a number; 0 where none is."""
    return next((config[name] for name in names if isinstance(config.get(name), int)), 0)
