"""Makes a model of some of a checkpoint's layers."""

from typing import TYPE_CHECKING

from edgeft.plugin import Checkpoint, Dataset
from edgeft.surgery.layers import depth_of, with_layers
from edgeft_prune.finishing import pruning

if TYPE_CHECKING:
    from edgeft_prune import Layers


def prune(step: "Layers", checkpoint: Checkpoint, data: Dataset) -> Checkpoint:
    """Write the checkpoint with only the layers to keep."""
    with pruning(step, checkpoint, data) as job:
        model, layers = with_layers(job.model, step.options.keep)
        job.draft.figures |= {"layers": layers, "layers_of": depth_of(job.model)}
        job.finish(model)
    return job.draft.artifact
