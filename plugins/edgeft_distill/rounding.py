"""Values as the int8 graph rounds them, forward; backward as if they were not.

Weights have a symmetric scale for each output, or in four bits one for each group of inputs,
activations are rounded as by onnxruntime's DynamicQuantizeLinear, rows of tables with a scale each
or, in int4, with scales for blocks.
"""

import torch

from edgeft.quantization.gptq import HIGHEST, LOWEST, NOTHING, group_of
from edgeft.quantization.rows import CLIPS, block_of


def rounded_activations(values: torch.Tensor) -> torch.Tensor:
    """Activations of each text (text, ...) in 256 steps from their least to their largest.

    With low = min(0, least) and high = max(0, largest), the step is (high - low) / 255 and zero is
    one of the steps (Jacob et al. 2018). A device runs single texts, so each has a step of its own.
    """
    flat = values.detach().flatten(1)
    shape = (-1, *[1] * (values.dim() - 1))
    low = flat.amin(dim=1).clamp(max=0).view(shape)
    high = flat.amax(dim=1).clamp(min=0).view(shape)
    step = ((high - low) / 255).clamp(min=torch.finfo(torch.float32).tiny)
    zero = torch.round(-low / step).clamp(0, 255)
    steps = (flat.view(values.shape) / step).round().add(zero).clamp(0, 255) - zero
    return straight_through(values, steps * step)


def rounded_rows(values: torch.Tensor, levels: int) -> torch.Tensor:
    """Rows (..., width) in steps of their largest absolute value / levels."""
    largest = values.detach().abs().amax(dim=-1, keepdim=True)
    step = torch.where(largest > 0, largest, 1) / levels
    return straight_through(values, (values.detach() / step).round() * step)


def rounded_blocks(values: torch.Tensor) -> torch.Tensor:
    """Rows (..., width) in sixteen steps a block, of the size that leaves the least error."""
    width = values.shape[-1]
    if width % 2:
        return rounded_rows(values, 127)
    blocks = values.detach().unflatten(-1, (-1, block_of(width)))
    largest = blocks.abs().amax(dim=-1, keepdim=True)
    largest = torch.where(largest > 0, largest, 1)
    best = torch.zeros_like(blocks)
    least = torch.full_like(largest, torch.inf)
    for clip in CLIPS.tolist():
        step = largest * clip / 7
        tried = (blocks / step).round().clamp(-8, 7) * step
        error = (tried - blocks).square().sum(dim=-1, keepdim=True)
        best = torch.where(error < least, tried, best)
        least = torch.minimum(error, least)
    return straight_through(values, best.flatten(-2))


def group_steps(weight: torch.Tensor, most: int) -> torch.Tensor:
    """The step of each group of inputs of weights (outputs, inputs), (outputs, groups, 1).

    It is an integer, `most` at most, times what all groups of an output share, as in `four_bits`.
    """
    groups = weight.detach().unflatten(-1, (-1, group_of(weight.shape[-1])))
    high, low = groups.amax(dim=-1, keepdim=True), groups.amin(dim=-1, keepdim=True)
    furthest = torch.where(high > -low, high, low)
    furthest = torch.where(furthest == 0, NOTHING, furthest)
    steps = torch.zeros_like(furthest)
    least = torch.full_like(furthest, torch.inf)
    for clip in CLIPS.tolist():
        for bound in (LOWEST, HIGHEST):
            step = furthest * clip / bound
            error = (in_four_bits(groups, step) - groups).square().sum(dim=-1, keepdim=True)
            steps = torch.where(error < least, step, steps)
            least = torch.minimum(error, least)
    scale = (steps.abs().amax(dim=1, keepdim=True) / most).clamp(min=torch.finfo(steps.dtype).tiny)
    integers = (steps / scale).round().clamp(-most, most)
    return torch.where(integers == 0, 1, integers) * scale


def rounded_groups(weight: torch.Tensor, steps: torch.Tensor) -> torch.Tensor:
    """Weights (outputs, inputs) in four bits, with the `group_steps` of them."""
    groups = weight.detach().unflatten(-1, (-1, weight.shape[-1] // steps.shape[1]))
    return straight_through(weight, in_four_bits(groups, steps).flatten(-2))


def in_four_bits(groups: torch.Tensor, steps: torch.Tensor) -> torch.Tensor:
    """The nearest of sixteen multiples of a step."""
    return (groups / steps).round().clamp(LOWEST, HIGHEST) * steps


def straight_through(values: torch.Tensor, rounded: torch.Tensor) -> torch.Tensor:
    """What is rounded going forward, and the values as they are going backward."""
    return values + (rounded - values).detach()
