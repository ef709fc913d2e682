"""Architectures with parts whose sizes follow from more than what is cut are refused in a line."""

import numpy as np
import pytest
import torch
from random_models import model_of

from edgeft.errors import ModelError
from edgeft.surgery.attentions import attentions, head_width
from edgeft.surgery.neurons import narrowed, neurons_of
from edgeft.surgery.rebuilding import fitting
from edgeft.surgery.vocabulary import with_token_rows
from edgeft.surgery.width import width_of, with_width


def test_networks_that_are_stacked_in_a_layer_share_their_neurons():
    model = model_of("mobilebert")
    scores = [torch.rand(neurons_of(model)) for _ in range(model.config.num_hidden_layers)]
    with pytest.raises(ModelError, match=r"MobileBert.* cannot have 16 neurons.*: size mismatch"):
        narrowed(model, scores, 16)


def test_parts_of_another_width_cannot_be_cut():
    model = model_of("convbert")
    heads = [torch.rand(width_of(model) // head_width(model)) for _ in attentions(model)]
    with pytest.raises(ModelError, match=r"ConvBert.* cannot have a hidden width of 16") as caught:
        with_width(model, 16, torch.rand(width_of(model)), heads)
    assert caught.value.hint == "leave its width as it is, and take layers away"


def test_an_id_that_no_token_has_does_not_stop_a_cut():
    """EuroBERT's configuration has to name a masked word, whatever the tokenizer has."""
    small = with_token_rows(model_of("eurobert", mask_token_id=128_002), np.asarray([0, 1, 2, 7]))
    assert (small.config.vocab_size, small.config.mask_token_id) == (4, 0)


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (
            RuntimeError("Error(s) in loading:\n\tsize mismatch for x\n\tanother"),
            "size mismatch for x",
        ),
        (RuntimeError("alone"), "alone"),
        (ValueError("first\nsecond"), "first"),
        (KeyError(), "KeyError()"),
    ],
)
def test_the_first_complaint_is_told(error, said):
    with pytest.raises(ModelError) as caught, fitting("it does not fit", "take another"):
        raise error
    assert caught.value.message == f"it does not fit: {said}"
