"""Every weight of an encoder, each at its own rate."""

from edgeft_finetune.full import both


def test_two_shares_of_the_rate_are_multiplied():
    found = both({"head.weight": 8.0, "head.bias": 8.0}, {"head.weight": 0.5, "layer.0": 0.25})
    assert found == {"head.weight": 4.0, "head.bias": 8.0, "layer.0": 0.25}
