"""Makes a model of some of a checkpoint's layers."""

from typing import TYPE_CHECKING

from transformers import set_seed

from edgeft.plugin import Checkpoint, Dataset
from edgeft.surgery.layers import depth_of, with_layers
from edgeft.training.encoding import load_tokenizer
from edgeft_prune.finishing import finish, max_length_of

if TYPE_CHECKING:
    from edgeft_prune import Layers


def prune(step: "Layers", checkpoint: Checkpoint, data: Dataset) -> Checkpoint:
    """Write the checkpoint with only the layers to keep."""
    context = step.context
    with step.writing(Checkpoint, checkpoint=checkpoint, data=data) as draft:
        set_seed(context.seed)
        whole = context.task.load_model(checkpoint.path)
        tokenizer = load_tokenizer(checkpoint.path)
        model, layers = with_layers(whole, step.options.keep)
        draft.figures |= {
            "layers": layers,
            "layers_of": depth_of(whole),
            "parameters_of": whole.num_parameters(),
        }
        finish(
            model,
            tokenizer,
            checkpoint,
            data,
            draft,
            max_length=max_length_of(checkpoint, whole, tokenizer),
            repair=step.options.repair,
            context=context,
        )
    return draft.artifact
