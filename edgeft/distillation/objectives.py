"""What a student minimizes while it matches what its teacher computes on the way."""

from collections.abc import Callable
from math import gcd
from typing import Any

from torch import Tensor, nn
from transformers import PreTrainedModel

from edgeft.distillation import HiddenOptions, RelationOptions
from edgeft.distillation.feature_losses import (
    attention_divergence,
    attention_mse,
    hidden_loss,
    relation_loss,
)
from edgeft.distillation.features import Beside, Relations
from edgeft.errors import ModelError
from edgeft.surgery.layers import depth_of
from edgeft.training.objective import Objective

ATTENTION: dict[str, Callable[[Tensor, Tensor, Tensor], Tensor]] = {
    "mse": attention_mse,
    "kl": attention_divergence,
}


class HiddenMatching(Objective):
    """Hidden states and attention maps of paired layers, and what comes out of the embeddings.

    The mean over the pairs. Hidden states of another width go through a projection that is learnt,
    one a pair. Maps of another number of heads are compared by their means over the heads.
    """

    def __init__(self, student: PreTrainedModel, teacher: Beside, options: HiddenOptions) -> None:
        super().__init__()
        self.teacher = teacher
        self.options = options
        depth, depth_of_teacher = depth_of(student), depth_of(teacher.model)
        self.layers = paired_layers(options.layer_map, depth, depth_of_teacher)
        self.asks = {"output_hidden_states": True}
        if options.attention:
            self.asks["output_attentions"] = True
        width, width_of_teacher = student.config.hidden_size, teacher.model.config.hidden_size
        self.projections = nn.ModuleList(
            nn.Identity()
            if width == width_of_teacher
            else nn.Linear(width, width_of_teacher, bias=False)
            for _ in range(depth + 1)
        )

    def forward(self, outputs: Any, batch: dict[str, Tensor]) -> Tensor:
        mask = batch["attention_mask"].bool()
        taught = self.teacher(batch, **self.asks)
        loss = mask.new_zeros((), dtype=outputs.logits.dtype)
        if self.options.hidden:
            # the states at place 0 come out of the embeddings, those at i + 1 out of layer i
            places = [0, *(layer + 1 for layer in self.layers)]
            distances = [
                hidden_loss(project(states), taught.hidden_states[place], mask)
                for project, states, place in zip(
                    self.projections, outputs.hidden_states, places, strict=True
                )
            ]
            loss = loss + self.options.hidden * sum(distances) / len(distances)
        if self.options.attention:
            differ = ATTENTION[self.options.attention_loss]
            distances = [
                differ(*comparable(maps, taught.attentions[layer]), mask)
                for maps, layer in zip(outputs.attentions, self.layers, strict=True)
            ]
            loss = loss + self.options.attention * sum(distances) / len(distances)
        return loss


class RelationMatching(Objective):
    """Relations of queries, keys and values in a layer of each, the mean of the three."""

    asks: dict[str, bool] = {}

    def __init__(self, student: PreTrainedModel, teacher: Beside, options: RelationOptions) -> None:
        super().__init__()
        self.teacher = teacher
        self.student = Relations(student, one_layer(options.student_layer, student, "student"))
        try:
            self.taught = Relations(
                teacher.model, one_layer(options.teacher_layer, teacher.model, "teacher")
            )
            self.heads = relation_heads(
                options.heads,
                teacher.model.config.num_attention_heads,
                [*self.student.widths, *self.taught.widths],
            )
        except ModelError:
            self.student.close()
            raise

    def forward(self, outputs: Any, batch: dict[str, Tensor]) -> Tensor:
        mask = batch["attention_mask"].bool()
        self.teacher(batch)
        pairs = zip(self.student.vectors, self.taught.vectors, strict=True)
        losses = [relation_loss(student, teacher, mask, self.heads) for student, teacher in pairs]
        return sum(losses[1:], losses[0]) / len(losses)

    def close(self) -> None:
        """Stop watching the two models."""
        self.student.close()
        self.taught.close()


def paired_layers(layer_map: str | list[int], depth: int, depth_of_teacher: int) -> list[int]:
    """The teacher's layer that each of the student's matches; raises ModelError for none such.

    Evenly, layer i of M matches the one that ends at the same share of the teacher's depth
    (Jiao et al. 2020, section 4.3).
    """
    if isinstance(layer_map, str):
        return [round((layer + 1) * depth_of_teacher / depth) - 1 for layer in range(depth)]
    if len(layer_map) != depth or max(layer_map, default=0) >= depth_of_teacher:
        raise ModelError(
            f"layer_map: {layer_map} does not name one of the teacher's {depth_of_teacher} layers"
            f" for each of the student's {depth}",
            hint=f"list {depth} numbers from 0 to {depth_of_teacher - 1}, or leave it out",
        )
    return layer_map


def one_layer(layer: int | None, model: PreTrainedModel, whose: str) -> int:
    """The layer to compare, the last by default; raises ModelError for one that is not there."""
    depth = depth_of(model)
    if layer is not None and layer >= depth:
        raise ModelError(
            f"{whose}_layer: {layer} is none of the {whose}'s {depth} layers",
            hint=f"take 0 to {depth - 1}",
        )
    return depth - 1 if layer is None else layer


def relation_heads(heads: int | None, of_teacher: int, widths: list[int]) -> int:
    """The number of relation heads; raises ModelError where it does not divide every width."""
    if heads is None:
        return gcd(of_teacher, *widths)
    for width in widths:
        if width % heads:
            raise ModelError(
                f"heads: {heads} relation heads do not divide a width of {width}",
                hint=f"take a divisor of {gcd(*widths)}, or leave it out",
            )
    return heads


def comparable(student: Tensor, teacher: Tensor) -> tuple[Tensor, Tensor]:
    """Attention maps (batch, heads, queries, keys), averaged over heads where these differ."""
    if student.shape[1] == teacher.shape[1]:
        return student, teacher
    return student.mean(1, keepdim=True), teacher.mean(1, keepdim=True)
